"""Text that is meant as numbers: thousands marks are read, and what is in the way is named."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

from cards._arrow import is_text
from cards._tables.source import Source
from cards._tables.texts import texts
from tensorrag import ParameterError
from tensorrag.quoting import quoted

if TYPE_CHECKING:
    import pyarrow as pa

MOSTLY = 0.9
"""Share of numbers from which on a column of text is meant to be numeric."""
_TRIED = 1000
"""Values looked at before a whole column is."""
_NUMBER = re.compile(r"[+-]?\d*[.,]?\d+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_GROUPS = ("\u00a0", "\u202f", "'", "’")
"""Marks between thousands that stand in no other number."""


def read_thousands(
    table: pa.Table, decimal: str, *, sure: bool = False
) -> tuple[pa.Table, dict[str, str]]:
    """Turn columns such as ``1,234,567.5`` into numbers, where they can be read in one way only.

    Returns the table, and the mark between thousands of each column that has one.

    Args:
        table: as it was read.
        decimal: the decimal mark.
        sure: whether it was chosen by hand, so that 1,234 is a thousand where it is a point.
    """
    marks: dict[str, str] = {}
    for index, field in enumerate(table.schema):
        if is_text(field.type):
            column, mark = _without_marks(table.column(index), decimal, by_hand=sure)
            if mark:
                table = table.set_column(index, field.name, column)
                marks[field.name] = mark
    return table, marks


def _without_marks(
    column: pa.ChunkedArray, decimal: str, *, by_hand: bool
) -> tuple[pa.ChunkedArray, str]:
    """Return numbers and the mark that stood between thousands; the column and "" if none did."""
    import pyarrow.compute as pc

    group, escaped = "." if decimal == "," else ",", "\\" + decimal
    for mark in (group, *_GROUPS):
        one = "\\" + mark if mark in ".," else mark
        fits = f"^[+-]?([0-9]{{1,3}}({one}[0-9]{{3}})+|[0-9]+)({escaped}[0-9]+)?$"
        # 1,234 alone may be a fraction; with a second group, or beside a fraction, it is not.
        sure = f"{one}[0-9]{{3}}({one}[0-9]{{3}}|{escaped}[0-9])" if mark in ".," else one
        if by_hand or (decimal == "," and mark == "."):
            sure = one  # commas are decimal in this file, so points are not
        if not _all_match(column.slice(0, _TRIED), fits) or not _all_match(column, fits):
            continue
        if not pc.any(pc.match_substring_regex(column, sure)).as_py():
            continue
        plain = pc.replace_substring(pc.replace_substring(column, mark, ""), decimal, ".")
        return _cast(plain), mark
    return column, ""


def _cast(plain: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    fractions = pc.any(pc.match_substring(plain, ".")).as_py()
    try:
        return plain.cast(pa.float64() if fractions else pa.int64())
    except pa.ArrowInvalid:  # beyond 64 bits
        return plain.cast(pa.float64())


def _all_match(column: pa.ChunkedArray, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(column, pattern)).as_py()) and (
        column.null_count < len(column)
    )


def nearly_numeric(table: pa.Table, source: Source, *, first_row: int = 2) -> list[ParameterError]:
    """Name, for each column of text that is nearly all numbers, the first value that is none.

    Args:
        table: as it was read.
        source: where from.
        first_row: what people see beside the first row of values: 2 where line 1 is the header.
    """
    return [
        _warning(source, name, odd[0] + first_row, *odd[1:])
        for name, column in texts(table)
        if (odd := _odd_one(column)) is not None
    ]


def _odd_one(column: pa.ChunkedArray) -> tuple[int, str, int] | None:
    """Return row, value and number of the values in the way; None where it is simply text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    head = column.slice(0, _TRIED)
    if len(head) > 20 and _share(_numeric(head)) < MOSTLY / 2:
        return None
    numeric = _numeric(column)
    share = _share(numeric)
    if share < MOSTLY:
        return None
    if share == 1:
        first = str(column.drop_null()[0].as_py())
        return (0, first, 0) if _GROUPED.fullmatch(first.strip()) else None
    row = pc.index(pc.fill_null(numeric, True), pa.scalar(False)).as_py()
    wrong = pc.sum(pc.invert(numeric)).as_py()
    return row, str(column[row].as_py()), int(wrong)


def _numeric(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    number = r"^\s*[+-]?([0-9][0-9.,' ]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
    return pc.match_substring_regex(column, number)


def _share(numeric: pa.ChunkedArray) -> float:
    import pyarrow.compute as pc

    present = len(numeric) - numeric.null_count
    return (pc.sum(numeric).as_py() or 0) / present if present else 0.0


def too_large(table: pa.Table, source: Source, *, first_row: int) -> list[ParameterError]:
    """Name, for each column of numbers, the first that no float64 holds: 1e400 is infinite.

    Where one is, the sum is infinite, or no number: it takes a fraction of looking at each. Takes
    what `nearly_numeric` takes.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as at

    found = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not at.is_float64(column.type) or isfinite(pc.sum(column).as_py() or 0):
            continue
        infinite = pc.fill_null(pc.is_inf(column), False)
        if count := pc.sum(infinite).as_py():
            row = first_row + pc.index(infinite, pa.scalar(True)).as_py()
            found.append(_infinite(source, name, row, count))
    return found


def _infinite(source: Source, name: str, row: int, count: int) -> ParameterError:
    more = "" if count == 1 else f", and in {count - 1:,} more"
    return ParameterError(
        f"{source.shown}: column {quoted(name)} is infinite in row {row:,} of the file{more}: no "
        "number beyond 1.8e308 can be computed with.",
        hint="Mend or empty that value.",
    )


def no_header(table: pa.Table, source: Source) -> list[ParameterError]:
    """Say where the names of all columns are numbers: the first row, most likely."""
    names = [name.strip() for name in table.column_names if name.strip()]
    if not names or not all(_NUMBER.fullmatch(name) for name in names):
        return []
    shown = ", ".join(quoted(name) for name in names[:3])
    return [
        ParameterError(
            f"{source.shown} seems to have no header: its columns are called {shown}"
            f"{' …' if len(names) > 3 else ''}.",
            hint="Add a first line with the names of the columns.",
        )
    ]


def _warning(source: Source, name: str, row: int, value: str, count: int) -> ParameterError:
    if count == 0:
        return ParameterError(
            f"{source.shown}: column {quoted(name)} is text because values such as "
            f"{quoted(value)} can be read in two ways.",
            hint="Choose the decimal mark, or write numbers without marks between thousands.",
        )
    more = "" if count == 1 else f", as in {count - 1:,} more"
    return ParameterError(
        f"{source.shown}: column {quoted(name)} is text because of row {row:,} of the file: "
        f"{quoted(value)} is not a number{more}.",
        hint="Mend or empty that value to have the column as numbers.",
    )
