"""What a tree of processes uses: how many there are, their threads, and their memory.

Linux tells it in ``/proc``, a few microseconds a file. Elsewhere psutil is asked, and memory is
what each process has for itself: what a card shares between processes of its own goes uncounted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_LINUX = sys.platform == "linux"


class Process(NamedTuple):
    """One process, as it was a moment ago."""

    pid: int
    parent: int
    group: int
    """The process group."""
    threads: int
    resident: int
    """Bytes in memory, shared ones included: never less than what it is charged with."""


def family(pid: int) -> list[Process]:
    """Return all descendants of a process."""
    children: dict[int, list[Process]] = {}
    for process in _all() if _LINUX else _asked(pid):
        children.setdefault(process.parent, []).append(process)
    found, parents = [], [pid]
    while parents:
        for process in children.pop(parents.pop(), ()):
            found.append(process)
            parents.append(process.pid)
    return found


def again(processes: Iterable[Process]) -> list[Process]:
    """Look at the same processes once more; those that are gone are left out."""
    seen = (look(process.pid) for process in processes)
    return [process for process in seen if process is not None]


def look(pid: int) -> Process | None:
    """Look at one process; None where it is gone."""
    if not _LINUX:
        return next((p for p in _asked(pid, itself=True) if p.pid == pid), None)
    if not (fields := _stat(pid)):
        return None
    parent, group, threads, pages = (int(fields[at]) for at in (1, 2, 17, 21))
    return Process(pid, parent, group, threads, pages * _PAGE)


def runs(pid: int) -> bool:
    """Tell whether a process goes on: one that ended and is not collected yet does not."""
    if not _LINUX:
        import psutil

        with suppress(psutil.Error):
            return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
        return False
    fields = _stat(pid)
    return bool(fields) and fields[0] not in (b"Z", b"X")


def waited(pid: int) -> float:
    """Return for how many seconds so far a process had work and no processor was free for it.

    What the machine is busy with beside it is not its fault: limits by the clock leave this out.
    0 where nobody says, or where it is gone.
    """
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[1]) / 1e9
    return 0.0


def queued(pid: int) -> float | None:
    """Return for how many seconds a process has run, which runs or waits for a processor now.

    How long it has waited it tells once it runs again: one of which this does not change waits
    still. None of one that has nothing to do, or is gone, and where nobody says.
    """
    with suppress(OSError, ValueError, IndexError):
        if _stat(pid)[0] == b"R":
            return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[0]) / 1e9
    return None


def parent(pid: int) -> int:
    """Return the process that has started this one; 0 where nobody says."""
    with suppress(OSError, ValueError, IndexError):
        return int(_stat(pid)[1])
    return 0


def charged(pid: int) -> int:
    """Return the bytes that a process is charged with.

    What it shares with others counts in parts (PSS), so that what a card shares among its
    processes is counted once.
    Files that are mapped, such as stored tables, do not count: their pages can be dropped.
    """
    if not _LINUX:
        return _own(pid)
    parts = (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:")
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(parts))


def command(pid: int) -> str:
    """Return the words that a process was started with; none where it is gone."""
    if _LINUX:
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
        return ""
    import psutil

    with suppress(psutil.Error):
        return " ".join(psutil.Process(pid).cmdline())
    return ""


def tasks_of_machine() -> int:
    """Return how many threads there are on this machine, or 0 where nobody says."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/loadavg").read_bytes().split()[3].partition(b"/")[2])
    return 0


def kills_for_memory() -> int:
    """Return how often the kernel has killed a process for want of memory, since the start."""
    with suppress(OSError, ValueError):
        text = Path("/proc/vmstat").read_bytes()
        return int(text.partition(b"\noom_kill ")[2].split(maxsplit=1)[0])
    return 0


def _stat(pid: int) -> list[bytes]:
    """Return what Linux says of a process, from its state on; nothing where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _all() -> Iterable[Process]:
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := look(int(name))) is not None:
            yield process


def _asked(pid: int, *, itself: bool = False) -> Iterable[Process]:
    import psutil

    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root] if itself else root.children(recursive=True):
            with suppress(psutil.Error, ProcessLookupError):
                group, resident = os.getpgid(process.pid), process.memory_info().rss
                yield Process(process.pid, process.ppid(), group, process.num_threads(), resident)


def _own(pid: int) -> int:
    import psutil

    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_full_info().uss)
    return 0
