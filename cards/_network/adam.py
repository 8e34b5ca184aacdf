"""Adam on one flat buffer.

The parameters of a small network are many small tensors, and an optimiser that visits each spends
its time on calls. Here weights and gradients are views of two flat vectors, and a step is one
fused call: 10 to 26 µs instead of 48 for the default network.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""As in D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015."""

_ALIGNMENT = 16
"""Each parameter starts at a multiple of 64 bytes, as the matrix product prefers."""


class FlatAdam:
    """Adam for all of a module's parameters at once.

    Making one moves the parameters into `weights`; they stay the module's own, as views.
    """

    def __init__(self, module: nn.Module, learning_rate: float) -> None:
        parameters = [p for p in module.parameters() if p.requires_grad]
        offsets, size = _offsets(parameters)
        device = parameters[0].device
        self.learning_rate = learning_rate
        self.weights = torch.zeros(size, device=device)
        for parameter, offset in zip(parameters, offsets, strict=True):
            weights = _view(self.weights, parameter, offset)
            weights.copy_(parameter.detach())
            parameter.data = weights  # what it had is free for what follows
        self.gradients = torch.zeros(size, device=device)
        for parameter, offset in zip(parameters, offsets, strict=True):
            parameter.grad = _view(self.gradients, parameter, offset)
        self._mean = torch.zeros(size, device=device)
        self._square = torch.zeros(size, device=device)
        self._steps = torch.zeros((), device=device)

    def step(self) -> None:
        """Move the weights by the gradients."""
        self._steps += 1
        torch._fused_adam_(
            [self.weights],
            [self.gradients],
            [self._mean],
            [self._square],
            [],
            [self._steps],
            lr=self.learning_rate,
            beta1=BETA1,
            beta2=BETA2,
            weight_decay=0.0,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def state(self) -> dict[str, Tensor]:
        """Copy what the next step depends on."""
        return {name: vector.cpu().clone() for name, vector in self._vectors().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from there."""
        for name, vector in self._vectors().items():
            vector.copy_(state[name])

    def _vectors(self) -> dict[str, Tensor]:
        return {
            "weights": self.weights,
            "mean": self._mean,
            "square": self._square,
            "steps": self._steps,
        }


def _view(vector: Tensor, like: nn.Parameter, offset: int) -> Tensor:
    """The part of the flat vector that is this parameter's, in its shape."""
    part: Tensor = vector[offset : offset + like.numel()].view(like.shape)
    return part


def _offsets(parameters: list[nn.Parameter]) -> tuple[list[int], int]:
    """Where each parameter starts in the flat vector, and the length of the vector."""
    offsets, size = [], 0
    for parameter in parameters:
        offsets.append(size)
        size += -(-parameter.numel() // _ALIGNMENT) * _ALIGNMENT
    return offsets, size
