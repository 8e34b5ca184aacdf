"""Strata of rows, such as those of one class: parts of a table get their share of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._arrow import plain
from tensorrag import ParameterError, Table
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np

BINS = 10
"""Quantile bins of a continuous column that the split is stratified by."""

LARGEST = 10_000_000
"""Groups times strata, of which a table is made where strata cut groups."""


def strata_of(table: Table, name: str) -> np.ndarray:
    """Return a stratum for each row: its value, or its quantile bin where it is continuous.

    Rows without a value are one stratum, -1.
    """
    import numpy as np
    import pandas as pd

    plain(table.column(name), name)  # refuses what cannot be compared
    values = table.to_pandas([name])[name]
    continuous = pd.api.types.is_numeric_dtype(values) and values.nunique() > 2 * BINS
    if continuous:
        return np.asarray(pd.qcut(values, BINS, labels=False, duplicates="drop").fillna(-1))
    return np.asarray(pd.factorize(values)[0])


def stratified(dataset: Table, column: str, sizes: tuple[int, int, int], seed: int) -> np.ndarray:
    """Return an order of the rows in which each part has all strata in proportion."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    strata = strata_of(dataset, column)
    rest = np.arange(dataset.num_rows)
    parts: list[np.ndarray] = []
    try:
        for size in (sizes[2], sizes[1]):
            part = rest[:0]
            if size:
                rest, part = train_test_split(
                    rest, test_size=size, stratify=strata[rest], random_state=seed
                )
            parts.append(part)
    except ValueError as error:
        raise ParameterError(
            f"The rows cannot be stratified by {named(column)}: some of its values are in too few "
            "rows.",
            field="stratify_by",
            hint="Stratify by another column, or by none.",
        ) from error
    test, validation = parts
    return np.concatenate([rest, validation, test])


def alike(groups: np.ndarray, ends: np.ndarray, seed: int, strata: np.ndarray) -> np.ndarray:
    """Deal out whole groups so that each part gets its share of each stratum; return the parts.

    As scikit-learn's ``StratifiedGroupKFold`` does, but for parts of any size: the most uneven
    groups go first, each to where the parts are then filled most evenly.

    Args:
        groups: the group of each row, numbered from 0.
        ends: how many rows there should be up to the end of each part but the last.
        seed: of the order of groups that are as uneven.
        strata: a number for each row.

    Raises:
        ParameterError: there are too many strata for so many groups.
    """
    import numpy as np

    strata = np.unique(strata, return_inverse=True)[1]
    shape = int(groups.max()) + 1, int(strata.max()) + 1
    if shape[0] * shape[1] > LARGEST:
        raise ParameterError(
            f"{shape[1]:,} different values in {shape[0]:,} groups are too many to stratify by.",
            field="stratify_by",
            hint="Stratify by a column with fewer different values, or by none.",
        )
    counts = np.bincount(groups * shape[1] + strata, minlength=shape[0] * shape[1]).reshape(shape)
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(-counts[order].std(axis=1), kind="stable")]
    sizes = np.diff([0, *ends, len(groups)])
    parts = np.flatnonzero(sizes)
    wanted = np.outer(sizes[parts] / len(groups), counts.sum(axis=0))
    filled, tried = np.zeros_like(wanted), np.eye(len(parts))[:, :, None]
    part = np.empty(len(counts), dtype=np.int64)
    for group in order:
        spread = ((filled + tried * counts[group]) / wanted).std(axis=1).mean(axis=1)
        best = spread.argmin()
        filled[best] += counts[group]
        part[group] = parts[best]
    return np.asarray(part[groups])
