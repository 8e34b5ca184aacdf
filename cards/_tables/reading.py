"""Reads any table: told from its content, unpacked where it is packed, fit to be used."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from cards._tables.decimals import with_whole_numbers
from cards._tables.delimited import names_of, read_delimited
from cards._tables.numerals import too_large
from cards._tables.parquet import columns_of, footer, read_arrow, read_parquet, written
from cards._tables.records import read_json
from cards._tables.signature import tell
from cards._tables.source import Choices, Reading, Source, no_rows, refuse_wide
from cards._tables.unpack import gunzip
from cards._tables.workbook import read_old, read_zip
from tensorrag import ColumnSchema, ParameterError, Peek, Table, TableSchema
from tensorrag.errors import ErrorInfo, SourceChanged
from tensorrag.quoting import quoted
from tensorrag.sources import known_fingerprint, stamp_of
from tensorrag.types import Provenance
from tensorrag.types.looking import with_seen

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE = 20_000_000
"""Cells up to which a look at a Parquet file reads the data, to tell kinds for certain."""
NEAR = 32 * 2**20
"""Bytes up to which that is done over a network, too."""
LOOKED_THROUGH = 256 * 2**20
"""Bytes up to which a look at a CSV file reads all of it."""
READERS = 8
"""Threads that read a file, at most: more hardly add to that."""
LONGEST_NAME = 1000
"""Characters that the name of a column may have."""
HASHED = 512 * 2**20
"""Bytes up to which a file's fingerprint is the digest of its content."""


def read_table(source: Source, choices: Choices | None = None) -> Reading:
    """Read a table from an open file.

    Raises:
        ParameterError: it is empty, no table, or damaged; says where.
    """
    with _all_cores():
        reading = _read(source, choices or Choices())
    if reading.table.num_rows == 0 or reading.table.num_columns == 0:
        raise no_rows(source)
    table, whole = with_whole_numbers(_usable(reading.table, source))
    details = {**reading.details, "whole": whole} if whole else reading.details
    return replace(reading, table=table, details=details)


def look(source: Source, choices: Choices | None = None, name: str | None = None) -> Peek:
    """Return what a table is: columns, kinds, rows, and what was detected.

    Of a very large file only a part is read; what only the whole could tell is then None.

    Raises:
        ParameterError: it is empty, no table, or damaged; says where.
    """
    choices = choices or Choices()
    provenance = Provenance(source=name or source.name)
    part = _look_at_part(source, choices)
    if part is not None:
        schema, details = part
        return Peek(
            schemas=(schema.model_copy(update={"provenance": provenance}),), details=details
        )
    reading = read_table(source, choices)
    infinite = too_large(reading.table, source, first_row=reading.first_row)
    return Peek(
        schemas=(with_seen(Table(reading.table, provenance=provenance)),),
        details=reading.details,
        warnings=tuple(ErrorInfo.of(warning) for warning in (*reading.warnings, *infinite)),
    )


def fingerprint(source: Source) -> str:
    """Return what changes when the file does: a digest, or size and time for a huge file.

    One that looks from outside as when its digest was made is not read again. Of a file in an
    object store it is what the store says, so that none is fetched for it.
    """
    if source.version is not None:
        return source.version()
    stat = os.fstat(source.stream.fileno())
    if stat.st_size > HASHED:
        return f"{stat.st_size}-{stat.st_mtime_ns}"
    if (known := known_fingerprint(stamp(source))) is not None:
        return known
    source.stream.seek(0)
    return hashlib.file_digest(source.stream, "sha256").hexdigest()  # type: ignore[arg-type]


def stamp(source: Source) -> str | None:
    """Return how it looks from outside: as its store or host says, else its file (`stamp_of`)."""
    if source.version is not None:
        return source.version()
    return source.tag or stamp_of(source.stream)


