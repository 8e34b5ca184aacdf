"""Nothing is left behind: not by a card, not by an executor, not by a server that was killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from executors.crew import Crew
from executors.local_process import LocalExecutor
from executors.scratch import Scratch, sweep
from tensorrag.errors import ExecutorError, RunCancelled
from tensorrag.store.place import Place
from tests.executors.card_texts import task
from tests.executors.contract import first, value_of
from tests.executors.processes import alive, below, below_named, gone, seconds_until_gone

pytestmark = pytest.mark.clock

SERVER = """
import asyncio, sys
from pathlib import Path
from executors.local_process import LocalExecutor
from tensorrag.store.place import Place
from tests.executors.card_texts import task

async def main():
    root = Path(sys.argv[1])
    place = Place(store=root / "store", uploads=root / "uploads", base=root)
    executor = LocalExecutor(root)
    executor.warm()
    print("warming", flush=True)
    if sys.argv[2] == "ready":
        while not executor.is_warm:
            await asyncio.sleep(0.02)
        for card in ("Family", "Stubborn"):
            handle = await executor.submit(task(card, 600.0), place)
            async for event in executor.events(handle):
                if event["type"] == "log":
                    print(event["data"]["text"], flush=True)
                    if "children" in event["data"]["text"] or card == "Stubborn":
                        break
        print("running", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@contextmanager
def server(root: Path, state: str) -> Iterator[subprocess.Popen[str]]:
    """Run an executor in a process that can be killed; one that starts is still importing."""
    command = [sys.executable, "-c", SERVER, str(root), state]
    ahead = os.environ | {"TENSORRAG_PRELOAD": "all" if state == "warming" else "tables"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ahead) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], word: str) -> str:
    """Read what a server prints until it says a word."""
    assert process.stdout is not None
    text = ""
    while word not in text:
        line = process.stdout.readline()
        assert line, f"the server ended: {text}"
        text += line
    return text


def fork_server_of(process: psutil.Process) -> psutil.Process:
    """Return its only fork server; what that has just forked has its name, too, for a moment."""
    (found,) = (
        each for each in below_named("tr-forkserver", process) if each.ppid() == process.pid
    )
    return found


def test_a_killed_server_takes_everything_with_it(tmp_path: Path) -> None:
    with server(tmp_path, "ready") as process:
        text = read_until(process, "running")
        told = {int(word) for word in text.split() if word.isdigit()}
        tree = below(process.pid) | told
        for name in ("tr-forkserver", "tr-supervisor", "tr-worker", "tr-cardhost", "sleep"):
            assert below_named(name, psutil.Process(process.pid)), name
        assert len(told) == 4
        process.kill()
        seconds_until_gone(tree, limit=1.0)
    assert not list(tmp_path.glob("tensorrag-scratch-*/[0-9]*")), "the workers' folders"
    sweep(tmp_path)
    assert not list(tmp_path.glob("tensorrag-scratch-*"))


def test_a_server_that_is_killed_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with server(tmp_path, "warming") as process:
        read_until(process, "warming")
        while len(tree := below(process.pid)) < 3:
            pass  # the fork server, a supervisor and the card host
        process.kill()
        seconds_until_gone(tree, limit=1.0)


async def test_close_ends_what_runs(tmp_path: Path, place: Place) -> None:
    before = below(os.getpid())
    executor = LocalExecutor(tmp_path / "scratch", cores=2)
    executor.warm()
    handles = [await executor.submit(task("Family", 600.0), place) for _ in range(2)]
    for handle in handles:
        await first(executor, handle, "log")
    tree = below(os.getpid()) - before
    await executor.close()
    await gone(tree, limit=1.0)
    assert list((tmp_path / "scratch").iterdir()) == []
    for handle in handles:
        with pytest.raises(RunCancelled):
            await executor.result(handle)


async def test_a_card_ends_with_the_process_that_watches_over_it(
    tmp_path: Path, place: Place
) -> None:
    executor = LocalExecutor(tmp_path / "scratch")
    handle = await executor.submit(task("Stubborn", 600.0), place)
    started = await first(executor, handle, "started")
    await first(executor, handle, "log")
    worker = psutil.Process(started["pid"])
    supervisor = worker.parent()
    assert supervisor is not None
    assert supervisor.name() == "tr-supervisor"

    supervisor.kill()

    await gone([worker.pid])
    with pytest.raises(ExecutorError):
        await executor.result(handle)
    await executor.close()


async def test_an_unused_executor_starts_no_process(tmp_path: Path) -> None:
    before = below(os.getpid())
    executor = LocalExecutor(tmp_path)
    assert below(os.getpid()) <= before  # what others have left may end meanwhile
    await executor.close()


