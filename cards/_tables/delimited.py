"""Reads CSV files and their like: any separator, most encodings, and says where one is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from cards._tables.codes import are_digits, beyond_counting, codes_of, kept_as_text
from cards._tables.dialect import Dialect, dialect, single_bytes
from cards._tables.in_parts import LONGEST_LINE, end_of_first_line, in_parts
from cards._tables.numerals import nearly_numeric, no_header, read_thousands
from cards._tables.offsets import partly_offset, times_in_utc
from cards._tables.quotes import refuse_open_quote
from cards._tables.source import MOST_COLUMNS, Choices, Reading, Source, no_rows, refuse_wide
from tensorrag import ParameterError
from tensorrag.moments import POINTED
from tensorrag.types.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

LOOKED_AT = 64 * 1024 * 1024
"""Bytes in which the place of a mistake is looked for."""
PIECE = 256 * 1024
"""Bytes that are looked through at a time: they stay in the processor's cache."""


def read_delimited(source: Source, head: bytes, choices: Choices) -> Reading:
    """Read a CSV file, given its first bytes.

    Raises:
        ParameterError: it is no table, or damaged; says where.
    """
    import pyarrow.types as at

    how = dialect(source, head, choices)
    _refuse_wide_header(source, how)
    codes = codes_of(source, how)
    spool = Spool()
    table = _parsed(source, how, codes, spool=spool)
    if how.codec == "utf-8" and any(at.is_binary(column.type) for column in table.columns):
        if choices.encoding == "UTF-8":
            raise _not_in(source, how)
        # beyond the first bytes there are some that are no UTF-8
        how = replace(how, codec=single_bytes(source))
        table = _parsed(source, how, codes)
    refuse_open_quote(table, source, how)
    table, long = _with_all_digits(table, source, how)
    table, marks = read_thousands(table, how.decimal, sure=how.sure)
    table = times_in_utc(table)
    first = 2 + how.skip
    odd = (
        *no_header(table, source),
        *kept_as_text(table, long, source),
        *nearly_numeric(table, source, first_row=first),
        *partly_offset(table, source, first_row=first),
    )
    details = describe(how, [*codes, *long]) | ({"marks": marks} if marks else {})
    return Reading(table, details, odd, first, spool)


def _with_all_digits(table: pa.Table, source: Source, how: Dialect) -> tuple[pa.Table, list[str]]:
    """Read whole numbers that are too long to be counted with once more, as text; name them."""
    maybe = beyond_counting(table)
    if not maybe:
        return table, []
    texts = _parsed(source, how, maybe, only=maybe)
    long = [name for name in maybe if are_digits(texts[name])]
    for name in long:
        table = table.set_column(table.column_names.index(name), name, texts[name])
    return table, long


def names_of(source: Source, head: bytes, choices: Choices) -> tuple[list[str], dict[str, Any]]:
    """Return the column names of a file that is too large to look at all of it."""
    how = dialect(source, head, choices)
    text = head.decode(how.codec, errors="replace").removeprefix("\ufeff")
    rows = csv.reader(islice(io.StringIO(text, newline=None), how.skip, None), delimiter=how.mark)
    names = next((row for row in rows if row), [])
    refuse_wide(len(names), source)
    return names, describe(how, codes_of(source, how))


def describe(how: Dialect, codes: list[str]) -> dict[str, Any]:
    """Write down how a file was written, for the form; `codes` are columns that stay text."""
    mark = "comma" if how.decimal == "," else "point"
    return {
        "format": "CSV",
        "separator": how.separator,
        "encoding": how.encoding,
        "decimal_mark": mark,
        "brief": (brief := f"{how.separator} · {how.encoding} · decimal {mark}"),
        "read_as": f"CSV: {brief}",
        **({"codes": codes} if codes else {}),
        **({"skip": how.skip} if how.skip else {}),
    }


def _parsed(
    source: Source,
    how: Dialect,
    codes: list[str],
    *,
    only: list[str] | None = None,
    spool: Spool | None = None,
) -> pa.Table:
    """Read all rows, or some columns of them; with a spool in parts, where lines are rows."""
    import pyarrow as pa

    try:
        return _parse(source, how, codes, only, spool)
    except pa.ArrowException as error:
        raise _mistake(error, source, how) from error
    except UnicodeError as error:
        raise _not_in(source, how) from error


def _times() -> list[object]:
    """Days and times as computers write them, and as they are written with points."""
    from pyarrow import csv as arrow_csv

    return [arrow_csv.ISO8601, *POINTED]


