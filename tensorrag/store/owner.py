"""Which process a run belongs to, and whether it still exists."""

from __future__ import annotations

import math
import os
import platform
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

SAME_START = 1.5
"""Seconds by which the start of one process may seem to move: the boot is known to the second."""


class Owner(NamedTuple):
    """A process, told apart from a later one that got the same number, however clocks are set."""

    host: str
    """The machine, and which boot of it where that is told: ``name#boot``."""
    pid: int
    started: float
    """Seconds since the boot, or since 1970 where none is told."""

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        pid = os.getpid()
        return cls(_host(), pid, _started(pid))

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is on another machine, or on this one when that had another name."""
        return self.host.partition("#")[0] != platform.node()

    @property
    def alive(self) -> bool:
        """Whether it still exists; one on another machine counts as alive."""
        if self.is_elsewhere:
            return True
        return self.host == _host() and abs(_started(self.pid) - self.started) < SAME_START


@cache
def _host() -> str:
    """Name this machine and its boot: its processes have other numbers after the next one."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{platform.node()}#{boot}" if boot else platform.node()


def _started(pid: int) -> float:
    """When a process started, as `Owner.started` has it; long ago for one that is gone."""
    import psutil

    try:
        created = float(psutil.Process(pid).create_time())
    except psutil.Error:
        return -math.inf
    # Linux counts from the boot; what psutil makes of that moves when the clock is set.
    return created - psutil.boot_time() if "#" in _host() else created
