"""How sure a metric is: between which values it lies with 95 % confidence.

Every card that tells a metric asks here, so that one number has one interval. What a formula holds
for has one: shares (Wilson 1927), the area under the ROC curve (Hanley & McNeil 1982), and averages
over many rows (the normal distribution; R² by the delta method). For all else the rows are drawn
again, and the middle 95 % of what comes of it is taken (Efron's percentile bootstrap, 1979).

All of these take each row for itself. Where a split kept groups of rows together, whole groups are
drawn again, and the wider of both intervals is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING

from cards._arrow import numbered
from cards._measuring.classification import Answers
from cards._measuring.resampling import AREAS, Drawing, middle, of_classes, of_numbers
from tensorrag import Table
from tensorrag.quoting import named

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
FEW_GROUPS = 30
"""Groups below which intervals of drawing them again are too narrow.

Source: Cameron, Gelbach & Miller, *Bootstrap-based improvements for inference with clustered
errors*, Review of Economics and Statistics 90 (2008).
"""

Found = tuple[dict[str, Interval], str]
"""Intervals by metric, and in a word how the main one was found."""


def of_regression(
    truth: np.ndarray,
    predicted: np.ndarray,
    metrics: Collection[str] = OF_NUMBERS,
    whole: np.ndarray | None = None,
) -> Found:
    """Return the intervals of some of R², RMSE, MAE and MSE.

    Of few rows the test rows are drawn again a thousand times (bootstrap); of many the errors'
    averages are as good as normal.

    Args:
        truth: of each row.
        predicted: of each row.
        metrics: those to tell of.
        whole: the group of each row, where rows of a group may be alike: see `groups_of`.
    """
    of = partial(of_numbers, truth=truth, predicted=predicted)
    return _of_groups(_of_numbers(truth, predicted, metrics), of, whole)


def _of_numbers(truth: np.ndarray, predicted: np.ndarray, metrics: Collection[str]) -> Found:
    import numpy as np

    if len(truth) < 2:
        return {}, ""
    errors = np.abs(predicted - truth)
    spread = (truth - truth.mean()) ** 2
    if len(truth) > MOST_DRAWN:
        found = _normal(errors, spread)
        return {name: found[name] for name in metrics if name in found}, "normal approximation"
    told = [name for name in metrics if name != "r2" or spread.any()]
    of = partial(of_numbers, truth=truth, predicted=predicted)
    return _drawn(told, of, Drawing.of(len(truth))), "bootstrap"


def groups_of(table: Table) -> np.ndarray | None:
    """Number the groups of rows that a split kept together; None where it did not, or none is left.

    A single group tells nothing of others, so that is none.
    """
    dealt = table.provenance.dealt
    if dealt is None or dealt.by != "group" or table.schema.column(dealt.column) is None:
        return None
    found = numbered(table.column(dealt.column), dealt.column)
    return found if found.any() else None


def too_narrow(table: Table) -> str:
    """Say of rows in groups, of which few or none are known, that intervals may be wider."""
    dealt = table.provenance.dealt
    if dealt is None or dealt.by != "group":
        return ""
    whole = groups_of(table)
    if whole is None:
        column = named(dealt.column)
        return f"Rows of one {column} may be alike: then intervals are wider than told."
    few = f"{whole.max() + 1} groups are few: intervals may be wider than told."
    return few if whole.max() + 1 < FEW_GROUPS else ""


def _of_groups(found: Found, of: Callable[..., Drawn], whole: np.ndarray | None) -> Found:
    """Return intervals that are as wide as those of drawing whole groups again, at least.

    These alone would be a point where no row of any group was wrong.
    """
    if whole is None:
        return found
    drawn = _drawn(found[0], of, Drawing.of(len(whole), whole))
    wider = {
        name: (min(low, drawn[name][0]), max(high, drawn[name][1]))
        for name, (low, high) in found[0].items()
        if name in drawn
    }
    return wider, f"bootstrap of {whole.max() + 1:,} groups"


def of_classification(
    answers: Answers, measured: Mapping[str, float], whole: np.ndarray | None = None
) -> Found:
    """Return the intervals of metrics that were measured of classes.

    Accuracy, precision and recall are shares (Wilson), the area under the ROC curve has a formula
    (Hanley and McNeil); for all others the rows are drawn again (bootstrap).

    Args:
        answers: of each row.
        measured: the metrics.
        whole: the group of each row, where rows of a group may be alike: see `groups_of`.
    """
    of = partial(of_classes, said=answers)
    return _of_groups((_of_classes(answers, measured), "Wilson"), of, whole)


def _of_classes(answers: Answers, measured: Mapping[str, float]) -> dict[str, Interval]:
    found = {name: ends for name in SHARES if name in measured and (ends := _share(name, answers))}
    if "roc_auc" in measured:
        yes = int(answers.is_positive.sum())
        found["roc_auc"] = roc_auc(measured["roc_auc"], yes, len(answers.truth) - yes)
    rest = [name for name in measured if name not in SHARES and name != "roc_auc"]
    if len(answers.truth) > 1:
        of = partial(of_classes, said=answers)
        found |= _drawn(rest, of, Drawing.of(len(answers.truth)))
    return found


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


def _drawn(
    metrics: Iterable[str], of: Callable[..., Drawn], drawing: Drawing
) -> dict[str, Interval]:
    """Return the intervals of metrics, all of the same draws."""
    found: dict[str, Interval | None] = {}
    for areas, names in groupby(sorted(metrics, key=_is_area), key=_is_area):
        times = drawing.times(areas=areas)
        found |= {name: middle(of(name, drawing=drawing)(times)) for name in names}
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
