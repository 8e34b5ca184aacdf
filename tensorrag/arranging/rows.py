"""The rows of a table that fit, in order; worked out once, and remembered where there are many."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tensorrag.arranging import kept_rows
from tensorrag.arranging.conditions import Condition, fitting
from tensorrag.arranging.order import Order, Release, in_order
from tensorrag.errors import ParameterError
from tensorrag.quoting import quoted
from tensorrag.types.picked import rows_at

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

KEPT_FROM = 100_000
"""Rows from which it is kept; of fewer it is found in no time."""


def arranged(
    arrow: pa.Table,
    order: Order | None,
    where: Sequence[Condition],
    folder: Path,
    digest: str,
    release: Release = lambda: None,
) -> np.ndarray | None:
    """Return the numbers of the rows that fit, in order; None for all of them as they are.

    Args:
        arrow: the table.
        order: by what to sort.
        where: what must hold of a row, all of it.
        folder: where row numbers are kept.
        digest: of the table.
        release: called after each part of a column, to let go of memory that it was mapped to.

    Raises:
        ParameterError: there is no such column, or it cannot be compared or sorted by.
    """
    for name in (*([order.column] if order else []), *(each.column for each in where)):
        if name not in arrow.column_names:
            raise ParameterError(
                f"The table has no column {quoted(name)}.",
                field="sort" if order and name == order.column else "where",
                hint="Take a column that it has.",
            )
    if order is None and not where:
        return None
    known = hashlib.sha256(json.dumps([digest, order, where], default=str).encode()).hexdigest()
    path = folder / f"{known}.rows"
    rows = kept_rows.kept(path, arrow.num_rows)
    if rows is None:
        rows = _worked_out(arrow, order, where, release)
        if arrow.num_rows >= KEPT_FROM:
            kept_rows.keep(rows, path)
    return rows


def _worked_out(
    arrow: pa.Table, order: Order | None, where: Sequence[Condition], release: Release
) -> np.ndarray:
    import numpy as np

    small = kept_rows.row_type(arrow.num_rows)
    rows = fitting(arrow, where) if where else np.arange(arrow.num_rows, dtype=small)
    rows = rows.astype(small)
    release()
    if order is None:
        return rows
    column = arrow.select([order.column])
    column = rows_at(column, rows, release) if where else column
    found: np.ndarray = rows[in_order(column[0], order, release)]
    return found
