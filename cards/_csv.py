"""Reads CSV files as people have them: any separator, most encodings, and says what is wrong."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tensorrag import ParameterError
from tensorrag.pipeline.names import visible

if TYPE_CHECKING:
    import pyarrow as pa

Separator = Literal["auto", "comma", "semicolon", "tab", "pipe"]
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
HEAD = 64 * 1024
"""Bytes looked at to tell what a file is."""
QUOTES = 64 * 1024 * 1024
"""Bytes in which a quote that never closes is looked for."""
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
"""Control characters that no text has."""


@dataclass(frozen=True)
class Reading:
    """A table as it was read, and what was detected on the way."""

    table: pa.Table
    details: dict[str, Any] = field(default_factory=dict)


def read_csv(file: Path, name: str, head: bytes, separator: Separator) -> Reading:
    """Read a CSV file, given its first bytes.

    Raises:
        ParameterError: it is no table, or damaged; says where.
    """
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
            f"{shown(name)} is damaged: it begins as {encoding.upper()} text, and is none.",
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
            f"{shown(name)} is not a table: it is not text.", hint="Choose a CSV or Parquet file."
        )
    if re.match(rb"\s*<(!doctype|!--|html|head|body|\?xml)", head, re.IGNORECASE):
        raise ParameterError(
            f"{shown(name)} is a web page, not a table.",
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
            f"{shown(name)}: line {line} has {got} values where {expected} were expected.",
            hint="Look there for a quote that never closes."
            if quote_open
            else "Mend that line, or choose another separator.",
        )
    if "straddling" in text or "Empty CSV file or block" in text:
        return ParameterError(
            f"{shown(name)} has a line of more than 1 MB.",
            hint="Look for a quote that never closes.",
        )
    return ParameterError(
        f"{shown(name)} cannot be read as a CSV file: {text.splitlines()[0][:200]}",
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
        f"{shown(name)}: a quote opens in line {total - lines + 1:,} and never closes.",
        hint="Close it, or take it out.",
    )


def shown(name: str) -> str:
    """Write the name of a file into a sentence."""
    return visible(name) or "The file"
