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
    """The machine, which boot of it and which numbering of its processes, where these are told:
    ``name#boot#numbering``."""
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
        return self.host.partition("#")[0] != platform.node() and not self.is_numbered_elsewhere

    @property
    def is_numbered_elsewhere(self) -> bool:
        """Whether its number says nothing here: it is in another container of this machine.

        Its boot tells that, and not its name, which each container has anew.
        """
        (boot, where), (our_boot, here) = _boot_of(self.host), _boot_of(_host())
        return boot == our_boot and where not in ("", here)

    @property
    def alive(self) -> bool:
        """Whether it still exists; where that cannot be told by its number, it counts as alive."""
        if self.is_elsewhere or self.is_numbered_elsewhere:
            return True
        same_boot = _boot_of(self.host)[0] == _boot_of(_host())[0]
        return same_boot and abs(_started(self.pid) - self.started) < SAME_START


@cache
def numbering() -> str:
    """Name the processes that are numbered as this one is: a container numbers its own anew."""
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return ""


@cache
def _host() -> str:
    """Name this machine and its boot: its processes have other numbers after the next one."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{platform.node()}#{boot}#{numbering()}" if boot else platform.node()


def _boot_of(host: str) -> tuple[str, str]:
    """Return the boot and the numbering that an owner's host names; "" where it names none."""
    boot, _, where = host.partition("#")[2].partition("#")
    return boot, where


def _started(pid: int) -> float:
    """When a process started, as `Owner.started` has it; long ago for one that is gone."""
    import psutil

    try:
        created = float(psutil.Process(pid).create_time())
    except psutil.Error:
        return -math.inf
    # Linux counts from the boot; what psutil makes of that moves when the clock is set.
    return created - psutil.boot_time() if "#" in _host() else created
