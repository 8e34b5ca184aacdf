"""Looks for what only the rows of a table tell, in a bounded time: see `Seen`.

Of a long table a sample says where to look, and all rows are asked whether it is so. What that
would take too long for is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from tensorrag.types.columns import has_nan
from tensorrag.types.distinct import MIXED, begins_of, codes_of, distinct, some_of
from tensorrag.types.ids import is_called_id
from tensorrag.types.picked import rows_at
from tensorrag.types.schema import TableSchema
from tensorrag.types.seen import COUNTED, EXACT, MANY, Seen

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from tensorrag.types.table import Table

WIDEST = 500
"""Columns of a table that is looked at."""
WHOLE = 100_000
"""Rows up to which all are looked at first, where they are not too wide."""
SAMPLED = 20_000
"""Rows of a longer table that are looked at first, evenly over it."""
CELLS = 5_000_000
"""Cells of a table of which all are looked at first, and rows are compared with one another; rows
up to which texts are told from one another, and groups by all ids and not by some of them."""
FEWEST = 10
"""Rows below which a column may fit another by chance; groups below which they are classes."""
ON_A_LINE = 1 - 1e-12
"""Correlation from which on one number is another in another unit."""
NEARLY = 1 - 1e-9
"""The same of a sample, of which little is lost to rounding."""
LOOKED_AT = 2_000
"""Rows of the sample that tell which columns of numbers may lie on a line."""


def with_seen(table: Table) -> TableSchema:
    """Return the schema of a table, with what its rows hold: none, or a very wide one, nothing."""
    looks = 0 < len(table.columns) <= WIDEST and table.num_rows > 0
    return table.schema.model_copy(update={"seen": _Look(table).seen() if looks else None})


class _Column(NamedTuple):
    """What a column tells by itself."""

    distinct: int
    is_unlike: bool
    is_beyond: bool
    is_full: bool
    has_groups: bool


class _Look:
    """Looks at one column after another: rows that were picked of a table are taken for that."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._kinds = {column.name: column.kind for column in table.columns}
        self._places = _evenly(table.num_rows) if _is_long(table) else None
        self._few = None if self._places is None else rows_at(*table.at(self._places))
        self._first = {name: codes_of(self._sample(name)) for name in self._kinds}
        self._alone = {name: self._by_itself(name) for name in self._kinds}

    def seen(self) -> Seen:
        alone = self._alone
        unlike = tuple(name for name, each in alone.items() if each.is_unlike)
        return Seen(
            distinct={name: alone[name].distinct for name in self._readable},
            many=tuple(name for name in self._readable if self._has_many(name)),
            unlike=unlike,
            beyond=tuple(name for name, each in alone.items() if each.is_beyond),
            full=tuple(name for name in self._readable if alone[name].is_full),
            copies=(*self._by_name(), *self._on_lines()),
            groups=tuple(name for name, each in alone.items() if each.has_groups),
            repeats=0 if unlike else self._repeats(),
            rows=self._table.num_rows,
        )

    def _sample(self, name: str) -> pa.ChunkedArray:
        return self._table.column(name) if self._few is None else self._few[name]

    @cached_property
    def _readable(self) -> dict[str, np.ndarray]:
        """The codes of the values of each column, of the rows that are looked at first."""
        return {name: codes for name, codes in self._first.items() if codes is not None}

    def _by_itself(self, name: str) -> _Column:
        column = self._table.column(name)
        return _Column(
            distinct=self._distinct(name, column),
            is_unlike=self._is_unlike(name, column),
            is_beyond=_is_beyond(column),
            is_full=_is_full(column),
            has_groups=self._has_groups(name, column),
        )

    def _levels(self, name: str) -> int:
        return int(self._readable[name].max()) + 1

    def _distinct(self, name: str, column: pa.ChunkedArray) -> int:
        if name not in self._readable or self._levels(name) > COUNTED + 1:
            return COUNTED + 1
        return min(distinct(column), COUNTED + 1)

    def _has_many(self, name: str) -> bool:
        """Whether there are too many values to become columns, which a sample shows, too."""
        may_be = self._kinds[name] in ("integer", "text", "category")
        return may_be and self._levels(name) > MANY + 1

    def _is_unlike(self, name: str, column: pa.ChunkedArray) -> bool:
        codes = self._first[name]
        if codes is None or self._kinds[name] not in ("integer", "text") or column.null_count:
            return False
        if self._kinds[name] == "text" and len(column) > CELLS:
            return False
        alike = len(codes) < 2 or self._levels(name) < len(codes)
        return not alike and (self._places is None or distinct(column) == len(column))

    def _has_groups(self, name: str, column: pa.ChunkedArray) -> bool:
        """Whether a column names groups of rows: by its name, and since most rows share theirs."""
        named = self._kinds[name] in ("integer", "text", "category") and is_called_id(name)
        share = -(-len(column) // CELLS)
        is_too_long = share > 1 and self._kinds[name] != "integer"
        if not named or name not in self._readable or is_too_long:
            return False
        begins = begins_of(some_of(column, share))
        alone = (begins[:-1] & begins[1:]).sum() * share
        return bool(begins[:-1].sum() >= FEWEST and alone <= (len(column) - column.null_count) / 2)

    def _is_few(self, name: str) -> bool:
        """Whether each value comes often enough to go with one of another column not by chance."""
        levels, rows = self._levels(name), len(self._readable[name])
        return 2 <= levels <= COUNTED and rows >= max(FEWEST, 2 * levels)

    def _by_name(self) -> Iterable[tuple[str, ...]]:
        """Group columns of which each value goes with one of the others: their codes are equal."""
        few = {name: codes for name, codes in self._readable.items() if self._is_few(name)}
        groups = _alike(few)
        if self._places is None:
            return groups
        whole = ({name: codes_of(self._table.column(name)) for name in group} for group in groups)
        return [same for codes in whole for same in _alike(codes)]

    def _on_lines(self) -> Iterable[tuple[str, ...]]:
        """Group columns of numbers that lie on one line; missing ones are so in the same rows."""
        import numpy as np

        groups: dict[bytes, list[str]] = {}
        for name in self._readable:
            if _is_of_numbers(self._table.fields.field(name).type) and not self._is_few(name):
                gaps = np.asarray(self._sample(name).is_null())
                groups.setdefault(blake2b(gaps.tobytes()).digest(), []).append(name)
        return [line for group in groups.values() for line in self._lines(group)]

    def _lines(self, names: list[str]) -> Iterable[tuple[str, ...]]:
        import numpy as np

        if len(names) < 2:
            return []
        rows = np.array([_floats(self._sample(name)) for name in names])
        rows = rows[:, ~np.isnan(rows[0])]
        rows = rows[:, :: max(1, rows.shape[1] // LOOKED_AT)]
        if rows.shape[1] < FEWEST:
            return []
        with np.errstate(all="ignore"):  # what is too large for squares is not told
            near = np.abs(np.corrcoef(rows)) > NEARLY
        lines: dict[int, list[int]] = {}
        for at in range(len(names)):
            first = next((one for one in lines if near[one, at] and self._line(names, one, at)), at)
            lines.setdefault(first, []).append(at)
        return [tuple(names[at] for at in line) for line in lines.values() if len(line) > 1]

    def _line(self, names: list[str], one: int, other: int) -> bool:
        """Whether all rows of two columns are on a line.

        A value far from all others, such as -999999, makes a line of any two columns that share
        its row, so the line has to show without the outermost values, too.
        """
        import numpy as np

        first, second = (_floats(self._table.column(names[each])) for each in (one, other))
        there = ~np.isnan(first)
        if not np.array_equal(there, ~np.isnan(second)):
            return False
        first, second = first[there], second[there]
        if _straightness(first, second) <= ON_A_LINE:
            return False
        some = np.unique(first[:: max(1, len(first) // LOOKED_AT)])
        far = max(1, len(some) // 20)
        if len(some) <= 2 * far:
            return False
        middle = (first >= some[far]) & (first <= some[-1 - far])
        enough = int(np.count_nonzero(middle)) >= FEWEST
        return enough and _straightness(first[middle], second[middle]) > NEARLY

    def _repeats(self) -> int | None:
        """Count the rows that are equal to an earlier one; None where that takes too long."""
        import numpy as np

        rows = self._table.num_rows
        if rows * len(self._kinds) > CELLS or len(self._readable) < len(self._first):
            return None
        found = np.zeros(rows, dtype=np.uint64)
        for name, first in self._readable.items():
            codes = first if self._places is None else codes_of(self._table.column(name))
            if codes is None:
                return None
            found = found * np.uint64(MIXED) + codes.astype(np.uint64) + np.uint64(1)
            found ^= found >> np.uint64(29)
        return int(rows - len(np.unique(found)))


def _alike(codes: Mapping[str, np.ndarray | None]) -> list[tuple[str, ...]]:
    """Group columns whose values are numbered alike, in the order in which they first come."""
    groups: dict[bytes, list[str]] = {}
    for name, each in codes.items():
        if each is not None:
            groups.setdefault(blake2b(each.tobytes()).digest(), []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _is_of_numbers(kind: pa.DataType) -> bool:
    import pyarrow.types as at

    return bool(at.is_integer(kind) or at.is_floating(kind) or at.is_decimal(kind))


def _is_beyond(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc
    import pyarrow.types as at

    if not at.is_integer(column.type) or column.type.bit_width < 64:
        return False
    ends = [end for end in pc.min_max(column).as_py().values() if end is not None]
    return any(abs(end) > EXACT for end in ends)


def _is_full(column: pa.ChunkedArray) -> bool:
    """Whether no value is missing, nor NaN, which a table of an earlier version may hold."""
    return column.null_count == 0 and not has_nan(column)


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column as float64, NaN where a value is missing."""
    import pyarrow as pa

    values: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy()
    return values


def _straightness(first: np.ndarray, second: np.ndarray) -> float:
    """Return how near numbers are to a line: 1 on it; what is too large for squares is NaN."""
    import numpy as np

    with np.errstate(all="ignore"):
        return abs(float(np.corrcoef(first, second)[0, 1]))


def _is_long(table: Table) -> bool:
    rows = table.num_rows
    return rows > SAMPLED and (rows > WHOLE or rows * len(table.columns) > CELLS)


def _evenly(rows: int) -> np.ndarray:
    import numpy as np

    return np.arange(SAMPLED) * rows // SAMPLED
