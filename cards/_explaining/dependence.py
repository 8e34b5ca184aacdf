"""What a model says on average when one column has the same value in all rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards._explaining.asked import Asked
from cards._learning.predicting import class_shares, gives_shares, predictions
from tensorrag import report
from tensorrag.types import NUMERIC

if TYPE_CHECKING:
    import numpy as np

ROWS = 1000
"""Rows that are asked about, at most: an average of so many is steady."""
POINTS = 20
"""Places on the way from the 5 % quantile of a column to its 95 % quantile."""
VALUES = 12
"""Values of a category, the most frequent ones."""
CLASSES = 6
"""Classes that get a line of their own."""


@dataclass(frozen=True)
class Dependence:
    """The average answer by the values of one column."""

    feature: str
    unit: str | None
    values: tuple[float, ...] | tuple[str, ...]
    """Numbers in order, or the values of a category, the most frequent first."""
    answers: dict[str, tuple[float, ...]]
    """By class its probability, or the share predicted so; of a number the number: one a value."""
    left_out: int = 0
    """Values of a category that are too rare to be shown."""

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers."""
        return not any(isinstance(value, str) for value in self.values)


def dependences(asked: Asked, features: Sequence[str]) -> list[Dependence]:
    """Return the dependence of the answer on each of these features."""
    few, found = asked.first(ROWS), []
    for done, name in enumerate(features, start=1):
        found.append(_dependence(few, name))
        report(done, len(features), "column")
    return found


def _dependence(asked: Asked, name: str) -> Dependence:
    described = next(column for column in asked.columns if column.name == name)
    column, left_out = asked.values(name), 0
    values: tuple[float, ...] | tuple[str, ...]
    if described.kind in NUMERIC:
        values = tuple(grid(column))
    else:
        values, left_out = _frequent(column)
    told, x = [], asked.repeated(1)
    for value in values:
        asked.put(x, name, value)
        told.append(_averages(asked, x))
    answers = {label: tuple(one[label] for one in told) for label in told[0]} if told else {}
    return Dependence(name, described.unit, values, answers, left_out)


def grid(column: np.ndarray) -> list[float]:
    """Return the values of a column where they are few, else places between its quantiles."""
    import numpy as np

    numbers = column[np.isfinite(column)]
    few = np.unique(numbers)
    if len(few) > POINTS:
        low, high = (float(end) for end in np.quantile(numbers, (0.05, 0.95)))
        places = np.linspace(low, high, POINTS)
        digits = 3 - math.floor(math.log10(high - low)) if high > low else 0
        few = np.unique(np.round(places, digits))
    return [float(value) for value in few]


def _frequent(column: np.ndarray) -> tuple[tuple[str, ...], int]:
    """Return the most frequent values, and how many others there are."""
    import pandas as pd

    values = pd.Series(column, dtype=object).value_counts().index
    return tuple(map(str, values[:VALUES])), max(0, len(values) - VALUES)


def _averages(asked: Asked, x: Any) -> dict[str, float]:
    model, estimator = asked.model, asked.estimator
    if model.task == "regression":
        return {"mean": float(predictions(estimator, x).mean())}
    classes = model.classes or ()
    shown = [model.positive] if model.positive is not None else list(classes[:CLASSES])
    if not gives_shares(estimator):
        said = predictions(estimator, x, classify=True)
        return {str(label): float((said == label).mean()) for label in shown}
    means: np.ndarray = class_shares(estimator, x).mean(axis=0)
    return {str(label): float(means[classes.index(label)]) for label in shown}
