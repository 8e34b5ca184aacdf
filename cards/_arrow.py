"""Small operations on Arrow columns that several cards need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take values out of a dictionary, in which each is kept once."""
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def as_floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers and flags as float64; what is no number at all is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    floats = plain(column).cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_nan(floats), pa.scalar(None, pa.float64()), floats)


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as text; flags as ``true`` and ``false``."""
    import pyarrow as pa

    return plain(column).cast(pa.string())


def replaced(table: pa.Table, columns: Mapping[str, pa.ChunkedArray]) -> pa.Table:
    """Put columns in the place of those of the same name."""
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def distinct(column: pa.ChunkedArray) -> list[str]:
    """Return the distinct values as text, in order, without missing ones."""
    import pyarrow.compute as pc

    return sorted(value for value in pc.unique(as_text(column)).to_pylist() if value is not None)
