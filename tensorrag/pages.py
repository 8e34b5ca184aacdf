"""One page of a stored table, sorted and chosen if asked: what is seen of millions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tensorrag.arranging.conditions import Condition
from tensorrag.arranging.order import Order
from tensorrag.arranging.rows import arranged
from tensorrag.errors import ArtifactError
from tensorrag.plain import JsonObject
from tensorrag.preview import SHOWN_COLUMNS
from tensorrag.store.artifacts import Store
from tensorrag.types.picked import rows_at
from tensorrag.types.table import Table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from tensorrag.task import Task

LIMIT = 1000
"""Most rows in one page."""


def page(task: Task, store: Store) -> JsonObject:
    """Return rows of the table that is the task's only input.

    ``params``: ``offset`` (rows to skip), ``limit`` (rows, at most 1000), ``sort`` (a column;
    ``-name`` for descending), ``where`` (conditions, all of which must hold: `Condition`).

    Returns:
        ``{"columns": [names], "rows": [[cells]], "offset", "total", "of", "more_columns"}``: of
        very many columns the first ones; ``total`` rows fit, ``of`` all that there are.

    Raises:
        ArtifactError: the value is no table.
        ParameterError: there is no such column, or it has no such order or values.
    """
    from tensorrag.types.columns import sample

    table, digest = table_of(task, store)
    offset = max(0, int(task.params.get("offset", 0)))
    limit = min(LIMIT, max(0, int(task.params.get("limit", 100))))
    rows = rows_of(table, task, store, digest)
    names = [column.name for column in table.columns]
    shown = taken(table, names[:SHOWN_COLUMNS], rows, offset, limit)
    return {
        "columns": shown.column_names,
        "rows": [list(row) for row in sample(shown, limit)],
        "offset": offset,
        "total": table.num_rows if rows is None else len(rows),
        "of": table.num_rows,
        "more_columns": len(names) - shown.num_columns,
    }


def table_of(task: Task, store: Store) -> tuple[Table, str]:
    """Return the table that is the task's only input, and its digest.

    Raises:
        ArtifactError: it is no table.
    """
    digest = next(iter(task.inputs.values()))[0]
    table = store.load(digest)
    if not isinstance(table, Table):
        raise ArtifactError("Only tables have rows.", hint="Ask for the preview instead.")
    return table, digest


def rows_of(table: Table, task: Task, store: Store, digest: str) -> np.ndarray | None:
    """Return the numbers of the rows that a task asks for, in order; None for all as they are.

    Raises:
        ParameterError: there is no such column, or it has no such order or values.
    """
    order = Order.of(str(task.params.get("sort") or ""), table.schema.names or ())
    where = Condition.all_of(task.params.get("where") or [])
    asked = {*([order.column] if order else []), *(each.column for each in where)}
    arrow = table.select([each.name for each in table.columns if each.name in asked])
    return arranged(arrow, order, where, store.root / "arranged", digest, table.release)


def taken(
    table: Table, names: Sequence[str], numbers: np.ndarray | None, offset: int, rows: int
) -> pa.Table:
    """Return rows of some columns; ``numbers`` are of all rows to choose from, None for each."""
    import numpy as np

    if numbers is None:
        numbers = np.arange(offset, max(offset, min(table.num_rows, offset + rows)))
    else:
        numbers = numbers[offset : offset + rows]
    source, places = table.at(numbers)
    return rows_at(source.select(list(names)), places, table.release)
