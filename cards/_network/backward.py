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

Step = Callable[[Tensor, Tensor], Tensor]
"""(x, y) → the mean loss; leaves its gradient in the `.grad` of the parameters."""

_aten = torch.ops.aten
"""Called directly: `torch.nn.functional.mse_loss` spends 7 µs on checks before it starts."""


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


def _relu_slope(gradient: Tensor, y: Tensor) -> Tensor:
    result: Tensor = _aten.threshold_backward.default(gradient, y, 0)
    return result


_ACTIVATIONS: dict[type[nn.Module], tuple[Callable[[Tensor], Tensor], Step]] = {
    nn.ReLU: (torch.relu_, _relu_slope),
    nn.Tanh: (torch.tanh_, _aten.tanh_backward.default),
    nn.Sigmoid: (torch.sigmoid_, _aten.sigmoid_backward.default),
}


def squared_error_step(module: nn.Module) -> Step | None:
    """A step of mean squared error by hand; None if the module is not one that this knows.

    Call the step in `torch.inference_mode`, with `.grad` of every parameter allocated.
    """
    operations = _operations(module)
    if not operations:
        return None
    forward = [operation.forward for operation in operations]
    backward = [operation.backward for operation in reversed(operations)]

    def step(x: Tensor, y: Tensor) -> Tensor:
        for ahead in forward:
            x = ahead(x)
        loss: Tensor = _aten.mse_loss.default(x, y)
        gradient = torch.sub(x, y).mul_(2.0 / y.numel())
        for back in backward:
            gradient = back(gradient)
        return loss

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
