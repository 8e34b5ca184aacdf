"""Converts columns from one kind to another, value by value: what does not fit is missing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tensorrag.moments import in_utc
from tensorrag.types.schema import ColumnKind
from tensorrag.yes_no import NO, YES

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_DIGITS = r"^[+-]?\d{1,38}$"
_GROUPED = r"^([+-]?\d{1,3})([ ' ,]\d{3})+(\.\d*)?$"
"""Digits in groups of three: 12 000, 12'000 and 12,000."""
_DATE = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$"


def converted(column: pa.ChunkedArray, kind: ColumnKind, date_format: str = "") -> pa.ChunkedArray:
    """Convert a column of plain values.

    Args:
        column: of any type but lists, values with parts, and dictionaries.
        kind: what it is to be.
        date_format: how dates are written, as for ``strptime``; empty: 2024-12-31.

    Raises:
        pyarrow.ArrowException: its values cannot be written as text.
    """
    if kind in ("category", "text"):
        return _text(column)
    if kind == "date":
        return _dates(column, date_format)
    return _flags(column) if kind == "binary" else _numbers(column, whole=kind == "integer")


def _numbers(column: pa.ChunkedArray, *, whole: bool) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        text = pc.utf8_trim_whitespace(_text(column))
        grouped = pc.match_substring_regex(text, _GROUPED)
        text = pc.if_else(grouped, pc.replace_substring_regex(text, "[ ' ,]", ""), text)
        numbers = _where(pc.match_substring_regex(text, _NUMBER), text).cast(pa.float64())
        if whole:
            return pc.coalesce(_digits(text), _whole(numbers))
        return _where(pc.is_finite(numbers), numbers)  # 1e400 is too large for any
    return _whole(column) if whole else column.cast(pa.float64(), safe=False)


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Make whole numbers of numbers, where that is exact."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type):
        if pa.types.is_uint64(column.type):
            column = _where(pc.less(column, pa.scalar(2**63, pa.uint64())), column)
        return column.cast(pa.int64())
    floats = column.cast(pa.float64(), safe=False)
    exact = pc.and_(pc.equal(floats, pc.floor(floats)), pc.less(pc.abs(floats), 2.0**53))
    return _where(exact, floats).cast(pa.int64())


def _digits(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read whole numbers to their last digit, which floats of more than 15 do not keep."""
    import pyarrow as pa
    import pyarrow.compute as pc

    long = _where(pc.match_substring_regex(text, _DIGITS), text).cast(pa.decimal128(38))
    least, most = (pa.scalar(Decimal(end)).cast(pa.decimal128(38)) for end in (-(2**63), 2**63 - 1))
    fits = pc.and_(pc.greater_equal(long, least), pc.less_equal(long, most))
    return _where(fits, long).cast(pa.int64())


def _flags(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        column = _numbers(column, whole=True)
    text = pc.utf8_lower(pc.utf8_trim_whitespace(_text(column)))
    yes, no = (pc.is_in(text, pa.array(words)) for words in (YES, NO))
    return _where(pc.or_(yes, no), yes)


def _dates(column: pa.ChunkedArray, date_format: str) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return column
    text = pc.utf8_trim_whitespace(_text(column))
    if date_format:
        return pc.strptime(text, format=date_format, unit="us", error_is_null=True)
    text = _where(pc.match_substring_regex(text, _DATE), text)
    try:
        return text.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:  # the 31st of February, or an offset from UTC
        times = [_iso(value) for value in text.to_pylist()]
        return pa.chunked_array([pa.array(times, pa.timestamp("us"))])


def _iso(text: str | None) -> datetime | None:
    try:
        return None if text is None else in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _where(holds: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Have values missing where a condition does not hold."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.fill_null(holds, False), values, pa.scalar(None, values.type))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return column.cast(pa.string())
