"""Columns of Arrow data: where they come from, their kind, and some rows of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tensorrag.errors import InputError
from tensorrag.preview import Cell, finite
from tensorrag.quoting import quoted
from tensorrag.types.decimals import is_decimal, kind_of_decimals
from tensorrag.types.drawing import drawn, pick
from tensorrag.types.schema import ColumnKind

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

CATEGORY_LIMIT = 50
"""Text with at most this many distinct values, each seen twice on average, is a category."""


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Convert a data frame; a column of mixed objects, which Arrow cannot hold, becomes text.

    Categories become plain values: Arrow counts, compares and sorts no others.
    """
    import pyarrow as pa

    frame = frame.rename(columns=str)
    refuse_twice(list(frame.columns))
    coded = frame.select_dtypes(include="category").columns
    frame = frame.assign(**{name: _meant(frame[name]) for name in coded})
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


def _meant(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return categories as plain values; intervals, of which Arrow has none, as text."""
    import pandas as pd

    if isinstance(column.cat.categories.dtype, pd.IntervalDtype):
        column = column.cat.rename_categories(str)
    return column.astype(object).infer_objects()


def refuse_twice(names: list[str]) -> None:
    """Raise InputError where two columns have one name."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise InputError(
            f"The table has two columns named {quoted(twice[0])}.", hint="Rename one of them."
        )


def gaps_told(table: pa.Table) -> pa.Table:
    """Have what is not a number (NaN) missing in every column: Arrow tells the two apart.

    Of a column that is stored as runs of equal values Arrow can take no rows: it is written out.
    """
    for at, column in enumerate(table.columns):
        known = without_nan(_written_out(column))
        if known is not column:
            table = table.set_column(at, table.field(at).name, known)
    return table


def _written_out(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc
    import pyarrow.types as at

    return pc.run_end_decode(column) if at.is_run_end_encoded(column.type) else column


def without_nan(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Have what is not a number missing, where a column holds floats; itself where all are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not has_nan(column):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def has_nan(column: pa.ChunkedArray) -> bool:
    """Whether a column may hold NaN: a sum with one is NaN, and takes no memory."""
    import numpy as np
    import pyarrow.compute as pc
    import pyarrow.types as at

    if not (at.is_float64(column.type) or at.is_float32(column.type)):
        return False
    if column.null_count:  # as they lie in memory they are soon added up
        with np.errstate(all="ignore"):
            total = sum(float(part.sum()) for part in slots(column))
        if total == total:
            return False
    known = pc.sum(column).as_py()
    return bool(known != known)


def slots(column: pa.ChunkedArray) -> Iterator[np.ndarray]:
    """Yield the floats of a column as they lie in memory: anything, where a value is missing."""
    import numpy as np

    kind = column.type.to_pandas_dtype()
    for chunk in column.chunks:
        values = chunk.buffers()[1]
        yield np.frombuffer(values or b"", kind)[chunk.offset : chunk.offset + len(chunk)]


def detect_kind(column: pa.ChunkedArray) -> ColumnKind:
    """Tell the kind of a column from its type and its distinct values."""
    import pyarrow.types as at

    kind = column.type
    if at.is_dictionary(kind):
        kind = kind.value_type
    if at.is_boolean(kind):
        return "binary"
    if at.is_integer(kind):
        return "binary" if _distinct(column) <= 2 else "integer"
    if is_decimal(kind):
        return kind_of_decimals(column)
    if at.is_temporal(kind):
        return "date"
    try:
        distinct = _distinct(column)
    except Exception:  # nested Arrow types have no distinct count
        return "text"
    few = distinct <= CATEGORY_LIMIT and 2 * distinct <= len(column)
    return "category" if few else "text"


def _distinct(column: pa.ChunkedArray) -> int:
    """Count the distinct values, among the rows drawn if there are very many."""
    import pyarrow.compute as pc

    return int(pc.count_distinct(pick(column, drawn(len(column)))).as_py())


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


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | str):
        return value[:500] if isinstance(value, str) else value
    if isinstance(value, float):
        return finite(value)
    return str(value)[:500]
