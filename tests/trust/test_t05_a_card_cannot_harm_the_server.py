"""T5: whatever a card does to itself and its machine, it fails with the true reason, and alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from executors.local_process import LocalExecutor
from tensorrag.store.place import Place
from tests.executors.card_texts import task
from tests.executors.contract import failure_of, printed, value_of
from tests.executors.processes import below, gone

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("scratch"), cores=2)
    executor.warm()
    while not executor.is_warm:
        await asyncio.sleep(0.02)
    yield executor
    await executor.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(store=tmp_path / "store", uploads=tmp_path / "uploads", base=tmp_path)


MISBEHAVING: list[tuple[str, dict[str, Any], str, str]] = [
    ("Segfault", {}, "CardCrashed", "crashed: Segmentation fault"),
    ("Abort", {}, "CardCrashed", "crashed: Aborted"),
    ("Silent", {}, "CardCrashed", "exit code 0"),
    ("Leave", {}, "CardCrashed", "exit code 3"),
    ("KillItself", {}, "CardCrashed", "killed by the system"),
    ("Exit", {}, "SystemExit", "enough"),
    ("Shout", {}, "ValueError", "xxx"),
    ("ShoutCalmly", {}, "CardError", "xxx"),
    ("PrintForever", {"timeout": 1.0}, "CardTimeout", "longer than 1 seconds, its time limit"),
    ("Fork", {"number": 200}, "CardTooManyProcesses", "more than 64 processes"),
    ("Bomb", {}, "CardTooManyProcesses", "more than 64 processes"),
    ("ShellBomb", {}, "CardTooManyProcesses", "processes"),
    ("StartThreads", {}, "CardTooManyThreads", "more than 256 threads"),
    ("LoopInC", {"timeout": 0.3}, "CardTimeout", "longer than 0.3 seconds"),
    ("Joblib", {"timeout": 2.0}, "CardTimeout", "longer than 2 seconds"),
    ("Allocate", {"memory": 300}, "CardOutOfMemory", "more than 300 MB of memory, the limit"),
    ("AllocateBelow", {"memory": 500}, "CardOutOfMemory", "more than 500 MB of memory"),
    ("WrongResult", {}, "CardError", "returned str for metrics, where Metrics was promised"),
]


@pytest.mark.parametrize(
    ("card", "more", "kind", "words"), MISBEHAVING, ids=[row[0] for row in MISBEHAVING]
)
async def test_a_card_that_misbehaves_fails_with_its_true_reason_and_leaves_nothing(
    local: LocalExecutor, place: Place, card: str, more: dict[str, Any], kind: str, words: str
) -> None:
    shared = set(os.listdir("/dev/shm"))
    more = dict(more)
    job = task(card, more.pop("number", 1.0), **more)

    failed = await failure_of(local, job, place)

    assert failed.cause.type == kind
    assert words in failed.message
    assert len(failed.message) <= 4000
    await nothing_left_but_ours()
    assert set(os.listdir("/dev/shm")) == shared
    assert await value_of(local, task("Return", 2.0), place) == 2.0, "everything else goes on"


async def nothing_left_but_ours() -> None:
    """Wait until no process is there but those that wait for the next card."""
    import psutil

    ours = {"tr-forkserver", "tr-supervisor", "tr-worker", "tr-cardhost", "python"}
    async with asyncio.timeout(60):
        while True:
            tree = psutil.Process().children(recursive=True)
            names = [process.name() for process in tree if process.is_running()]
            if len(names) <= 8 and set(names) <= ours:
                return
            await asyncio.sleep(0.05)


async def test_what_processes_of_a_card_share_is_counted_once(
    local: LocalExecutor, place: Place
) -> None:
    assert await value_of(local, task("ShareMemory", 1.0, memory=250), place) == 100 << 20


async def test_libraries_that_are_shared_with_the_fork_server_are_not_charged(
    local: LocalExecutor, place: Place
) -> None:
    assert await value_of(local, task("Sleep", 0.5, memory=150), place) == 0


async def test_endless_printing_is_cut(local: LocalExecutor, place: Place) -> None:
    handle = await local.submit(task("PrintMuch"), place)
    await local.result(handle)
    text = await printed(local, handle)
    assert text.startswith("line 0\nline 1\n")
    assert len(text) < 1_100_000


async def test_nothing_that_a_card_started_outlives_it(local: LocalExecutor, place: Place) -> None:
    handle = await local.submit(task("Family", 0.0), place)
    await local.result(handle)
    text = await printed(local, handle)
    pids = [int(word) for word in text.split() if word.isdigit()]
    assert len(pids) == 3
    await gone(pids)
    async with asyncio.timeout(2):
        while set(pids) & below(os.getpid()):  # ended, and soon collected, too
            await asyncio.sleep(0.01)
