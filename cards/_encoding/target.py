"""How large the target is on average where a column has a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._arrow import as_floats, as_text
from tensorrag import InputError, Table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FOLDS = 5
"""Parts into which rows are dealt out: each is encoded by what the other parts tell."""


def target_means(
    dataset: Table, fit_on: Table | None, name: str, target: str, smoothing: float, seed: int
) -> pa.ChunkedArray:
    """Encode a column by means of the target, as float64.

    Where rows are encoded by a table of their own, each one is encoded without its own fold, as
    in scikit-learn's ``TargetEncoder``: with its own target in the mean, a rare value would tell
    the answer. Means are drawn to the overall mean as if each value had ``smoothing`` such rows.

    Raises:
        InputError: there is no target to take the mean of.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    learnt = dataset if fit_on is None else fit_on
    values = pc.unique(as_text(learnt.arrow[name], name)).drop_null()
    codes = _codes(learnt, name, values)
    goal = np.asarray(as_floats(learnt.arrow[target]).to_numpy())
    told = np.isfinite(goal)
    if not told.any():
        raise InputError(
            f"{target} has no value at all to take the mean of.",
            port="dataset" if fit_on is None else "fit_on",
            hint="Choose another target column.",
        )
    if fit_on is not None:
        means = _means(codes[told], goal[told], len(values), smoothing)
        return pa.chunked_array([pa.array(means[_codes(dataset, name, values)])])
    fold = np.random.default_rng(seed).permutation(len(goal)) % FOLDS
    encoded = np.empty(len(goal))
    for at in range(FOLDS):
        others = told & (fold != at)
        others = others if others.any() else told
        means = _means(codes[others], goal[others], len(values), smoothing)
        encoded[fold == at] = means[codes[fold == at]]
    return pa.chunked_array([pa.array(encoded)])


def _codes(table: Table, name: str, values: pa.Array) -> np.ndarray:
    """Number the values; what is missing or not known has the last number."""
    import numpy as np
    import pyarrow.compute as pc

    found = pc.fill_null(pc.index_in(as_text(table.arrow[name], name), values), len(values))
    return np.asarray(found.to_numpy())


def _means(codes: np.ndarray, goal: np.ndarray, values: int, smoothing: float) -> np.ndarray:
    """Return the mean of each value, and last the overall mean."""
    import numpy as np

    overall = goal.mean()
    counts = np.bincount(codes, minlength=values + 1)
    sums = np.bincount(codes, weights=goal, minlength=values + 1)
    rows = counts + smoothing
    means = np.divide(
        sums + smoothing * overall, rows, where=rows > 0, out=np.full(len(rows), overall)
    )
    means[values] = overall
    return np.asarray(means)
