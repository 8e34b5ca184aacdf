"""How sure metrics on some rows are, and the lead of one model over another on the same rows.

The test rows are drawn again a thousand times (bootstrap), the same ones for all models: what is
hard in a draw is hard for all of them, so a lead is surer than the metrics themselves. Most
metrics follow from sums over the rows, so a draw is a product of matrices: how often each row was
drawn times what each row adds. Of very many rows, groups of them are drawn; and so are groups whose
rows may be alike, such as those of one customer (cluster bootstrap).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards._measuring.classification import Answers, row_losses

if TYPE_CHECKING:
    import numpy as np

    Drawn = Callable[[np.ndarray], np.ndarray]
    """(draws × groups) → the metric of each draw."""

AREAS = frozenset({"roc_auc", "average_precision"})
"""Metrics that are areas under a curve."""
DRAWS, FEWER_DRAWS = 1_000, 200
MANY = 20_000
"""Rows from which on an area under a curve is drawn less often."""
GROUPS = 2_000
"""Rows, or groups of rows, that are drawn from at most."""
NO_SPREAD = 1e-12
"""Share of the squares from which on what is left of them is more than rounding."""
SEED = 0


@dataclass(frozen=True)
class Drawing:
    """Which rows are drawn together."""

    place: np.ndarray
    """The group of each row, numbered from 0."""
    groups: int

    @classmethod
    def of(cls, rows: int, whole: np.ndarray | None = None) -> Drawing:
        """Draw each row for itself, or whole groups; of very many, some are mixed into one.

        Args:
            rows: how many there are.
            whole: the group of each row, numbered from 0, whose rows may be alike.
        """
        import numpy as np

        count = rows if whole is None else int(whole.max()) + 1
        place = np.arange(count)
        if count > GROUPS:
            place = np.random.default_rng(SEED).permutation(count) % GROUPS
        return cls(place if whole is None else place[whole], min(count, GROUPS))

    def times(self, *, areas: bool) -> np.ndarray:
        """Tell how often each group is in each draw: draws × groups.

        Args:
            areas: whether the metric is an area under a curve, which takes longer.
        """
        import numpy as np

        times = FEWER_DRAWS if areas and len(self.place) > MANY else DRAWS
        shares = np.full(self.groups, 1 / self.groups)
        found = np.random.default_rng(SEED).multinomial(self.groups, shares, size=times)
        return found.astype(np.float64)

    def summed(self, added: np.ndarray) -> np.ndarray:
        """Add up what the rows of each group add."""
        import numpy as np

        columns = added.T
        sums = [np.bincount(self.place, each, minlength=self.groups) for each in columns]
        return np.stack(sums, axis=1)

    def counted(self, places: np.ndarray, which: np.ndarray, classes: int) -> np.ndarray:
        """Count in each group the rows of each class, of those that are asked for."""
        import numpy as np

        cells = (self.place * classes + places)[which]
        counts = np.bincount(cells, minlength=self.groups * classes)
        return counts.reshape(self.groups, classes).astype(np.float64)


def of_numbers(
    metric: str, truth: np.ndarray, predicted: np.ndarray, drawing: Drawing | None = None
) -> Drawn:
    """Return what tells R², RMSE, MAE or MSE of draws: by default, of rows."""
    import numpy as np

    drawing = drawing or Drawing.of(len(truth))
    errors, goal = np.abs(predicted - truth), truth - truth.mean()
    one = np.ones(len(truth))
    added = drawing.summed(np.stack([one, errors, errors**2, goal, goal**2], axis=1))

    def of(drawn: np.ndarray) -> np.ndarray:
        rows, absolute, squares, sums, spread = (drawn @ added).T
        if metric == "mae":
            return absolute / rows  # type: ignore[no-any-return]
        mse = squares / rows
        if metric == "r2":
            whole = spread / rows - (sums / rows) ** 2
            known = whole > NO_SPREAD * spread / rows
            return np.where(known, 1 - _ratio(mse, np.where(known, whole, 1)), np.nan)
        return mse**0.5 if metric == "rmse" else mse  # type: ignore[no-any-return]

    return of


def of_classes(metric: str, said: Answers, drawing: Drawing | None = None) -> Drawn:
    """Return what tells a metric of classes of draws: by default, of rows."""
    drawing = drawing or Drawing.of(len(said.truth))
    if metric in AREAS:
        return _area(metric, said, drawing)
    if metric in ("log_loss", "brier"):
        return _mean(_losses(metric, said), drawing)
    if metric == "accuracy":
        return _mean(said.truth == said.predicted, drawing)
    if metric in ("balanced_accuracy", "macro_f1"):
        return _over_classes(metric, said, drawing)
    return _of_positive(metric, said, drawing)


def _mean(values: np.ndarray, drawing: Drawing) -> Drawn:
    import numpy as np

    added = drawing.summed(np.stack([np.ones(len(values)), values.astype(np.float64)], axis=1))

    def of(drawn: np.ndarray) -> np.ndarray:
        rows, sums = (drawn @ added).T
        return sums / rows  # type: ignore[no-any-return]

    return of


def _losses(metric: str, said: Answers) -> np.ndarray:
    """Tell what each row adds to log loss or Brier score."""

    if metric == "brier":
        assert said.ranking is not None  # noqa: S101
        squares: np.ndarray = (said.ranking - said.is_positive) ** 2
        return squares
    return row_losses(said)


def _of_positive(metric: str, said: Answers, drawing: Drawing) -> Drawn:
    import numpy as np

    real, taken = said.is_positive, said.predicted == said.positive
    added = drawing.summed(np.stack([real & taken, real, taken], axis=1).astype(np.float64))

    def of(drawn: np.ndarray) -> np.ndarray:
        both, truth, told = (drawn @ added).T
        if metric == "precision":
            return _ratio(both, told)
        if metric == "recall":
            return _ratio(both, truth)
        return np.where(truth + told > 0, _ratio(2 * both, truth + told), np.nan)

    return of


def _over_classes(metric: str, said: Answers, drawing: Drawing) -> Drawn:
    import numpy as np

    both = {*said.truth.tolist(), *(said.predicted.tolist() if metric == "macro_f1" else ())}
    at = {label: place for place, label in enumerate(sorted(both, key=str))}
    truth = np.array([at[label] for label in said.truth.tolist()])
    told = np.array([at.get(label, -1) for label in said.predicted.tolist()])
    hits = drawing.counted(truth, truth == told, len(at))
    real = drawing.counted(truth, truth >= 0, len(at))
    taken = drawing.counted(told, told >= 0, len(at))

    def of(drawn: np.ndarray) -> np.ndarray:
        found, there = drawn @ hits, drawn @ real
        if metric == "macro_f1":
            either = there + drawn @ taken
            return _ratio(2 * found, either).sum(axis=1) / np.maximum((either > 0).sum(axis=1), 1)  # type: ignore[no-any-return]
        return _ratio(found, there).sum(axis=1) / np.maximum((there > 0).sum(axis=1), 1)  # type: ignore[no-any-return]

    return of


def _area(metric: str, said: Answers, drawing: Drawing) -> Drawn:
    """Return what tells an area under a curve of draws: rows are put into order once."""
    import numpy as np

    assert said.ranking is not None  # noqa: S101 - such a metric was not measured otherwise
    order = np.argsort(-said.ranking, kind="stable")
    real = said.is_positive[order].astype(np.float64)
    ranking = said.ranking[order]
    first = np.flatnonzero(np.r_[True, ranking[1:] != ranking[:-1]])
    group = drawing.place[order]

    def one(times: np.ndarray) -> float:
        weight = times[group]
        yes = np.add.reduceat(weight * real, first)
        all_ = np.add.reduceat(weight, first)
        if not 0 < yes.sum() < all_.sum():
            return float("nan")
        if metric == "roc_auc":
            no = all_ - yes
            higher = np.cumsum(yes) - yes / 2
            return float((no * higher).sum() / (yes.sum() * no.sum()))
        precision = np.cumsum(yes) / np.maximum(np.cumsum(all_), 1)
        return float((precision * yes).sum() / yes.sum())

    return lambda drawn: np.array([one(times) for times in drawn])


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide; 0 where there is nothing to divide by."""
    import numpy as np

    found: np.ndarray = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return found


def middle(values: np.ndarray) -> tuple[float, float] | None:
    """Return between which values 95 % of the draws lie; None where none could be measured."""
    import numpy as np

    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def all_of(drawn: Sequence[Drawn], drawing: Drawing, *, areas: bool) -> np.ndarray:
    """Measure models on the same draws: draws × models. See `Drawing.times`."""
    import numpy as np

    times = drawing.times(areas=areas)
    return np.stack([one(times) for one in drawn], axis=1)
