"""How far a training is, as arrays by name, and how one goes on from them.

All that decides the next step is among them: weights, Adam's averages, the averages of batch
normalisation, and the random numbers of order and dropout. So it goes on as if it had not stopped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cards._network.adam import FlatAdam
from cards._network.dropout import BlockDropout, MaskSource

Arrays = Mapping[str, NDArray[Any]]

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Moving:
    """All that changes while a network is trained."""

    module: nn.Module
    adam: FlatAdam
    order: torch.Generator
    masks: MaskSource
    dropouts: list[BlockDropout]

    def save(self) -> dict[str, NDArray[Any]]:
        """Copy it, between two epochs."""
        saved = {
            "format": np.array(FORMAT),
            "device": np.array(self.adam.weights.device.type),
            "order": self.order.get_state().numpy().copy(),
            "masks": self.masks.state(),
            **{name: vector.numpy() for name, vector in self.adam.state().items()},
        }
        for name, buffer in self.module.named_buffers():
            saved[f"buffer {name}"] = buffer.cpu().numpy().copy()
        for number, layer in enumerate(self.dropouts):
            saved |= {f"dropout {number} {name}": part for name, part in layer.state().items()}
        return saved

    def load(self, saved: Arrays) -> None:
        """Go on from there. On a device of another kind, dropout draws its numbers afresh."""
        self.adam.restore({n: torch.from_numpy(saved[n]) for n in self.adam.state()})
        self.order.set_state(torch.from_numpy(saved["order"]))
        for name, buffer in self.module.named_buffers():
            buffer.copy_(torch.from_numpy(saved[f"buffer {name}"]))
        device = self.adam.weights.device
        if str(saved["device"]) != device.type:
            return
        self.masks.restore(saved["masks"])
        for number, layer in enumerate(self.dropouts):
            start = f"dropout {number} "
            parts = {n.removeprefix(start): saved[n] for n in saved if n.startswith(start)}
            layer.restore(parts, device)


def is_known(saved: Arrays) -> bool:
    """Whether this version wrote it."""
    return "format" in saved and int(saved["format"]) == FORMAT
