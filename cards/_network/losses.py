"""What a network makes small: squared errors of numbers, cross-entropy of classes.

Each mean is over the rows. Where classes have weights, the loss of a row counts as often as its
class weighs; balanced weights are 1 on average over the train rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_aten = torch.ops.aten
"""Called directly: `torch.nn.functional.mse_loss` spends 7 µs on checks before it starts."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What is made small, and how right answers are told from wrong ones."""

    mean: Callable[[Tensor, Tensor], Tensor]
    """(outputs, targets) → the mean over the rows, a scalar."""
    by_hand: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None
    """The same mean, and its gradient by the outputs; None leaves that to autograd."""
    right: Callable[[Tensor, Tensor], Tensor] | None = None
    """(outputs, targets) → the number of rows answered rightly; None where none are classes."""


def _squared_by_hand(outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    loss: Tensor = _aten.mse_loss.default(outputs, y)
    return loss, torch.sub(outputs, y).mul_(2.0 / y.numel())


SQUARED_ERROR = Loss(nn.functional.mse_loss, _squared_by_hand)
"""The mean squared error of numbers, shape (rows, outputs)."""


def cross_entropy(
    classes: int, weights: Sequence[float] | None, device: torch.device | None = None
) -> Loss:
    """Make the loss of classes: −log of the probability that is given to the true one.

    Two classes are told apart by one output, the log-odds of the second; more by an output each.
    Targets are the numbers of the classes, from 0, shape (rows, 1).

    Args:
        classes: how many there are.
        weights: what a row of each counts; None counts all alike.
        device: where outputs and targets will be.
    """
    given = None if weights is None else torch.tensor(list(weights), device=device)
    return _of_two(given) if classes == 2 else _of_many(given)


def _of_two(weights: Tensor | None) -> Loss:
    ends = None if weights is None else weights.unbind()

    def weighed(y: Tensor) -> Tensor | None:
        return None if ends is None else torch.lerp(ends[0], ends[1], y)  # exact at 0 and at 1

    def mean(outputs: Tensor, y: Tensor) -> Tensor:
        return nn.functional.binary_cross_entropy_with_logits(outputs, y, weighed(y))

    def by_hand(outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        weight = weighed(y)
        loss: Tensor = _aten.binary_cross_entropy_with_logits.default(outputs, y, weight)
        gradient = torch.sigmoid(outputs).sub_(y)
        gradient = gradient if weight is None else gradient.mul_(weight)
        return loss, gradient.div_(len(y))

    def right(outputs: Tensor, y: Tensor) -> Tensor:
        return ((outputs > 0) == (y > 0)).sum()

    return Loss(mean, by_hand, right)


def _of_many(weights: Tensor | None) -> Loss:
    def mean(outputs: Tensor, y: Tensor) -> Tensor:
        label = y[:, 0].long()
        each = nn.functional.cross_entropy(outputs, label, reduction="none")
        return each.mean() if weights is None else (each * weights[label]).mean()

    def by_hand(outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        label = y.long()
        logs: Tensor = _aten._log_softmax.default(outputs, 1, False)
        told = logs.gather(1, label)
        gradient = logs.exp().scatter_add_(1, label, told.new_full((), -1.0).expand_as(told))
        gradient.mul_(1.0 / len(y))
        if weights is None:
            return told.mean().neg_(), gradient
        weight = weights[label]
        return told.mul_(weight).mean().neg_(), gradient.mul_(weight)

    def right(outputs: Tensor, y: Tensor) -> Tensor:
        return (outputs.argmax(1) == y[:, 0]).sum()

    return Loss(mean, by_hand, right)
