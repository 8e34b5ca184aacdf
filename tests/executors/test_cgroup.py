"""Control groups: the kernel itself holds what a process starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from executors import cgroup
from tests.executors.processes import alive

HELD = """
import json, os, threading, time
from executors import cgroup
group = cgroup.enter(6)
folder, refused = group.folder, ""
for number in range(9):
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError as error:
        refused = str(error)
        break
count, refusals = group.count(), group.refusals()
group.close()
try:
    os.fork()
    closed = False
except BlockingIOError:
    closed = True
group.open()
group.leave()
print(json.dumps([group.holds, str(folder), count, refusals, refused, closed]))
os._exit(0)
"""


def holds() -> bool:
    """Whether this machine lets us make control groups that count processes."""
    probe = "from executors import cgroup; g = cgroup.enter(9); print(g.holds); g.leave()"
    command = [sys.executable, "-c", probe]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"


needs_groups = pytest.mark.skipif(
    not holds(), reason="this machine lets us make no control group that counts processes"
)


@needs_groups
def test_the_kernel_refuses_what_is_beyond_the_limit_and_the_group_is_gone_afterwards() -> None:
    command = [sys.executable, "-c", HELD]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout
    inside, folder, count, refusals, refused, closed = json.loads(answer)

    assert count == 6
    assert refusals >= 1
    assert refused == "can't start new thread"
    assert closed
    assert not inside
    assert not Path(folder).exists()


@needs_groups
def test_what_one_that_was_killed_has_left_is_ended_with_its_group() -> None:
    killed = (
        "import os, signal, subprocess; from executors import cgroup\n"
        "group, nowhere = cgroup.enter(9), subprocess.DEVNULL\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True, stdout=nowhere)\n"
        "print(group.folder, child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", killed]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    folder, pid = said.split()
    assert Path(folder).is_dir()
    assert alive([int(pid)])

    cgroup.sweep()

    assert not Path(folder).exists()
    assert not alive([int(pid)])


@needs_groups
def test_the_group_of_another_container_is_left_alone_until_it_is_empty() -> None:
    lives = (
        "import os, sys; from executors import cgroup; cgroup.numbering = lambda: 'another'\n"
        "os.getpid = lambda: 2**22  # nobody has this number here\n"
        "print(cgroup.enter(9).folder, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", lives], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())

        cgroup.sweep()
        assert other.poll() is None
        assert folder.is_dir()

        other.kill()
    cgroup.sweep()
    assert not folder.exists()


def test_without_groups_nothing_is_held_and_nothing_fails() -> None:
    group = cgroup.Group(None, cgroup.ROOT, 9)
    group.open()
    group.close()
    group.leave()
    assert (group.holds, group.enter(), group.count(), group.refusals()) == (False, False, 0, 0)
