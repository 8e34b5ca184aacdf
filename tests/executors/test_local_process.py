"""The local executor: the contract, forked and spawned, and what only it promises."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from executors import fork_server, machine
from executors.local_process import LocalExecutor
from tensorrag.errors import ExecutorUnavailable, RunCancelled, TaskFailed
from tensorrag.executor import Executor
from tensorrag.store.place import Place
from tests.clock import within
from tests.executors.card_texts import task
from tests.executors.contract import ExecutorContract, failure_of, first, printed, value_of
from tests.executors.processes import below, gone

AUTOGROUP = Path("/proc/self/autogroup")
SHARED_BY_SESSION = AUTOGROUP.exists() and AUTOGROUP.read_text().strip() != ""
"""Whether Linux shares the processor out by session here: it can be switched off."""
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("scratch"), cores=2)
    assert _follows(executor)
    yield executor
    await executor.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spawning(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("scratch"), cores=2, fork=False)
    yield executor
    await executor.close()


def _follows(executor: Executor) -> bool:
    """Have the type checker hold an executor against the protocol."""
    return bool(executor.name)


class TestForked(ExecutorContract):
    @pytest.fixture
    def executor(self, local: LocalExecutor) -> LocalExecutor:
        return local


class TestSpawned(ExecutorContract):
    @pytest.fixture
    def executor(self, spawning: LocalExecutor) -> LocalExecutor:
        return spawning


async def test_every_card_runs_in_a_process_of_its_own(local: LocalExecutor, place: Place) -> None:
    pids = {await value_of(local, task("Pid"), place) for _ in range(3)}
    assert len(pids) == 3
    assert os.getpid() not in pids


@pytest.mark.skipif(not SHARED_BY_SESSION, reason="niceness counts across sessions here")
async def test_a_card_gives_way_to_the_page_though_their_sessions_differ(
    local: LocalExecutor, spawning: LocalExecutor, place: Place
) -> None:
    ours = int(AUTOGROUP.read_text().split()[-1])
    for executor in (local, spawning):
        assert await value_of(executor, task("Niceness"), place) > ours


async def test_the_traceback_of_a_crash_shows_where_the_card_was(
    local: LocalExecutor, place: Place
) -> None:
    failed = await failure_of(local, task("Segfault"), place)
    assert "in act" in (failed.cause.traceback or "")


async def test_closed_outputs_do_not_matter(local: LocalExecutor, place: Place) -> None:
    assert await value_of(local, task("CloseOutput"), place) == 1


async def test_a_card_that_ignores_the_stop_is_killed_with_all_its_processes(
    local: LocalExecutor, place: Place
) -> None:
    handle = await local.submit(task("Stubborn", timeout=600), place)
    started = await first(local, handle, "started")
    assert "deaf" in (await first(local, handle, "log"))["text"]
    await local.cancel(handle)
    local._jobs[handle].expire()  # its time is up meanwhile: it was cancelled all the same
    async with asyncio.timeout(within(6)):
        with pytest.raises(RunCancelled):
            await local.result(handle)
    await gone([started["pid"]], limit=0.5)


async def test_a_worker_sees_no_secret(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-1")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:canary-2@proxy")
    for fork in (True, False):
        executor = LocalExecutor(tmp_path, fork=fork)
        handle = await executor.submit(task("Environment"), place)
        await executor.result(handle)
        text = await printed(executor, handle)
        await executor.close()
        assert "PATH" in text
        assert "canary" not in text


async def test_a_card_gets_the_threads_of_its_task(local: LocalExecutor, place: Place) -> None:
    assert await value_of(local, task("Threads"), place) == 1
    assert await value_of(local, task("Threads", cpus=2), place) == 2
    assert await value_of(local, task("Threads", cpus=64), place) == 2, "no more than there are"


async def test_gpu_cards_run_in_fresh_interpreters_one_per_gpu(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cuda_gpus", lambda: ("One", "Another"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    executor = LocalExecutor(tmp_path / "scratch")
    offers = await executor.offers()
    assert [offer.device for offer in offers.offers] == ["cuda", "cuda", "cpu"]
    handles = [await executor.submit(task("Gpu", gpu=True), place) for _ in range(4)]
    results = [await executor.result(handle) for handle in handles]
    devices = [result["outputs"]["metrics"]["value"]["r2"] for result in results]
    assert sorted(devices) == [3, 3, 5, 5], "and torch was not there before the card"
    await executor.close()


async def test_folders_may_be_relative(
    local: LocalExecutor, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    near = Place(store=Path("store"), uploads=Path("uploads"), base=Path())
    assert await value_of(local, task("Return", 0.25), near) == 0.25
    assert (tmp_path / "store" / "blobs").is_dir()


async def test_random_numbers_differ_between_workers(local: LocalExecutor, place: Place) -> None:
    assert len({await value_of(local, task("Random"), place) for _ in range(3)}) == 3


async def test_temporary_files_are_gone_with_the_card(local: LocalExecutor, place: Place) -> None:
    handle = await local.submit(task("Scratch"), place)
    await local.result(handle)
    file, folder = (await printed(local, handle)).split()
    assert Path(file).parent == Path(folder)
    async with asyncio.timeout(within(2)):
        while Path(folder).exists():
            await asyncio.sleep(0.02)


async def test_tasks_wait_for_a_core_in_the_order_they_came(place: Place, tmp_path: Path) -> None:
    executor = LocalExecutor(tmp_path / "scratch", cores=1)
    long, short = [await executor.submit(task("Sleep", 0.2), place) for _ in range(2)]
    await executor.result(short)
    began = [[event["time"] async for event in executor.events(h)] for h in (long, short)]
    assert began[1][0] - began[0][0] >= 0.2
    await executor.close()


async def test_looking_at_results_does_not_wait_for_cards(place: Place, tmp_path: Path) -> None:
    executor = LocalExecutor(tmp_path / "scratch", cores=1)
    busy = await executor.submit(task("Sleep", 600), place)
    peek = task("Return").model_copy(update={"kind": "peek"})
    async with asyncio.timeout(within(6)):
        failed = await failure_of(executor, peek, place)
    assert failed.cause.type == "AttributeError", "this card has no peek"
    await executor.cancel(busy)
    await executor.close()
    with pytest.raises(RunCancelled):
        await executor.result(busy)
    with pytest.raises(ExecutorUnavailable):
        await executor.submit(task("Return"), place)


async def test_endless_printing_is_cut(local: LocalExecutor, place: Place) -> None:
    handle = await local.submit(task("PrintMuch"), place)
    await local.result(handle)
    text = await printed(local, handle)
    assert text.startswith("line 0\nline 1\n")
    assert len(text) < 1_500_000


async def test_nothing_that_a_card_started_outlives_it(local: LocalExecutor, place: Place) -> None:
    handle = await local.submit(task("Family", 0.0), place)
    await local.result(handle)
    text = await printed(local, handle)
    pids = [int(word) for word in text.split() if word.isdigit()]
    assert len(pids) == 3
    await gone(pids)
    async with asyncio.timeout(within(2)):
        while set(pids) & below(os.getpid()):  # ended, and soon collected, too
            await asyncio.sleep(0.01)


async def test_a_card_that_reports_without_end_floods_nobody(
    local: LocalExecutor, place: Place
) -> None:
    reports: list[Any] = []
    for timeout in (1.5, 6.0, 24.0):  # a busy machine takes longer to the first of them
        handle = await local.submit(task("ReportForever", timeout=timeout), place)
        with pytest.raises(TaskFailed):
            await local.result(handle)
        reports = [event async for event in local.events(handle) if event["type"] == "progress"]
        if len(reports) >= 2:
            break
    assert 2 <= len(reports) <= 27 * timeout
    assert max(len(str(report)) for report in reports) < 5000


@pytest.mark.parametrize("module", ["cards_of_a_pack", "os", "tests.executors", "", "-c", ".."])
async def test_of_cards_only_our_own_are_imported_where_all_workers_begin(module: str) -> None:
    assert not fork_server._is_ours(module)
    assert fork_server._is_ours("cards.train")


async def test_what_learning_takes_need_not_be_imported_ahead() -> None:
    assert {"pandas", "torch"} <= set(fork_server._modules("all"))
    learning = set(fork_server._modules("learning"))
    assert "sklearn.linear_model" in learning
    assert "torch" not in learning
    few = set(fork_server._modules("tables"))
    assert "pandas" in few
    assert not [name for name in few if name.startswith(("torch", "sklearn", "scipy"))]


async def test_of_cards_none_but_those_that_will_be_asked_for_need_be_imported_ahead() -> None:
    asked = ["cards.train", "cards.evaluate"]
    named = list(fork_server._modules("learning", asked))
    assert [name for name in named if name.startswith("cards.")] == asked
