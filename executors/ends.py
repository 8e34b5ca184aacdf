"""What a worker is given when it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ends:
    """The worker's ends: its stdin is the channel, both ways; its output is captured."""

    channel: int
    stdout: int
    stderr: int


Start = Callable[[Ends, Path], int]
"""Starts a worker in a scratch folder and returns its pid."""
