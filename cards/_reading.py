"""Reads tables out of files, and says in one sentence what is wrong with one."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tensorrag import ColumnSchema, ParameterError, Table, TableSchema
from tensorrag.pipeline.names import visible
from tensorrag.types import Provenance

if TYPE_CHECKING:
    import pyarrow as pa

Separator = Literal["auto", "comma", "semicolon", "tab", "pipe"]
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
HEAD = 64 * 1024
"""Bytes looked at to tell what a file is."""
WHOLE = 20_000_000
"""Cells up to which a look at a Parquet file reads the data, to tell kinds for certain."""
MOST_COLUMNS = 10_000
"""Columns that a table may have: forms, previews and messages name every one of them."""
QUOTES = 64 * 1024 * 1024
"""Bytes in which a quote that never closes is looked for."""
HASHED = 512 * 1024 * 1024
"""Bytes up to which a file's fingerprint is the digest of its content."""


_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
"""Control characters that no text has."""


@dataclass(frozen=True)
class Reading:
    """A table as it was read, and what was detected on the way."""

    table: pa.Table
    details: dict[str, Any] = field(default_factory=dict)


def read_table(file: Path, name: str, separator: Separator = "auto") -> Reading:
    """Read a CSV or Parquet file; the ending of ``name`` and the first bytes tell which.

    Raises:
        ParameterError: it is empty, no table, or damaged; says where.
    """
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.strip():
        raise ParameterError(f"{_shown(name)} is empty.", hint="Choose a file with a table in it.")
    reading = (
        _read_parquet(file, name) if _is_parquet(head, name) else _csv(file, name, head, separator)
    )
    if reading.table.num_rows == 0:
        raise ParameterError(
            f"{_shown(name)} has a header but no rows.", hint="Choose a file with rows in it."
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
            f"{_shown(name)} is damaged or is no Parquet file.",
            hint="Export it again, or choose another file.",
        ) from error


def _csv(file: Path, name: str, head: bytes, separator: Separator) -> Reading:
    import pyarrow.types as at

    encoding = _encoding(head, name)
    mark = _separator(head.decode(encoding, errors="replace"), separator)
    table = _parsed(file, name, mark, encoding)
    if encoding == "utf-8" and any(at.is_binary(column.type) for column in table.columns):
        encoding = "latin-1"  # beyond the first bytes there are some that are no UTF-8
        table = _parsed(file, name, mark, encoding)
    _refuse_open_quote(table, file, name)
    return Reading(table, {"format": "CSV", "separator": mark, "encoding": encoding})


def _parsed(file: Path, name: str, mark: str, encoding: str) -> pa.Table:
    import pyarrow as pa

    try:
        try:
            return _parse(file, mark, encoding)
        except pa.ArrowException:  # in one thread, the parser knows the line
            return _parse(file, mark, encoding, threads=False)
    except pa.ArrowException as error:
        raise _csv_error(error, name, quote_open=_quote_stays_open(file)) from error
    except UnicodeError as error:
        raise ParameterError(
            f"{_shown(name)} is damaged: it begins as {encoding.upper()} text, and is none.",
            hint="Save it again as UTF-8.",
        ) from error


def _parse(file: Path, mark: str, encoding: str, *, threads: bool = True) -> pa.Table:
    from pyarrow import csv as arrow_csv

    return arrow_csv.read_csv(
        file,
        read_options=arrow_csv.ReadOptions(encoding=encoding, use_threads=threads),
        parse_options=arrow_csv.ParseOptions(delimiter=mark, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(strings_can_be_null=True),
    )


def _encoding(head: bytes, name: str) -> str:
    """Tell the encoding, or refuse what is no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if _NO_TEXT.search(head) or head.startswith((b"\x89PNG", b"PK\x03\x04", b"%PDF", b"\x80\x04")):
        raise ParameterError(
            f"{_shown(name)} is not a table: it is not text.", hint="Choose a CSV or Parquet file."
        )
    if re.match(rb"\s*<(!doctype|!--|html|head|body|\?xml)", head, re.IGNORECASE):
        raise ParameterError(
            f"{_shown(name)} is a web page, not a table.",
            hint="Download the file itself and upload that.",
        )
    try:
        head[: head.rfind(b"\n") + 1 or len(head)].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _separator(text: str, separator: Separator) -> str:
    if separator != "auto":
        return SEPARATORS[separator]
    whole = io.StringIO(text, newline=None).readlines()[:50]  # old files end lines with \r
    lines = [line for line in whole if line.strip()]
    counts = {mark: _columns_of(lines, mark) for mark in SEPARATORS.values()}
    return max(counts, key=lambda mark: counts[mark])


def _columns_of(lines: list[str], mark: str) -> tuple[bool, int]:
    """Say how well a separator explains the lines: same number of columns, and how many."""
    widths = [len(row) for row in csv.reader(lines[:-1] or lines, delimiter=mark)]
    return widths[0] > 1 and len(set(widths)) == 1, widths[0]


def _csv_error(error: Exception, name: str, *, quote_open: bool) -> ParameterError:
    text = str(error)
    row = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", text)
    if row:
        line, expected, got = row.groups()
        return ParameterError(
            f"{_shown(name)}: line {line} has {got} values where {expected} were expected.",
            hint="Look there for a quote that never closes."
            if quote_open
            else "Mend that line, or choose another separator.",
        )
    if "straddling" in text or "Empty CSV file or block" in text:
        return ParameterError(
            f"{_shown(name)} has a line of more than 1 MB.",
            hint="Look for a quote that never closes.",
        )
    return ParameterError(
        f"{_shown(name)} cannot be read as a CSV file: {text.splitlines()[0][:200]}",
        hint="Look for a quote that never closes.",
    )


def _quote_stays_open(file: Path) -> bool:
    """Tell whether there is an odd number of quotes: each that opens must close."""
    with file.open("rb") as stream:
        return stream.read(QUOTES).count(b'"') % 2 == 1


def _refuse_open_quote(table: pa.Table, file: Path, name: str) -> None:
    """Refuse a table whose last value is all the rest of the file: its quote never closes.

    Only a value in quotes holds several lines, and then a quote is the last thing in the file.
    """
    last = table.columns[-1].slice(max(0, table.num_rows - 1)).to_pylist()
    lines = last[0].count("\n") if last and isinstance(last[0], str) else 0
    if lines == 0:
        return
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - HEAD))
        if stream.read().rstrip(b"\0\r\n ").endswith(b'"'):
            return
        stream.seek(0)
        total = sum(piece.count(b"\n") for piece in iter(lambda: stream.read(HEAD), b""))
    raise ParameterError(
        f"{_shown(name)}: a quote opens in line {total - lines + 1:,} and never closes.",
        hint="Close it, or take it out.",
    )


def _usable(table: pa.Table, name: str) -> pa.Table:
    """Give every column a name of its own and a type, or refuse the table."""
    import pyarrow as pa
    import pyarrow.types as at

    _refuse_wide(table.num_columns, name)
    names = _named(table.column_names)
    twice = next((one for one, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise ParameterError(
            f"{_shown(name)} has two columns named {twice!r}.", hint="Rename one of them."
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
            f"{_shown(name)} has {columns:,} columns; {MOST_COLUMNS:,} is the most there may be.",
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


def _shown(name: str) -> str:
    return visible(name) or "The file"
