"""Conditions on rows: what must hold of a row to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeGuard, get_args

from tensorrag.errors import ParameterError
from tensorrag.quoting import named
from tensorrag.types.converting import converted
from tensorrag.types.schema import ColumnKind

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_SIGNS = {"=": "equal", "≠": "not_equal", "<": "less", "≤": "less_equal", ">": "greater",
          "≥": "greater_equal"}  # fmt: skip
_TEXTS = {"contains": "match_substring", "begins": "starts_with", "ends": "ends_with"}
OPERATORS = (*_SIGNS, *_TEXTS, "lacks", "missing", "present", "unlike")


class Condition(NamedTuple):
    """What a row must have to be looked at: ``("RM", ">", 7)``."""

    column: str
    operator: str
    """One of ``OPERATORS``; texts are compared without regard to case.

    What is ``unlike`` a column kind, such as ``number``, would be missing were it made one.
    """
    value: Any = None

    @classmethod
    def all_of(cls, raw: object) -> tuple[Self, ...]:
        """Read conditions from outside.

        Raises:
            ParameterError: they are no list of column, operator and value.
        """
        listed = raw if isinstance(raw, list | tuple) else [raw]
        found = [cls(each[0], *each[1:]) for each in listed if _is_condition(each)]
        if len(found) < len(listed):
            raise ParameterError(
                "A condition is a column, a comparison and a value.",
                field="where",
                hint='Write it like ["RM", ">", 7]; comparisons are ' + " ".join(OPERATORS) + ".",
            )
        return tuple(found)


def fitting(arrow: pa.Table, where: Sequence[Condition]) -> np.ndarray:
    """Return the numbers of the rows for which every condition holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    fits = None
    for condition in where:
        try:
            one = _holds(arrow[condition.column], condition)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            raise ParameterError(
                f"{named(condition.column)} cannot be compared with {condition.value!r:.60}.",
                field="where",
                hint="Give a value of the kind that the column has.",
            ) from None
        fits = one if fits is None else pc.and_(fits, one)
    found: np.ndarray = pc.indices_nonzero(pc.fill_null(fits, False)).to_numpy()
    return found


def _holds(column: pa.ChunkedArray, condition: Condition) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    operator, value = condition.operator, condition.value
    if operator in ("missing", "present"):
        missing = pc.is_null(column, nan_is_null=True)
        return missing if operator == "missing" else pc.invert(missing)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if operator == "unlike":
        return pc.and_(pc.is_null(_made(column, value)), pc.is_valid(column))
    if operator in _TEXTS or operator == "lacks":
        function = getattr(pc, _TEXTS.get(operator, "match_substring"))
        found = function(column.cast(pa.string()), str(value), ignore_case=True)
        return pc.invert(found) if operator == "lacks" else found
    compare = getattr(pc, _SIGNS[operator])
    if isinstance(value, str):
        return compare(pc.utf8_lower(column.cast(pa.string())), value.lower())
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return compare(*_as_numbers(column, value))


def _made(column: pa.ChunkedArray, kind: object) -> pa.ChunkedArray:
    """Convert a column; raises ValueError where there is no such kind."""
    known = next((each for each in get_args(ColumnKind) if each == kind), None)
    if known is None:
        raise ValueError(kind)
    return converted(column, known)


def _as_numbers(column: pa.ChunkedArray, value: float) -> tuple[pa.ChunkedArray, pa.Scalar]:
    """Return both as they can be compared: beyond 2**53 a double is several integers at once."""
    import pyarrow as pa

    if not pa.types.is_integer(column.type):
        return column, pa.scalar(float(value))
    if float(value).is_integer():
        wide = pa.uint64() if pa.types.is_unsigned_integer(column.type) else pa.int64()
        with suppress(OverflowError, pa.ArrowInvalid):  # it is outside of what a column can have
            return column, pa.scalar(int(value), wide)
    return column.cast(pa.float64(), safe=False), pa.scalar(float(value))


def _is_condition(raw: object) -> TypeGuard[Sequence[Any]]:
    if not isinstance(raw, list | tuple) or not 2 <= len(raw) <= 3:
        return False
    column, operator, *value = raw
    plain = all(
        isinstance(each, str | int | float) and not isinstance(each, bool) for each in value
    )
    needed = operator in ("missing", "present") or len(value) == 1
    return isinstance(column, str) and operator in OPERATORS and needed and plain
