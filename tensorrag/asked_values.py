"""One value that somebody asks a model about, as JSON: taken as a file with it would be read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tensorrag.moments import moment_of
from tensorrag.yes_no import NO, YES

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""A number as it is written in a file."""
COMMA = r"[+-]?(?![1-9][0-9]{0,2},[0-9]{3}([^0-9]|$))[0-9]+,[0-9]+"
"""A number with a decimal comma that cannot stand between thousands: 80,5 and 0,125, not 1,250."""
_NUMBER, _COMMA = re.compile(NUMBER), re.compile(COMMA)
_LARGEST = 2**63
WORDS = {word: word in YES for word in (*YES, *NO) if word.isalpha()}
"""What is yes and what is no, in small letters."""


def reader(kind: str | None) -> Callable[[Any], Any]:
    """Return what takes a value as a column of this kind holds it; a missing one is None.

    It raises ValueError or OverflowError where a value does not fit, or would lose by it.
    """
    return _READERS.get(kind or "", _as_it_is)


def column_of(values: Sequence[Any], kind: str | None) -> pa.Array:
    """Make an Arrow column of values that were taken."""
    import pyarrow as pa

    if kind in _TYPES:
        return pa.array(values, getattr(pa, _TYPES[kind])())
    if kind == "date":
        return pa.array(values, pa.timestamp("us"))
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, bool) for value in present):
        return pa.array(values, pa.bool_())
    if present and all(isinstance(value, int) and abs(value) < _LARGEST for value in present):
        return pa.array([None if value is None else int(value) for value in values], pa.int64())
    if all(isinstance(value, int | float) for value in present):
        floats = [None if value is None else float(value) for value in values]
        return pa.array(floats, pa.float64())
    return pa.array([_text(value) for value in values], pa.string())


_TYPES = {"number": "float64", "category": "string", "text": "string"}


def _number(value: Any) -> int | float | None:
    """Take a number, or a text with one, as files have them; a whole one stays whole."""
    if isinstance(value, str):
        if not (value := value.strip()):
            return None
        if _COMMA.fullmatch(value):
            value = value.replace(",", ".")
        if not _NUMBER.fullmatch(value):
            raise ValueError
        value = int(value) if value.lstrip("+-").isdigit() else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise ValueError
    if value is None:
        return None
    if not math.isfinite(found := float(value)):
        raise OverflowError
    return int(value) if found.is_integer() else found


def _float(value: Any) -> float | None:
    found = _number(value)
    return None if found is None else float(found)


def _flag(value: Any) -> bool | int | float | None:
    """Take yes or no, or a number: two whole numbers are such a column, too."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    return WORDS[word] if word in WORDS else _number(value)


def _text(value: Any) -> str | None:
    """Write a value as a table that holds it as text does: 3, not 3.0."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if not isinstance(value, str | int | float | None):
        raise ValueError
    return None if value is None else str(value)


def _date(value: Any) -> datetime | None:
    if not isinstance(value, str | None):
        raise ValueError
    return moment_of(value.strip()) if value and value.strip() else None


def _as_it_is(value: Any) -> Any:
    return value if isinstance(value, str | bool | None) else _number(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "number": _float,
    "integer": _number,
    "binary": _flag,
    "category": _text,
    "text": _text,
    "date": _date,
}
