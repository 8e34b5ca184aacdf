"""How sure a metric is: between which values it lies with 95 % confidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING

from cards._measuring.classification import Answers
from cards._measuring.resampling import AREAS, draws, middle, of_classes, of_numbers

if TYPE_CHECKING:
    import numpy as np

    from cards._measuring.resampling import Drawn

Interval = tuple[float, float]

Z = 1.959963984540054
"""Standard deviations on either side of the middle that hold 95 % of a normal distribution."""
MOST_DRAWN = 5000
"""Rows up to which errors of numbers are drawn again."""


def of_regression(truth: np.ndarray, predicted: np.ndarray) -> tuple[dict[str, Interval], str]:
    """Return the intervals of R², RMSE, MAE and MSE, and in a word how they were found.

    Of few rows the test rows are drawn again a thousand times (bootstrap); of many the errors'
    averages are as good as normal.
    """
    import numpy as np

    if len(truth) < 2:
        return {}, ""
    errors = np.abs(predicted - truth)
    spread = (truth - truth.mean()) ** 2
    if len(truth) > MOST_DRAWN:
        return _normal(errors, spread), "normal approximation"
    metrics = ("mae", "mse", "rmse", *(("r2",) if spread.any() else ()))
    return _drawn(
        metrics, partial(of_numbers, truth=truth, predicted=predicted), len(truth)
    ), "bootstrap"


def of_classification(answers: Answers) -> tuple[dict[str, Interval], str]:
    """Return the intervals of what is measured of classes, and how that of the accuracy was found.

    Accuracy, precision and recall are shares (Wilson); for all others but the area under the ROC
    curve the rows are drawn again (bootstrap).
    """
    hits = answers.truth == answers.predicted
    found = {"accuracy": wilson(int(hits.sum()), len(hits))}
    if len(hits) > 1:
        found |= _drawn(_to_draw(answers), partial(of_classes, said=answers), len(hits))
    if answers.positive is not None:
        truth, said = answers.is_positive, answers.predicted == answers.positive
        both = int((truth & said).sum())
        if said.any():
            found["precision"] = wilson(both, int(said.sum()))
        if truth.any():
            found["recall"] = wilson(both, int(truth.sum()))
    return found, "Wilson"


def roc_auc(area: float, positives: int, negatives: int) -> Interval:
    """Return the interval of an area under the ROC curve, after Hanley and McNeil."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (positives - 1) * (one - area**2) + (negatives - 1) * (two - area**2)
    half = Z * sqrt(max(0.0, area * (1 - area) + spread) / (positives * negatives))
    return max(0.0, area - half), min(1.0, area + half)


def wilson(hits: int, rows: int) -> Interval:
    """Return the interval of a share: it stays within 0 and 1, and holds for few rows."""
    share, square = hits / rows, Z * Z
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    half = Z / (1 + square / rows) * sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _drawn(metrics: Iterable[str], of: Callable[[str], Drawn], rows: int) -> dict[str, Interval]:
    """Return the intervals of metrics, all of the same draws of the rows."""
    found: dict[str, Interval | None] = {}
    for areas, names in groupby(sorted(metrics, key=_is_area), key=_is_area):
        times = draws(rows, areas=areas)
        found |= {name: middle(of(name)(times)) for name in names}
    return {name: interval for name, interval in found.items() if interval is not None}


def _is_area(metric: str) -> bool:
    return metric in AREAS


def _to_draw(answers: Answers) -> Iterator[str]:
    """Name what is no share and has no formula."""
    yield "balanced_accuracy"
    if answers.shares is not None:
        yield "log_loss"
    if answers.positive is None:
        yield "macro_f1"
        return
    ranking, truth = answers.ranking, answers.is_positive
    if truth.any():
        yield "f1"
    if ranking is not None and answers.shares is not None:
        yield "brier"
    if ranking is not None and truth.any() and not truth.all():
        yield "average_precision"


def _normal(errors: np.ndarray, spread: np.ndarray) -> dict[str, Interval]:
    """R² by the delta method: it is 1 less the ratio of two averages of the same rows."""
    squares = errors**2
    mae, mse = _average(errors), _average(squares)
    found = {"mae": mae, "mse": mse, "rmse": (sqrt(max(0.0, mse[0])), sqrt(mse[1]))}
    if spread.mean() > 0:
        ratio = squares.mean() / spread.mean()
        left = (squares - ratio * spread) / spread.mean()
        half = Z * float(left.std()) / sqrt(len(left))
        found["r2"] = (1 - float(ratio) - half, 1 - float(ratio) + half)
    return found


def _average(values: np.ndarray) -> Interval:
    half = Z * float(values.std()) / sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half
