"""Time in which a machine has no processor for a process is not counted against its card."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from executors import card_host, trial, usage
from executors.patience import Patience
from tests.clock import within

SAYS = Path("/proc/self/schedstat").exists()
"""Whether this system says how long a process had to wait."""


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that never has a processor for any of ours."""
    monkeypatch.setattr(usage, "waited", lambda pid: time.monotonic())


@pytest.mark.skipif(not SAYS, reason="this system does not say it")
def test_the_system_says_how_long_a_process_had_to_wait() -> None:
    one = min(os.sched_getaffinity(0))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        for each in busy:
            os.sched_setaffinity(each.pid, {one})
        until = time.monotonic() + within(10)
        while not all(usage.waited(each.pid) > 0.05 for each in busy):
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        for each in busy:
            each.kill()
            each.wait()
    assert usage.waited(busy[0].pid) == 0.0


async def test_what_takes_too_long_ends() -> None:
    with pytest.raises(TimeoutError):
        async with Patience(os.getpid(), 0.05):
            await asyncio.sleep(600)


async def test_what_says_a_word_now_and_then_goes_on() -> None:
    async with Patience(os.getpid(), 600) as clock:
        for _ in range(3):
            clock.begin(600)
            await asyncio.sleep(0)


async def test_what_was_said_while_nobody_could_listen_is_heard_before_time_is_up() -> None:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=ours)

    def suspended() -> None:
        theirs.sendall(b"a word\n")
        time.sleep(0.2)

    async with Patience(os.getpid(), 0.05):
        asyncio.get_running_loop().call_soon(suspended)
        assert await reader.readline() == b"a word\n"
    writer.close()
    await writer.wait_closed()
    theirs.close()


@pytest.mark.usefixtures("crowded")
async def test_what_has_to_wait_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executors.patience.BUSY", 10_000)
    async with Patience(os.getpid(), 0.05):
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(("busy", "goes_on"), [(10_000, True), (2, False)])
async def test_what_waits_since_long_and_has_not_told_it_yet_goes_on(
    busy: float, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("executors.patience.BUSY", busy)
    monkeypatch.setattr(usage, "waited", lambda pid: 0.0)  # it is told once it runs again
    monkeypatch.setattr(usage, "queued", lambda pid: 7.0)

    with nullcontext() if goes_on else pytest.raises(TimeoutError):
        async with Patience(os.getpid(), 0.05):
            await asyncio.sleep(0.5 if goes_on else 600)


async def test_what_computes_all_the_time_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executors.patience.BUSY", 10_000)
    monkeypatch.setattr(usage, "waited", lambda pid: 0.0)
    monkeypatch.setattr(usage, "queued", lambda pid: time.monotonic())
    with pytest.raises(TimeoutError):
        async with Patience(os.getpid(), 0.05):
            await asyncio.sleep(600)


async def test_who_hands_on_what_it_says_may_have_to_wait_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("executors.patience.BUSY", 10_000)
    hands_on = os.getppid()
    monkeypatch.setattr(usage, "waited", lambda pid: time.monotonic() if pid == hands_on else 0.0)
    async with Patience(os.getpid(), 0.05):
        await asyncio.sleep(0.2)


@pytest.mark.skipif(not SAYS, reason="this system does not say it")
def test_the_system_says_who_has_work_and_for_how_long_it_has_run() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as works:
        while (usage.queued(works.pid) or 0.0) < 0.05:
            assert works.poll() is None
        assert usage.parent(works.pid) == os.getpid()
        works.kill()
    assert usage.queued(works.pid) is None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as waits:
        while usage.queued(waits.pid) is not None or usage.runs(waits.pid) is False:
            time.sleep(0.01)
        waits.kill()


async def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "waited", lambda pid: 1000 * time.monotonic())
    with pytest.raises(TimeoutError):
        async with Patience(os.getpid(), 0.01):
            await asyncio.sleep(600)


def test_a_card_is_interrupted_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_host, "CHECK_SECONDS", 0.05)
    now = usage.waited(os.getpid())
    with pytest.raises(TimeoutError, match="takes more than"), card_host._in_time(now):
        time.sleep(600)


@pytest.mark.usefixtures("crowded")
def test_a_card_that_has_to_wait_is_interrupted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_host, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(card_host, "BUSY", 10_000)
    with card_host._in_time(usage.waited(os.getpid())):
        time.sleep(0.2)
    monkeypatch.setattr(card_host, "BUSY", 2)
    with pytest.raises(TimeoutError), card_host._in_time(usage.waited(os.getpid())):
        time.sleep(600)


def test_a_file_that_sleeps_as_it_is_tried_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PATIENCE", 0.05)
    found = trial.reasons_against({"slow.py": "import time; time.sleep(600)"})
    assert "takes more than" in found["slow.py"]


@pytest.mark.usefixtures("crowded")
def test_a_file_that_has_to_wait_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PATIENCE", 0.05)
    assert trial.reasons_against({"slow.py": "import time; time.sleep(0.2)"}) == {"slow.py": ""}
