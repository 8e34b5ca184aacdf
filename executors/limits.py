"""How much one card may take: memory, time, processes and threads, by what kind of task it is.

A supervisor holds a worker to them (`executors.guard`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from executors import machine
from tensorrag.allowance import default_memory

CHECK_SECONDS = 2.0
"""How long one card may take over its part of a check."""
BUSY = 10.0
"""How many times as long that may be by the clock where no processor is free for it."""
LOOKING_SECONDS: Mapping[str, float] = {
    "peek": 120.0,
    "page": 60.0,
    "profile": 120.0,
    "draft": 15.0,
    "predict": 30.0,
    "bundle": 120.0,
}
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


def most_processes() -> int:
    """Enough for joblib on every core, one inside the other, and far from what hurts."""
    return max(64, 4 * machine.cores())


def most_threads() -> int:
    """Return how many threads a card may have, in all its processes."""
    return max(256, 64 * machine.cores())


def most_tasks() -> int:
    """Return at how many processes and threads the kernel refuses more, where it does at all.

    A little above what a card may have, so that what is too much is mostly seen and named before.
    """
    return most_processes() + most_threads()


def limits_for(kind: str, *, gpu: bool, memory: float | None) -> Limits:
    """Return the limits of a task.

    Args:
        kind: of the task.
        gpu: whether it has a GPU of its own.
        memory: what was asked for, in MiB; None: by the kind.
    """
    default = default_memory(gpu=gpu, looking=kind in LOOKING_SECONDS)
    return Limits(
        memory=max(1, round(memory)) if memory else default,
        processes=most_processes(),
        threads=most_threads(),
    )


def seconds_for(kind: str, timeout: float | None) -> float | None:
    """Return how long a task may take; None: as long as it likes."""
    longest = LOOKING_SECONDS.get(kind)
    known = [seconds for seconds in (longest, timeout) if seconds is not None]
    return min(known, default=None)
