"""Which process a run belongs to, and whether it still exists."""

from __future__ import annotations

import os
import platform
from typing import NamedTuple, Self

SAME_START = 5.0
"""Seconds by which the start time of one process may seem to move when the clock is set."""


class Owner(NamedTuple):
    """A process, told apart from a later one that got the same number."""

    host: str
    pid: int
    started: float
    """Seconds since 1970."""

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        pid = os.getpid()
        return cls(platform.node(), pid, _started(pid))

    @property
    def alive(self) -> bool:
        """Whether it still exists; one on another machine counts as alive."""
        if self.host != platform.node():
            return True
        return abs(_started(self.pid) - self.started) < SAME_START


def _started(pid: int) -> float:
    """Seconds since 1970 when a process started; 0 for one that is gone."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0
