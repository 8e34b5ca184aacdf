"""Columns in small pieces: a text file comes in hundreds, which cost whoever looks at each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 1 << 17
"""Rows that are joined, where pieces have fewer on average."""


def joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in one piece where it is in small ones, else as it is."""
    import pyarrow as pa

    if not _are_small(column):
        return column
    return pa.table([column], ["column"]).combine_chunks().column(0)


def parts(table: pa.Table) -> Iterator[pa.Table]:
    """Go through a table as it is to be written; small pieces are joined, a few at a time."""
    if not any(map(_are_small, table.columns)):
        yield table
        return
    for start in range(0, table.num_rows, PIECE):
        yield table.slice(start, PIECE).combine_chunks()


def _are_small(column: pa.ChunkedArray) -> bool:
    return bool(column.num_chunks * PIECE > len(column) + PIECE)
