"""Dates to Features: numbers that a model can take in the place of dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cards._arrow import is_text
from cards._columns import require, some
from cards._script import features
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
from tensorrag.types import Seen

if TYPE_CHECKING:
    import pyarrow as pa


PARTS = ("year", "month", "day", "weekday", "day_of_year", "hour", "days")
"""What can be taken of a date."""


class DatesToFeatures(Card):
    """Turn dates into numbers that a model can take: year, month, weekday and so on.

    The new columns are called `sold_year`, `sold_month` … where the date is called `sold`, and
    stand in its place. Monday is 1. Of times that were read from text with an offset such as
    +01:00, all of it is taken in UTC; of a Parquet column with a time zone, in that zone.
    """

    title = "Dates to Features"
    category = "Features"
    libraries = ("pyarrow",)
    on_new_rows = "again"

    columns: list[Column] = Field([], columns_of="dataset")
    """The dates; none chosen means every date."""
    year: bool = True
    """The year."""
    month: bool = True
    """The month, 1 to 12."""
    day: bool = False
    """The day of the month, 1 to 31."""
    weekday: bool = True
    """The day of the week, 1 (Monday) to 7."""
    day_of_year: bool = False
    """The day of the year, 1 to 366."""
    hour: bool = False
    """The hour, 0 to 23."""
    days: bool = Field(False, label="Days since 1970")
    """Days since the first of January 1970: how far apart two dates are."""
    keep: bool = Field(False, label="Keep the dates")
    """Keep the dates as well."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import pyarrow as pa

        dates = set(self.dates(dataset.schema) or ())
        known = self._columns(dataset.schema) or ()
        made: dict[str, pa.ChunkedArray] = {}
        for name in dataset.fields.names:
            if name not in dates or self.keep:
                made[name] = dataset.column(name)
            if name in dates:
                date = _timestamps(dataset.column(name), name)
                made |= {f"{name}_{part}": _part(date, part) for part in self.parts()}
        return self.Out(Table(pa.table(made), columns=known, provenance=dataset.provenance))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        return dataset.model_copy(update={"columns": self._columns(dataset)})

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """The other columns stay as they are."""
        names = () if self.keep else self.dates(table)
        return None if names is None else seen.beside(names)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return features.dates(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the dates and what is taken of them."""
        parts = some([part.replace("_", " ") for part in self.parts()])
        return f"{some(self.columns, 2)} · {parts}" if self.columns else parts

    def made_of(self, column: str, table: TableSchema) -> tuple[str, ...]:
        """Name the date that a part was taken of."""
        dates = {f"{date}_{part}": date for date in self.dates(table) or () for part in PARTS}
        return (column,) if column in (table.names or ()) else (dates.get(column, column),)

    def parts(self) -> list[str]:
        return [part for part in PARTS if getattr(self, part)]

    def dates(self, schema: TableSchema) -> list[str] | None:
        require(schema, self.columns, field="columns")
        if not self.parts():
            raise ParameterError(
                "Nothing is taken of the dates.", field="year", hint="Switch on year, or another."
            )
        for column in (schema.column(name) for name in self.columns):
            if column is not None and column.kind not in (None, "date"):
                raise ParameterError(
                    f"{named(column.name)} is no date.",
                    field="columns",
                    hint="Choose dates; text becomes dates where the table is loaded.",
                )
        if schema.columns is None:
            return None
        return self.columns or [c.name for c in schema.columns if c.kind == "date"]

    def _columns(self, schema: TableSchema) -> tuple[ColumnSchema, ...] | None:
        dates = self.dates(schema)
        if dates is None or schema.columns is None:
            return None
        columns = tuple(self._changed(schema.columns, set(dates)))
        names = [column.name for column in columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ParameterError(
                f"There is a column {quoted(twice)} already.",
                field="columns",
                hint="Rename it with Select Columns first.",
            )
        return columns

    def _changed(
        self, columns: tuple[ColumnSchema, ...], dates: set[str]
    ) -> Iterator[ColumnSchema]:
        for column in columns:
            if column.name not in dates or self.keep:
                yield column
            if column.name in dates:
                for part in self.parts():
                    name = f"{column.name}_{part}"
                    yield ColumnSchema(name=name, kind="integer", missing=column.missing)


def _timestamps(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            column = pc.local_timestamp(column)
        return column.cast(pa.timestamp("us"), safe=False)
    except pa.ArrowException as error:
        raise InputError(
            f"{named(name)} holds no dates{_such_as(column)}.",
            port="dataset",
            hint=f"Write all of them alike, as 2026-01-31 or 2026-01-31 12:00, or leave out "
            f"{named(name)}.",
        ) from error


def _such_as(column: pa.ChunkedArray) -> str:
    if not is_text(column.type):
        return ""
    return f" but text, such as {quoted(column.drop_null()[0].as_py())}"


def _part(date: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if part == "weekday":
        made = pc.day_of_week(date, count_from_zero=False, week_start=1)
    elif part == "days":
        made = pc.floor(pc.divide(date.cast(pa.int64()).cast(pa.float64(), safe=False), 86_400e6))
    else:
        made = getattr(pc, part)(date)
    return made.cast(pa.int64())
