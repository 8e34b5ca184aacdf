"""Train a network, as fast as a small one can be.

Rows lie on the device as two tensors; each epoch shuffles them once and takes batches as slices.
What a step costs beyond its matrix products is mostly calls, so there are few: `FlatAdam` moves
all weights at once, `BlockDropout` draws masks in blocks, the loss is read once an epoch, and a
plain feed-forward network has its gradient written out (`backward`).
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cards._network.adam import FlatAdam
from cards._network.backward import Step, squared_error_step
from cards._network.batches import GATHER_ROWS, Part, cut
from cards._network.device import best_device, tuned_processor
from cards._network.dropout import BlockDropout, MaskSource
from cards._network.resume import Arrays, Moving, is_known
from tensorrag import CardError, InputError

Loss = Callable[[Tensor, Tensor], Tensor]
"""(predictions, targets) → mean over the rows, a scalar."""

Rows = tuple[NDArray[np.floating], NDArray[np.floating]]
"""Features of shape (rows, features) and targets of shape (rows,) or (rows, outputs)."""


class NonFiniteLossError(CardError):
    """The loss became NaN or infinite; training has stopped."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch, just finished. `number` counts from 1; losses are means over the rows."""

    number: int
    total: int
    loss: float
    validation_loss: float | None
    seconds: float
    state: Callable[[], dict[str, NDArray[Any]]]
    """Copies what the training could go on from; to be called before the next epoch."""


@dataclass(slots=True)
class History:
    """What `fit` did: losses by epoch, the device (`cuda`, `mps`, `cpu`), seconds in all.

    `loss` is measured while training, with dropout; `validation_loss` after each epoch, without.
    """

    device: str
    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    seconds: float = 0.0
    continued_at: int | None = None
    """The epoch with which it went on, where it was stopped before."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the numbers, by name."""
        numbers = {"loss": self.loss, "validation_loss": self.validation_loss}
        return {name: np.array(n) for name, n in (*numbers.items(), ("seconds", self.seconds))}

    def restore(self, saved: Arrays) -> None:
        """Go on from there."""
        self.loss, self.validation_loss = saved["loss"].tolist(), saved["validation_loss"].tolist()
        self.seconds, self.continued_at = float(saved["seconds"]), len(self.loss) + 1


def fit(
    module: nn.Module,
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int = 0,
    loss: Loss = nn.functional.mse_loss,
    validation: Rows | None = None,
    device: torch.device | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    start: Arrays | None = None,
) -> History:
    """Train `module` in place with Adam, and leave it on the device, in evaluation mode.

    Args:
        module: takes float32 of shape (rows, features).
        x: features, shape (rows, features), finite; made float32.
        y: targets, shape (rows,) or (rows, outputs), finite; made float32.
        epochs: times that every row is seen.
        batch_size: rows of a step; the last step of an epoch has those that remain.
        learning_rate: Adam's.
        seed: of the order of the rows and of the dropout; the initial weights are the module's.
        loss: what to make small.
        validation: rows on which to measure the loss after each epoch.
        device: where; None is the best there is.
        on_epoch: called after each epoch; what it raises ends the training.
        start: the state of an epoch of the very same training, to go on from; one that another
            version wrote is left alone.

    Raises:
        InputError: the rows hold a missing or infinite number, or there are none.
        CardError: there are too few of them for batch normalisation.
        NonFiniteLossError: the loss became NaN or infinite.
    """
    device = device or best_device()
    rows = _to_device((x, y), device)
    held_out = _to_device(validation, device) if validation else None
    parts = cut(len(rows[0]), batch_size, least=_least_rows(module))
    training = _Training(module.to(device), loss, learning_rate, seed)
    history = History(device.type)
    if start is not None and is_known(start):
        training.moving.load(start)
        history.restore(start)
    began = time.perf_counter() - history.seconds
    with tuned_processor(training.parameters, batch_size):
        for number in range(len(history.loss) + 1, epochs + 1):
            history.loss.append(_finite(training.epoch(*rows, parts), number))
            if held_out is not None:
                history.validation_loss.append(training.measure(*held_out))
            history.seconds = time.perf_counter() - began
            if on_epoch is not None:
                on_epoch(_last(history, epochs, training.moving))
    training.end()
    return history


