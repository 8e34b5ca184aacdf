"""Deals out rows to train, validation and test: whole groups, or earlier and later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._arrow import plain
from tensorrag import InputError, ParameterError, Table
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np

Sizes = tuple[int, int, int]
"""Rows that train, validation and test should have, about."""


def by_group(table: Table, name: str, sizes: Sizes, seed: int) -> list[np.ndarray]:
    """Return the rows of each part, in the order of the table; no group is in two.

    Groups are dealt out in an order that the seed decides, each to the part in which its middle
    row falls. Rows without a group are one group.

    Raises:
        ParameterError: a part would be empty.
    """
    import numpy as np
    import pyarrow.compute as pc

    column = plain(table.arrow[name], name)
    encoded = pc.dictionary_encode(column, null_encoding="encode").combine_chunks()
    groups = np.asarray(encoded.indices)
    counts = np.bincount(groups)
    order = np.random.default_rng(seed).permutation(len(counts))
    middles = np.empty(len(counts))
    middles[order] = np.cumsum(counts[order]) - counts[order] / 2
    part = np.searchsorted(np.cumsum(sizes)[:2], middles, side="right")
    parts = [np.flatnonzero((part == at)[groups]) for at in range(3)]
    few = "1 group is too few" if len(counts) == 1 else f"{len(counts):,} groups are too few"
    _refuse_empty(parts, sizes, name, few)
    return parts


def by_time(table: Table, name: str, sizes: Sizes) -> list[np.ndarray]:
    """Return the rows of each part from the earliest to the latest; equal times stay together.

    Raises:
        InputError: a row has no time.
        ParameterError: a part would be empty.
    """
    import numpy as np
    import pyarrow.compute as pc

    times = plain(table.arrow[name], name)
    if times.null_count:
        raise InputError(
            f"{times.null_count:,} rows have no {named(name)}.",
            port="dataset",
            hint=f"Leave them out first: Filter Rows, {named(name)} is not missing.",
        )
    order = np.asarray(pc.sort_indices(times)).astype(np.int64)
    ordered = times.take(order)
    cuts = [_after_equals(ordered, int(cut)) for cut in np.cumsum(sizes)[:2]]
    parts = np.split(order, cuts)
    _refuse_empty(parts, sizes, name, "There are too few different times")
    return parts


def _after_equals(times: object, cut: int) -> int:
    """Move a cut on until the time changes."""
    import numpy as np

    values = times.to_numpy()  # type: ignore[attr-defined]
    if not 0 < cut < len(values):
        return cut
    return int(np.searchsorted(values, values[cut - 1], side="right"))


def _refuse_empty(parts: list[np.ndarray], sizes: Sizes, name: str, why: str) -> None:
    words = ("train", "validation", "test")
    for word, rows, size in zip(words, parts, sizes, strict=True):
        if size and not len(rows):
            raise ParameterError(
                f"{why}: the {word} part would be empty.",
                field="split_by",
                hint=f"Change the ratios, or split by another column than {named(name)}.",
            )
