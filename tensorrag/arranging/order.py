"""The order of rows: by one column, up or down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

from tensorrag.errors import ParameterError
from tensorrag.quoting import quoted

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Release = Callable[[], object]
"""Called after each part of a column, to let go of memory that it was mapped to."""


class Order(NamedTuple):
    """By what rows are sorted."""

    column: str
    down: bool = False

    @classmethod
    def of(cls, written: str, names: Sequence[str]) -> Self | None:
        """Read ``name`` or ``-name``; a column's own name may begin with a minus, too."""
        if not written:
            return None
        down = written not in names and written.startswith("-")
        return cls(written.removeprefix("-") if down else written, down)


def in_order(column: pa.ChunkedArray, order: Order, release: Release) -> np.ndarray:
    """Return the places of the values in order, equal ones as they came, missing ones last."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = _numbers(column, release)
    if values is not None:
        if order.down:
            values = -values if values.dtype.kind == "f" else ~values
        rows = np.argsort(values, kind="stable")
        if len(values) == len(column):
            return rows
        missing = pc.indices_nonzero(column.is_null()).to_numpy()
        present = pc.indices_nonzero(column.is_valid()).to_numpy()
        return np.concatenate([present[rows], missing])
    try:
        direction = "descending" if order.down else "ascending"
        found: np.ndarray = pc.sort_indices(column, sort_keys=[("", direction)]).to_numpy()
        return found
    except pa.ArrowException:
        raise ParameterError(
            f"Rows cannot be sorted by {quoted(order.column)}.",
            field="sort",
            hint="Sort by a column of numbers, texts or dates.",
        ) from None


def _numbers(column: pa.ChunkedArray, release: Release) -> np.ndarray | None:
    """Return the values that are there as numbers of the same order; None where they are none."""
    import numpy as np
    import pyarrow as pa

    kind = column.type
    if pa.types.is_boolean(kind):
        kind = pa.int8()
    elif pa.types.is_temporal(kind):
        kind = pa.int32() if kind.bit_width == 32 else pa.int64()
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    values = np.empty(len(column) - column.null_count, kind.to_pandas_dtype())
    start = 0
    for chunk in column.chunks:
        some = chunk.drop_null().cast(kind).to_numpy(zero_copy_only=False)
        values[start : start + len(some)] = some
        start += len(some)
        release()
    return values
