"""Dropout whose masks are drawn many batches at a time.

Drawing one mask costs more in calls than in random numbers when a batch is small, and torch's own
`bernoulli_` takes about 9 ns a number on a processor. Sixteen random bits compared to a threshold
take under 1 ns; their grain of 1/65536 leaves no bias, because the kept units are scaled by the
share that the threshold really keeps.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

BLOCK_ELEMENTS = 1 << 18
"""Elements of a block of masks: 1 MiB, so that it stays in a level-2 cache."""

_GRAIN = 1 << 16


class MaskSource:
    """Draws dropout masks on a device; the same seed draws the same on the same kind of device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        # SFC64 is the fastest of NumPy's generators, and four times as fast as torch's.
        self._bits = np.random.Generator(np.random.SFC64(seed))
        self._generator = None if device.type == "cpu" else torch.Generator(device)
        if self._generator is not None:
            self._generator.manual_seed(seed)

    def fill(self, masks: Tensor, p: float) -> None:
        """Set float32 `masks` to 0 with probability `p` (to within 1/65536), else to 1/(1 - p)."""
        kept = round((1.0 - p) * _GRAIN)
        if kept in (0, _GRAIN):
            masks.fill_(kept / _GRAIN)
        elif self._generator is not None:
            masks.bernoulli_(1.0 - p, generator=self._generator).div_(1.0 - p)
        else:
            words = math.ceil(masks.numel() / 4)
            bits = self._bits.integers(0, 2**64, words, dtype=np.uint64).view(np.int16)
            sixteen_bits = torch.from_numpy(bits)[: masks.numel()].view(masks.shape)
            torch.lt(sixteen_bits, kept - _GRAIN // 2, out=masks).mul_(_GRAIN / kept)

    def state(self) -> NDArray[Any]:
        """Copy where the random numbers are."""
        if self._generator is not None:
            return self._generator.get_state().numpy().copy()
        numbers: NDArray[Any] = self._bits.bit_generator.state["state"]["state"]
        return numbers.copy()

    def restore(self, state: NDArray[Any]) -> None:
        """Draw on from there; it comes from a device of the same kind."""
        if self._generator is not None:
            self._generator.set_state(torch.from_numpy(state))
            return
        known = dict(self._bits.bit_generator.state)
        self._bits.bit_generator.state = known | {"state": {"state": state}}


class BlockDropout(nn.Module):
    """Sets units to zero with probability `p` while training, and scales the others up.

    In expectation it changes nothing; in evaluation it does nothing. `start` sets where the random
    numbers come from; without it, they follow from torch's own.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"Dropout must lie between 0 and 1, but is {p}.")
        self.p = p
        self._source: MaskSource | None = None
        self._masks: Tensor | None = None
        self._held: Tensor | None = None
        self._next = 0

    def forward(self, x: Tensor) -> Tensor:
        """Drop units of `x`, of shape (batch, units)."""
        return x * self.mask(x) if self.training and self.p > 0.0 else x

    def start(self, source: MaskSource | None) -> None:
        """Draw from `source` from now on (None: as at first), and forget what was drawn."""
        self._source, self._masks, self._held = source, None, None

    def mask(self, x: Tensor) -> Tensor:
        """The mask for `x`: the next one, or what lies in the place that is held for it."""
        held = self._held
        return held if held is not None and len(held) == len(x) else self.drawn(x)

    def hold(self, rows: int) -> Tensor | None:
        """Keep a place for the masks of batches of so many rows, which whoever asks fills.

        It is None where no mask was drawn before.
        """
        if self._masks is not None:
            self._held = self._masks[0, :rows].clone()
        return self._held

    def let_go(self) -> None:
        """Draw the masks of all batches again."""
        self._held = None

    def drawn(self, x: Tensor) -> Tensor:
        """The next mask for `x`; a batch smaller than the last one takes a part of its mask."""
        masks = self._masks
        if masks is None or masks.shape[2:] != x.shape[1:] or masks.shape[1] < len(x):
            count = max(1, BLOCK_ELEMENTS // max(1, x.numel()))
            masks = self._masks = torch.empty((count, *x.shape), device=x.device)
            self._next = count
        if self._next == len(masks):
            self._draw(masks)
        mask = masks[self._next]
        self._next += 1
        return mask if len(mask) == len(x) else mask[: len(x)]

    def state(self) -> dict[str, NDArray[Any]]:
        """Copy what was drawn and not used, a bit for each unit."""
        if self._masks is None:
            return {}
        masks = self._masks.cpu().numpy()
        return {
            "bits": np.packbits(masks > 0),
            "shape": np.array(masks.shape),
            "next": np.array(self._next),
            "scale": masks.max(),
        }

    def restore(self, state: Mapping[str, NDArray[Any]], device: torch.device) -> None:
        """Use what was drawn before; an empty state has nothing."""
        if not state:
            return
        shape = tuple(int(size) for size in state["shape"])
        kept = np.unpackbits(state["bits"], count=math.prod(shape)).reshape(shape)
        scaled = kept.astype(np.float32) * np.float32(state["scale"])
        self._masks, self._next = torch.from_numpy(scaled).to(device), int(state["next"])

    def _draw(self, masks: Tensor) -> None:
        if self._source is None:
            seed = int(torch.randint(2**62, ()).item())
            self._source = MaskSource(seed, masks.device)
        self._source.fill(masks, self.p)
        self._next = 0
