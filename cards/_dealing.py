"""Deals out rows to train, validation and test: whole groups, or earlier and later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._arrow import numbered
from cards._following import times_of
from cards._repeated import numbered_rows
from cards._strata import alike
from tensorrag import ParameterError, Table
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np

Sizes = tuple[int, int, int]
"""Rows that train, validation and test should have, about."""


def by_group(
    table: Table, name: str, sizes: Sizes, seed: int, strata: np.ndarray | None = None
) -> list[np.ndarray]:
    """Return the rows of each part, in the order of the table; no group is in two.

    Rows without a group are one group.

    Args:
        table: the rows.
        name: of the column that has the groups.
        sizes: of the parts.
        seed: of the mixing.
        strata: a number for each row; each part gets its share of each, as far as groups allow.

    Raises:
        ParameterError: a part would be empty, or there are too many strata.
    """
    import numpy as np

    groups = numbered(table.column(name), name)
    count, ends = int(groups.max()) + 1, np.cumsum(sizes)[:2]
    part = dealt(groups, ends, seed) if strata is None else alike(groups, ends, seed, strata)
    parts = [np.flatnonzero(part == at) for at in range(3)]
    few = "1 group is too few" if count == 1 else f"{count:,} groups are too few"
    _refuse_empty(parts, sizes, few, f"split by another column than {named(name)}")
    return parts


def by_equal_rows(
    table: Table, sizes: Sizes, seed: int, strata: np.ndarray | None = None
) -> list[np.ndarray]:
    """Return the rows of each part, in the order of the table; equal ones are in the same.

    Args:
        table: the rows.
        sizes: of the parts.
        seed: of the mixing.
        strata: a number for each row, the same of equal ones; each part gets its share of each.

    Raises:
        ParameterError: a part would be empty.
    """
    import numpy as np

    groups = numbered_rows(table)
    part, count = dealt(groups, np.cumsum(sizes)[:2], seed, strata), int(groups.max()) + 1
    parts = [np.flatnonzero(part == at) for at in range(3)]
    few = "All rows are equal" if count == 1 else f"There are only {count:,} different rows"
    _refuse_empty(parts, sizes, few, "do not keep equal rows together", field="together")
    return parts


def dealt(
    groups: np.ndarray, ends: np.ndarray, seed: int, strata: np.ndarray | None = None
) -> np.ndarray:
    """Deal out whole groups in an order that the seed decides; return the part of each row.

    Each goes to the part in which its middle row falls, among the groups of its stratum.

    Args:
        groups: the group of each row, numbered from 0.
        ends: how many rows there should be up to the end of each part but the last.
        seed: of the order.
        strata: a number for each row, the same in all of a group; each part gets its share of each.
    """
    import numpy as np

    counts = np.bincount(groups)
    stratum = np.zeros(len(counts), dtype=np.int64)
    if strata is not None:
        stratum[groups] = strata - strata.min()
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(stratum[order], kind="stable")]
    middles = np.cumsum(counts[order]) - counts[order] / 2
    rows, own = np.bincount(stratum, weights=counts), stratum[order]
    places = (middles - (np.cumsum(rows) - rows)[own]) * (len(groups) / rows[own])
    part = np.empty(len(counts), dtype=np.int64)
    part[order] = np.searchsorted(ends, places, side="right")
    return np.asarray(part[groups])


def held_back(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Tell which rows are held back: whole groups that have about so many rows together.

    Where one group is most of the rows, it is learnt from, and all others are held back.

    Args:
        groups: the group of each row, numbered from 0.
        count: of the rows.
        seed: of the mixing.
    """
    import numpy as np

    part = dealt(groups, np.array([count]), seed)
    if part.min() == part.max():
        return np.asarray(groups != np.bincount(groups).argmax())
    return np.asarray(part == 0)


def latest(table: Table, name: str, count: int) -> np.ndarray:
    """Tell which rows are the latest: so many of them, and all of the time of the first of these.

    Raises:
        InputError: a row has no time.
    """
    import numpy as np
    import pyarrow.compute as pc

    ranks = pc.rank(times_of(table, name), sort_keys="ascending", tiebreaker="dense")
    places = np.asarray(ranks).astype(np.int64)
    return np.asarray(places >= np.sort(places)[-count])


def by_time(table: Table, name: str, sizes: Sizes, gap: int = 0) -> list[np.ndarray]:
    """Return the rows of each part from the earliest to the latest; equal times stay together.

    Of each part that another one follows, rows of the latest ``gap`` different times are left out.

    Raises:
        InputError: a row has no time.
        ParameterError: a part would be empty.
    """
    import numpy as np
    import pyarrow.compute as pc

    times = times_of(table, name)
    order = np.asarray(pc.sort_indices(times)).astype(np.int64)
    values = times.take(order).to_numpy()
    cuts = [_after_equals(values, int(cut)) for cut in np.cumsum(sizes)[:2]]
    parts = np.split(order, cuts)
    if gap:
        ends = [*cuts, len(order)]
        times = [values[end - len(part) : end] for part, end in zip(parts, ends, strict=True)]
        parts = [
            part[: _without_latest(own, gap)] if end < len(order) else part
            for part, own, end in zip(parts, times, ends, strict=True)
        ]
    few = "There are too few different times"
    _refuse_empty(parts, sizes, few, f"split by another column than {named(name)}")
    return parts


def _without_latest(times: np.ndarray, gap: int) -> int:
    """Count the rows before those of the latest different times."""
    import numpy as np

    latest = np.unique(times)[-gap:]
    return int(np.searchsorted(times, latest[0])) if len(latest) else 0


def _after_equals(values: np.ndarray, cut: int) -> int:
    """Move a cut on until the time changes."""
    import numpy as np

    if not 0 < cut < len(values):
        return cut
    return int(np.searchsorted(values, values[cut - 1], side="right"))


def _refuse_empty(
    parts: list[np.ndarray], sizes: Sizes, why: str, instead: str, field: str = "split_by"
) -> None:
    words = ("train", "validation", "test")
    for word, rows, size in zip(words, parts, sizes, strict=True):
        if size and not len(rows):
            raise ParameterError(
                f"{why}: the {word} part would be empty.",
                field=field,
                hint=f"Change the ratios, or {instead}.",
            )
