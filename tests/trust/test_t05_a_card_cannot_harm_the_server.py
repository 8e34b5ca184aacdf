"""T5: whatever a card does to itself and its machine, it fails with the true reason, and alone.

All of them run side by side in one run of a real editor, which has to answer meanwhile.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.clock import within
from tests.executors.test_cgroup import holds
from tests.trust.acts import Act, Stage, stage

pytestmark = pytest.mark.clock

PROMISED_SECONDS = 1.0
"""Within which the editor answers, whatever runs."""

CROWD = "more than 64 processes"
STOPPED = "its time limit"
CARDS: list[tuple[Act, str, str]] = [
    (Act("Segfault"), "CardCrashed", "crashed: Segmentation fault"),
    (Act("Abort"), "CardCrashed", "crashed: Aborted"),
    (Act("Silent"), "CardCrashed", "ended its process (exit code 0) without giving a result"),
    (Act("Leave"), "CardCrashed", "exit code 3"),
    (Act("KillItself"), "CardCrashed", "was killed (signal 9)"),
    (Act("Exit"), "SystemExit", "enough"),
    (Act("Shout"), "ValueError", "xxx"),
    (Act("ShoutCalmly"), "CardError", "xxx"),
    (Act("PrintForever", timeout=1), "CardTimeout", STOPPED),
    (Act("Fork", number=200), "CardTooManyProcesses", CROWD),
    (Act("Bomb"), "CardTooManyProcesses", CROWD),
    (Act("ShellBomb"), "CardTooManyProcesses", "processes"),
    (Act("StartThreads"), "CardTooManyThreads", "more than 256 threads"),
    (Act("Family", number=600, timeout=1), "CardTimeout", STOPPED),
    (Act("Stubborn", timeout=1), "CardTimeout", STOPPED),
    (Act("LoopInC", timeout=1), "CardTimeout", STOPPED),
    (Act("Joblib", timeout=2), "CardTimeout", STOPPED),
    (Act("Allocate", memory=300), "CardOutOfMemory", "more than 300 MB of memory, the limit"),
    (Act("AllocateBelow", memory=500), "CardOutOfMemory", "more than 500 MB of memory"),
    (Act("WrongResult"), "CardError", "returned str for metrics, where Metrics was promised"),
    (Act("ShareAndAbort"), "CardCrashed", "crashed: Aborted"),
    (Act("FillDisk"), "DiskFull", "The disk is full"),
]
NEEDS_GROUP, NEEDS_MOUNT = ("bomb", "shell_bomb"), ("fill_disk",)


@dataclass
class Health:
    """How long an editor took to answer, asked again and again."""

    url: str
    seconds: list[float] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Health:
        self._asking = threading.Thread(target=self._ask)
        self._asking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._asking.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as client:
            while not self.over.wait(0.05):
                began = time.monotonic()
                client.get("/healthz").raise_for_status()
                self.seconds.append(time.monotonic() - began)


@dataclass
class Seen:
    """What was seen of one run of all of them."""

    outcome: dict[str, Any]
    health: list[float]
    shared: set[str]
    """What was in the machine's shared memory before."""
    stage: Stage


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bool]]:
    """A workspace whose scratch folder is a disk of 16 MB, where we may mount one."""
    folder = tmp_path_factory.mktemp("workspace")
    scratch = folder / "scratch"
    scratch.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(scratch)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield folder, mounted
    if mounted:
        subprocess.run(["umount", "-l", str(scratch)], check=True)


@pytest.fixture(scope="module")
def able(small_disk: tuple[Path, bool]) -> dict[str, str]:
    """Why some of them cannot be tried here, by card."""
    no_group = "this machine lets us make no control group that counts processes"
    reasons = dict.fromkeys(NEEDS_GROUP, "" if holds() else no_group)
    no_mount = "only an administrator can mount a small disk to fill"
    return reasons | dict.fromkeys(NEEDS_MOUNT, "" if small_disk[1] else no_mount)


@pytest.fixture(scope="module")
def seen(small_disk: tuple[Path, bool], able: dict[str, str]) -> Iterator[Seen]:
    """One run of all of them, and of one card that does nothing wrong."""
    acts = [act for act, _, _ in CARDS if not able.get(act.node)]
    before = set(os.listdir("/dev/shm"))
    with stage(small_disk[0]) as editor:
        run = editor.start(*acts, Act("Return"))
        with Health(editor.server.url) as health:
            outcome = editor.end(run, seconds=300)
        yield Seen(outcome, health.seconds, before, editor)


def forsaken(before: set[str]) -> set[str]:
    """What is new in the machine's shared memory, and of nobody who is still there.

    Others work on this machine too: what they made is theirs, or goes before long.
    """
    new = set(os.listdir("/dev/shm")) - before
    makers = {name: re.match(r"sem\.loky-(\d+)-", name) for name in new}
    return {name for name, pid in makers.items() if not (pid and psutil.pid_exists(int(pid[1])))}


@pytest.mark.parametrize(("act", "kind", "words"), CARDS, ids=[row[0].card for row in CARDS])
def test_each_fails_with_its_true_reason(
    seen: Seen, able: dict[str, str], act: Act, kind: str, words: str
) -> None:
    if able.get(act.node):
        pytest.skip(able[act.node])
    card = seen.outcome["nodes"][act.node]

    assert card["state"] == "failed"
    assert card["error"]["type"] == kind, card["error"]
    assert words in card["error"]["message"]
    assert len(card["error"]["message"]) <= 4000


def test_the_editor_answers_within_a_second_throughout(seen: Seen) -> None:
    assert len(seen.health) > 50
    assert max(seen.health) < within(PROMISED_SECONDS)


def test_everything_else_goes_on(seen: Seen) -> None:
    assert seen.outcome["nodes"]["return"]["state"] == "done"
    again = seen.stage.play(Act("Return", number=0.25))
    assert again["nodes"]["return"]["outputs"]["metrics"]["value"]["r2"] == 0.25


def test_nothing_is_left_of_them(seen: Seen) -> None:
    until = time.monotonic() + within(10)
    while left := seen.stage.left() or forsaken(seen.shared):
        assert time.monotonic() < until, left
        time.sleep(0.05)
