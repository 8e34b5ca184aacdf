"""How much room a card will need, told before it runs: an estimate by its author."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from tensorrag.gpus import GPUS

GB = 10**9


class Footprint(BaseModel):
    """What a card will need, as far as is known; None where it is not."""

    model_config = ConfigDict(frozen=True)

    parameters: int | None = None
    """Numbers that it fits."""
    memory: int | None = None
    """Bytes of a GPU's memory, with what the GPU's own software takes."""
    sent: int | None = None
    """Bytes of its inputs: what is sent where it runs elsewhere, unless it is there already."""
    how: str = ""
    """How the memory was estimated, in a sentence."""
    advice: tuple[str, ...] = ()
    """What else is worth knowing before it runs: sentences."""

    def fits(self, gpu: str) -> bool:
        """Whether it fits into the memory of a GPU, as far as is known."""
        return self.memory is None or gpu not in GPUS or self.memory <= usable(gpu)

    def least(self) -> str | None:
        """Return the cheapest GPU that it fits into; None where there is none."""
        return next((gpu for gpu in GPUS if self.fits(gpu)), None)


def usable(gpu: str) -> int:
    """Return the bytes of a GPU that cards can use: a T4 of 16 GB shows 15 GB of them."""
    return GPUS[gpu] * GB * 15 // 16
