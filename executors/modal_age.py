"""How long a container has been up when its first card begins: Modal bills that, too."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

LONGEST = 900.0
"""Seconds: what is more was no start, but a clock that says something else."""

_counted = False


def start_seconds() -> float:
    """Return how long this process has been up, the first time; zero from then on.

    Zero also where the system does not say.
    """
    global _counted
    first, _counted = not _counted, True
    return _age() if first else 0.0


def _age(proc: Path = Path("/proc")) -> float:
    """Return how long this process has been up, in seconds; zero where that is not known."""
    with suppress(OSError, ValueError, IndexError):
        began = int((proc / "self/stat").read_text().rpartition(")")[2].split()[19])
        up = float((proc / "uptime").read_text().split()[0])
        age = up - began / os.sysconf("SC_CLK_TCK")
        return age if began and 0 < age < LONGEST else 0.0
    return 0.0
