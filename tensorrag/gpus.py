"""The GPUs that can be rented, cheapest first, and how much memory each has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

GPUS: Mapping[str, int] = MappingProxyType(
    {
        "T4": 16,
        "L4": 24,
        "A10": 24,
        "L40S": 48,
        "A100-40GB": 40,
        "A100-80GB": 80,
        "H100": 80,
        "H200": 141,
        "B200": 192,
    }
)
"""Memory in GB, as their makers state it, by name; a stronger one costs more."""

USUAL = "T4"
"""What a card for a GPU gets that names none."""


def next_up(gpu: str) -> str | None:
    """Return the next dearer GPU, which may be had where this one may not; None above the last."""
    names = list(GPUS)
    above = names[names.index(gpu) + 1 :] if gpu in GPUS else []
    return above[0] if above else None