def _parse(
    source: Source,
    how: Dialect,
    codes: list[str],
    only: list[str] | None,
    spool: Spool | None,
) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    def read(
        text: Any, names: Sequence[str] | None, types: Mapping[str, Any], *, quoted: bool
    ) -> pa.Table:
        return arrow_csv.read_csv(
            text,
            read_options=arrow_csv.ReadOptions(
                encoding="utf8" if how.codec == "utf-8" else how.codec,
                skip_rows=0 if names else how.skip,
                column_names=names,
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=how.mark, newlines_in_values=quoted),
            convert_options=arrow_csv.ConvertOptions(
                strings_can_be_null=True,
                decimal_point=how.decimal,
                timestamp_parsers=_times(),
                column_types={**types, **dict.fromkeys(codes, pa.string())},
                include_columns=only,
            ),
            memory_pool=pa.system_memory_pool(),  # Arrow's own may hand back what it takes again
        )

    if spool is not None and how.codec == "utf-8":
        table = in_parts(source, read, spool)
        if table is not None:
            return table
    quoted = _has_quotes(source)
    source.stream.seek(0)
    return read(source.native, None, {}, quoted=quoted)


def _has_quotes(source: Source) -> bool:
    """Whether there are quotes below the first line; without any, each line is a row.

    To look for them takes a fifth of the time that Arrow takes longer where rows may have lines.
    """
    source.stream.seek(end_of_first_line(source.head(LONGEST_LINE)))
    pieces = iter(lambda: source.stream.read(PIECE), b"")
    return any(b'"' in piece for piece in pieces)


def _refuse_wide_header(source: Source, how: Dialect) -> None:
    """Refuse before anything is made of a hundred thousand columns."""
    text = source.head(4 * LONGEST_LINE).decode(how.codec, errors="replace")
    first = text.removeprefix("\ufeff").replace("\r", "\n").split("\n", 1)[0]
    if first.count(how.mark) < MOST_COLUMNS:
        return
    quoted = '"' in first
    names = next(csv.reader([first], delimiter=how.mark), []) if quoted else first.split(how.mark)
    refuse_wide(len(names), source)


def _not_in(source: Source, how: Dialect) -> ParameterError:
    return ParameterError(
        f"{source.shown} is damaged or is no {how.encoding} text.",
        hint="Choose another encoding, or save the file again as UTF-8.",
    )


def _mistake(error: Exception, source: Source, how: Dialect) -> ParameterError:
    """Find out where a file is wrong, and say it."""
    text = str(error)
    ragged = _ragged_line(source, how) if "Expected" in text else None
    if ragged is not None:
        line, expected, got = ragged
        return ParameterError(
            f"{source.shown}: line {line:,} has {_values(got)} where {expected:,} "
            f"{'was' if expected == 1 else 'were'} expected.",
            hint=_ragged_hint(source, expected),
        )
    hint = "Look for a quote that never closes."
    if "Empty CSV file or block" in text and source.size < LONGEST_LINE:
        return no_rows(source)
    if "straddling" in text or "Empty CSV file or block" in text:
        return ParameterError(f"{source.shown} has a line of more than 1 MB.", hint=hint)
    return ParameterError(
        f"{source.shown} cannot be read as a CSV file: {text.splitlines()[0][:200]}", hint=hint
    )


def _ragged_hint(source: Source, expected: int) -> str:
    if _quotes(source) % 2:
        return "Look there for a quote that never closes."
    if expected == 1:  # a title stands above many tables
        return "Delete the lines above the table, or choose another separator."
    return "Mend that line, or choose another separator."


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"


def _ragged_line(source: Source, how: Dialect) -> tuple[int, int, int] | None:
    """Return the first line with another number of values than the header: line, due, found."""
    source.stream.seek(0)
    first = io.BufferedReader(_Limited(source.stream))
    text = io.TextIOWrapper(first, how.codec, errors="replace", newline="")
    rows = csv.reader(text, delimiter=how.mark)
    due, before = 0, 0
    try:
        for row in rows:
            if rows.line_num <= how.skip:
                continue
            if row and not due:
                due = len(row)
            if row and len(row) != due:
                return before + 1, due, len(row)
            before = rows.line_num
    except csv.Error:
        return None
    finally:
        text.detach()
    return None


class _Limited(io.RawIOBase):
    """The first bytes of a file; closing this leaves the file open."""

    def __init__(self, stream: Any, size: int = LOOKED_AT) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read as far as allowed."""
        piece = self._stream.read(min(len(buffer), self._left))
        self._left -= len(piece)
        buffer[: len(piece)] = piece
        return len(piece)


def _quotes(source: Source) -> int:
    """Count the quotes: each that opens must close, so an odd number is a mistake."""
    return source.head(LOOKED_AT).count(b'"')