async def test_a_killed_fork_server_is_replaced(tmp_path: Path, place: Place) -> None:
    executor = LocalExecutor(tmp_path / "scratch")
    assert await value_of(executor, task("Return", 1.0), place) == 1
    busy = await executor.submit(task("Sleep", 60), place)
    await first(executor, busy, "started")
    old = fork_server_of(psutil.Process())
    old.kill()
    assert await value_of(executor, task("Return", 2.0), place) == 2  # while another one works
    await executor.cancel(busy)
    await executor.close()
    assert not alive([old.pid])


async def test_cards_start_while_the_fork_server_imports_what_takes_seconds(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENSORRAG_PRELOAD", raising=False)
    monkeypatch.setattr(Crew, "_renew", lambda self: None)  # those that are there stay
    executor, this = LocalExecutor(tmp_path / "scratch"), psutil.Process()
    executor.warm()
    try:
        while len(ready := below_named("tr-worker", this)) < 4:
            await asyncio.sleep(0.02)
        zygote = fork_server_of(this)
        zygote.suspend()  # so that it takes as long as it likes
        try:
            answers = [
                await executor.result(await executor.submit(task("Pid"), place))
                for _ in range(len(ready))
            ]
        finally:
            zygote.resume()
    finally:
        await executor.close()
    assert {answer["pid"] for answer in answers} == {worker.pid for worker in ready}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warm(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[LocalExecutor, psutil.Process]]:
    """An executor whose workers are ready, and its fork server."""
    executor = LocalExecutor(tmp_path_factory.mktemp("scratch"))
    executor.warm()
    while not executor.is_warm:
        await asyncio.sleep(0.02)
    yield executor, fork_server_of(psutil.Process())
    await executor.close()


async def at_most(zygote: psutil.Process, number: int) -> dict[int, int]:
    """Wait until no more supervisors of workers than this are left; returns their open files."""
    async with asyncio.timeout(60):
        while True:
            with suppress(psutil.NoSuchProcess):  # one ends as we look
                those = [each for each in zygote.children() if not below_named("tr-cardhost", each)]
                found = {each.pid: each.num_fds() for each in those}
                if len(found) <= number:
                    return found
            await asyncio.sleep(0.02)


class TestReadyWorkers:
    """One executor that is warm."""

    pytestmark = pytest.mark.asyncio(loop_scope="module")

    async def test_a_killed_one_is_replaced(
        self, warm: tuple[LocalExecutor, psutil.Process], place: Place
    ) -> None:
        executor, zygote = warm
        await value_of(executor, task("Return"), place)
        while not executor.is_warm:
            await asyncio.sleep(0.02)
        waiting = below_named("tr-worker", zygote)
        for worker in waiting:
            with suppress(psutil.NoSuchProcess):  # that of the card may just have ended
                worker.kill()
        await gone(worker.pid for worker in waiting)
        assert await value_of(executor, task("Return", 2.0), place) == 2

    async def test_one_whose_supervisor_was_killed_is_replaced(
        self, warm: tuple[LocalExecutor, psutil.Process], place: Place
    ) -> None:
        executor, zygote = warm
        await value_of(executor, task("Return"), place)
        while not executor.is_warm:
            await asyncio.sleep(0.02)
        waiting = zygote.children()
        suspended = 0
        for supervisor in waiting:
            with suppress(psutil.NoSuchProcess):  # that of the card may just have ended
                for worker in supervisor.children():
                    worker.suspend()  # so that it is still there when its supervisor has gone
                    suspended += 1
                supervisor.kill()
        assert suspended
        await gone(supervisor.pid for supervisor in waiting)
        assert await value_of(executor, task("Return", 2.0), place) == 2

    async def test_no_process_runs_two_cards_and_nothing_piles_up(
        self, warm: tuple[LocalExecutor, psutil.Process], place: Place
    ) -> None:
        executor, zygote = warm
        pids = [await value_of(executor, task("Pid"), place) for _ in range(3)]
        while not executor.is_warm:
            await asyncio.sleep(0.02)
        supervisors = await at_most(zygote, 3)
        assert supervisors
        for _ in range(4):
            jobs = [executor.submit(task("Pid"), place) for _ in range(5)]
            handles = [await job for job in jobs]
            results = [await executor.result(handle) for handle in handles]
            pids += [result["pid"] for result in results]
        assert len(set(pids)) == len(pids)
        async with asyncio.timeout(60):  # one that starts a worker has more open for a moment
            while True:
                left = await at_most(zygote, 2)
                if all(left[pid] <= count for pid, count in supervisors.items() if pid in left):
                    break
                await asyncio.sleep(0.02)

    async def test_the_fork_server_stays_one_thread(
        self, warm: tuple[LocalExecutor, psutil.Process], place: Place
    ) -> None:
        executor, zygote = warm
        assert await value_of(executor, task("Threads", cpus=2), place) in (1, 2)
        assert zygote.num_threads() == 1


def test_folders_of_the_living_are_not_swept(tmp_path: Path) -> None:
    mine = Scratch(tmp_path)
    Scratch(tmp_path).remove()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [mine.path]
    mine.remove()
    assert list(tmp_path.iterdir()) == []
