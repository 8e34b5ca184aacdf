"""Workers that are kept ready, while their fork server gets ready or ends."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import psutil
import pytest

from executors import early
from executors.connection import Connection
from executors.crew import Crew
from executors.zygote import Zygote
from tensorrag import ahead
from tests.clock import within
from tests.executors.processes import seconds_until_gone


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(within(10)):
        while not true():
            await asyncio.sleep(0.01)


@dataclass
class Worker:
    """The line to a worker that is there at once."""

    lasts: bool
    closed: bool = False
    is_free: bool = False

    async def meet(self) -> None:
        """It is there."""

    async def close(self) -> None:
        self.closed = True

    def has_living_worker(self) -> bool:
        return not self.closed


@dataclass
class Slow:
    """A fork server that forks when it is told to; which worker lasts is known when it is asked."""

    ready: bool = False
    may: asyncio.Event = field(default_factory=asyncio.Event)
    workers: list[Worker] = field(default_factory=list)

    async def worker(self) -> Connection:
        worker = Worker(lasts=self.ready)
        self.workers.append(worker)
        await self.may.wait()
        return cast(Connection, worker)

    async def close(self) -> None:
        """It is gone."""


async def test_workers_asked_for_before_the_last_import_are_replaced_after_it(
    tmp_path: Path,
) -> None:
    crew, slow = Crew(tmp_path, fork=True), Slow()
    crew._zygote = cast(Zygote, slow)
    crew._have_some_ready()
    await until(lambda: len(slow.workers) == 4)

    slow.ready = True  # while all four are still being forked
    crew._renew()
    slow.may.set()
    await until(lambda: not crew._preparing)

    early, late = slow.workers[:4], slow.workers[4:]
    await until(lambda: all(worker.closed for worker in early))
    assert late
    assert all(worker.lasts and not worker.closed for worker in late)
    async with crew.worker() as lent:
        assert id(lent) in {id(worker) for worker in late}
    await crew.close()


async def test_a_fork_server_that_was_begun_ahead_is_the_one_that_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORRAG_PRELOAD", "tables")
    ahead.begin()
    [(process, _)] = early._begun
    crew = Crew(tmp_path, fork=True)

    async with crew.worker() as worker:
        assert process.pid in [each.pid for each in psutil.Process(worker.pid).parents()]
        assert early._begun == []
    await crew.close()

    assert process.poll() is not None


async def test_one_that_nobody_uses_ends_with_its_process() -> None:
    program = "from executors import early; early.begin(); print(early._begun[0][0].pid)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    await until(lambda: not psutil.pid_exists(int(said.stdout)))


NOTES = """
import sys

class Noting:
    def find_spec(self, name, *more):
        if name in ("cards.sort_rows", "cards.join", "strange", "pandas"):
            print(name, file=open({told!r}, "a"))

sys.meta_path.insert(0, Noting())
"""
"""What Python imports at its start: it notes what is looked for from then on."""


async def test_cards_of_ours_that_will_be_asked_for_are_imported_first_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(NOTES.format(told=str(told)))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("TENSORRAG_PRELOAD", "tables")
    crew = Crew(tmp_path, fork=True)

    crew.warm(networks=False, modules=["strange", "cards.sort_rows"])

    await until(lambda: crew._zygote is not None and crew._zygote.ready)
    await crew.close()
    assert told.read_text().split() == ["cards.sort_rows", "pandas"]


async def test_nobody_hears_of_a_fork_server_that_ends_as_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORRAG_PRELOAD", "tables")
    crew = Crew(tmp_path, fork=True)
    crew.warm(networks=False)
    assert crew._zygote is not None
    old = crew._zygote._process
    assert old is not None

    old.kill()
    old.wait()  # the loop has not heard of it yet
    async with crew.worker() as worker:
        assert worker.has_living_worker()

    await crew.close()


async def test_where_fork_servers_do_not_last_a_worker_is_an_interpreter_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begun = early._new, []

    def killed() -> early.Begun:
        process, line = begin()
        process.kill()
        process.wait()
        begun.append(process.pid)
        return process, line

    monkeypatch.setattr(early, "_new", killed)
    crew = Crew(tmp_path, fork=True)

    async with crew.worker() as worker:
        assert worker.has_living_worker()
        assert not worker.lasts, "the next one may be forked again"
    assert len(begun) == 2
    await crew.close()


async def test_a_worker_that_was_killed_does_not_live_though_its_supervisor_has_not_collected_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORRAG_PRELOAD", "tables")
    crew = Crew(tmp_path, fork=True)
    async with crew.worker() as lent:
        worker = psutil.Process(lent.pid)
        supervisor = worker.parent()
        assert supervisor is not None
        supervisor.suspend()
        worker.kill()
        seconds_until_gone([worker.pid], limit=2)

        assert worker.status() == psutil.STATUS_ZOMBIE
        assert not lent.has_living_worker()

        supervisor.resume()
    await crew.close()


async def test_a_line_that_is_cut_is_known_before_the_loop_hears_of_it() -> None:
    ours, theirs = socket.socketpair()
    connection = await Connection.over(ours)
    connection.pid = os.getpid()
    assert connection.has_living_worker()

    theirs.close()

    assert not connection.has_living_worker()
    await connection.close()
