"""Lag Features: what was, some rows ago, beside what is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple

import pydantic

from cards._arrow import as_floats, plain
from cards._columns import require, require_numbers, some
from cards._following import Past, following
from cards._script.lagging import lags
from tensorrag import (
    Card,
    Column,
    ColumnSchema,
    Field,
    InputError,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.quoting import named, quoted
from tensorrag.script import Given, Script
from tensorrag.types import Provenance, Seen

if TYPE_CHECKING:
    import pyarrow as pa

FARTHEST = 100_000
Rows = Annotated[int, pydantic.Field(ge=1, le=FARTHEST)]


class LagFeatures(Card):
    """Put what was some rows ago beside each row, so that a model can tell the future from it.

    The rows are put in the order of their times; a row is one step: a day, where there is one row
    a day. `sales_lag_7` is the value of `sales` 7 rows before, `sales_mean_28` the mean of the 28
    latest values that are known. **Rows ahead** says how far ahead is predicted: with 7, nothing
    of the last 6 rows is looked at, since it is not known yet when the prediction is made. With a
    column to group by, each shop or sensor has a past of its own.

    The value of the row itself stays. Of the target that is right; leave other columns that are
    not known ahead out of the features. A model that learns from lags is asked about rows that
    have them: a row by itself has no past. Split by time afterwards, with a gap of one time less
    than there are rows ahead.
    """

    title = "Lag Features"
    category = "Features"
    libraries = ("numpy", "pyarrow")

    time_column: Column = Field("", columns_of="dataset")
    """What the rows are ordered by: a date, or a number that grows."""
    group_column: Column | None = Field(None, columns_of="dataset")
    """Rows with the same value here follow one another: the shop, the sensor, the product."""
    columns: list[Column] = Field([], columns_of="dataset")
    """The columns whose past is told: the target, mostly."""
    lags: list[Rows] = Field([7], max_length=50)
    """How many rows back to look; of days, 7 is the same day of last week."""
    means: list[Rows] = Field([], max_length=50, label="Rolling means")
    """Means of so many rows, up to the latest one that is known."""
    horizon: int = Field(1, ge=1, le=FARTHEST, label="Rows ahead", recommended=(1, 30))
    """How many rows ahead is predicted; later ones than that are not looked at."""
    keep: bool = Field(False, label="Keep the first rows")
    """Keep the rows that have no such past, with gaps; otherwise they are left out."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        """Order the rows, and look back."""
        import pyarrow as pa

        known = self._columns(dataset.schema) or ()
        past = following(dataset, self.time_column, self.group_column)
        ordered = dataset.take(past.order).arrow
        made = {name: ordered[name] for name in ordered.column_names}
        for name in self.columns:
            made |= self._looked_back(ordered[name], name, past)
        table = pa.table(made)
        if not self.keep:
            table = table.filter(pa.array(past.place >= self.deepest()))
        self._tell(dataset, past, table.num_rows)
        return self.Out(Table(table, columns=known, provenance=self._provenance(dataset.schema)))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        """Name the new columns; tell the rows where all of them follow one another."""
        columns, rows = self._columns(dataset), dataset.rows
        if rows is not None and not self.keep:
            self._refuse_short(rows, rows - self.deepest())
            rows = None if self.group_column else rows - self.deepest()
        provenance = self._provenance(dataset)
        return dataset.model_copy(
            update={"columns": columns, "rows": rows, "provenance": provenance}
        )

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """What is told of the past comes beside what there is; the first rows may be left out."""
        return seen.of_some_rows()

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return lags(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say of what, how far back and how far ahead."""
        if not self.columns:
            return "no column chosen"
        back = [f"{each:,} back" for each in self.lags] + [f"mean of {m:,}" for m in self.means]
        return f"{some(self.columns, 2)} · {some(back)} · {self.horizon:,} ahead"

    def deepest(self) -> int:
        """Return how many rows before a row are looked at, at most."""
        return max([*self.lags, *(self.horizon + mean - 1 for mean in self.means)])

    def told(self, column: ColumnSchema) -> Iterator[ColumnSchema]:
        """Name what is told of a column: its lags, and its means."""
        gaps = None if self.keep else column.missing
        for lag in dict.fromkeys(self.lags):
            yield column.model_copy(update={"name": f"{column.name}_lag_{lag}", "missing": gaps})
        for mean in dict.fromkeys(self.means):
            full = 0 if gaps == 0 else None
            yield ColumnSchema(
                name=f"{column.name}_mean_{mean}", kind="number", unit=column.unit, missing=full
            )

    def _provenance(self, dataset: TableSchema) -> Provenance:
        """Say that rows hold what was before, so that nobody mixes them unwarned."""
        told = {"time": self.time_column, "ahead": max(self.horizon, dataset.provenance.ahead)}
        return dataset.provenance.model_copy(update=told)

    def _looked_back(
        self, column: pa.ChunkedArray, name: str, past: Past
    ) -> dict[str, pa.ChunkedArray]:
        found = {f"{name}_lag_{lag}": past.back(plain(column, name), lag) for lag in self.lags}
        for mean in self.means:
            latest = past.means(as_floats(column), mean)
            found[f"{name}_mean_{mean}"] = past.back(latest, self.horizon)
        return found

    def _columns(self, schema: TableSchema) -> tuple[ColumnSchema, ...] | None:
        self._check(schema)
        if schema.columns is None:
            return None
        known = {column.name: column for column in schema.columns}
        made = [new for name in self.columns for new in self.told(known[name])]
        names = [column.name for column in (*schema.columns, *made)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ParameterError(
                f"There is a column {quoted(twice)} already.",
                field="columns",
                hint="Rename it with Select Columns first.",
            )
        return (*schema.columns, *made)

    def _check(self, schema: TableSchema) -> None:
        if not self.time_column:
            raise ParameterError(
                "No column to order the rows by is chosen.",
                field="time_column",
                hint="Choose the date, or a number that grows.",
            )
        if not self.columns:
            raise ParameterError(
                "No column whose past is told is chosen.",
                field="columns",
                hint="Choose the column that is to be predicted.",
            )
        require(schema, [self.time_column], field="time_column")
        require(schema, self.columns, field="columns")
        if self.group_column:
            require(schema, [self.group_column], field="group_column")
        self._refuse_text(schema)
        self._refuse_future()
        if self.means:
            require_numbers(schema, self.columns, field="columns", what="A rolling mean")

    def _refuse_text(self, schema: TableSchema) -> None:
        column = schema.column(self.time_column)
        if column is not None and column.kind in ("text", "category"):
            raise ParameterError(
                f"{named(self.time_column)} is text, which has no order in time.",
                field="time_column",
                hint="Choose a date or a number.",
            )

    def _refuse_future(self) -> None:
        """Refuse a lag of a row that is not known yet."""
        if not self.lags and not self.means:
            raise ParameterError(
                "Nothing is told of the past.", field="lags", hint="Add a lag, such as 7."
            )
        late = [lag for lag in self.lags if lag < self.horizon]
        if late:
            left = [lag for lag in self.lags if lag >= self.horizon]
            raise ParameterError(
                f"What was {late[0]:,} row{'s' if late[0] > 1 else ''} before is not known yet "
                f"{self.horizon:,} rows ahead.",
                field="lags",
                hint=f"Look at least {self.horizon:,} rows back, or predict fewer rows ahead.",
                fix=(f"Look back {self.horizon:,} and more", left or [self.horizon]),
            )

    def _refuse_short(self, rows: int, left: int) -> None:
        if left <= 0:
            raise InputError(
                f"{rows:,} rows are too few to look {self.deepest():,} rows back.",
                port="dataset",
                hint="Look fewer rows back, or keep the first rows.",
            )

    def _tell(self, dataset: Table, past: Past, left: int) -> None:
        """Print how many rows have no past, and whether a row is always one step."""
        rows = dataset.num_rows
        if not self.keep:
            self._refuse_short(rows, left)
            print(f"{rows - left:,} of {rows:,} rows have no such past and are left out.")
        if past.uneven:
            print(
                f"The rows are not evenly apart in {self.time_column}: {past.uneven:,} steps are "
                "longer or shorter than most. A lag counts rows, whatever time lies between."
            )
