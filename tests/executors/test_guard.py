"""What a guard says of a worker that runs into its limits."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from executors import memory_kills
from executors.cgroup import ROOT, Group
from executors.guard import Guard
from executors.job import Job
from executors.limits import Limits
from executors.protocol import decode, failure, message
from executors.server_line import ServerLine
from executors.watch import Watch
from tensorrag.allowance import machine_memory
from tensorrag.errors import TaskFailed
from tensorrag.store.place import Place
from tensorrag.task import Task, TaskKind

LATE = """
import json, subprocess, sys
from executors.cgroup import ROOT, Group
from executors.guard import Guard
from executors.limits import Limits

STARTER = (
    "import sys, threading, time; threading.stack_size(1 << 16); sys.stdin.readline()\\n"
    "for _ in range(30): threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\\n"
    "print('started', flush=True); time.sleep(600)"
)
card = subprocess.Popen(
    [sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)

class Late(Group):
    looked = False

    def refusals(self):
        if not self.looked:
            self.looked = True
            return 0
        card.stdin.write(b"now\\n")
        card.stdin.flush()
        card.stdout.readline()
        return 1

guard = Guard(Limits(memory=4000, processes=8, threads=20), Late(None, ROOT, 40))
while (error := guard.look()) is None:
    pass
card.kill()
print(json.dumps(error))
"""


def told_by(script: str) -> dict[str, Any]:
    """The error that a guard gives in a process of its own."""
    command = [sys.executable, "-c", script]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    error: dict[str, Any] = json.loads(answer.stdout)
    return error


def test_threads_that_were_refused_right_after_a_look_are_told_as_threads() -> None:
    error = told_by(LATE)

    assert error["type"] == "CardTooManyThreads"
    assert "more than 20 threads" in error["message"]


CROWD = """
import json, subprocess
from executors.cgroup import ROOT, Group
from executors.guard import Guard
from executors.limits import Limits

class Refusing(Group):
    counts = [0, 1]

    def refusals(self):
        return self.counts.pop(0)

guard = Guard(Limits(memory=4000, processes=8, threads=200), Refusing(None, ROOT, 400))
crowd = [subprocess.Popen(["sleep", "600"]) for _ in range(9)]
print(json.dumps(guard.refused(b"Resource temporarily unavailable")))
for process in crowd:
    process.kill()
"""


def test_processes_that_were_refused_before_any_look_are_counted_then() -> None:
    error = told_by(CROWD)

    assert error["type"] == "CardTooManyProcesses"
    assert "more than 8 processes," in error["message"]


def test_what_a_card_has_said_itself_counts_before_what_a_look_finds_as_it_ends(
    tmp_path: Path,
) -> None:
    """Its threads are gone by then, and its process is not."""
    ours, line = socket.socketpair()
    woken, waker = socket.socketpair()
    gone = subprocess.Popen(["true"], start_new_session=True)
    gone.wait()

    class Refusing(Group):
        counts: ClassVar = [0, 1, 1]

        def refusals(self) -> int:
            return self.counts.pop(0)

    group = Refusing(None, ROOT, 320)
    watch = Watch(ServerLine(line), woken, tmp_path, group)
    watch._worker = gone.pid
    watch._guard = guard = Guard(Limits(memory=10**6, processes=10**4, threads=10**5), group)
    guard.due = guard._look_at = 0.0
    with subprocess.Popen(["sleep", "600"]) as ending:
        watch._channel.end.sendall(message("error", {"message": "can't start new thread"}))
        watch._hold_to_limits()
        ending.kill()
    watch._channel.end.close()
    watch._close()
    told = decode(ours.recv(1 << 16).partition(b"\n")[0])
    for end in (ours, line, woken, waker):
        end.close()

    assert (told["type"], told["data"]["type"]) == ("error", "CardTooManyThreads")


@pytest.mark.parametrize(
    ("number", "kills", "free", "told"),
    [
        (9, 1, 5 << 20, "CardOutOfMemory"),
        (9, 1, 500 << 20, None),  # there was enough: another process was killed
        (9, 0, 5 << 20, None),
        (11, 1, 5 << 20, None),
    ],
)
def test_memory_is_told_as_the_reason_only_of_a_card_that_had_most_of_what_is_free_now(
    monkeypatch: pytest.MonkeyPatch, number: int, kills: int, free: int, told: str | None
) -> None:
    counts = [0, kills]
    monkeypatch.setattr(memory_kills, "counted", lambda: counts.pop(0))
    monkeypatch.setattr(memory_kills, "_free", lambda: [10 << 30, free])
    guard = Guard(Limits(memory=4000, processes=8, threads=20), Group(None, ROOT, 40))

    error = guard.end(number, resident=8 << 20)

    assert (error and error["type"]) == told


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts such kills")
def test_the_group_of_this_process_says_how_many_were_killed_and_what_is_free() -> None:
    who, count = memory_kills.counted()

    assert who == "machine" or Path(who).exists()
    assert count >= 0
    assert memory_kills.is_likely(machine_memory() << 20)
    assert not memory_kills.is_likely(0)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("profile", "Looking at the result took more memory than looking may."),
        ("page", "Looking at the result took more memory than looking may."),
        ("peek", "Looking at the source took more memory than looking may."),
        ("run", "The card used more than 300 MB of memory."),
    ],
)
def test_for_a_look_that_takes_too_much_memory_no_card_is_blamed(
    kind: TaskKind, said: str, place: Place
) -> None:
    hint = "Give it fewer rows, or raise the memory limit in its settings."
    told = failure("CardOutOfMemory", "The card used more than 300 MB of memory.", hint)

    ended = Job("local:1:x", Task(kind=kind), place).ended({"type": "error", "data": told})

    assert isinstance(ended, TaskFailed)
    assert ended.message == said
    assert ("settings" in str(ended.hint)) == (kind == "run")


@pytest.mark.parametrize(("kind", "again"), [("profile", "look again."), ("run", "run it again, ")])
def test_whoever_looked_is_told_to_look_again_where_the_process_was_killed(
    kind: TaskKind, again: str, place: Place
) -> None:
    killed = {"type": "exit", "data": {"code": None, "signal": 9, "stderr": ""}}

    ended = Job("local:1:x", Task(kind=kind), place).ended(killed)

    assert isinstance(ended, TaskFailed)
    assert f"memory runs out: {again}" in str(ended.hint)
