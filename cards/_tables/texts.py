"""The columns of a table that were read as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def texts(table: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Go through them, with their names."""
    import pyarrow.types as at

    for name, column in zip(table.column_names, table.columns, strict=True):
        if at.is_string(column.type) or at.is_large_string(column.type):
            yield name, column
