"""What a place asks that bills by the second: for GPUs, cores and memory, from when and whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict


class Rates(BaseModel):
    """Prices in US$ per second, and what else decides what a card costs there."""

    model_config = ConfigDict(frozen=True)

    gpus: Mapping[str, float]
    """By the name of a GPU."""
    core: float
    gib: float
    """A GiB of memory."""
    cores: float
    """What a container has, in cores."""
    memory: float
    """What it has unless its card asks for another amount; MiB."""
    idle: float = 0.0
    """Seconds that a container stays, and is paid for, after its last card."""
    grace: float = 0.0
    """Seconds that a card may go on after its time limit, before it is ended."""
    longest: float | None = None
    """Seconds after which a card is ended there, whatever its limit; None: never."""
    source: str
    """Where the prices are from: ``Modal's price page``."""
    dated: date
    """When they were read there."""

    def per_second(self, gpu: str | None, memory: float | None = None) -> float:
        """Return what a container costs.

        Args:
            gpu: one of `gpus`; None for a container without one.
            memory: MiB; what is usual by default.
        """
        device = self.gpus[gpu] if gpu is not None else 0.0
        return device + self.cores * self.core + (memory or self.memory) / 1024 * self.gib

    @property
    def words(self) -> str:
        """Say where the prices are from, and from when: ``Modal's price page, 1 Aug 2026``."""
        return f"{self.source}, {self.dated.day} {self.dated:%b %Y}"


def dollars(value: float) -> str:
    """Write an amount of money: $0.72, $0.0031; no digits past the first two that count, and none
    past a hundredth of a cent: <$0.0001.
    """
    if value == 0 or abs(value) >= 0.1:
        return f"${value:,.2f}"
    if 0 < value < 0.0001:
        return "<$0.0001"
    return f"${float(f'{value:.2g}'):.4f}".rstrip("0")
