"""Fits a scikit-learn model to a table, and tells how it went."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cards._learning.answers import answers
from cards._learning.copies import copies_note
from cards._learning.estimators import SLOW, takes_weights, words
from cards._learning.gaps import missing_notes, new_values_note
from cards._learning.predicting import gives_shares, model_input, predictions
from cards._learning.preparing import fills, pipeline
from cards._learning.rows import Examples, examples, plain, refuse_no_rows
from cards._learning.seen import seen
from cards._learning.task import Decision, Wanted, decide
from cards._learning.terms import never, terms
from cards._learning.truth import truth
from cards._measuring.classification import (
    Answers,
    classification_metrics,
    dummy_answers,
    positive_class,
)
from cards._measuring.regression import dummy_metrics, linear_metrics, regression_metrics
from tensorrag import EstimatorSpec, InputError, Model, Table
from tensorrag.plain import JsonObject
from tensorrag.types import TrainingReport

if TYPE_CHECKING:
    import numpy as np
    from sklearn.pipeline import Pipeline

APART = 10
"""How many times as frequent as the rarest a class may be before rare ones get more weight."""
LOOKED_AT = 10_000
"""Rows that a model which is slow to predict is measured on when it was fitted."""
MEASURED = 50_000
"""Rows that any other is measured on then, where there are more: one in two, or three, or more."""
NAMED = 20


def trained(
    table: Table,
    validation: Table | None,
    spec: EstimatorSpec,
    *,
    target: str,
    features: Sequence[str],
    wanted: Wanted,
    seed: int,
) -> Model:
    """Fit a model to a table.

    Args:
        table: the train rows.
        validation: rows that it is measured on as well, where there are any.
        spec: which model.
        target: the column to predict.
        features: the columns to predict it from; empty means all but the target.
        wanted: the task, or ``auto``.
        seed: the same gives the same model.

    Raises:
        InputError: there is nothing to learn from, or the model cannot learn it.
        ParameterError: a column is not there or cannot be used.
    """
    refuse_no_rows(table, "train_dataset")
    decision = decide(table, target, wanted, spec.model_type)
    rows = examples(table, target, features, classify=decision.task != "regression")
    return _Training(decision, rows, spec, seed).model(table, validation, target)


def score(
    rows: Examples,
    held_out: tuple[Any, np.ndarray],
    spec: EstimatorSpec,
    decision: Decision,
    seed: int,
) -> dict[str, float]:
    """Fit a model to rows and measure it on others: their features as it takes them, and truth.

    Raises:
        InputError: the model cannot learn from such rows.
    """
    return _Training(decision, rows, spec, seed).measured(*held_out)


class _Training:
    def __init__(self, decision: Decision, rows: Examples, spec: EstimatorSpec, seed: int) -> None:
        _refuse_few(spec, rows)
        self._task, self._rows, self._spec = decision.task, rows, spec
        self._classify = decision.task != "regression"
        self._reason = decision.reason
        self._weighted = self._classify and apart(rows.y) > APART
        made = pipeline(spec, rows, classify=self._classify, seed=seed, weighted=self._weighted)
        started = time.perf_counter()  # from here on: before, libraries were loaded
        self._estimator: Pipeline = made.fit(rows.x, rows.y)
        self._seconds = time.perf_counter() - started
        self._classes = tuple(map(plain, self._estimator.classes_)) if self._classify else None
        self._positive = positive_class(rows.y, self._classes or ())

    def model(self, table: Table, validation: Table | None, target: str) -> Model:
        content = self._content()
        unit = next(c.unit for c in table.columns if c.name == target)
        return Model(
            framework="sklearn",
            name=self._spec.model_type,
            task=self._task,
            features=self._rows.features,
            target=target,
            target_unit=unit,
            classes=self._classes,
            positive=self._positive,
            content=content,
            parameters=_parameters(self._estimator[-1]),
            provenance=table.provenance,
            report=TrainingReport(
                device="cpu",
                seconds=self._seconds,
                train=self._fit(),
                baselines=self._baselines(content),
                notes=tuple(self._notes(content, validation, target)),
            ),
        )

    def _content(self) -> JsonObject:
        """Gather what predicting needs, and what the dummy says."""
        rows = self._rows
        content = {
            "estimator": self._estimator,
            "takes": "frame" if rows.categories else "matrix",
            "categories": list(rows.categories),
            "fills": fills(rows),
            "seen": seen(rows),
        }
        if not self._classify:
            return {**content, "dummy": float(rows.y.mean())}
        return {**content, "dummy": class_frequencies(rows.y, self._estimator.classes_)}

    def _fit(self) -> dict[str, float]:
        """Measure on the rows that it learnt from."""
        some = self._measured_rows
        return self.measured(self._rows.x[some], self._rows.y[some])

    @property
    def _measured_rows(self) -> slice:
        """The train rows that it is measured on: those of a slow model are the first."""
        if self._spec.model_type in SLOW:
            return slice(LOOKED_AT)
        return slice(None, None, max(1, math.ceil(len(self._rows.y) / MEASURED)))

    def measured(self, x: Any, y: np.ndarray) -> dict[str, float]:
        """Measure on rows whose truth is known."""
        if not self._classify:
            return regression_metrics(y, predictions(self._estimator, x))
        return classification_metrics(
            answers(self._estimator, x, y, self._classes or (), self._positive)
        )

    def _baselines(self, content: JsonObject) -> dict[str, dict[str, float]]:
        y, dummy = self._rows.y[self._measured_rows], content["dummy"]
        if self._classify:
            said = Answers(y, y, self._classes or (), positive=self._positive)
            return {"dummy": classification_metrics(dummy_answers(said, dummy))}
        found = {"dummy": dummy_metrics(y, dummy)}
        if self._spec.model_type != "linear":
            numbers = self._complete_numbers()
            found["linear"] = linear_metrics(numbers, self._rows.y, self._measured_rows)
        return found

    def _complete_numbers(self) -> np.ndarray:
        """Return the features as the first step of the pipeline makes complete numbers of them."""
        rows = self._rows
        first: np.ndarray = rows.x if not fills(rows) else self._estimator[0].transform(rows.x)
        return first

    def _notes(self, content: JsonObject, validation: Table | None, target: str) -> Iterator[str]:
        rows = self._rows
        if validation is not None and validation.num_rows:
            yield self._validated(content, validation, target)
            if new := new_values_note(validation, content["seen"]):
                yield f"Of the validation rows, {new}"
        if copied := copies_note(rows, target, classify=self._classify):
            yield copied
        if self._reason:
            yield self._reason
        if self._weighted:
            yield _weights_note(self._spec.model_type, apart(rows.y))
        yield from missing_notes(rows)
        if self._spec.model_type in SLOW and len(rows.y) > LOOKED_AT:
            yield f"Measured on the first {LOOKED_AT:,} train rows, as it is slow to predict."
        elif (each := self._measured_rows.step or 1) > 1:
            yield f"Measured on one in {each} of the {len(rows.y):,} train rows."
        if self._classify and not gives_shares(self._estimator):
            yield (
                f"{words(self._spec.model_type).capitalize()} tells classes apart without saying "
                "how likely they are: log loss, calibration and thresholds are of other models."
            ).replace("An svm", "An SVM")
        yield from _zeroed(self._estimator, rows.features)

    def _validated(self, content: JsonObject, validation: Table, target: str) -> str:
        x = model_input(content, self._rows.features, validation, "validation_dataset")
        y = truth(validation, target, self._classes, "validation_dataset")
        return validation_note(self.measured(x, y))


def validation_note(found: dict[str, float]) -> str:
    """Say in a sentence how good predictions of the validation rows are."""
    if "r2" in found:
        return f"R² on the validation rows: {found['r2']:.3f}."
    return f"Accuracy on the validation rows: {found['accuracy']:.3f}."


def weights_note(apart: float) -> str:
    """Say in a sentence that classes were weighed."""
    return f"Classes are {apart:.0f}:1 apart: rare ones were given more weight (balanced)."


def _refuse_few(spec: EstimatorSpec, rows: Examples) -> None:
    neighbours = int(spec.params.get("n_neighbors", 5))
    if spec.model_type == "k_nearest_neighbors" and neighbours > len(rows.y):
        raise InputError(
            f"{neighbours} neighbours are more than the {len(rows.y)} train rows.",
            port="model_spec",
            hint="Ask for fewer neighbours, or give it more rows.",
        )


def class_frequencies(y: np.ndarray, classes: Sequence[Any]) -> list[float]:
    """Tell how frequent each class is."""
    return [float((y == label).mean()) for label in classes]


def apart(y: np.ndarray) -> float:
    """Tell how many times as frequent as the rarest class the most frequent one is."""
    import numpy as np

    _, counts = np.unique(y, return_counts=True)
    return float(counts.max() / counts.min())


def _weights_note(model_type: str, apart: float) -> str:
    if takes_weights(model_type):
        return weights_note(apart)
    return f"Classes are {apart:.0f}:1 apart, and {words(model_type)} gives rare ones no weight."


def _parameters(model: Any) -> int | None:
    """Count the fitted coefficients and intercepts; None where a model has none."""
    import numpy as np

    coefficients = getattr(model, "coef_", None)
    if coefficients is None:
        return None
    return int(np.size(coefficients)) + int(np.size(model.intercept_) if _fits_one(model) else 0)


def _fits_one(model: Any) -> bool:
    return bool(getattr(model, "fit_intercept", True))


def _zeroed(estimator: Pipeline, features: Sequence[str]) -> Iterator[str]:
    """Name the columns that a lasso does not use; those that are 0 in every row aside."""
    import numpy as np

    coefficients = getattr(estimator[-1], "coef_", None)
    if coefficients is None or np.ndim(coefficients) != 1:
        return
    steps = estimator[:-1]
    named = zip(terms(steps, features), never(steps, features), coefficients, strict=True)
    zeroed = [name for name, empty, one in named if one == 0 and not empty]
    if zeroed:
        more = f" and {len(zeroed) - NAMED} more" if len(zeroed) > NAMED else ""
        yield f"Not used (coefficient 0): {', '.join(zeroed[:NAMED])}{more}."
