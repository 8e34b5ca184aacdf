"""Brings Arrow values to what a formula computes with: float64, flags, text, timestamps."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from cards._formula.functions import Computed, Kind

if TYPE_CHECKING:
    import pyarrow as pa


def kind_of(value: int | float | str | bool) -> Kind:
    """Tell the kind of a constant; a whole number that no 64 bits hold is a number like others."""
    if type(value) is int:
        return "integer" if -(2**63) <= value < 2**64 else "number"
    return _CONSTANTS[type(value)]


def constant(value: int | float | str | bool | dt.datetime) -> Computed:
    """Make an Arrow scalar."""
    import pyarrow as pa

    if isinstance(value, dt.datetime):
        return pa.scalar(value, pa.timestamp("us"))
    if type(value) is int and value >= 2**63:
        return pa.scalar(value, pa.uint64())
    return pa.scalar(float(value) if kind_of(value) == "number" else value)


def converted(value: Computed, kind: Kind) -> Computed:
    """Bring a value to a kind.

    Raises:
        pyarrow.ArrowInvalid: it cannot be.
    """
    return _CONVERSIONS[kind](_plain(value))


def whole(value: Computed, rows: int) -> pa.Array:
    """Repeat what is the same in all rows."""
    import pyarrow as pa

    return pa.repeat(value, rows) if isinstance(value, pa.Scalar) else value


def _plain(value: Computed) -> Computed:
    """Take values out of a dictionary, in which each is kept once."""
    import pyarrow as pa

    return value.cast(value.type.value_type) if pa.types.is_dictionary(value.type) else value


def _number(value: Computed) -> Computed:
    import pyarrow as pa

    kind = value.type
    if pa.types.is_boolean(kind):
        value = value.cast(pa.int8())
    # Whole numbers may be beyond what a float holds exactly; text must be a number as it is.
    return value.cast(
        pa.float64(), safe=not (pa.types.is_integer(kind) or pa.types.is_decimal(kind))
    )


def _integer(value: Computed) -> Computed:
    """Have whole numbers be signed, where that holds all of them; one of up to 2^64 is as good."""
    import pyarrow as pa

    if pa.types.is_decimal(value.type):  # what `side_by_side` made
        return value
    try:
        return value.cast(pa.int64())
    except pa.ArrowInvalid:
        if not pa.types.is_uint64(value.type):
            raise
        return value


def _flag(value: Computed) -> Computed:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = value.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pc.not_equal(value, pa.scalar(0, kind))
    return value.cast(pa.bool_())


def _text(value: Computed) -> Computed:
    import pyarrow as pa

    return value.cast(pa.string())


def _date(value: Computed) -> Computed:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(value.type) and value.type.tz is not None:
        value = pc.local_timestamp(value)
    return value.cast(pa.timestamp("us"), safe=False)


_CONSTANTS: dict[type, Kind] = {bool: "flag", float: "number", str: "text"}
_CONVERSIONS: dict[Kind, Any] = {
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "text": _text,
    "date": _date,
}
