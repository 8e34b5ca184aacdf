"""How much one card may take: memory, time, processes and threads, by what kind of task it is.

A supervisor holds a worker to them (`executors.guard`); it imports this, so this imports nothing
of TensorRag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from executors import machine

LEAST_MEMORY = 1024
"""MiB. With less, the libraries alone would be too much on a small machine."""
LOOKING_MEMORY = 4096
"""MiB, at most, for what only looks at a source or a result."""
LOOKING_SECONDS: Mapping[str, float] = {"peek": 120.0, "page": 60.0, "profile": 120.0}
"""Who looks at something waits for it; a card may take longer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use, with all that it starts."""

    memory: int
    """MiB."""
    processes: int
    threads: int

    def to_json(self) -> dict[str, int]:
        """Return the limits as builtins."""
        return asdict(self)

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Limits:
        """Read limits."""
        return cls(**data)


def limits_for(kind: str, *, gpu: bool, memory: float | None) -> Limits:
    """Return the limits of a task.

    Args:
        kind: of the task.
        gpu: whether it has a GPU of its own.
        memory: what was asked for, in MiB; None: by the kind.
    """
    cores = machine.cores()
    return Limits(
        memory=max(1, round(memory)) if memory else default_memory(kind, gpu=gpu),
        # Enough for joblib on every core, one inside the other, and far from what hurts.
        processes=max(64, 4 * cores),
        threads=max(1024, 64 * cores),
    )


def default_memory(kind: str = "run", *, gpu: bool = False) -> int:
    """Return how much memory a task may use that says nothing itself, in MiB.

    Half of the machine: one card leaves room for the page and for everything else that people
    have open, and two at once cannot make the machine swap. A card on a GPU gets three quarters:
    there is one per GPU, and its data passes through this memory. What only looks needs little.
    """
    whole = machine.memory()
    if kind in LOOKING_SECONDS:
        return max(LEAST_MEMORY, min(LOOKING_MEMORY, whole // 4))
    return max(LEAST_MEMORY, whole * 3 // 4 if gpu else whole // 2)


def seconds_for(kind: str, timeout: float | None) -> float | None:
    """Return how long a task may take; None: as long as it likes."""
    longest = LOOKING_SECONDS.get(kind)
    known = [seconds for seconds in (longest, timeout) if seconds is not None]
    return min(known, default=None)
