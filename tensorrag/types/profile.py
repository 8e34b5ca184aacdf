"""The profile of a column, and its tiny picture. All without Python loops over rows.

Rows, missing values, least, greatest, mean and deviation are of all rows; they are gone through in
slices, so that a column beyond memory can be profiled. Distinct values, quartiles, pictures and the
most frequent values are of the rows drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tensorrag.preview import ColumnProfile, Histogram, TopValue, finite
from tensorrag.types.drawing import pick
from tensorrag.types.pieces import joined
from tensorrag.types.schema import NUMERIC, ColumnSchema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

BINS = 24
TINY_BINS = 6
FREQUENT = 8
"""Most frequent values that are named."""
_SLICE = 1 << 17
"""Rows at a time: a megabyte stays in the processor's cache from one figure to the next."""
MOST_TEXT = 1 << 30
"""Bytes of texts that are counted: their different ones are held in memory, twice as they grow."""
_COARSE = 2.0**50
"""From here on, floats are too far apart for several between a number and the next."""


def profile(
    column: pa.ChunkedArray,
    described: ColumnSchema,
    places: np.ndarray | None = None,
    release: Callable[[], object] = lambda: None,
) -> ColumnProfile:
    """Summarise one column in numbers.

    Args:
        column: the data.
        described: its name, kind and unit.
        places: the rows that are drawn; None for all.
        release: called after each chunk, to let go of memory that it was mapped to.
    """
    column = joined(column)
    if described.kind in NUMERIC:
        import pyarrow as pa

        try:
            return _of_numbers(column, described, places, release)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            pass  # its kind was chosen by hand: these are no numbers
    return _of_texts(column, described, places, release)


def tiny_histogram(column: pa.ChunkedArray, described: ColumnSchema) -> tuple[float, ...]:
    """Heights from 0 to 1 in a few bins, tallest 1; empty where the column is not numeric."""
    import numpy as np
    import pyarrow as pa

    if described.kind not in NUMERIC:
        return ()
    try:
        values = _numbers(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return ()
    if len(values) == 0:
        return ()
    with np.errstate(over="ignore", invalid="ignore"):
        edges = _edges(TINY_BINS, values.min(), values.max())
    # For so few bins, to go through the values for each is quicker than to sort them.
    cuts = [np.count_nonzero(values < edge) for edge in edges[1:-1]]
    counts = np.diff([0, *cuts, len(values)])
    return tuple(round(float(count / counts.max()), 3) for count in counts)


class _Moments:
    """Least, greatest, mean and deviation of numbers that come slice by slice."""

    def __init__(self) -> None:
        self.count, self.low, self.high = 0, math.inf, -math.inf
        self.mean, self._squares = 0.0, 0.0

    def add(self, values: np.ndarray) -> None:
        """Take more numbers in; all are finite. The way of Chan, Golub and LeVeque."""
        if len(values) == 0:
            return
        self.low, self.high = min(self.low, values.min()), max(self.high, values.max())
        total = self.count + len(values)
        share, apart = len(values) / total, values.mean() - self.mean
        self._squares += values.var() * len(values) + apart * apart * self.count * share
        self.mean += apart * share
        self.count = total

    @property
    def std(self) -> float:
        """The standard deviation of all numbers so far, at least one."""
        return math.sqrt(self._squares / self.count)


def _of_numbers(
    column: pa.ChunkedArray,
    described: ColumnSchema,
    places: np.ndarray | None,
    release: Callable[[], object],
) -> ColumnProfile:
    import numpy as np

    facts, moments = described.model_dump(exclude={"missing"}), _Moments()
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is not shown
        for values in _slices(column, release):
            moments.add(values)
        missing = len(column) - moments.count
        if moments.count == 0:
            return ColumnProfile(**facts, missing=missing, distinct=0)
        few = np.sort(_numbers(pick(column, places, release)))
        spread = _spread(few, moments.low, moments.high) if len(few) else {}
    return ColumnProfile(
        **facts,
        missing=missing,
        mean=finite(moments.mean),
        std=finite(moments.std),
        min=finite(moments.low),
        max=finite(moments.high),
        **spread,
    )


def _spread(few: np.ndarray, low: float, high: float) -> dict[str, Any]:
    """Return what the drawn numbers tell; they are sorted. The picture is of the whole range."""
    import numpy as np

    distinct = 1 + int(np.count_nonzero(few[1:] != few[:-1]))
    edges = _edges(min(BINS, distinct), low, high)
    counts = np.diff([0, *np.searchsorted(few, edges[1:-1]), len(few)])
    quarters = np.array([0.25, 0.5, 0.75]) * (len(few) - 1)
    around = np.unique([np.floor(quarters), np.ceil(quarters)]).astype(int)
    quartiles = np.interp(quarters, around, few[around])
    return {
        "distinct": distinct,
        "quantiles": tuple(finite(q) for q in quartiles),
        "histogram": Histogram(edges=tuple(edges), counts=tuple(int(n) for n in counts)),
    }


def _of_texts(
    column: pa.ChunkedArray,
    described: ColumnSchema,
    places: np.ndarray | None,
    release: Callable[[], object],
) -> ColumnProfile:
    import pyarrow as pa
    import pyarrow.compute as pc

    facts = described.model_dump(exclude={"missing"}) | {"missing": column.null_count}
    share = 1.0 if places is None else len(places) / len(column)
    if column.nbytes * share > MOST_TEXT:
        return ColumnProfile(**facts)
    try:
        counted = pc.value_counts(pick(column, places, release).drop_null().cast(pa.string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return ColumnProfile(**facts)
    values = pa.table({"value": counted.field("values"), "count": counted.field("counts")})
    order = [("count", "descending"), ("value", "ascending")]
    first = values.take(pc.select_k_unstable(values, k=FREQUENT, sort_keys=order)).to_pylist()
    top = tuple(TopValue(value=one["value"][:80], count=one["count"]) for one in first)
    return ColumnProfile(**facts, distinct=len(values), top=top)


def _slices(column: pa.ChunkedArray, release: Callable[[], object]) -> Iterator[np.ndarray]:
    """Go through the finite numbers of a column."""
    for chunk in column.chunks:
        for start in range(0, len(chunk), _SLICE):
            yield _numbers(chunk.slice(start, _SLICE))
        release()


def _numbers(data: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return the finite values as float64; raises an ArrowException where there are no numbers."""
    import numpy as np
    import pyarrow as pa

    cast = data.cast(pa.float64(), safe=False)
    values: np.ndarray = (
        cast.to_numpy()
        if isinstance(cast, pa.ChunkedArray)
        else cast.to_numpy(zero_copy_only=False)
    )
    there = np.isfinite(values)
    if there.all():
        return values
    present: np.ndarray = values[there]
    return present


def _edges(bins: int, low: float, high: float) -> np.ndarray:
    """Return the ends of bins of equal width; of fewer where floats are too coarse."""
    import numpy as np

    steps = np.linspace(0, 1, bins + 1)
    edges: np.ndarray = low * (1 - steps) + high * steps
    if low == high and abs(low) < _COARSE:
        return low - 0.5 + steps
    if np.isfinite(high - low) and bool((np.diff(edges) > 0).all()):
        return edges
    edges = np.unique(edges)
    if len(edges) == 1:
        return np.array([np.nextafter(low, -np.inf), np.nextafter(low, np.inf)])
    return edges
