"""How much worse a model gets when a column tells it nothing any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards._explaining.asked import Asked, Method, answers
from cards._explaining.measure import measured, method_of
from cards._explaining.quick import Told, quick
from tensorrag import report
from tensorrag.types import METRICS

if TYPE_CHECKING:
    import numpy as np

AT_ONCE = 2_000_000
"""Values of rows × columns that a model is asked about at a time, where it can be several times."""


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

    The figures are those of `sklearn.inspection.permutation_importance`, which mixes all columns
    alike. A column that the model does not go by changes no answer: its importance is 0.
    """
    import numpy as np

    model, names = asked.model, asked.model.features
    method = method_of(metric, asked.estimator)
    classify = model.task != "regression"
    sign = 1 if METRICS[metric].higher_is_better else -1
    said = answers(asked.estimator, method, asked.x, classify=classify)
    whole = measured(metric, model, said, asked.truth)
    lost = np.zeros((len(names), repeats))
    orders = list(mixed(asked.rows, repeats, seed))
    told = quick(asked, method, orders) or _one_by_one(asked, method, orders)
    for done, (column, repeat, answer) in enumerate(told, start=1):
        lost[column, repeat] = sign * (whole - measured(metric, model, answer, asked.truth))
        report(done, len(names) * repeats, "measurement")
    means, spreads = lost.mean(axis=1), lost.std(axis=1)
    order = np.argsort(-means, kind="stable")
    return Importance(
        metric,
        whole,
        tuple(names[at] for at in order),
        tuple(float(means[at]) for at in order),
        tuple(float(spreads[at]) for at in order),
    )


def mixed(rows: int, repeats: int, seed: int) -> Iterator[np.ndarray]:
    """Tell of each repeat which row a value comes from, as scikit-learn mixes: it goes on from
    what is mixed already, and does so from the same state for every column."""
    import numpy as np

    random = np.random.RandomState(np.random.RandomState(seed).randint(2**31))
    order, places = np.arange(rows), np.arange(rows)
    for _ in range(repeats):
        random.shuffle(order)
        places = places[order]
        yield places


def _one_by_one(asked: Asked, method: Method, orders: list[np.ndarray]) -> Iterator[Told]:
    """Ask about the rows with one column mixed, several repeats at a time."""
    import numpy as np

    names, rows = asked.model.features, asked.rows
    times = max(1, min(len(orders), AT_ONCE // (rows * len(names))))
    for start in range(0, len(orders), times):
        part = orders[start : start + times]
        x, places = asked.repeated(len(part)), np.concatenate(part)
        for column, name in enumerate(names):
            own = asked.values(name)
            asked.put(x, name, own[places])
            said = answers(asked.estimator, method, x, classify=asked.model.task != "regression")
            asked.put(x, name, np.tile(own, len(part)))
            for at, answer in enumerate(np.split(said, len(part))):
                yield column, start + at, answer
