"""The place of each value in an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cards._arrow import as_text, distinct
from tensorrag import ParameterError

if TYPE_CHECKING:
    import pyarrow as pa


def ordinal(
    column: pa.ChunkedArray, learnt: pa.ChunkedArray, name: str, order: Sequence[str]
) -> pa.ChunkedArray:
    """Return 0, 1, 2 … for the values of a column; a value that was not learnt is missing.

    Args:
        column: the column to encode.
        learnt: the column whose values are known.
        name: of the column, for messages.
        order: the values from lowest to highest; by alphabet where there are none.

    Raises:
        ParameterError: the order lacks a value.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    values = distinct(learnt, name)
    lacking = next((value for value in values if order and value not in order), None)
    if lacking is not None:
        raise ParameterError(
            f"The order lacks {lacking!r:.60}, a value of {name}.",
            field="order",
            hint="Name all values, from the lowest to the highest.",
        )
    known = pa.array(list(order) or values, pa.string())
    return pc.index_in(as_text(column, name), known).cast(pa.int64())
