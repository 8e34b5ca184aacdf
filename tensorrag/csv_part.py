"""A part of a stored table as the text of a CSV file: whoever wants all of it asks part by part.

So nobody ever holds more of the file than one part, and who asks no further has stopped it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tensorrag.arranged import rows_at
from tensorrag.pages import rows_of, table_of
from tensorrag.plain import JsonObject
from tensorrag.store.artifacts import Store
from tensorrag.types.table import Table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from tensorrag.task import Task

CELLS = 200_000
"""Most cells in a part."""
BYTES = 4 * 2**20
"""Most bytes in a part; a row that alone has more characters is cut into several."""


def csv_part(task: Task, store: Store) -> JsonObject:
    """Return rows of the table that is the task's only input, as lines of CSV.

    Texts stand in quotes, and what is missing is empty without any; in a column that stands alone
    it has quotes too, since readers skip empty lines. The first part begins with the names of the
    columns.

    ``params``: ``offset`` (rows to skip), ``begun`` (characters to skip of the next one),
    ``limit`` (rows, at most as many as fit), ``sort`` and ``where`` as for a page.

    Returns:
        ``{"text", "rows", "begun", "total"}``: how many rows end in the text, how many characters
        of the next one there have been by now, and how many rows fit in all.

    Raises:
        ArtifactError: the value is no table.
        ParameterError: there is no such column, or it has no such order or values.
    """
    table, digest = table_of(task, store)
    numbers = rows_of(table, task, store, digest)
    total = table.num_rows if numbers is None else len(numbers)
    offset = max(0, int(task.params.get("offset", 0)))
    fits = max(1, CELLS // max(1, table.arrow.num_columns))
    rows = max(0, min(int(task.params.get("limit", fits)), fits, total - offset))
    begun = max(0, int(task.params.get("begun", 0)))
    rows = min(rows, 1) if begun else rows
    while True:
        written = _lines(_taken(table, offset, rows, numbers))
        if rows < 2 or len(written) <= BYTES:
            break
        rows //= 2
    head = _head(table.arrow.column_names) if offset == begun == 0 else ""
    text, end = written.decode(), begun + BYTES
    if rows == 1 and end < len(text):
        return {"text": head + text[begun:end], "rows": 0, "begun": end, "total": total}
    return {"text": head + text[begun:], "rows": rows, "begun": 0, "total": total}


def _taken(table: Table, offset: int, rows: int, numbers: np.ndarray | None) -> pa.Table:
    if numbers is None:
        return table.arrow.slice(offset, rows)
    return rows_at(table.arrow, numbers[offset : offset + rows], table.release)


def _head(names: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(names)
    return written.getvalue()


def _lines(part: pa.Table) -> bytes:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    options = arrow_csv.WriteOptions(include_header=False)
    sink = pa.BufferOutputStream()
    try:
        arrow_csv.write_csv(part, sink, options)
    except pa.ArrowException:  # a kind that CSV knows nothing of, such as lists
        sink = pa.BufferOutputStream()
        arrow_csv.write_csv(_as_text(part), sink, options)
    written: bytes = sink.getvalue().to_pybytes()
    if part.num_columns == 1 and part[0].null_count:
        written = b"".join(line if line != b"\n" else b'""\n' for line in written.splitlines(True))
    return written


def _as_text(part: pa.Table) -> pa.Table:
    """Write out each column that CSV has no way of its own for."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    for at, name in enumerate(part.column_names):
        try:
            arrow_csv.write_csv(part.select([at]), pa.BufferOutputStream())
        except pa.ArrowException:
            texts = [None if each is None else str(each) for each in part[at].to_pylist()]
            part = part.set_column(at, name, pa.array(texts, pa.string()))
    return part