@contextmanager
def steady(source: Source) -> Iterator[None]:
    """Hold that a file stays what it is while it is read.

    Raises:
        SourceChanged: it did not, whatever came of reading it.
    """
    before = _stamp(source)
    try:
        yield
    except ParameterError as error:  # half of one and half of another is no table
        if _stamp(source) != before:
            raise SourceChanged(source.shown) from error
        raise
    if _stamp(source) != before:
        raise SourceChanged(source.shown)


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let Arrow read with all cores, however few this card has.

    It takes moments, in which a second thread makes it three times as fast.
    """
    import pyarrow as pa

    own = pa.cpu_count()
    pa.set_cpu_count(max(own, min(READERS, os.cpu_count() or 1)))
    try:
        yield
    finally:
        pa.set_cpu_count(own)


def _stamp(source: Source) -> str | tuple[int, int]:
    if source.version is not None:
        return source.version()
    stat = os.fstat(source.stream.fileno())
    return stat.st_size, stat.st_mtime_ns


def _read(source: Source, choices: Choices, *, packed: bool = False) -> Reading:
    head = _head(source)
    kind = tell(source, head)
    if packed and kind in ("gzip", "zip"):
        raise ParameterError(
            f"{source.shown} is packed twice.", hint="Unpack it, and load the file with the table."
        )
    match kind:
        case "parquet":
            return read_parquet(source)
        case "arrow":
            return read_arrow(source)
        case "gzip":
            return _unpacked(gunzip(source), choices, "gzip")
        case "zip":
            found = read_zip(source, choices)
            if isinstance(found, Reading):
                return found
            return _unpacked(found, choices, "zip")
        case "ole":
            return read_old(source, choices)
        case "json lines" | "json array":
            return read_json(source, choices, lines=kind == "json lines")
        case _:
            return read_delimited(source, head, choices)


def _head(source: Source) -> bytes:
    head = source.head()
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \r\n\t\v\f"):
        raise ParameterError(f"{source.shown} is empty.", hint="Choose a file with a table in it.")
    return head


def _unpacked(source: Source, choices: Choices, how: str) -> Reading:
    """Read what was in a packed file, and remove the temporary file that it is in."""
    with source.stream:
        reading = _read(source, choices, packed=True)
    details = {**reading.details, "packed": how}
    if "read_as" in details:
        details["read_as"] = f"{how}, {details['read_as']}"
    return replace(reading, details=details)


def _look_at_part(source: Source, choices: Choices) -> tuple[TableSchema, dict[str, object]] | None:
    """Look at a part of a very large file; None where the whole is soon read."""
    head = _head(source)
    kind = tell(source, head)
    if kind == "parquet":
        found = footer(source)
        far = source.version is not None and source.size > NEAR
        if found is not None and (far or found.num_rows * found.num_columns > WHOLE):
            schema = TableSchema(columns=columns_of(source, found), rows=found.num_rows)
            _refuse_twice(list(schema.names or ()), source)
            return schema, written(found.schema.to_arrow_schema())
    if kind == "delimited" and source.size > LOOKED_THROUGH:
        names, details = names_of(source, head, choices)
        named = _named(names)
        _refuse_twice(named, source)
        return TableSchema(columns=tuple(ColumnSchema(name=name) for name in named)), details
    return None


def _usable(table: pa.Table, source: Source) -> pa.Table:
    """Give every column a name of its own and a type, or refuse the table."""
    import pyarrow as pa
    import pyarrow.types as at

    refuse_wide(table.num_columns, source)
    names = _named(table.column_names)
    _refuse_twice(names, source)
    _refuse_long(names, source)
    if names != table.column_names:
        table = table.rename_columns(names)
    for index, column in enumerate(table.columns):
        if at.is_null(column.type):  # there is no value to tell a type from; pandas says the same
            table = table.set_column(index, names[index], column.cast(pa.float64()))
        if at.is_float16(column.type):  # which most of Arrow does not count with
            table = table.set_column(index, names[index], column.cast(pa.float32()))
    return table


def _refuse_twice(names: list[str], source: Source) -> None:
    twice = next((one for one, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        places = [str(at) for at, name in enumerate(names, 1) if name == twice][:2]
        raise ParameterError(
            f"{source.shown} has two columns named {quoted(twice)}, "
            f"the {_ordinal(places[0])} and the {_ordinal(places[1])}.",
            hint="Rename one of them.",
        )


def _refuse_long(names: list[str], source: Source) -> None:
    for at, name in enumerate(names, 1):
        if len(name) > LONGEST_NAME:
            raise ParameterError(
                f"{source.shown}: the name of the {_ordinal(str(at))} column has {len(name):,} "
                f"characters; {LONGEST_NAME:,} is the most there may be.",
                hint="Perhaps the first line is no header: add one.",
            )


def _ordinal(number: str) -> str:
    ending = (
        "th" if number[-2:-1] == "1" else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    )
    return number + ending


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
