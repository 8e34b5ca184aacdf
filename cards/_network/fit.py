"""Train a network, as fast as a small one can be.

Rows lie on the device as two tensors; each epoch shuffles them once and takes batches as slices.
What a step costs beyond its matrix products is mostly calls, so there are few: `FlatAdam` moves
all weights at once, `BlockDropout` draws masks in blocks, the loss is read once an epoch, a plain
feed-forward network has its gradient written out (`backward`), and on CUDA a step is launched as
a whole (`graphs`).
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
from cards._network.backward import step_by_hand
from cards._network.batches import GATHER_ROWS, Part, cut
from cards._network.device import best_device, tuned_processor
from cards._network.dropout import BlockDropout, MaskSource
from cards._network.graphs import RECORDED_BELOW, Learn, Replayed, own_stream
from cards._network.losses import SQUARED_ERROR, Loss
from cards._network.resume import Arrays, Moving, is_known
from tensorrag import CardError, InputError
from tensorrag.progress import report_again

Rows = tuple[NDArray[np.floating], NDArray[np.floating]]
"""Features of shape (rows, features) and targets of shape (rows,) or (rows, outputs)."""


CURVE = "curve "
"""What the names of curves begin with, where they are kept beside other arrays."""


class NonFiniteLossError(CardError):
    """The loss became NaN or infinite; training has stopped."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch, just finished. `number` counts from 1."""

    number: int
    total: int
    told: dict[str, float]
    """The last number of each curve, by its name."""
    seconds: float
    state: Callable[[], dict[str, NDArray[Any]]]
    """Copies what the training could go on from; to be called before the next epoch."""


