"""What is shown of a table: all of its figures in the inspector, and a face on its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorrag.preview import SHOWN_COLUMNS, ColumnProfile, TableFace, TablePreview
from tensorrag.types.drawing import MOST_TINY, drawn
from tensorrag.types.picked import rows_at
from tensorrag.types.schema import NUMERIC, ColumnSchema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from tensorrag.types.table import Table

SHOWN_ROWS = 50
"""Rows of a preview."""
BARS = 14
"""Columns of which a card shows a tiny histogram."""


def preview_of(table: Table) -> TablePreview:
    """Profile the columns, the first of very many, and show the first rows."""
    import numpy as np

    from tensorrag.types.columns import sample

    shown, places = table.columns[:SHOWN_COLUMNS], drawn(table.num_rows)
    first, numbers = table.at(np.arange(min(SHOWN_ROWS, table.num_rows)))
    return TablePreview(
        rows=table.num_rows,
        drawn=None if places is None else len(places),
        columns=tuple(_profile(table, column, places) for column in shown),
        more_columns=len(table.columns) - len(shown),
        sample=sample(rows_at(first.select([c.name for c in shown]), numbers), SHOWN_ROWS),
        synthetic=table.provenance.synthetic,
        bytes=table.nbytes,
    )


def face_of(table: Table) -> TableFace:
    """Rows × columns, and a tiny histogram of each of the first columns."""
    from tensorrag.types.profile import tiny_histogram

    first = table.columns[:BARS]
    some = _some(table, [column.name for column in first if column.kind in NUMERIC])
    bars = tuple(
        tiny_histogram(some[column.name], column) if column.name in some.column_names else ()
        for column in first
    )
    return TableFace(rows=table.num_rows, columns=len(table.columns), bars=bars)


def _profile(table: Table, column: ColumnSchema, places: np.ndarray | None) -> ColumnProfile:
    """Profile a column; texts that are too long to be counted are not even read."""
    from tensorrag.types.profile import MOST_TEXT, profile

    share = 1.0 if places is None else len(places) / table.num_rows
    if column.kind not in NUMERIC and table.bytes_of(column.name) * share > MOST_TEXT:
        return ColumnProfile(**column.model_dump())
    return profile(table.column(column.name), column, places, table.release)


def _some(table: Table, names: list[str]) -> pa.Table:
    """Return some columns of as many rows as tell what tiny pictures show."""
    places = drawn(table.num_rows, MOST_TINY)
    if places is None:
        return table.select(names)
    whole, numbers = table.at(places)
    return rows_at(whole.select(names), numbers, table.release)