class _Training:
    """The module with its optimiser and its random numbers."""

    def __init__(self, module: nn.Module, loss: Loss, learning_rate: float, seed: int) -> None:
        self.module = module
        self.loss = loss
        self.adam = FlatAdam(module, learning_rate)
        self.parameters = self.adam.weights.numel()
        self.device = self.adam.weights.device
        # The order comes from the processor, so that it is the same on every device.
        self.order = torch.Generator().manual_seed(seed)
        self.dropouts = [layer for layer in module.modules() if isinstance(layer, BlockDropout)]
        masks = MaskSource(seed, self.device)
        for layer in self.dropouts:
            layer.start(masks)
        self.moving = Moving(module, self.adam, self.order, masks, self.dropouts)
        by_hand = squared_error_step(module) if loss is nn.functional.mse_loss else None
        self.by_hand = by_hand is not None
        self.step: Step = by_hand or self._autograd_step

    def epoch(self, x: Tensor, y: Tensor, parts: list[Part]) -> float:
        """Learn from every row once; return the mean loss over the rows."""
        self.module.train()
        total = torch.zeros((), device=self.device)
        order = torch.randperm(len(x), generator=self.order).to(self.device)
        with torch.inference_mode(self.by_hand):
            for part in parts:
                here = order[part.start : part.stop]
                self._learn(x[here], y[here], part, total)
        return total.item() / len(x)

    def _learn(self, x: Tensor, y: Tensor, part: Part, total: Tensor) -> None:
        step, move = self.step, self.adam.step
        for start, stop in part.batches:
            total.add_(step(x[start:stop], y[start:stop]), alpha=stop - start)
            move()

    def _autograd_step(self, x: Tensor, y: Tensor) -> Tensor:
        self.adam.gradients.zero_()
        loss = self.loss(self.module(x), y)
        torch.autograd.backward(loss)
        return loss.detach()

    def measure(self, x: Tensor, y: Tensor) -> float:
        """The mean loss over the rows, in evaluation mode."""
        self.module.eval()
        with torch.no_grad():
            parts = zip(torch.split(x, GATHER_ROWS), torch.split(y, GATHER_ROWS), strict=True)
            total = sum(self.loss(self.module(a), b).item() * len(a) for a, b in parts)
        return total / len(x)

    def end(self) -> None:
        """Leave the module ready to predict; check that the very last step went well too."""
        for layer in self.dropouts:
            layer.start(None)
        self.module.eval()
        if not bool(torch.isfinite(self.adam.weights).all()):
            raise _non_finite("in the last step")


def _least_rows(module: nn.Module) -> int:
    """Fewest rows of a batch: over a single row, batch normalisation has no variance."""
    norms = (isinstance(layer, nn.BatchNorm1d) for layer in module.modules())
    return 2 if any(norms) else 1


def _to_device(rows: Rows, device: torch.device) -> tuple[Tensor, Tensor]:
    """Both as float32 with two dimensions, on the device, once checked."""
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite: told below
        x, y = (torch.from_numpy(np.array(part, dtype=np.float32)) for part in rows)
    if len(x) == 0 or len(x) != len(y):
        raise InputError(
            f"Training needs rows, and a target for each; got {len(x)} and {len(y)} targets.",
            hint="Give every row a target: choose another target, or clean the table before.",
        )
    for name, values in (("features hold", x), ("target holds", y)):
        if not bool(torch.isfinite(values).all()):
            raise InputError(
                f"The {name} missing or infinite numbers, which a network cannot learn from.",
                hint="Remove or fill these rows first.",
            )
    return x.to(device), y.reshape(len(y), -1).to(device)


def _finite(loss: float, epoch: int) -> float:
    if math.isfinite(loss):
        return loss
    raise _non_finite(f"at epoch {epoch} (it is {loss})")


def _non_finite(where: str) -> NonFiniteLossError:
    return NonFiniteLossError(
        f"The loss is no longer a finite number {where}.",
        hint="Try a lower learning_rate, for example a tenth of it, and check the features for "
        "extreme values.",
    )


def _last(history: History, total: int, moving: Moving) -> Epoch:
    held_out = history.validation_loss[-1] if history.validation_loss else None

    def state() -> dict[str, NDArray[Any]]:
        return moving.save() | history.to_arrays()

    return Epoch(len(history.loss), total, history.loss[-1], held_out, history.seconds, state)
