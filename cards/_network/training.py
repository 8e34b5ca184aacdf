"""Fits a network to a table, and tells how it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cards._learning.answers import answers
from cards._learning.copies import copies_note
from cards._learning.gaps import missing_notes
from cards._learning.predicting import model_input
from cards._learning.reach import refuse_too_large
from cards._learning.rows import Examples, examples, refuse_no_rows
from cards._learning.seen import seen
from cards._learning.task import Decision, Wanted, decide
from cards._learning.training import (
    APART,
    apart,
    class_frequencies,
    validation_note,
    weights_note,
)
from cards._learning.truth import truth
from cards._measuring.classification import (
    Answers,
    classification_metrics,
    dummy_answers,
    positive_class,
)
from cards._measuring.regression import dummy_metrics, linear_metrics, regression_metrics
from cards._network.layers import Layer, complete, parameter_count, widths
from cards._network.predict import network
from cards._network.preparing import Preparing
from cards._network.room import refuse_what_cannot_fit
from cards._network.scaling import Scaling, to_arrays
from tensorrag import CardError, Model, NetworkSpec, Table, keep, kept, report
from tensorrag.allowance import allowed_memory
from tensorrag.plain import JsonObject
from tensorrag.types import TrainingReport

if TYPE_CHECKING:
    from cards._network.fit import Epoch, History

Rows = tuple[np.ndarray, np.ndarray]
"""Normalised features, and what the loss compares the outputs with."""


def trained_network(
    table: Table,
    validation: Table | None,
    spec: NetworkSpec,
    *,
    target: str,
    features: Sequence[str],
    wanted: Wanted,
    seed: int,
) -> Model:
    """Fit a network to a table.

    Args:
        table: the train rows.
        validation: rows on which it is watched, where there are any.
        spec: which network, and how it is trained.
        target: the column to predict.
        features: the columns to predict it from; empty means all but the target.
        wanted: the task, or ``auto``.
        seed: the same gives the same network on the same kind of device.

    Raises:
        CardError: there is nothing to learn from, the network cannot learn it, or it has no room.
    """
    refuse_no_rows(table, "train_dataset")
    decision = decide(table, target, wanted, None)
    rows = examples(table, target, features, classify=decision.task != "regression")
    held_out = None if validation is None or validation.num_rows == 0 else validation
    return _Training(decision, rows, target).model(table, held_out, spec, seed)


class _Training:
    """What is made of the train rows before the network is, and what it is then."""

    def __init__(self, decision: Decision, rows: Examples, target: str) -> None:
        self._decision, self._rows, self._target = decision, rows, target
        classify = decision.task != "regression"
        self._classes = tuple(sorted(set(rows.y.tolist()))) if classify else None
        self._positive = positive_class(rows.y, self._classes or ())
        self._apart = apart(rows.y) if classify else 1.0
        self._preparing = Preparing.of(rows)
        self._prepared = self._preparing.apply(rows.x)
        self._scaling = Scaling.of(self._prepared)
        self._target_scaling = None if classify else Scaling.of(rows.y[:, None])

    def model(self, table: Table, validation: Table | None, spec: NetworkSpec, seed: int) -> Model:
        layers = _layers(spec, self._prepared.shape[1], output_count(len(self._classes or ())))
        seen = None if validation is None else self._seen(validation)
        content, history = self._train(layers, spec, seen, seed)
        unit = next(c.unit for c in table.columns if c.name == self._target)
        return Model(
            framework="torch",
            name=_name(layers),
            task=self._decision.task,
            features=self._rows.features,
            target=self._target,
            target_unit=unit,
            classes=self._classes,
            positive=self._positive,
            content=content,
            layers=widths(layers),
            parameters=parameter_count(layers),
            provenance=table.provenance,
            report=self._report(content, history, seen),
        )

    def _seen(self, validation: Table) -> tuple[Any, np.ndarray]:
        """Take the same columns out of the validation rows."""
        like = self._content([], {})
        x = model_input(like, self._rows.features, validation, "validation_dataset")
        return x, truth(validation, self._target, self._classes, "validation_dataset")

    def _train(
        self, layers: list[Layer], spec: NetworkSpec, seen: tuple[Any, np.ndarray] | None, seed: int
    ) -> tuple[JsonObject, History]:
        from cards._network.build import build
        from cards._network.build import to_arrays as weights_of
        from cards._network.device import best_device, gpu_memory
        from cards._network.fit import fit
        from cards._network.losses import SQUARED_ERROR, cross_entropy

        allowed = allowed_memory()
        room = None if allowed is None else allowed * 2**20
        refuse_what_cannot_fit(parameter_count(layers), room, gpu_memory())
        module, device, loss = build(layers, seed=seed), best_device(), SQUARED_ERROR
        if self._classes is not None:
            loss = cross_entropy(len(self._classes), self._weights(), device)
        x, y = self._inputs(self._prepared, self._rows.y)
        history = fit(
            module,
            x,
            y,
            loss=loss,
            validation=None if seen is None else self._watched(*seen),
            epochs=spec.trainer.epochs,
            batch_size=spec.trainer.batch_size,
            learning_rate=spec.trainer.learning_rate,
            seed=seed,
            device=device,
            on_epoch=_tell,
            start=kept(),
        )
        return self._content(layers, weights_of(module)), history

    def _inputs(self, prepared: np.ndarray, y: np.ndarray) -> Rows:
        x = self._scaling.apply(prepared)
        if self._target_scaling is not None:
            return x, self._target_scaling.apply(y[:, None])
        return x, _numbered(y, self._classes or ())[:, None]

    def _watched(self, x: Any, y: np.ndarray) -> Rows | None:
        """Return the rows that have a loss: not those of a class that no train row had."""
        prepared = self._preparing.apply(x)
        self._refuse_too_large(prepared, y)
        if self._classes is not None:
            known = _numbered(y, self._classes) >= 0
            prepared, y = prepared[known], y[known]
        return self._inputs(prepared, y) if len(y) else None

    def _refuse_too_large(self, prepared: np.ndarray, y: np.ndarray) -> None:
        """Refuse validation rows that are far beyond all train rows."""
        parts = [(self._scaling, prepared, self._rows.numbers)]
        if self._target_scaling is not None:
            parts.append((self._target_scaling, y[:, None], (self._target,)))
        for scaling, own, names in parts:
            normalised = scaling.apply(own)
            with np.errstate(over="ignore"):
                made = normalised.astype(np.float32)
            refuse_too_large(made, normalised, own, names, "validation_dataset")

    def _weights(self) -> list[float] | None:
        """Weigh classes so that all count as much in the end; None where they are not far apart."""
        if self._apart <= APART:
            return None
        shares = class_frequencies(self._rows.y, self._classes or ())
        return [1 / (len(shares) * share) for share in shares]

    def _content(self, layers: list[Layer], weights: JsonObject) -> JsonObject:
        """Gather what predicting needs, and what the dummy says."""
        rows = self._rows
        classes = self._classes
        return {
            "layers": layers,
            "weights": weights,
            "normalisation": to_arrays(self._scaling, self._target_scaling),
            "preparing": self._preparing.to_plain(),
            "takes": "frame" if rows.categories else "matrix",
            "categories": list(rows.categories),
            "fills": self._preparing.medians is not None,
            "seen": seen(rows),
            "dummy": float(rows.y.mean())
            if classes is None
            else class_frequencies(rows.y, classes),
        }

    def _report(
        self, content: JsonObject, history: History, seen: tuple[Any, np.ndarray] | None
    ) -> TrainingReport:
        ready = network(content, self._classes)
        notes = [] if seen is None else [validation_note(self._measured(ready, *seen))]
        return TrainingReport(
            device=history.device,
            seconds=history.seconds,
            train=self._measured(ready, self._rows.x, self._rows.y),
            baselines=self._baselines(content),
            history=history.curves,
            notes=(*notes, *self._notes(history)),
        )

    def _measured(self, ready: Any, x: Any, y: np.ndarray) -> dict[str, float]:
        if self._classes is None:
            return regression_metrics(y, ready.predict(x))
        return classification_metrics(answers(ready, x, y, self._classes, self._positive))

    def _baselines(self, content: JsonObject) -> dict[str, dict[str, float]]:
        y, dummy = self._rows.y, content["dummy"]
        if self._classes is None:
            found = {"dummy": dummy_metrics(y, dummy)}
            return found | {"linear": linear_metrics(self._prepared, y)}
        said = Answers(y, y, self._classes, positive=self._positive)
        return {"dummy": classification_metrics(dummy_answers(said, dummy))}

    def _notes(self, history: History) -> Iterator[str]:
        if copied := copies_note(self._rows, self._target, classify=self._classes is not None):
            yield copied
        if self._decision.reason:
            yield self._decision.reason
        if self._apart > APART:
            yield weights_note(self._apart)
        yield from missing_notes(self._rows)
        if history.continued_at is not None:
            yield f"It was stopped, and continued at epoch {history.continued_at}."


def output_count(classes: int) -> int:
    """Tell how many outputs a network has: one for a number or two classes, else one for each."""
    return classes if classes > 2 else 1


def _layers(spec: NetworkSpec, inputs: int, outputs: int) -> list[Layer]:
    """Give the spec's layers their widths; they must follow one another."""
    if any(layer.inputs for layer in spec.layers):
        raise CardError(
            "This card trains layers that follow one another, and this network branches.",
            hint="Remove the inputs of its layers.",
        )
    hidden = ({"type": layer.type, **layer.params} for layer in spec.layers)
    return complete(hidden, features=inputs, outputs=outputs)


def _numbered(y: np.ndarray, classes: Sequence[Any]) -> np.ndarray:
    """Return the number of each row's class; −1 where no train row had it."""
    at = {label: place for place, label in enumerate(classes)}
    return np.array([at.get(label, -1) for label in y.tolist()], dtype=np.float32)


def _tell(epoch: Epoch) -> None:
    keep(epoch.state, epoch.number, epoch.total, "epoch")
    report(epoch.number, epoch.total, "epoch", **epoch.told)


def _name(layers: list[Layer]) -> str:
    deep = any(layer["type"] == "batch_norm" for layer in layers)
    return "deep_neural_network" if deep else "neural_network"
