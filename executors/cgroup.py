"""A hard hold on how many processes and threads a card has: a control group of the Linux kernel.

Looking now and then (`executors.guard`) can be too late for a storm of forks. Where this process
may make groups, a supervisor lives in one of its own with all that it starts, in whatever session
it hides: the kernel refuses what is beyond the limit, and nothing can fork while it is being
killed. Elsewhere nothing of this happens, and the guard alone holds.

Groups of version 1 are made below our own; of version 2 (systemd) where ``pids`` is delegated to
us: below our own group or, as in a user's session, beside it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tensorrag.store.owner import numbering

ROOT = Path("/sys/fs/cgroup")
_PREFIX = "tensorrag-"
_SWEEP_SECONDS = 2.0
"""How long what was left in a group may take to end."""


class Group:
    """The group of this process and all that it starts; one without a folder holds nothing.

    Args:
        folder: of the group.
        home: the group that this process comes from.
        tasks: how many processes and threads it may have, this process included.
    """

    def __init__(self, folder: Path | None, home: Path, tasks: int) -> None:
        self.folder, self._home, self.tasks = folder, home, tasks

    @property
    def holds(self) -> bool:
        """Whether there is such a group at all."""
        return self.folder is not None

    def enter(self) -> bool:
        """Make the group and go into it; tells whether the system let us."""
        if self.folder is None:
            return False
        try:
            self.folder.mkdir(exist_ok=True)
            (self.folder / "pids.max").write_text(str(self.tasks))
            (self.folder / "cgroup.procs").write_text("0")
        except OSError:
            with suppress(OSError):
                self.folder.rmdir()
            return False
        return True

    def open(self) -> None:
        """Let processes start, up to the limit."""
        self._write("pids.max", str(self.tasks))

    def close(self) -> None:
        """Let none start any more: what is there can be ended in peace."""
        self._write("pids.max", "0")

    def count(self) -> int:
        """Return how many processes and threads there are, this process included."""
        if self.folder is not None:
            with suppress(OSError, ValueError):
                return int((self.folder / "pids.current").read_bytes())
        return 0

    def refusals(self) -> int:
        """Return how often the kernel has refused to start a process or a thread."""
        if self.folder is not None:
            with suppress(OSError, ValueError, IndexError):
                return int((self.folder / "pids.events").read_bytes().split()[1])
        return 0

    def leave(self) -> None:
        """Go back to where this process was, and remove the group."""
        if self.folder is not None:
            with suppress(OSError):
                (self._home / "cgroup.procs").write_text("0")
            with suppress(OSError):
                self.folder.rmdir()
            self.folder = None

    def _write(self, name: str, value: str) -> None:
        if self.folder is not None:
            with suppress(OSError):
                (self.folder / name).write_text(value)


def enter(tasks: int) -> Group:
    """Put this process in a group of its own, where the system lets it."""
    for parent, home in _parents():
        group = Group(parent / f"{_PREFIX}{numbering()}-{os.getpid()}", home, tasks)
        if group.enter():
            return group
    return Group(None, ROOT, tasks)


def sweep(seconds: float = 0.0) -> None:
    """End what supervisors that were killed have left behind, and remove their groups.

    Args:
        seconds: how long to look for them: one that was killed just now may be about to end.
    """
    until = time.monotonic() + seconds
    _sweep()
    while time.monotonic() < until:
        time.sleep(0.05)
        _sweep()


def _sweep() -> None:
    for parent, _ in _parents():
        for folder in parent.glob(f"{_PREFIX}*"):
            where, _, number = folder.name.removeprefix(_PREFIX).rpartition("-")
            if where != numbering():  # its processes have no number here by which to end them
                with suppress(OSError):
                    folder.rmdir()
            elif number.isdigit() and not _runs(int(number)):
                _empty(folder)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _empty(folder: Path) -> None:
    """Kill all that is in a group, until it is gone or takes too long."""
    until = time.monotonic() + _SWEEP_SECONDS
    with suppress(OSError):
        (folder / "pids.max").write_text("0")
        while pids := (folder / "cgroup.procs").read_text().split():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            if time.monotonic() > until:
                return
            time.sleep(0.01)
        folder.rmdir()


def _parents() -> Iterator[tuple[Path, Path]]:
    """Name groups in which this process may hope to make one that counts, and where it is now."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, name = line.split(":", 2)
            if "pids" in controllers.split(","):
                own = ROOT / "pids" / name.lstrip("/")
                yield own, own
            elif not controllers:
                own = ROOT / name.lstrip("/")
                yield from ((each, own) for each in (own, own.parent) if _delegates(each))


def _delegates(group: Path) -> bool:
    """Whether groups below this one count their processes (version 2)."""
    with suppress(OSError):
        return "pids" in (group / "cgroup.subtree_control").read_text().split()
    return False
