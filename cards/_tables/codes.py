"""Codes that look like numbers: 01067 is a postcode, and no number that is a zero shorter.

Nor is one of twenty digits a number: counted with, all would be one that agree in the first 15.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from cards._tables.dialect import Dialect
from cards._tables.source import Source
from tensorrag import ParameterError
from tensorrag.quoting import quoted
from tensorrag.types.columns import slots

if TYPE_CHECKING:
    import pyarrow as pa

LOOKED_AT = 1024 * 1024
"""Bytes in which codes are looked for."""
_TRIED = 10
"""Values looked at before a whole column is."""
_MOST = 2.0**63
"""Whole numbers that 64 bits hold are smaller."""
_ZERO_FIRST = re.compile(r'(?:^|[,;\t|"\s])0\d\d')
_CODE = re.compile(r"0\d\d+")


def codes_of(source: Source, how: Dialect) -> list[str]:
    """Name the columns of whole numbers of which one begins with a zero and has three digits.

    Two digits may be a month or an hour, which are numbers. What is read as text can be made
    numbers of; the zeros, once lost, never come back.
    """
    text = source.head(LOOKED_AT).decode(how.codec, errors="replace").removeprefix("\ufeff")
    if not _ZERO_FIRST.search(text):
        return []
    lines = io.StringIO(text, newline=None).readlines()[how.skip :]
    if len(lines) > 2 and source.size > LOOKED_AT:
        lines.pop()  # it may be cut
    try:
        names, *rows = filter(None, csv.reader(lines, delimiter=how.mark))
    except (csv.Error, ValueError):  # a value of more than 128 KB, or no line at all
        return []
    columns = zip(names, zip(*rows, strict=False), strict=False)
    return [name for name, values in columns if _are_codes(values)]


def _are_codes(values: tuple[str, ...]) -> bool:
    given = [value.strip() for value in values if value.strip()]
    return any(map(_CODE.fullmatch, given)) and all(map(str.isdecimal, given))


def beyond_counting(table: pa.Table) -> list[str]:
    """Name the columns of floats that may be whole numbers of more digits than 64 bits hold."""
    names = table.column_names
    return [
        name
        for name, column in zip(names, table.columns, strict=True)
        if _are_beyond(column) and names.count(name) == 1
    ]


def _are_beyond(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc
    import pyarrow.types as at

    if not at.is_float64(column.type):
        return False
    first = column.slice(0, _TRIED).to_pylist()
    if any(value is not None and isfinite(value) and value % 1 for value in first):
        return False  # most have a fraction: that is soon seen
    if all(-_MOST < part.min(initial=0) <= part.max(initial=0) < _MOST for part in slots(column)):
        return False
    ends = [end for end in pc.min_max(column).as_py().values() if end is not None]
    return any(abs(end) >= _MOST for end in ends)


def are_digits(column: pa.ChunkedArray) -> bool:
    """Whether every value of a column of text is a whole number, as it is written."""
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(column, r"^\s*[+-]?\d+\s*$"), min_count=0).as_py())


def kept_as_text(table: pa.Table, names: Sequence[str], source: Source) -> list[ParameterError]:
    """Say of columns of whole numbers that are text, as they have too many digits."""
    return [
        ParameterError(
            f"{source.shown}: column {quoted(name)} is text, so that it keeps all digits: "
            f"{_longest(table[name])} is too long for a number.",
            hint="If these are amounts and no codes, make numbers of them with Change Kinds.",
        )
        for name in names
    ]


def _longest(column: pa.ChunkedArray) -> str:
    import pyarrow.compute as pc

    length = pc.utf8_length(column)
    longest = str(column[pc.index(length, pc.max(length)).as_py()].as_py()).strip()
    return longest if len(longest) <= 40 else f"{longest[:25]}…{longest[-10:]}"
