"""Trains a model for each fold on the other folds' rows, and measures it on those held out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards._folds import Fold
from cards._learning.answers import answers
from cards._learning.predicting import estimator_of, model_input, predictions
from cards._learning.rows import labels, numbers, plain
from cards._learning.task import Decision
from cards._measuring.classification import (
    Answers,
    classification_metrics,
    dummy_answers,
    positive_class,
)
from cards._measuring.regression import dummy_metrics, regression_metrics
from tensorrag import InputError, Model, Table, report
from tensorrag.checkpoint import keeping
from tensorrag.progress import within
from tensorrag.quoting import named
from tensorrag.types import METRICS
from tensorrag.types.metrics import MAIN
from tensorrag.types.schema import Label

if TYPE_CHECKING:
    import numpy as np

Learn = Callable[[Table], Model]
"""Train rows → the trained model."""


@dataclass(frozen=True)
class Folded:
    """One fold: what was measured of the model that had not seen it."""

    metrics: dict[str, float]
    baseline: dict[str, float]
    learnt: int
    """Rows that the model learnt from."""
    rows: np.ndarray
    """The rows that were held out."""
    predicted: np.ndarray
    shares: np.ndarray | None
    """How likely each of all classes is, rows × classes; None where the model does not tell."""
    seconds: float
    """Of training."""


@dataclass(frozen=True)
class Question:
    """What is learnt of a table, decided once for all folds."""

    table: Table
    target: str
    decision: Decision
    truth: np.ndarray
    classes: tuple[Label, ...]
    """All that there are; empty where a number is predicted."""
    positive: Label | None

    @classmethod
    def of(cls, table: Table, target: str, decision: Decision) -> Question:
        """Look at all rows, so that every fold is asked the same."""
        import numpy as np

        if decision.task == "regression":
            return cls(table, target, decision, numbers(table, target), (), None)
        truth = labels(table, target)
        classes = tuple(map(plain, np.unique(truth)))
        return cls(table, target, decision, truth, classes, positive_class(truth, classes))


def crossed(asked: Question, folds: Sequence[Fold], learn: Learn) -> list[Folded]:
    """Train and measure once for each fold.

    Args:
        asked: what is learnt.
        folds: rows to learn from, and rows that are held out.
        learn: trains a model, with all its preparing, on the rows that it is given alone.

    Raises:
        InputError: a class is not among the rows that a model learns from, or it cannot learn.
    """
    found = []
    for at, (rows, held) in enumerate(folds):
        _refuse_lacking(asked, rows, at + 1)
        with within(at, len(folds), "fold"), keeping(None):  # what was kept is of another fold
            found.append(_folded(asked, rows, held, learn))
        main = MAIN[asked.decision.task][0]
        report(at + 1, len(folds), "fold", **{METRICS[main].label: found[-1].metrics[main]})
    return found


def _folded(asked: Question, rows: np.ndarray, held: np.ndarray, learn: Learn) -> Folded:
    began = time.perf_counter()
    model = learn(asked.table.take(rows))
    seconds = time.perf_counter() - began
    table, truth = asked.table.take(held), asked.truth[held]
    x = model_input(model.content, model.features, table, "dataset")
    if not asked.classes:
        predicted = predictions(estimator_of(model), x)
        metrics = regression_metrics(truth, predicted)
        dummy = dummy_metrics(truth, float(model.content["dummy"]))
        return Folded(metrics, dummy, len(rows), held, predicted, None, seconds)
    said = answers(estimator_of(model), x, truth, model.classes or (), asked.positive)
    return Folded(
        classification_metrics(said),
        classification_metrics(dummy_answers(said, model.content["dummy"])),
        len(rows),
        held,
        said.predicted,
        _shares(said, asked.classes),
        seconds,
    )


def _shares(said: Answers, classes: Sequence[Label]) -> np.ndarray | None:
    return None if said.shares is None else said.shares[:, [said.classes.index(c) for c in classes]]


def _refuse_lacking(asked: Question, rows: np.ndarray, number: int) -> None:
    """Every model must know all classes, or their metrics could not be averaged."""
    import numpy as np

    there: set[Any] = set(np.unique(asked.truth[rows]).tolist()) if asked.classes else set()
    lacking = [label for label in asked.classes if label not in there]
    if lacking:
        raise InputError(
            f"No row that fold {number} learns from has {named(asked.target)} {named(lacking[0])}.",
            port="dataset",
            hint="Ask for fewer folds, keep the shares of classes equal, or leave out so rare a "
            "class.",
        )
