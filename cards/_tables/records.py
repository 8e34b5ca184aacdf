"""Reads JSON lines, and JSON arrays of records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cards._arrow import is_text
from cards._tables.codes import beyond_counting, kept_as_text
from cards._tables.columns import column_of
from cards._tables.dialect import encoding_of
from cards._tables.numerals import nearly_numeric
from cards._tables.source import MOST_CELLS, Choices, Reading, Source, refuse_wide
from cards._tables.transcoding import codec_of, in_utf8
from tensorrag import ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

MOST_BYTES = 512 * 2**20
"""Bytes that are read record by record, which takes ten times their size in memory."""
LOOKED_AT = 2**20
"""Bytes in which it is told whether records are alike."""
MOST_LEVELS = 2000
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(source: Source, choices: Choices, *, lines: bool) -> Reading:
    """Read one record per line, or an array of records.

    Raises:
        ParameterError: it is no JSON, or holds something else than records; says where.
    """
    codec, kind = codec_of(source.head(), choices), "JSON lines" if lines else "JSON"
    if codec == "utf-8":
        table, long = _table(source, lines=lines)
    else:
        text = in_utf8(source, codec)
        with text.stream:
            table, long = _table(text, lines=lines)
    encoding = encoding_of(codec)
    read_as = kind if encoding == "UTF-8" else f"{kind}: {encoding}"
    details = {"format": kind, "encoding": encoding, "read_as": read_as}
    told = (*nearly_numeric(table, source, first_row=1), *kept_as_text(table, long, source))
    return Reading(table, {**details, **({"codes": long} if long else {})}, told)


def _table(source: Source, *, lines: bool) -> tuple[pa.Table, list[str]]:
    """Return it, and the columns of whole numbers that are text, as they are too long."""
    table = _quick(source) if lines and _flat(source) and _alike(source) else None
    if table is not None and not beyond_counting(table):
        return table, []
    if source.size > MOST_BYTES:
        raise ParameterError(
            f"{source.shown} is too large to be read record by record.",
            hint="Write it as JSON lines with the same kinds in each record, or as Parquet.",
        )
    return _gathered(source, _lines(source) if lines else _array(source))


def _quick(source: Source) -> pa.Table | None:
    """Read plain records at once; None where they are not plain."""
    import pyarrow as pa
    import pyarrow.json as arrow_json
    import pyarrow.types as at

    try:
        source.stream.seek(0)
        table = arrow_json.read_json(
            source.stream, read_options=arrow_json.ReadOptions(block_size=1 << 22)
        )
        for column in table.columns:
            column.validate(full=True)  # texts may be no UTF-8
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    plain = not any(at.is_nested(kind) or at.is_timestamp(kind) for kind in table.schema.types)
    return table if plain and table.num_columns else None


def _flat(source: Source) -> bool:
    """Tell whether no record can have so many levels that Arrow's parser ends the process."""
    source.stream.seek(0)
    opened = 0
    for piece in iter(lambda: source.stream.read(1 << 20), b""):
        opened += piece.count(b"[") + piece.count(b"{") - piece.count(b"\n")
    return opened <= MOST_LEVELS


def _alike(source: Source) -> bool:
    """Tell whether the first records have much the same keys.

    Where each has others, Arrow makes a column of every key before anybody can say no.
    """
    lines = source.head(LOOKED_AT).split(b"\n")[:-1]
    records = [record for record in map(_record, lines) if record is not None]
    keys = set().union(*records)
    return len(keys) <= 2 * max(map(len, records), default=0) + 100


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _lines(source: Source) -> Iterator[tuple[str, Any]]:
    source.stream.seek(0)
    for number, line in enumerate(source.stream, 1):
        text = line.strip()
        if text:
            yield f"line {number:,}", _value(source, text, f"line {number:,}", number)


def _array(source: Source) -> Iterator[tuple[str, Any]]:
    source.stream.seek(0)
    content = _value(source, source.stream.read(), "", 0)
    for number, record in enumerate(content if isinstance(content, list) else [content], 1):
        yield f"record {number:,}", record


def _value(source: Source, text: bytes, where: str, line: int) -> Any:
    try:
        decoded = text.decode("utf-8-sig" if line <= 1 else "utf-8")
        value = json.loads(decoded, parse_constant=_constant, parse_int=_whole)
        if _SURROGATE.search(decoded):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError:
        place, what = where or "it", "has half a character"
    except UnicodeDecodeError:
        place, what = where or "it", "is not UTF-8 text"
    except json.JSONDecodeError as error:
        place, what = where or f"line {error.lineno:,}", f"is no JSON ({error.msg.lower()})"
    except RecursionError:
        place, what = where or "it", "has too many levels"
    hint = "Mend it there, or export the file again."
    if "UTF-8" in what:
        hint = "Choose the encoding that it is written in, or export the file again."
    raise ParameterError(f"{source.shown}: {place} {what}.", hint=hint)


def _constant(name: str) -> float | None:
    """Read what only looks like JSON, and many write: ``NaN`` is missing, ``-Infinity`` is not."""
    return None if name == "NaN" else float(name)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float("inf")


def _gathered(source: Source, records: Iterable[tuple[str, Any]]) -> tuple[pa.Table, list[str]]:
    """Gather records into columns; one that a record lacks is missing there."""
    import pyarrow as pa

    columns: dict[str, list[Any]] = {}
    for rows, (where, record) in enumerate(records):
        if not isinstance(record, dict):
            raise ParameterError(
                f'{source.shown}: {where} is no record such as {{"rooms": 3}}.',
                hint="Write one JSON object per row.",
            )
        for name, value in record.items():
            column = columns.get(name)
            if column is None:
                refuse_wide(len(columns) + 1, source)
                column = columns[name] = []
            column += [None] * (rows - len(column))
            column.append(value)
        if rows * len(columns) > MOST_CELLS:
            raise ParameterError(
                f"{source.shown} has more than {MOST_CELLS:,} cells.",
                hint="Write it as Parquet, which can be read in parts.",
            )
    count = max(map(len, columns.values()), default=0)
    for column in columns.values():
        column += [None] * (count - len(column))
    table = pa.Table.from_arrays([column_of(c) for c in columns.values()], names=list(columns))
    return table, [name for name, values in columns.items() if _too_long(table[name], values)]


def _too_long(column: pa.ChunkedArray, values: list[Any]) -> bool:
    """Whether whole numbers were written as text, as no 64 bits hold one of them."""
    return is_text(column.type) and {type(value) for value in values} <= {int, type(None)}
