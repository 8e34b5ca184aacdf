"""How sure a metric is: between which values it lies with 95 % confidence."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from cards._measuring.classification import Answers, row_losses

if TYPE_CHECKING:
    import numpy as np

Interval = tuple[float, float]

Z = 1.959963984540054
"""Standard deviations on either side of the middle that hold 95 % of a normal distribution."""
DRAWN, MOST_DRAWN = 1000, 5000
"""How often rows are drawn again, and of how many rows at most."""


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
    return _bootstrap(errors, truth), "bootstrap"


def of_classification(answers: Answers) -> tuple[dict[str, Interval], str]:
    """Return the intervals of what is measured of classes, and how that of the accuracy was found.

    Accuracy, precision and recall are shares (Wilson). For the F1 and the balanced accuracy rows
    are drawn again a thousand times, and for log loss and Brier score where they are few.
    """
    hits = answers.truth == answers.predicted
    found = {"accuracy": wilson(int(hits.sum()), len(hits)), **_of_losses(answers)}
    if len(hits) > 1:
        found |= _of_classes(answers)
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


def _of_losses(answers: Answers) -> dict[str, Interval]:
    """Log loss and Brier score are averages over the rows."""
    if answers.shares is None or len(answers.truth) < 2:
        return {}
    found = {"log_loss": _of_average(row_losses(answers))}
    if answers.positive is not None and answers.ranking is not None:
        found["brier"] = _of_average((answers.ranking - answers.is_positive) ** 2)
    return found


def _of_average(values: np.ndarray) -> Interval:
    import numpy as np

    if len(values) > MOST_DRAWN:
        return _average(values)
    draw, rows = np.random.default_rng(0), len(values)
    return _middle([float(values[draw.integers(rows, size=rows)].mean()) for _ in range(DRAWN)])


def _of_classes(answers: Answers) -> dict[str, Interval]:
    """Draw rows again for F1 and balanced accuracy; of a row only who was taken for whom counts."""
    import numpy as np

    truth, said = answers.truth, answers.predicted
    if answers.positive is not None:
        truth, said = answers.is_positive, said == answers.positive
    names = np.unique(np.concatenate([truth, said]))
    pairs = len(names) * np.searchsorted(names, truth) + np.searchsorted(names, said)
    kinds, counts = np.unique(pairs, return_counts=True)
    real, told = kinds // len(names), kinds % len(names)
    drawn = np.random.default_rng(0).multinomial(len(truth), counts / len(truth), size=DRAWN)
    hits = [drawn[:, (real == at) & (told == at)] for at in range(len(names))]
    recalls = [_share(hit, drawn[:, real == at]) for at, hit in enumerate(hits)]
    found = {"balanced_accuracy": _middle(np.nanmean(recalls, axis=0).tolist())}
    if len(np.unique(answers.truth)) > len(names):  # there is a class that the model does not know
        found = {}
    each = np.stack(
        [_f1(drawn[:, real == at], drawn[:, told == at], hit) for at, hit in enumerate(hits)]
    )
    if answers.positive is None:
        return found | {"macro_f1": _middle(np.nanmean(each, axis=0).tolist())}
    if not truth.any():
        return found
    yes = each[-1]
    return found | {"f1": _middle(yes[np.isfinite(yes)].tolist())}


def _share(hit: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return the share of each draw; NaN where there is nothing to take it of."""
    import numpy as np

    rows = of.sum(axis=1).astype(float)
    found: np.ndarray = hit.sum(axis=1) / np.where(rows > 0, rows, np.nan)
    return found


def _f1(real: np.ndarray, told: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """Return the F1 of each draw; NaN where the class is not there."""
    import numpy as np

    return 2 * _share(hit, np.concatenate([real, told], axis=1))


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


def _bootstrap(errors: np.ndarray, truth: np.ndarray) -> dict[str, Interval]:
    import numpy as np

    draw, rows = np.random.default_rng(0), len(errors)
    found: dict[str, list[float]] = {"mae": [], "mse": [], "rmse": [], "r2": []}
    for _ in range(DRAWN):
        drawn = draw.integers(rows, size=rows)
        some, goal = errors[drawn], truth[drawn]
        mse, spread = float(np.mean(some**2)), float(goal.var())
        found["mae"].append(float(some.mean()))
        found["mse"].append(mse)
        found["rmse"].append(sqrt(mse))
        if spread > 0:
            found["r2"].append(1 - mse / spread)
    return {name: _middle(values) for name, values in found.items() if values}


def _middle(values: list[float]) -> Interval:
    import numpy as np

    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
