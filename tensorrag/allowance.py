"""How much memory a card may use that says nothing itself: by its kind, and by this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

LEAST_MEMORY = 1024
"""MiB. With less, the libraries alone would be too much on a small machine."""
LOOKING_MEMORY = 4096
"""MiB, at most, for what only looks at a source or a result."""

_CGROUPS = Path("/sys/fs/cgroup")


@lru_cache(maxsize=1)
def machine_memory() -> int:
    """Memory of the machine, or of the container that this runs in, in MiB."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_container_limits()]) >> 20


def default_memory(*, gpu: bool = False, looking: bool = False) -> int:
    """Return how much memory a task may use that asks for none, in MiB.

    Half of the machine: one card leaves room for the page and for everything else that people
    have open, and two at once do not fill it. A card on a GPU gets three quarters: there is one
    per GPU, and its data passes through this memory. What only looks needs little.

    Args:
        gpu: whether it would use a GPU.
        looking: whether it only looks at a source or a result.
    """
    whole = machine_memory()
    if looking:
        return max(LEAST_MEMORY, min(LOOKING_MEMORY, whole // 4))
    return max(LEAST_MEMORY, whole * 3 // 4 if gpu else whole // 2)


_allowed: ContextVar[int | None] = ContextVar("tensorrag_allowed_memory", default=None)


@contextmanager
def allowing(memory: int) -> Iterator[None]:
    """Let a card that runs meanwhile know how much memory it may use, in MiB."""
    token = _allowed.set(memory)
    try:
        yield
    finally:
        _allowed.reset(token)


def allowed_memory() -> int | None:
    """Return how much memory the running card may use, in MiB; None outside a run.

    For a card that can tell beforehand what it needs: a sentence at once is better than an end
    once everything is taken.
    """
    return _allowed.get()


def memory_groups() -> Iterator[tuple[Path, bool]]:
    """Yield control groups of this process that may count memory, and whether of version 2."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if not controllers or "memory" in controllers.split(","):
                root = _CGROUPS / ("memory" if controllers else "")
                yield from (
                    (folder, not controllers) for folder in (root / group.lstrip("/"), root)
                )


def _container_limits() -> Iterator[int]:
    """Read the limits of the control groups of this process, in bytes (Linux)."""
    for folder, unified in memory_groups():
        with suppress(OSError, ValueError):  # "max" is no limit
            yield int((folder / ("memory.max" if unified else "memory.limit_in_bytes")).read_text())
