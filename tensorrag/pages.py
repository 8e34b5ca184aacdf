"""One page of a stored table, sorted if asked: what the table view shows of millions of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorrag.errors import ArtifactError, ParameterError
from tensorrag.preview import SHOWN_COLUMNS
from tensorrag.store.artifacts import Store
from tensorrag.types.table import Table
from tensorrag.types.value import JsonObject

if TYPE_CHECKING:
    import pyarrow as pa

    from tensorrag.task import Task

LIMIT = 1000
"""Most rows in one page."""


def page(task: Task, store: Store) -> JsonObject:
    """Return rows of the table that is the task's only input.

    ``params``: ``offset`` (rows to skip), ``limit`` (rows, at most 1000), ``sort`` (a column;
    ``-name`` for descending).

    Returns:
        ``{"columns": [names], "rows": [[cells]], "offset", "total", "more_columns"}``: of very many
        columns the first ones.

    Raises:
        ArtifactError: the value is no table.
        ParameterError: there is no such column.
    """
    from tensorrag.types.columns import sample

    table = store.load(next(iter(task.inputs.values()))[0])
    if not isinstance(table, Table):
        raise ArtifactError("Only tables have rows.", hint="Ask for the preview instead.")
    offset = max(0, int(task.params.get("offset", 0)))
    limit = min(LIMIT, max(0, int(task.params.get("limit", 100))))
    arrow = table.arrow
    shown = arrow.select(arrow.column_names[:SHOWN_COLUMNS])
    sort = str(task.params.get("sort") or "")
    if sort:
        # A column's own name may begin with a minus, too.
        down = sort not in arrow.column_names and sort.startswith("-")
        name = sort.removeprefix("-") if down else sort
        if name not in arrow.column_names:
            raise ParameterError(
                f"The table has no column {name!r}.",
                field="sort",
                hint="Sort by a column that it has.",
            )
        indices = _sorted(arrow[name], name, "descending" if down else "ascending")
        arrow, start = shown.take(indices.slice(offset, limit)), 0
    else:
        arrow, start = shown, offset
    rows = sample(arrow, limit, start)
    return {
        "columns": arrow.column_names,
        "rows": [list(row) for row in rows],
        "offset": offset,
        "total": table.num_rows,
        "more_columns": table.arrow.num_columns - shown.num_columns,
    }


def _sorted(column: pa.ChunkedArray, name: str, order: str) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.sort_indices(column, sort_keys=[("", order)])
    except pa.ArrowException:
        raise ParameterError(
            f"Rows cannot be sorted by {name!r}.",
            field="sort",
            hint="Sort by a column of numbers, texts or dates.",
        ) from None
