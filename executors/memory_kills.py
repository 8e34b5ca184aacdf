"""Whether a card was killed for want of memory: what the kernel counts, and what is free by now.

The kernel counts such kills by control group, or of the whole machine, and neither says whom. A
card was among them only where it had a good part of the memory that it leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from executors import usage
from tensorrag.allowance import memory_groups

_LIMIT_AND_USE = (
    ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ("memory.max", "memory.current"),
)
"""Files of a control group, by version."""
_SHARE = 0.5
"""Of what is free after its end, which a card had itself where nothing else was left."""


def counted() -> tuple[str, int]:
    """Return who counts for the group of this process, and how many were killed so far."""
    for folder, unified in memory_groups():
        file = folder / ("memory.events" if unified else "memory.oom_control")
        with suppress(OSError, ValueError, KeyError):
            counts = dict(line.split() for line in file.read_text().splitlines())
            return str(file), int(counts["oom_kill"])
    return "machine", usage.kills_for_memory()


def is_likely(most: int) -> bool:
    """Whether one that had so many bytes, and is gone, may have been the one that was killed."""
    return most >= _SHARE * min(_free())


def _free() -> Iterator[int]:
    """Yield how many bytes are free on the machine, and in each group that has a limit."""
    import psutil

    yield psutil.virtual_memory().available
    for folder, unified in memory_groups():
        limit, used = _LIMIT_AND_USE[unified]
        with suppress(OSError, ValueError):  # "max" is no limit
            yield int((folder / limit).read_text()) - int((folder / used).read_text())
