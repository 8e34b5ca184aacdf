"""A process that tidies up shared memory gets time to, and less where its end is awaited."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUPERVISOR = """
import os, socket, subprocess, sys, time
from pathlib import Path
from executors import tree
from executors.protocol import cancel
from executors.supervisor import supervise

tree.TRACKER_SECONDS, tree.HURRIED_TRACKER_SECONDS = map(float, sys.argv[2:4])
server, line = socket.socketpair()

def start(ends, folder):
    stuck = [sys.executable, "-c", "import time; time.sleep(600)", "resource_tracker"]
    subprocess.Popen(stuck, stdin=subprocess.DEVNULL, start_new_session=True)
    seconds = "0.1" if sys.argv[1] == "over" else "600"
    worker = subprocess.Popen(["sleep", seconds], stdin=subprocess.DEVNULL).pid
    if sys.argv[1] == "cancelled":
        server.sendall(cancel(worker) + b"\\n")
    if sys.argv[1] == "alone":
        server.close()
    return worker

supervise(line, Path.cwd(), start, again=False)
print("nothing is left" if not tree.reap() else "something is left")
"""


@pytest.mark.parametrize(
    ("how", "seconds", "hurried"),
    [("over", 0.2, 600.0), ("cancelled", 600.0, 0.2), ("alone", 600.0, 0.2)],
)
def test_a_tracker_that_is_stuck_gets_less_time_after_a_cancel_and_without_the_server(
    tmp_path: Path, how: str, seconds: float, hurried: float
) -> None:
    words = [sys.executable, "-c", SUPERVISOR, how, str(seconds), str(hurried)]

    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert done.stdout == "nothing is left\n", done.stderr
