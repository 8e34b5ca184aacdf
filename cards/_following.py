"""Rows that follow one another in time: which came before which, in each group by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards._arrow import numbered, plain
from tensorrag import InputError, Table
from tensorrag.quoting import named
from tensorrag.types.columns import without_nan

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True)
class Past:
    """The order of rows in time. All arrays have one entry for each row."""

    order: np.ndarray
    """The rows of the table from the earliest to the latest."""
    place: np.ndarray
    """How many rows of its group came before each, in that order."""
    grouped: np.ndarray
    """Places in that order, group by group."""
    uneven: int
    """Steps in time that are longer or shorter than the middle one by more than half of it."""

    def back(self, column: pa.ChunkedArray, rows: int) -> pa.ChunkedArray:
        """Return for each row the value so many rows before it in its group; missing at first.

        Args:
            column: in the order of time.
            rows: how many.
        """
        import numpy as np
        import pyarrow as pa

        before = np.zeros(len(self.order), dtype=np.int64)
        before[self.grouped[rows:]] = self.grouped[:-rows]
        return column.take(pa.array(before, mask=self.place < rows))

    def means(self, column: pa.ChunkedArray, rows: int) -> pa.ChunkedArray:
        """Return the mean of so many rows up to each; missing where one of them is, or lacks.

        Args:
            column: float64, in the order of time.
            rows: how many.
        """
        import numpy as np
        import pyarrow as pa

        values = column.to_numpy()[self.grouped]
        found = np.full(len(values), np.nan)
        if len(values) >= rows:
            windows = np.lib.stride_tricks.sliding_window_view(values, rows)
            found[self.grouped[rows - 1 :]] = windows.mean(axis=1)
        lacking = np.isnan(found) | (self.place < rows - 1)
        return pa.chunked_array([pa.array(found, mask=lacking)])


def following(table: Table, time: str, group: str | None) -> Past:
    """Tell which row came before which.

    Args:
        table: with at least the columns named here.
        time: a column of dates or numbers.
        group: rows with the same value here have a past of their own; rows without one are one
            group.

    Raises:
        InputError: a row has no time, or two of a group have the same.
    """
    import numpy as np
    import pyarrow.compute as pc

    times = times_of(table, time)
    order = np.asarray(pc.sort_indices(times)).astype(np.int64)
    groups = _groups(table, group)[order]
    grouped = np.argsort(groups, kind="stable")
    first = np.flatnonzero(np.diff(groups[grouped], prepend=-1))
    starts = np.repeat(first, np.diff(first, append=len(order)))
    place = np.empty(len(order), dtype=np.int64)
    place[grouped] = np.arange(len(order)) - starts
    steps = _steps(times.take(order[grouped]), place[grouped])
    _refuse_equal(steps, time, group)
    return Past(order, place, grouped, _uneven(steps))


def times_of(table: Table, name: str, port: str = "dataset") -> pa.ChunkedArray:
    """Return the time of each row.

    Args:
        table: the rows.
        name: of a column of dates or numbers.
        port: the input that the table arrived on, for messages.

    Raises:
        InputError: a row has none.
    """
    times = without_nan(plain(table.column(name), name))
    if count := times.null_count:
        raise InputError(
            f"{'1 row has' if count == 1 else f'{count:,} rows have'} no {named(name)}.",
            port=port,
            hint=f"Leave {'it' if count == 1 else 'them'} out first: Filter Rows, "
            f"{named(name)} is not missing.",
        )
    return times


def _groups(table: Table, group: str | None) -> np.ndarray:
    import numpy as np

    if group is None:
        return np.zeros(table.num_rows, dtype=np.int64)
    return numbered(table.column(group), group)


def _steps(times: pa.ChunkedArray, place: np.ndarray) -> np.ndarray:
    """Return the time from one row to the next of its group."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_time(times.type):  # of a day: numpy has no such kind
        times = times.cast(pa.int32() if times.type.bit_width == 32 else pa.int64())
    steps: np.ndarray = np.diff(times.to_numpy())[place[1:] > 0]
    return steps


def _refuse_equal(steps: np.ndarray, time: str, group: str | None) -> None:
    equal = int((steps == steps.dtype.type(0)).sum())
    if equal:
        one = f"of one {group} " if group else ""
        raise InputError(
            f"{equal:,} rows {one}have the same {named(time)} as another, so none of them came "
            "before.",
            port="dataset",
            hint="Choose the column to group by, or make one row of them with Group & Aggregate.",
        )


def _uneven(steps: np.ndarray) -> int:
    import numpy as np

    if not len(steps):
        return 0
    lengths = steps.astype(np.float64)  # of dates, in their unit
    usual = np.median(lengths)
    return int((np.abs(lengths - usual) > usual / 2).sum())
