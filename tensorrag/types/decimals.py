"""Columns of decimals with few different values: what they are told by.

0.0 and 1.0 are what 0 and 1 are, however a program wrote them. So decimals of at most `FEW` values
that come again and again, all whole, are whole numbers, or yes or no where they are two. Two other
decimals are yes or no as well. Three or more of them stay numbers: what lies between 1.5, 2.0 and
2.5 has a meaning, which classes would forget; who wants classes all the same makes them a category
with Change Kinds.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tensorrag.types.schema import ColumnKind
from tensorrag.types.seen import EXACT

if TYPE_CHECKING:
    import pyarrow as pa

FEW = 20
"""Whole numbers with at most this many different values are classes, unless said otherwise."""
TWICE = 2
"""How often each value comes on average at least, as of text that is a category."""
_FIRST, _AT_ONCE = 1_000, 65_536
"""Rows that are looked at first, which mostly tell, and then at a time."""


def is_decimal(kind: pa.DataType) -> bool:
    """Tell whether values of a type may have a fraction."""
    import pyarrow.types as at

    return bool(at.is_floating(kind) or at.is_decimal(kind))


def few_values(column: pa.ChunkedArray) -> frozenset[float] | None:
    """Return the different values of a column of decimals, missing ones aside; None of too many."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: set[float] = set()
    for start in (0, *range(_FIRST, len(column), _AT_ONCE)):
        some = pc.unique(column.slice(start, _AT_ONCE if start else _FIRST))
        if len(some) <= FEW + 2:  # a gap and what is no number aside
            floats = some.cast(pa.float64(), safe=False).to_pylist()
            found |= {value for value in floats if value is not None and value == value}
        if len(some) > FEW + 2 or len(found) > FEW:
            return None
    return frozenset(found)


def are_whole(values: Collection[float]) -> bool:
    """Tell whether all of some numbers are whole, and no others are taken for the same."""
    return all(abs(each) < EXACT and each == int(each) for each in values)


def kind_of_decimals(column: pa.ChunkedArray) -> ColumnKind:
    """Tell the kind of a column of decimals."""
    values = few_values(column) or frozenset()
    if len(values) < 2 or len(column) - column.null_count < TWICE * len(values):
        return "number"
    if len(values) == 2:
        return "binary"
    return "integer" if are_whole(values) else "number"


def are_numbers(some: pa.ChunkedArray) -> bool:
    """Tell whether decimals are numbers whatever the other rows of their column hold."""
    values = few_values(some)
    return values is None or (len(values) > 2 and not are_whole(values))
