"""Which rows of a table are looked at, and in which order: worked out once, then kept for a while.

What is kept is one file of row numbers beside the store, so that the next page, and a jump to
anywhere, need no second look at millions of values. It can always be worked out again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeGuard, get_args

from tensorrag.durable import make_folder, write_file
from tensorrag.errors import ParameterError, WorkspaceError
from tensorrag.quoting import named, quoted
from tensorrag.types.converting import converted
from tensorrag.types.schema import ColumnKind

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Release = Callable[[], object]

KEPT_FROM = 100_000
"""Rows from which it is kept; of fewer it is found in no time."""
MOST_KEPT = 8
"""Files of row numbers that are kept, those looked at last; 40 MB each for ten million rows."""
MOST_BYTES = 10**9
"""Bytes that they may have together."""
_LENGTH = 8
"""Bytes at the end of such a file that say how many numbers are in it."""
_SIGNS = {"=": "equal", "≠": "not_equal", "<": "less", "≤": "less_equal", ">": "greater",
          "≥": "greater_equal"}  # fmt: skip
_TEXTS = {"contains": "match_substring", "begins": "starts_with", "ends": "ends_with"}
OPERATORS = (*_SIGNS, *_TEXTS, "lacks", "missing", "present", "unlike")


class Condition(NamedTuple):
    """What a row must have to be looked at: ``("RM", ">", 7)``."""

    column: str
    operator: str
    """One of ``OPERATORS``; texts are compared without regard to case.

    What is ``unlike`` a column kind, such as ``number``, would be missing were it made one.
    """
    value: Any = None

    @classmethod
    def all_of(cls, raw: object) -> tuple[Self, ...]:
        """Read conditions from outside.

        Raises:
            ParameterError: they are no list of column, operator and value.
        """
        listed = raw if isinstance(raw, list | tuple) else [raw]
        found = [cls(each[0], *each[1:]) for each in listed if _is_condition(each)]
        if len(found) < len(listed):
            raise ParameterError(
                "A condition is a column, a comparison and a value.",
                field="where",
                hint='Write it like ["RM", ">", 7]; comparisons are ' + " ".join(OPERATORS) + ".",
            )
        return tuple(found)


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


def arranged(
    arrow: pa.Table,
    order: Order | None,
    where: Sequence[Condition],
    folder: Path,
    digest: str,
    release: Release = lambda: None,
) -> np.ndarray | None:
    """Return the numbers of the rows that fit, in order; None for all of them as they are.

    Args:
        arrow: the table.
        order: by what to sort.
        where: what must hold of a row, all of it.
        folder: where row numbers are kept.
        digest: of the table.
        release: called after each part of a column, to let go of memory that it was mapped to.

    Raises:
        ParameterError: there is no such column, or it cannot be compared or sorted by.
    """
    for name in (*([order.column] if order else []), *(each.column for each in where)):
        if name not in arrow.column_names:
            raise ParameterError(
                f"The table has no column {quoted(name)}.",
                field="sort" if order and name == order.column else "where",
                hint="Take a column that it has.",
            )
    if order is None and not where:
        return None
    known = hashlib.sha256(json.dumps([digest, order, where], default=str).encode()).hexdigest()
    path = folder / f"{known}.rows"
    rows = _kept(path, arrow.num_rows)
    if rows is None:
        rows = _worked_out(arrow, order, where, release)
        if arrow.num_rows >= KEPT_FROM:
            _keep(rows, path)
    return rows


def rows_at(arrow: pa.Table, places: np.ndarray, release: Release = lambda: None) -> pa.Table:
    """Return the rows at these places, in this order; chunk by chunk, so that nothing is joined."""
    import numpy as np
    import pyarrow as pa

    order = np.argsort(places, kind="stable")
    ascending, parts, start = places[order].astype(np.int64), [], 0
    for batch in arrow.to_batches():
        first, end = np.searchsorted(ascending, [start, start + len(batch)])
        if end > first:
            parts.append(batch.take(pa.array(ascending[first:end] - start)))
            release()
        start += len(batch)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return pa.Table.from_batches(parts, arrow.schema).combine_chunks().take(pa.array(back))


def _worked_out(
    arrow: pa.Table, order: Order | None, where: Sequence[Condition], release: Release
) -> np.ndarray:
    import numpy as np

    small = _row_type(arrow.num_rows)
    rows = _fitting(arrow, where) if where else np.arange(arrow.num_rows, dtype=small)
    rows = rows.astype(small)
    release()
    if order is None:
        return rows
    column = arrow.select([order.column])
    column = rows_at(column, rows, release) if where else column
    found: np.ndarray = rows[_sorted(column[0], order, release)]
    return found


def _sorted(column: pa.ChunkedArray, order: Order, release: Release) -> np.ndarray:
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


def _fitting(arrow: pa.Table, where: Sequence[Condition]) -> np.ndarray:
    """Return the numbers of the rows for which every condition holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    fits = None
    for condition in where:
        try:
            one = _holds(arrow[condition.column], condition)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            raise ParameterError(
                f"{named(condition.column)} cannot be compared with {condition.value!r:.60}.",
                field="where",
                hint="Give a value of the kind that the column has.",
            ) from None
        fits = one if fits is None else pc.and_(fits, one)
    found: np.ndarray = pc.indices_nonzero(pc.fill_null(fits, False)).to_numpy()
    return found


