"""Reads tables out of files, and says in one sentence what is wrong with one."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cards._csv import HEAD, Reading, Separator, read_csv, shown
from tensorrag import ColumnSchema, ParameterError, Table, TableSchema
from tensorrag.types import Provenance

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE = 20_000_000
"""Cells up to which a look at a Parquet file reads the data, to tell kinds for certain."""
MOST_COLUMNS = 10_000
"""Columns that a table may have: forms, previews and messages name every one of them."""
HASHED = 512 * 1024 * 1024
"""Bytes up to which a file's fingerprint is the digest of its content."""


def read_table(file: Path, name: str, separator: Separator = "auto") -> Reading:
    """Read a CSV or Parquet file; the ending of ``name`` and the first bytes tell which.

    Raises:
        ParameterError: it is empty, no table, or damaged; says where.
    """
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.strip():
        raise ParameterError(f"{shown(name)} is empty.", hint="Choose a file with a table in it.")
    if _is_parquet(head, name):
        reading = _read_parquet(file, name)
    else:
        reading = read_csv(file, name, head, separator)
    if reading.table.num_rows == 0:
        raise ParameterError(
            f"{shown(name)} has a header but no rows.", hint="Choose a file with rows in it."
        )
    return replace(reading, table=_usable(reading.table, name))


def table_schema(
    file: Path, name: str, separator: Separator = "auto"
) -> tuple[TableSchema, dict[str, Any]]:
    """Return the columns, kinds and rows of a file, and what was detected.

    Of a very large Parquet file only the footer is read; a kind that only the data can tell is
    then None.
    """
    provenance = Provenance(source=name)
    footer = _footer(file)
    if footer is not None:
        _refuse_wide(footer.num_columns, name)
    if footer is not None and footer.num_rows * footer.num_columns > WHOLE:
        columns = tuple(_certain(f.name, f.type) for f in footer.schema.to_arrow_schema())
        return TableSchema(columns=columns, rows=footer.num_rows, provenance=provenance), {}
    reading = read_table(file, name, separator)
    return Table(reading.table, provenance=provenance).schema, reading.details


def fingerprint(file: Path) -> str:
    """Return what changes when the file does: a digest, or size and time for a huge file."""
    stat = file.stat()
    if stat.st_size > HASHED:
        return f"{stat.st_size}-{stat.st_mtime_ns}"
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_parquet(head: bytes, name: str) -> bool:
    return head.startswith(b"PAR1") or name.lower().endswith((".parquet", ".pq"))


def _read_parquet(file: Path, name: str) -> Reading:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return Reading(pq.read_table(file).replace_schema_metadata(None), {"format": "Parquet"})
    except (pa.ArrowException, OSError) as error:
        raise ParameterError(
            f"{shown(name)} is damaged or is no Parquet file.",
            hint="Export it again, or choose another file.",
        ) from error


def _usable(table: pa.Table, name: str) -> pa.Table:
    """Give every column a name of its own and a type, or refuse the table."""
    import pyarrow as pa
    import pyarrow.types as at

    _refuse_wide(table.num_columns, name)
    names = _named(table.column_names)
    twice = next((one for one, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise ParameterError(
            f"{shown(name)} has two columns named {twice!r}.", hint="Rename one of them."
        )
    table = table.rename_columns(names)
    for index, column in enumerate(table.columns):
        if at.is_null(column.type):  # there is no value to tell a type from; pandas says the same
            table = table.set_column(index, names[index], column.cast(pa.float64()))
    return table


def _named(names: list[str]) -> list[str]:
    """Name what has no name, such as the index that pandas writes: ``column_1``."""
    taken, named = set(names), []
    for number, name in enumerate(names, 1):
        new = name if name.strip() else f"column_{number}"
        while not name.strip() and new in taken:
            new += "_"
        taken.add(new)
        named.append(new)
    return named


def _refuse_wide(columns: int, name: str) -> None:
    if columns > MOST_COLUMNS:
        raise ParameterError(
            f"{shown(name)} has {columns:,} columns; {MOST_COLUMNS:,} is the most there may be.",
            hint="Keep the columns that are needed, or swap rows and columns.",
        )


def _footer(file: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file.open("rb") as stream:
        if stream.read(4) != b"PAR1":
            return None
    try:
        return pq.read_metadata(file)
    except (pa.ArrowException, OSError):
        return None


def _certain(name: str, kind: pa.DataType) -> ColumnSchema:
    """Describe a column by its type alone; whole numbers and text could be several kinds."""
    import pyarrow.types as at

    if at.is_floating(kind):
        return ColumnSchema(name=name, kind="number")
    if at.is_boolean(kind):
        return ColumnSchema(name=name, kind="binary")
    return ColumnSchema(name=name, kind="date" if at.is_temporal(kind) else None)
