"""Trees of processes: settle into one, and end one completely."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from executors import usage

_SET_PDEATHSIG, _SET_NAME, _SET_CHILD_SUBREAPER = 1, 15, 36
TRACKER_SECONDS, HURRIED_TRACKER_SECONDS = 2.5, 0.9
"""How long a resource tracker gets to tidy up the shared memory of those it served: it ends once it
has, which takes milliseconds, and seconds where the machine is busy. The latter where the end of
all of them is awaited: after a cancel, and without the server."""
_SHARED = Path("/dev/shm")  # noqa: S108
"""Where Linux keeps semaphores that have a name."""

_PATIENCE_SECONDS = 10.0
"""How long nothing may end before the rest counts as stuck in the kernel."""
_PAUSE, _LONGEST_PAUSE = 0.003, 0.05
"""Seconds between two rounds of killing: hundreds that end need the processor themselves."""
_RESIDENT_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts the most memory that a child had."""
_NICENESS, _NICENESS_OF_ALL = 5, 2
"""How far a process that runs cards steps back among its own, and all of them together among
others: they get two thirds of what the page may have, and all that is left."""
_AUTOGROUP = Path("/proc/self/autogroup")
_TRIES, _BETWEEN_TRIES = 5, 0.1


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _prctl(option: int, value: int | bytes) -> None:
    """Ask the Linux kernel for something; elsewhere nothing happens."""
    if sys.platform == "linux":
        given = ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_ulong(value)
        _libc().prctl(option, given, 0, 0, 0)


def name_process(name: str) -> None:
    """Show a name of up to 15 characters in ``ps`` and ``top``."""
    _prctl(_SET_NAME, name.encode())


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends.

    On systems other than Linux a process that leaves its group *and* loses its parent escapes.
    """
    _prctl(_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends (Linux)."""
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)


def close_files() -> None:
    """Close all files but stdin, stdout and stderr: those of the parent are none of a child's.

    ``os.closerange`` would try a billion numbers where the limit is that high.
    """
    for name in os.listdir("/dev/fd"):
        if int(name) > 2:
            with contextlib.suppress(OSError):
                os.close(int(name))


def yield_to_others() -> None:
    """Give way to the page: later on the processor, and first in line when memory runs out."""
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")


def yield_session() -> None:
    """Give way with the whole session: Linux may share the processor out by session (autogroup).

    Niceness then counts among the processes of one session only. The kernel takes one such
    change in a tenth of a second, from anybody.
    """
    for _ in range(_TRIES):
        try:
            if int(_AUTOGROUP.read_text().split()[-1]) < _NICENESS_OF_ALL:
                _AUTOGROUP.write_text(str(_NICENESS_OF_ALL))
            return
        except BlockingIOError:
            time.sleep(_BETWEEN_TRIES)
        except (OSError, ValueError, IndexError):
            return  # no such thing here, or not ours to write


Ended = Callable[[int, int, int], None]
"""Told of a child that ended: its pid, its wait status, and the most bytes it had in memory."""


def reap(each: Ended = lambda pid, status, resident: None) -> bool:
    """Collect children that ended, and tell whether any are left."""
    while True:
        try:
            pid, status, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        _remove_semaphores(pid)
        each(pid, status, used.ru_maxrss * _RESIDENT_UNIT)


def _remove_semaphores(pid: int) -> None:
    """Remove what joblib made in a process that has ended: its tracker may have had no time to."""
    for left in _SHARED.glob(f"sem.loky-{pid}-*"):
        with contextlib.suppress(OSError):
            left.unlink()


def stop(group: int) -> None:
    """Stop a process group in one go: what forks in it without end has no time to get away."""
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGSTOP)


def end_descendants(
    each: Ended = lambda pid, status, resident: None, *, tracker_seconds: float
) -> None:
    """Kill every descendant of this process, those that hide in other sessions too, and reap them.

    ``each`` is told of each child that is collected; resource trackers get ``tracker_seconds``.
    """
    began = moved = time.monotonic()
    pause = _PAUSE

    def count(pid: int, status: int, resident: int) -> None:
        nonlocal moved
        moved = time.monotonic()
        each(pid, status, resident)

    while reap(count):
        now = time.monotonic()
        if now - moved > _PATIENCE_SECONDS:
            return  # it ends when its disk or device answers
        _kill_all(spare_trackers=now - began < tracker_seconds)
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, 1.5 * pause)


def _kill_all(*, spare_trackers: bool) -> None:
    """Stop all, group by group, then kill them: nothing must fork while it is being killed."""
    family = usage.family(os.getpid())
    for group in {process.group for process in family} - {os.getpgrp()}:
        stop(group)
    for process in family:
        spared = spare_trackers and "resource_tracker" in usage.command(process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT if spared else signal.SIGKILL)
