"""The gradient of a plain feed-forward network, written out by hand.

Autograd records each operation of each step to find out what to do on the way back. For linear
layers with activations and dropout that is known beforehand, and a step of a small network takes
half the time. What this module does not know goes through autograd.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from cards._network.dropout import BlockDropout
from cards._network.losses import Loss

Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""(x, y) → the mean loss, and the outputs; leaves the gradient in the parameters' `.grad`."""


class _Operation(Protocol):
    """One layer: forward keeps what backward will need."""

    def forward(self, x: Tensor) -> Tensor: ...

    def backward(self, gradient: Tensor) -> Tensor: ...


class _Linear:
    def __init__(self, layer: nn.Linear, *, is_first: bool) -> None:
        self.weight, self.bias = layer.weight.detach(), layer.bias.detach()
        self.transposed = self.weight.t()
        self.weight_gradient, self.bias_gradient = layer.weight.grad, layer.bias.grad
        self.is_first = is_first  # nothing below wants a gradient

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        return torch.addmm(self.bias, x, self.transposed)

    def backward(self, gradient: Tensor) -> Tensor:
        torch.mm(gradient.t(), self.x, out=self.weight_gradient)
        torch.sum(gradient, 0, out=self.bias_gradient)
        return gradient if self.is_first else torch.mm(gradient, self.weight)


class _Activation:
    """Overwrites what the linear layer before it made; its slope is told from its own output."""

    def __init__(self, layer: nn.Module) -> None:
        self.function, self.slope = _ACTIVATIONS[type(layer)]

    def forward(self, x: Tensor) -> Tensor:
        self.y = self.function(x)
        return self.y

    def backward(self, gradient: Tensor) -> Tensor:
        return self.slope(gradient, self.y)


class _Dropout:
    def __init__(self, layer: BlockDropout) -> None:
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        self.mask = self.layer.mask(x)
        return x * self.mask

    def backward(self, gradient: Tensor) -> Tensor:
        return gradient.mul_(self.mask)


_Slope = Callable[[Tensor, Tensor], Tensor]
"""(gradient by its output, its output) → gradient by its input."""


def _relu_slope(gradient: Tensor, y: Tensor) -> Tensor:
    result: Tensor = torch.ops.aten.threshold_backward.default(gradient, y, 0)
    return result


_ACTIVATIONS: dict[type[nn.Module], tuple[Callable[[Tensor], Tensor], _Slope]] = {
    nn.ReLU: (torch.relu_, _relu_slope),
    nn.Tanh: (torch.tanh_, torch.ops.aten.tanh_backward.default),
    nn.Sigmoid: (torch.sigmoid_, torch.ops.aten.sigmoid_backward.default),
}


def step_by_hand(module: nn.Module, loss: Loss) -> Step | None:
    """A step of training by hand; None if module or loss are none that this knows.

    Call the step in `torch.inference_mode`, with `.grad` of every parameter allocated.
    """
    operations, told = _operations(module), loss.by_hand
    if not operations or told is None:
        return None
    forward = [operation.forward for operation in operations]
    backward = [operation.backward for operation in reversed(operations)]

    def step(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        for ahead in forward:
            x = ahead(x)
        mean, gradient = told(x, y)
        for back in backward:
            gradient = back(gradient)
        return mean, x

    return step


def _operations(module: nn.Module) -> list[_Operation] | None:
    """The layers of the module in order; None if one is not known or stands in an odd place."""
    if not isinstance(module, nn.Sequential) or not isinstance(next(iter(module), None), nn.Linear):
        return None
    operations: list[_Operation] = []
    for layer in module:
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            operations.append(_Linear(layer, is_first=not operations))
        elif type(layer) in _ACTIVATIONS and isinstance(operations[-1], _Linear):
            operations.append(_Activation(layer))
        elif isinstance(layer, BlockDropout):
            operations.append(_Dropout(layer))
        else:
            return None
    return operations
