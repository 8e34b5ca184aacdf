"""The columns of a table that were read as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cards._arrow import is_text

if TYPE_CHECKING:
    import pyarrow as pa


def texts(table: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Go through them, with their names."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        if is_text(column.type):
            yield name, column
