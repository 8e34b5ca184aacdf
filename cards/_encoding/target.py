"""How large the target is on average where a column has a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cards._arrow import as_floats, as_text
from tensorrag import InputError, Table
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FOLDS = 5
"""Parts into which rows are dealt out: each is encoded by what the other parts tell."""


def target_means(
    dataset: Table, name: str, target: str, smoothing: float, seed: int
) -> pa.ChunkedArray:
    """Encode a column by means of the target, as float64.

    Each row is encoded without its own fold, as in scikit-learn's ``TargetEncoder``: with its own
    target in the mean, a rare value would tell the answer.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.unique(as_text(dataset.column(name), name)).drop_null()
    codes = _codes(dataset, name, values)
    goal = np.asarray(as_floats(dataset.column(target)).to_numpy())
    told = np.isfinite(goal)
    fold = np.random.default_rng(seed).permutation(len(goal)) % FOLDS
    encoded = np.empty(len(goal))
    for at in range(FOLDS):
        others = told & (fold != at)
        others = others if others.any() else told
        means = _means(codes[others], goal[others], len(values), smoothing)
        encoded[fold == at] = means[codes[fold == at]]
    return pa.chunked_array([pa.array(encoded)])


def learnt_means(
    learnt: Table, name: str, target: str, smoothing: float
) -> tuple[dict[str, float], float]:
    """Return the mean of the target by each value of a column, and the overall one.

    Means are drawn to the overall mean as if each value had ``smoothing`` such rows.

    Raises:
        InputError: there is no target to take the mean of.
    """
    import numpy as np
    import pyarrow.compute as pc

    values = pc.unique(as_text(learnt.column(name), name)).drop_null()
    goal = np.asarray(as_floats(learnt.column(target)).to_numpy())
    told = np.isfinite(goal)
    if not told.any():
        raise InputError(
            f"{named(target)} has no value at all to take the mean of.",
            hint="Choose another target column.",
        )
    means = _means(_codes(learnt, name, values)[told], goal[told], len(values), smoothing)
    return dict(zip(values.to_pylist(), means.tolist(), strict=False)), float(means[-1])


def means_again(column: pa.ChunkedArray, means: Mapping[str, float], overall: float) -> pa.Array:
    """Encode a column by means that were learnt; a value without one has the overall mean."""
    import pyarrow as pa

    told = [means.get(value, overall) for value in as_text(column).to_pylist()]
    return pa.chunked_array([pa.array(told, pa.float64())])


def _codes(table: Table, name: str, values: pa.Array) -> np.ndarray:
    """Number the values; what is missing or not known has the last number."""
    import numpy as np
    import pyarrow.compute as pc

    found = pc.fill_null(pc.index_in(as_text(table.column(name), name), values), len(values))
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
