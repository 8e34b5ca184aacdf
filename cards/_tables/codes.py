"""Codes that look like numbers: 01067 is a postcode, and no number that is a zero shorter."""

from __future__ import annotations

import csv
import io
import re

from cards._tables.dialect import Dialect
from cards._tables.source import Source

LOOKED_AT = 1024 * 1024
"""Bytes in which codes are looked for."""
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
