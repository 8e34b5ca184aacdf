"""The place of each value in an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cards._arrow import as_text, distinct
from tensorrag import ParameterError
from tensorrag.quoting import named

if TYPE_CHECKING:
    import pyarrow as pa


def known_order(learnt: pa.ChunkedArray, name: str, order: Sequence[str]) -> list[str]:
    """Return the values from lowest to highest; raises ParameterError where the order lacks one."""
    values = distinct(learnt, name)
    lacking = next((value for value in values if order and value not in order), None)
    if lacking is not None:
        raise ParameterError(
            f"The order lacks {lacking!r:.60}, a value of {named(name)}.",
            field="order",
            hint="Name all values, from the lowest to the highest.",
        )
    return list(order) or values


def places(column: pa.ChunkedArray, known: Sequence[str]) -> pa.ChunkedArray:
    """Return the place of each value; missing where it is not known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.index_in(as_text(column), pa.array(known, pa.string())).cast(pa.int64())
