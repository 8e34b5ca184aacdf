"""How much worse a model gets when a column tells it nothing any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards._explaining.asked import Asked
from cards._explaining.measure import measured
from tensorrag import report
from tensorrag.types import METRICS

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Importance:
    """How much worse a metric gets without each column, the column that matters most first."""

    metric: str
    whole: float
    """The metric with every column as it is."""
    features: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    """Standard deviations over the repeats."""


def permutation(asked: Asked, metric: str, repeats: int, seed: int) -> Importance:
    """Mix the values of one column at a time, and measure again.

    It is `sklearn.inspection.permutation_importance`, of rows that are named by the places that
    their values come from: so a column of any kind is mixed as it is.
    """
    import numpy as np
    from sklearn.inspection import permutation_importance

    names = asked.model.features
    places = np.tile(np.arange(asked.rows)[:, None], (1, len(names)))
    scorer = _Scorer(asked, metric, total=1 + repeats * len(names))
    found = permutation_importance(
        scorer, places, asked.truth, scoring=scorer, n_repeats=repeats, random_state=seed
    )
    order = np.argsort(-found.importances_mean, kind="stable")
    return Importance(
        metric,
        scorer.first,
        tuple(names[at] for at in order),
        tuple(float(found.importances_mean[at]) for at in order),
        tuple(float(found.importances_std[at]) for at in order),
    )


class _Scorer:
    """Measures rows that are named by places; higher is better. Tells how far it is."""

    def __init__(self, asked: Asked, metric: str, total: int) -> None:
        self._asked, self._metric, self._total = asked, metric, total
        self._sign = 1 if METRICS[metric].higher_is_better else -1
        self._done = 0
        self.first = 0.0

    def fit(self, *_: Any) -> None:
        """Is there because scikit-learn asks for it; the model is fitted already."""

    def __call__(self, _: Any, places: np.ndarray, truth: np.ndarray) -> float:
        """Measure."""
        table = self._asked.mixed(places)
        value = measured(self._metric, self._asked.model, table, truth)
        self.first = value if self._done == 0 else self.first
        self._done += 1
        report(self._done, self._total, "measurement")
        return self._sign * value