@dataclass(slots=True)
class History:
    """What `fit` did: curves by epoch, the device (`cuda`, `mps`, `cpu`), seconds in all.

    `loss`, and `accuracy` where classes are told apart, are measured while training, with dropout;
    `validation_loss` and `validation_accuracy` after each epoch, without.
    """

    device: str
    curves: dict[str, list[float]] = field(default_factory=dict)
    """A number for each epoch, means over the rows."""
    seconds: float = 0.0
    continued_at: int | None = None
    """The epoch with which it went on, where it was stopped before."""

    def steps(self) -> list[tuple[float, dict[str, float]]]:
        """Return each epoch, counted from 1, and the numbers of all curves then."""
        numbers = zip(*self.curves.values(), strict=True)
        return [
            (at, dict(zip(self.curves, told, strict=True))) for at, told in enumerate(numbers, 1)
        ]

    @property
    def loss(self) -> list[float]:
        """The curve of what was made small."""
        return self.curves.get("loss", [])

    @property
    def epochs(self) -> int:
        """How many are done."""
        return len(self.loss)

    def add(self, told: dict[str, float]) -> None:
        """Go on with the numbers of another epoch."""
        for name, value in told.items():
            self.curves.setdefault(name, []).append(value)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the numbers, by name."""
        curves = {f"{CURVE}{name}": np.array(values) for name, values in self.curves.items()}
        return {"seconds": np.array(self.seconds), **curves}

    def restore(self, saved: Arrays) -> None:
        """Go on from there."""
        names = [name for name in saved if name.startswith(CURVE)]
        self.curves = {name.removeprefix(CURVE): saved[name].tolist() for name in names}
        self.seconds, self.continued_at = float(saved["seconds"]), self.epochs + 1


def fit(
    module: nn.Module,
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int = 0,
    loss: Loss = SQUARED_ERROR,
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
        report_again(history.steps())
    learn, began = training.learning(batch_size), time.perf_counter() - history.seconds
    with tuned_processor(training.parameters, batch_size), own_stream(device):
        for number in range(history.epochs + 1, epochs + 1):
            told = training.epoch(*rows, parts, learn)
            _refuse_infinite(told["loss"], number)
            seen = {} if held_out is None else training.measure(*held_out)
            history.add(told | {f"validation_{name}": value for name, value in seen.items()})
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
        self.by_hand = step_by_hand(module, loss)
        self.total = torch.zeros(2, device=self.device)
        self.losses, self.hits = self.total.unbind()

    def learning(self, batch_size: int) -> Learn:
        """How to learn from a batch: on CUDA, small steps are recorded and replayed."""
        if self.device.type == "cuda" and self.parameters * batch_size < RECORDED_BELOW:
            return Replayed(self.learn, self.dropouts, batch_size)
        return self.learn

    def epoch(self, x: Tensor, y: Tensor, parts: list[Part], learn: Learn) -> dict[str, float]:
        """Learn from every row once; return the means over the rows."""
        self.module.train()
        self.total.zero_()
        order = torch.randperm(len(x), generator=self.order).to(self.device)
        with torch.inference_mode(self.by_hand is not None):
            for part in parts:
                here = order[part.start : part.stop]
                _learn_part(x[here], y[here], part, learn)
        loss, right = self.total.tolist()
        return self._means(loss, right, len(x))

    def learn(self, x: Tensor, y: Tensor) -> None:
        """Take one step."""
        loss, outputs = (self.by_hand or self._autograd_step)(x, y)
        self.losses.add_(loss, alpha=len(x))
        if self.loss.right is not None:
            self.hits.add_(self.loss.right(outputs, y))
        self.adam.step()

    def _autograd_step(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        self.adam.gradients.zero_()
        outputs = self.module(x)
        if self.loss.by_hand is None:
            loss = self.loss.mean(outputs, y)
            torch.autograd.backward(loss)
            return loss.detach(), outputs.detach()
        loss, gradient = self.loss.by_hand(outputs.detach(), y)
        torch.autograd.backward(outputs, gradient)
        return loss, outputs.detach()

    def measure(self, x: Tensor, y: Tensor) -> dict[str, float]:
        """Return the means over the rows, in evaluation mode."""
        self.module.eval()
        losses = hits = 0.0
        with torch.no_grad():
            parts = zip(torch.split(x, GATHER_ROWS), torch.split(y, GATHER_ROWS), strict=True)
            for a, b in parts:
                outputs = self.module(a)
                losses += self.loss.mean(outputs, b).item() * len(a)
                hits += 0.0 if self.loss.right is None else self.loss.right(outputs, b).item()
        return self._means(losses, hits, len(x))

    def _means(self, losses: float, right: float, rows: int) -> dict[str, float]:
        accuracy = {} if self.loss.right is None else {"accuracy": right / rows}
        return {"loss": losses / rows, **accuracy}

    def end(self) -> None:
        """Leave the module ready to predict; check that the very last step went well too."""
        for layer in self.dropouts:
            layer.start(None)
        self.module.eval()
        if not math.isfinite(torch.linalg.vector_norm(self.adam.weights, torch.inf).item()):
            raise _non_finite("in the last step")


def _learn_part(x: Tensor, y: Tensor, part: Part, learn: Learn) -> None:
    for start, stop in part.batches:
        learn(x[start:stop], y[start:stop])


def _least_rows(module: nn.Module) -> int:
    """Fewest rows of a batch: over a single row, batch normalisation has no variance."""
    norms = (isinstance(layer, nn.BatchNorm1d) for layer in module.modules())
    return 2 if any(norms) else 1


def _to_device(rows: Rows, device: torch.device) -> tuple[Tensor, Tensor]:
    """Both as float32 with two dimensions, on the device, once checked."""
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite: told below
        x, y = (torch.from_numpy(np.array(part, dtype=np.float32, order="C")) for part in rows)
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


def _refuse_infinite(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise _non_finite(f"at epoch {epoch} (it is {loss})")


def _non_finite(where: str) -> NonFiniteLossError:
    return NonFiniteLossError(
        f"The loss is no longer a finite number {where}.",
        hint="Try a lower Learning rate, for example a tenth of it, and check the features for "
        "extreme values.",
    )


def _last(history: History, total: int, moving: Moving) -> Epoch:
    def state() -> dict[str, NDArray[Any]]:
        return moving.save() | history.to_arrays()

    told = {name: values[-1] for name, values in history.curves.items()}
    return Epoch(history.epochs, total, told, history.seconds, state)
