"""Whole numbers of 64 bits, with a sign and without: side by side in numbers that hold both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tensorrag import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def side_by_side(values: Sequence[Any]) -> Sequence[Any]:
    """Return Arrow values of one type, in which all of them are what they are.

    Those of other types than whole numbers, or of one alone, stay as they are.
    """
    import pyarrow as pa

    both = {value.type for value in values}
    if len(both) < 2 or not all(map(_is_whole, both)):
        return values
    return [value.cast(pa.decimal128(20, 0)) for value in values]


def together(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Join parts of a column; whole numbers are signed, where that holds all of them.

    Raises:
        InputError: no 64 bits hold all of them.
    """
    import pyarrow as pa

    column = pa.chunked_array(list(side_by_side(parts)))
    if not pa.types.is_decimal(column.type):
        return column
    for kind in (pa.int64(), pa.uint64()):
        try:
            return column.cast(kind)
        except pa.ArrowInvalid:
            continue
    raise InputError(
        "The formula gives whole numbers below 0 and from 2^63 on, which no column holds together.",
        port="dataset",
        hint="Write text(…) around them, or multiply them by 1.0 to have them rounded.",
    )


def _is_whole(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return kind in (pa.int64(), pa.uint64(), pa.decimal128(20, 0))
