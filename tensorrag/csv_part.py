"""A part of a stored table as the text of a CSV file: whoever wants all of it asks part by part.

So nobody ever holds more of the file than one part, and who asks no further has stopped it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tensorrag.pages import rows_of, table_of, taken
from tensorrag.plain import JsonObject
from tensorrag.store.artifacts import Store
from tensorrag.types.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

    from tensorrag.task import Task

CELLS = 200_000
"""Most cells in a part."""
BYTES = 4 * 2**20
"""Most bytes in a part; a row that alone has more characters is cut into several."""


def csv_part(task: Task, store: Store) -> JsonObject:
    """Return rows of the table that is the task's only input, as lines of CSV.

    Texts stand in quotes, and what is missing is empty without any; in a column that stands alone
    it has quotes too, since readers skip empty lines. A column of dates without a time of day has
    none in the text. The first part begins with the names of the columns.

    ``params``: ``offset`` (rows to skip), ``begun`` (characters to skip of the next one),
    ``limit`` (rows, at most as many as fit), ``sort`` and ``where`` as for a page, ``days`` as the
    part before told.

    Returns:
        ``{"text", "rows", "begun", "total", "days"}``: how many rows end in the text, how many
        characters of the next one there have been by now, how many rows fit in all, and which
        columns are of dates without a time of day.

    Raises:
        ArtifactError: the value is no table.
        ParameterError: there is no such column, or it has no such order or values.
    """
    table, digest = table_of(task, store)
    numbers = rows_of(table, task, store, digest)
    total = table.num_rows if numbers is None else len(numbers)
    offset = max(0, int(task.params.get("offset", 0)))
    names = [column.name for column in table.columns]
    likely = 2 * BYTES * table.num_rows // max(1, table.nbytes)
    fits = max(1, min(likely, CELLS // max(1, len(names))))
    rows = max(0, min(int(task.params.get("limit", fits)), fits, total - offset))
    begun = max(0, int(task.params.get("begun", 0)))
    rows = min(rows, 1) if begun else rows
    days = task.params.get("days")
    days = _days(table) if days is None else days
    while True:
        written = _lines(_with_days(taken(table, names, numbers, offset, rows), days))
        if rows < 2 or len(written) <= BYTES:
            break
        rows //= 2
    head = _head(names) if offset == begun == 0 else ""
    text, end = written.decode(), begun + BYTES
    told = {"total": total, "days": days}
    if rows == 1 and end < len(text):
        return {"text": head + text[begun:end], "rows": 0, "begun": end, **told}
    return {"text": head + text[begun:], "rows": rows, "begun": 0, **told}


def _days(table: Table) -> list[str]:
    """Name the columns of times that are all at midnight."""
    import pyarrow.types as at

    times = [each.name for each in table.fields if at.is_timestamp(each.type)]
    return [name for name in times if _is_of_days(table.column(name))]


def _is_of_days(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    day = 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    if column.type.tz is not None:
        return False
    ticks = (chunk.cast(pa.int64()) for chunk in column.chunks)
    rests = (pc.subtract(each, pc.multiply(pc.divide(each, day), day)) for each in ticks)
    return all(pc.all(pc.equal(each, 0)).as_py() is not False for each in rests)


def _with_days(part: pa.Table, days: list[str]) -> pa.Table:
    import pyarrow as pa

    for name in days:
        at = part.column_names.index(name)
        part = part.set_column(at, name, part[name].cast(pa.date32()))
    return part


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
