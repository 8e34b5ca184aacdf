"""Columns of Arrow data: their kind, their profile, their tiny picture. All without Python loops
over rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tensorrag.errors import InputError
from tensorrag.preview import Cell, ColumnProfile, Histogram, TopValue, finite
from tensorrag.types.schema import NUMERIC, ColumnKind, ColumnSchema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

CATEGORY_LIMIT = 50
"""Text with at most this many distinct values, each seen twice on average, is a category."""
BINS = 24
TINY_BINS = 6
_COARSE = 2.0**50
"""From here on, floats are too far apart for several between a number and the next."""
PROFILE_ROWS = 1_000_000
"""Distinct values, quantiles and pictures of longer columns come from evenly spaced rows."""


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Convert a data frame; a column of mixed objects, which Arrow cannot hold, becomes text."""
    import pyarrow as pa

    frame = frame.rename(columns=str)
    refuse_twice(list(frame.columns))
    try:
        return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        as_text = {
            name: frame[name].map(str, na_action="ignore").astype("str")
            for name in frame.select_dtypes(include="object").columns
        }
        if not as_text:
            raise
        whole = pa.Table.from_pandas(frame.assign(**as_text), preserve_index=False)
        return whole.replace_schema_metadata(None)


def refuse_twice(names: list[str]) -> None:
    """Raise InputError where two columns have one name."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise InputError(
            f"The table has two columns named {twice[0]!r}.", hint="Rename one of them."
        )


def detect_kind(column: pa.ChunkedArray) -> ColumnKind:
    """Tell the kind of a column from its type and its distinct values."""
    import pyarrow.compute as pc
    import pyarrow.types as at

    kind = column.type
    if at.is_dictionary(kind):
        kind = kind.value_type
    if at.is_boolean(kind):
        return "binary"
    if at.is_integer(kind):
        return "binary" if pc.count_distinct(_spaced(column)).as_py() <= 2 else "integer"
    if at.is_floating(kind) or at.is_decimal(kind):
        return "number"
    if at.is_temporal(kind):
        return "date"
    try:
        distinct = pc.count_distinct(_spaced(column)).as_py()
    except Exception:  # nested Arrow types have no distinct count
        return "text"
    few = distinct <= CATEGORY_LIMIT and 2 * distinct <= len(column)
    return "category" if few else "text"


def profile(column: pa.ChunkedArray, described: ColumnSchema) -> ColumnProfile:
    """Summarise one column in numbers."""
    values = numbers(column) if described.kind in NUMERIC else None
    if values is None:
        return _text_profile(column, described)
    import numpy as np

    facts = described.model_dump(exclude={"missing"})
    missing = len(column) - len(values)
    if len(values) == 0:
        return ColumnProfile(**facts, missing=missing, distinct=0)
    few = _spaced_numbers(values)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is not shown
        mean, std, quantiles = values.mean(), values.std(), np.quantile(few, [0.25, 0.5, 0.75])
        counts, edges = _histogram(few, min(BINS, max(1, len(np.unique(few[:5000])))))
    return ColumnProfile(
        **facts,
        missing=missing,
        distinct=len(np.unique(few)),
        mean=finite(mean),
        std=finite(std),
        min=finite(values.min()),
        max=finite(values.max()),
        quantiles=tuple(finite(q) for q in quantiles),
        histogram=Histogram(edges=tuple(edges), counts=tuple(int(n) for n in counts)),
    )


def _text_profile(column: pa.ChunkedArray, described: ColumnSchema) -> ColumnProfile:
    import pyarrow as pa
    import pyarrow.compute as pc

    facts = described.model_dump(exclude={"missing"})
    try:
        present = _spaced(column).drop_null()
        counted = pc.value_counts(present.cast(pa.string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return ColumnProfile(**facts, missing=column.null_count)
    pairs = sorted(counted.to_pylist(), key=lambda pair: (-pair["counts"], pair["values"]))
    top = tuple(TopValue(value=p["values"][:80], count=p["counts"]) for p in pairs[:8])
    return ColumnProfile(**facts, missing=column.null_count, distinct=len(pairs), top=top)


def tiny_histogram(column: pa.ChunkedArray, described: ColumnSchema) -> tuple[float, ...]:
    """Heights from 0 to 1 in a few bins, tallest 1; empty where the column is not numeric."""
    import numpy as np

    values = numbers(column) if described.kind in NUMERIC else None
    if values is None or len(values) == 0:
        return ()
    with np.errstate(over="ignore", invalid="ignore"):
        counts, _ = _histogram(_spaced_numbers(values), TINY_BINS)
    return tuple(round(float(count / counts.max()), 3) for count in counts)


def _histogram(values: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Count values in bins of equal width; in fewer where floats are too coarse for as many."""
    import numpy as np

    low, high = values.min(), values.max()
    steps = np.linspace(0, 1, bins + 1)
    edges = low * (1 - steps) + high * steps
    even = np.isfinite(high - low) and bool((np.diff(edges) > 0).all())
    if even or (low == high and abs(low) < _COARSE):
        return np.histogram(values, bins=bins)
    edges = np.unique(edges)
    if len(edges) == 1:
        edges = np.array([np.nextafter(low, -np.inf), np.nextafter(low, np.inf)])
    return np.histogram(values, bins=edges)


def sample(arrow: pa.Table, rows: int, offset: int = 0) -> tuple[tuple[Cell, ...], ...]:
    """Return some rows as plain cells: numbers, text, yes/no or None."""
    part = arrow.slice(offset, rows)
    columns = [[_cell(value) for value in _values(column)] for column in part.columns]
    return tuple(zip(*columns, strict=True))


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column as Python values; as text where Python has none, such as the year 36000."""
    import pyarrow as pa

    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        pass
    try:
        return list(column.cast(pa.string()).to_pylist())
    except (pa.ArrowException, ValueError):
        return ["?"] * len(column)


def numbers(column: pa.ChunkedArray) -> np.ndarray | None:
    """Return the finite values of a column as float64; None where it is not numeric."""
    import numpy as np
    import pyarrow as pa

    try:
        values: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    finite_values: np.ndarray = values[np.isfinite(values)]
    return finite_values


def _spaced(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if len(column) <= PROFILE_ROWS:
        return column
    import numpy as np

    return column.take(np.linspace(0, len(column) - 1, PROFILE_ROWS).astype("int64"))


def _spaced_numbers(values: np.ndarray) -> np.ndarray:
    return values if len(values) <= PROFILE_ROWS else values[:: len(values) // PROFILE_ROWS + 1]


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | str):
        return value[:500] if isinstance(value, str) else value
    if isinstance(value, float):
        return finite(value)
    return str(value)[:500]
