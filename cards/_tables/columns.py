"""Makes columns of Python values as they come out of sheets and JSON: one type each."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def table_of(names: Sequence[str], columns: Iterable[Sequence[Any]]) -> pa.Table:
    """Make a table of columns of Python values; None is a missing one."""
    import pyarrow as pa

    return pa.Table.from_arrays([column_of(values) for values in columns], names=list(names))


def column_of(values: Sequence[Any]) -> pa.Array:
    """Make a column: of numbers, flags or dates where all are, else of text."""
    import pyarrow as pa

    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pa.nulls(len(values), pa.float64())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {int, float}:
        return _numbers(values)
    if kinds == {dt.date}:
        return pa.array(values, pa.date32())
    if kinds <= {dt.date, dt.datetime}:
        return _as_text_where_odd(values, pa.timestamp("us"))
    if kinds == {dt.time}:
        return pa.array(values, pa.time64("us"))
    return pa.array([written(value) for value in values], pa.string())


def _numbers(values: Sequence[Any]) -> pa.Array:
    """Whole numbers stay so where all are, as a spreadsheet has floats only.

    With more digits than 64 bits hold they are text, unless some are floats, which have lost them.
    """
    import pyarrow as pa

    whole = all(v is None or isinstance(v, int) or v.is_integer() for v in values)
    if whole:
        try:
            return pa.array([None if v is None else int(v) for v in values], pa.int64())
        except (pa.ArrowInvalid, OverflowError):
            if not any(isinstance(value, float) for value in values):
                return pa.array([written(value) for value in values], pa.string())
    return pa.array([None if v is None else _float(v) for v in values], pa.float64())


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _as_text_where_odd(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(
            [
                dt.datetime(value.year, value.month, value.day) if type(value) is dt.date else value
                for value in values
            ],
            kind,
        )
    except (pa.ArrowException, ValueError, TypeError):
        return pa.array([written(value) for value in values], pa.string())


def written(value: Any) -> str | None:
    """Write a value as a person would: 3, not 3.0; JSON for what has parts."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