def _holds(column: pa.ChunkedArray, condition: Condition) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    operator, value = condition.operator, condition.value
    if operator in ("missing", "present"):
        missing = pc.is_null(column, nan_is_null=True)
        return missing if operator == "missing" else pc.invert(missing)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if operator == "unlike":
        return pc.and_(pc.is_null(_made(column, value)), pc.is_valid(column))
    if operator in _TEXTS or operator == "lacks":
        function = getattr(pc, _TEXTS.get(operator, "match_substring"))
        found = function(column.cast(pa.string()), str(value), ignore_case=True)
        return pc.invert(found) if operator == "lacks" else found
    compare = getattr(pc, _SIGNS[operator])
    if isinstance(value, str):
        return compare(pc.utf8_lower(column.cast(pa.string())), value.lower())
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return compare(*_as_numbers(column, value))


def _made(column: pa.ChunkedArray, kind: object) -> pa.ChunkedArray:
    """Convert a column; raises ValueError where there is no such kind."""
    known = next((each for each in get_args(ColumnKind) if each == kind), None)
    if known is None:
        raise ValueError(kind)
    return converted(column, known)


def _as_numbers(column: pa.ChunkedArray, value: float) -> tuple[pa.ChunkedArray, pa.Scalar]:
    """Return both as they can be compared: beyond 2**53 a double is several integers at once."""
    import pyarrow as pa

    if not pa.types.is_integer(column.type):
        return column, pa.scalar(float(value))
    if float(value).is_integer():
        wide = pa.uint64() if pa.types.is_unsigned_integer(column.type) else pa.int64()
        with suppress(OverflowError, pa.ArrowInvalid):  # it is outside of what a column can have
            return column, pa.scalar(int(value), wide)
    return column.cast(pa.float64(), safe=False), pa.scalar(float(value))


def _is_condition(raw: object) -> TypeGuard[Sequence[Any]]:
    if not isinstance(raw, list | tuple) or not 2 <= len(raw) <= 3:
        return False
    column, operator, *value = raw
    plain = all(
        isinstance(each, str | int | float) and not isinstance(each, bool) for each in value
    )
    needed = operator in ("missing", "present") or len(value) == 1
    return isinstance(column, str) and operator in OPERATORS and needed and plain


def _kept(path: Path, total: int) -> np.ndarray | None:
    """Map what was kept; None where nothing is, or it is not whole."""
    import numpy as np

    small = _row_type(total)
    try:
        kept = np.memmap(path, np.uint8, mode="r")
        path.touch()
    except (OSError, ValueError):
        return None
    length = int.from_bytes(kept[-_LENGTH:].tobytes(), "little")
    if len(kept) != length * small.itemsize + _LENGTH or length > total:
        return None
    return kept[:-_LENGTH].view(small)


def _keep(rows: np.ndarray, path: Path) -> None:
    """Write row numbers down, in the place of those that were looked at longest ago."""
    with suppress(OSError, WorkspaceError):  # it is only a shortcut: a full disk takes no page away
        make_folder(path.parent)
        write_file(path, rows.tobytes() + len(rows).to_bytes(_LENGTH, "little"))
        forget(path.parent)


def _row_type(total: int) -> np.dtype[Any]:
    """Return the smallest type that numbers so many rows."""
    import numpy as np

    return np.dtype(np.uint32 if total < 2**32 else np.uint64)


def forget(folder: Path, most: int = MOST_KEPT) -> None:
    """Remove all row numbers but those that were looked at last."""
    size = 0
    for at, (_, length, path) in enumerate(sorted(_looks(folder), reverse=True)):
        size += length
        if at >= most or size > MOST_BYTES:
            path.unlink(missing_ok=True)


def _looks(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.glob("*.rows"):
        with suppress(OSError):  # another worker may be forgetting it, too
            seen = path.stat()
            yield seen.st_mtime, seen.st_size, path
