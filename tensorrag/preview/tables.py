"""Rows and columns: a table with a profile of each column, or a few rows under headings."""

from __future__ import annotations

from typing import Literal, Self

from tensorrag.preview.payload import Cell, Number, Numbers, Payload

SHOWN_COLUMNS = 200
"""Columns of a table that are shown: a page cannot draw ten thousand, and nobody reads them."""


class Histogram(Payload):
    """Counts of a numeric column in equal bins: ``len(edges) == len(counts) + 1``."""

    edges: Numbers
    counts: tuple[int, ...]


class TopValue(Payload):
    """A frequent value of a column and how many rows have it."""

    value: str
    count: int


class ColumnProfile(Payload):
    """One column in numbers; what does not apply to its kind is None."""

    name: str
    kind: str | None
    unit: str | None = None
    missing: int = 0
    distinct: int | None = None
    mean: Number = None
    std: Number = None
    min: Number = None
    max: Number = None
    quantiles: Numbers | None = None
    """The quartiles: 25 %, 50 %, 75 %."""
    histogram: Histogram | None = None
    top: tuple[TopValue, ...] | None = None


class TablePreview(Payload):
    """A table: size, a profile of each column, and its first rows."""

    kind: Literal["table"] = "table"
    rows: int
    columns: tuple[ColumnProfile, ...]
    """The first of them, at most ``SHOWN_COLUMNS``."""
    more_columns: int = 0
    """How many more there are."""
    drawn: int | None = None
    """Rows that distinct values, quartiles, histograms and frequent values are from; None: all.

    Everything else is of all rows.
    """
    sample: tuple[tuple[Cell, ...], ...] = ()
    """The first rows, cells in the order of ``columns``."""
    synthetic: bool = False
    bytes: int = 0

    @property
    def width(self) -> int:
        """How many columns the table has."""
        return len(self.columns) + self.more_columns

    def with_last_first(self, count: int) -> Self:
        """Put the last columns before the others; not where some are not shown."""
        if not count or self.more_columns:
            return self
        rows = tuple((*row[-count:], *row[:-count]) for row in self.sample)
        columns = (*self.columns[-count:], *self.columns[:-count])
        return self.model_copy(update={"columns": columns, "sample": rows})


class RowsPreview(Payload):
    """A few rows under headings."""

    kind: Literal["rows"] = "rows"
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    remarks: tuple[str, ...] = ()
    """A sentence below each row, as many as rows; an empty one is not shown."""
    note: str | None = None
