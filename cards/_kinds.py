"""Converts a column to another kind: its values, one by one, and what does not fit by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._arrow import as_text, no_text, plain
from tensorrag import InputError
from tensorrag.quoting import named
from tensorrag.types import ColumnKind
from tensorrag.types.columns import without_nan
from tensorrag.types.converting import converted

if TYPE_CHECKING:
    import pyarrow as pa

_WORDS = {
    "number": "number",
    "integer": "whole number",
    "binary": "yes or no",
    "date": "date in this form",
}


def to_kind(
    column: pa.ChunkedArray, kind: ColumnKind, name: str, *, date_format: str, refuse: bool
) -> pa.ChunkedArray:
    """Convert a column.

    Args:
        column: of any type.
        kind: what it is to be.
        name: of the column, for messages.
        date_format: how dates are written, as for ``strptime``; empty: 2024-12-31.
        refuse: whether a value that does not fit is an error, or missing.

    Raises:
        InputError: a value does not fit, and ``refuse``.
    """
    import pyarrow as pa

    column = without_nan(plain(column, name))
    if kind in ("category", "text"):
        return as_text(column, name)
    try:
        made = converted(column, kind, date_format)
    except pa.ArrowException as error:
        raise no_text(name) from error
    if refuse and made.null_count > column.null_count:
        row, value = _first_lost(column, made)
        raise InputError(
            f"Column {named(name)} holds {value!r:.80} in row {row:,}, which is no {_WORDS[kind]}.",
            port="dataset",
            hint=_remedy(kind, date_format),
        )
    return made


def _remedy(kind: ColumnKind, date_format: str) -> str:
    """Say what helps; dates that are written in a way of their own need no more than its name."""
    if kind != "date":
        return "Let what does not fit be missing, or choose another kind."
    if not date_format:
        return "Say under Date format how dates are written, such as %d/%m/%Y for 31/12/2024."
    return f"Date format is {date_format}: change it, or let what does not fit be missing."


def _first_lost(column: pa.ChunkedArray, made: pa.ChunkedArray) -> tuple[int, str]:
    """Return the first row whose value does not fit, counted from 1, and that value."""
    import pyarrow.compute as pc

    lost = pc.and_(pc.is_null(made), pc.is_valid(column))
    row = pc.index(lost, True).as_py()
    return row + 1, str(column[row].as_py())
