"""Quotes that open in a CSV file and never close: what follows would all be one value."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from cards._tables.dialect import Dialect
from cards._tables.source import HEAD, Source
from tensorrag import ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST = 4 * 1024 * 1024
"""Bytes of a row that is read at all, in any encoding."""
_CLOSED = re.compile(rb'"[\0\r\n ]*$')


def refuse_open_quote(table: pa.Table, source: Source, how: Dialect) -> None:
    """Refuse a table in whose last value a quote opens that never closes.

    Only a value in quotes holds several lines, and then a quote is the last thing in the file;
    of one line, the last row is looked at as it is written.
    """
    row = [column[-1].as_py() for column in table.columns if table.num_rows]
    texts = [value if isinstance(value, str) else "" for value in row]
    lines = _breaks(texts[-1]) if texts else 0
    if lines:
        is_open = not _CLOSED.search(_tail(source))
    else:
        is_open = _ends_open(source, how, sum(map(_breaks, texts)))
    if is_open:
        raise ParameterError(
            f"{source.shown}: a quote opens in line {_line_breaks(source) - lines + 1:,} and never "
            "closes.",
            hint="Close it, or take it out.",
        )


def _ends_open(source: Source, how: Dialect, above: int) -> bool:
    """Whether the last row ends within quotes; it begins so many lines above the last."""
    usual = csv.field_size_limit(LONGEST)
    try:
        for _ in csv.reader(_last_lines(source, how, above + 1), delimiter=how.mark, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    finally:
        csv.field_size_limit(usual)
    return False


def _last_lines(source: Source, how: Dialect, count: int) -> list[str]:
    """Return so many lines as the file ends with, blank ones aside; none that are too long."""
    codec = how.codec
    if codec == "utf-16":
        codec = "utf-16-be" if source.head(2) == b"\xfe\xff" else "utf-16-le"
    for reach in (HEAD, LONGEST):
        text = _tail(source, reach).decode(codec, errors="replace").rstrip("\r\n \0")
        lines = io.StringIO(text, newline=None).readlines()
        if len(lines) > count or reach >= source.size:
            return lines[-count:]
    return []


def _tail(source: Source, reach: int = HEAD) -> bytes:
    source.stream.seek(max(0, source.size - reach))
    return source.stream.read()


def _breaks(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _line_breaks(source: Source) -> int:
    """Count the lines that end; in old files each ends with a carriage return."""
    source.stream.seek(0)
    feeds = returns = 0
    for piece in iter(lambda: source.stream.read(HEAD), b""):
        feeds, returns = feeds + piece.count(b"\n"), returns + piece.count(b"\r")
    return feeds or returns
