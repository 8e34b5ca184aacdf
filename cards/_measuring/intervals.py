"""How sure a metric is: between which values it lies with 95 % confidence.

Every card that tells a metric asks here, so that one number has one interval. What a formula holds
for has one: shares (Wilson 1927), the area under the ROC curve (Hanley & McNeil 1982), and averages
over many rows (the normal distribution; R² by the delta method). For all else the rows are drawn
again, and the middle 95 % of what comes of it is taken (Efron's percentile bootstrap, 1979).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING

from cards._measuring.classification import Answers
from cards._measuring.resampling import AREAS, draws, middle, of_classes, of_numbers
from tensorrag.quoting import named
from tensorrag.types import Provenance

if TYPE_CHECKING:
    import numpy as np

    from cards._measuring.resampling import Drawn

Interval = tuple[float, float]

Z = 1.959963984540054
"""Standard deviations on either side of the middle that hold 95 % of a normal distribution."""
MOST_DRAWN = 5000
"""Rows up to which errors of numbers are drawn again."""
OF_NUMBERS = ("r2", "rmse", "mae", "mse")
SHARES = ("accuracy", "precision", "recall")


def of_regression(
    truth: np.ndarray, predicted: np.ndarray, metrics: Collection[str] = OF_NUMBERS
) -> tuple[dict[str, Interval], str]:
    """Return the intervals of some of R², RMSE, MAE and MSE, and in a word how they were found.

    Of few rows the test rows are drawn again a thousand times (bootstrap); of many the errors'
    averages are as good as normal.
    """
    import numpy as np

    if len(truth) < 2:
        return {}, ""
    errors = np.abs(predicted - truth)
    spread = (truth - truth.mean()) ** 2
    if len(truth) > MOST_DRAWN:
        found = _normal(errors, spread)
        return {name: found[name] for name in metrics if name in found}, "normal approximation"
    told = [name for name in metrics if name != "r2" or spread.any()]
    return _drawn(
        told, partial(of_numbers, truth=truth, predicted=predicted), len(truth)
    ), "bootstrap"


def of_groups(rows: Provenance) -> str:
    """Say of rows that come in groups that intervals, which take each row for itself, flatter."""
    if rows.dealt is None or rows.dealt.by != "group":
        return ""
    column = named(rows.dealt.column)
    return f"Rows of one {column} may be alike: then intervals are wider than told."


def of_classification(
    answers: Answers, measured: Mapping[str, float]
) -> tuple[dict[str, Interval], str]:
    """Return the intervals of metrics that were measured of classes, and how accuracy's was found.

    Accuracy, precision and recall are shares (Wilson), the area under the ROC curve has a formula
    (Hanley and McNeil); for all others the rows are drawn again (bootstrap).
    """
    found = {name: ends for name in SHARES if name in measured and (ends := _share(name, answers))}
    if "roc_auc" in measured:
        yes = int(answers.is_positive.sum())
        found["roc_auc"] = roc_auc(measured["roc_auc"], yes, len(answers.truth) - yes)
    rest = [name for name in measured if name not in SHARES and name != "roc_auc"]
    if len(answers.truth) > 1:
        found |= _drawn(rest, partial(of_classes, said=answers), len(answers.truth))
    return found, "Wilson"


def _share(metric: str, answers: Answers) -> Interval | None:
    """Return the interval of a share; None where there is nothing that it is a share of."""
    if metric == "accuracy":
        hits = answers.truth == answers.predicted
        return wilson(int(hits.sum()), len(hits))
    truth, said = answers.is_positive, answers.predicted == answers.positive
    of = int((said if metric == "precision" else truth).sum())
    return wilson(int((truth & said).sum()), of) if of else None


def roc_auc(area: float, positives: int, negatives: int) -> Interval:
    """Return the interval of an area under the ROC curve.

    Source: Hanley & McNeil, *The meaning and use of the area under a receiver operating
    characteristic (ROC) curve*, Radiology 143 (1982).
    """
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (positives - 1) * (one - area**2) + (negatives - 1) * (two - area**2)
    half = Z * sqrt(max(0.0, area * (1 - area) + spread) / (positives * negatives))
    return max(0.0, area - half), min(1.0, area + half)


def wilson(hits: int, rows: int) -> Interval:
    """Return the interval of a share: it stays within 0 and 1, and holds for few rows.

    Source: Wilson, *Probable inference, the law of succession, and statistical inference*, Journal
    of the American Statistical Association 22 (1927).
    """
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
