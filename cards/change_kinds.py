"""Change Kinds: what a column is, where it was not detected as it is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._arrow import replaced
from cards._columns import require, some
from cards._kinds import to_kind
from cards._script.tables import change_kinds
from tensorrag import Card, Column, ColumnSchema, Field, ParameterError, Schema, Table, TableSchema
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import ColumnKind, Seen

if TYPE_CHECKING:
    import pyarrow as pa


class ChangeKinds(Card):
    """Say what columns are, where that was not detected as it is meant.

    A grade from 1 to 6 may be a category and no number; `12 000` in a column of text is a number;
    a date may be written in a way of its own. The values are converted as well.
    """

    category = "Tables"
    libraries = ("pyarrow",)
    on_new_rows = "again"

    number: list[Column] = Field([], columns_of="dataset", label="Numbers")
    """Columns that are numbers."""
    integer: list[Column] = Field([], columns_of="dataset", label="Whole numbers")
    """Columns that are whole numbers, such as counts."""
    binary: list[Column] = Field([], columns_of="dataset", label="Yes or no")
    """Columns that are yes or no: true and false, yes and no, 1 and 0."""
    category_columns: list[Column] = Field([], columns_of="dataset", label="Categories")
    """Columns with few different values, such as a grade or a district; a model takes up to 200."""
    text: list[Column] = Field([], columns_of="dataset", label="Text")
    """Columns that are text."""
    date: list[Column] = Field([], columns_of="dataset", label="Dates")
    """Columns that are dates, written 2024-12-31, or 2024-12-31 12:00+01:00 and then put into UTC,
    or as Date format says."""
    date_format: str = Field("", max_length=100)
    """How dates are written, such as %d.%m.%Y for 31.12.2024; empty means 2024-12-31."""
    unreadable: Literal["refuse", "missing"] = Field("refuse", label="What does not fit")
    """What becomes of a value that is not of the kind: an error that names it, or missing."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        kinds = self._kinds(dataset.schema)
        changed: dict[str, pa.ChunkedArray] = {}
        for name, kind in kinds.items():
            refuse = self.unreadable == "refuse"
            changed[name] = to_kind(
                dataset.column(name), kind, name, date_format=self.date_format, refuse=refuse
            )
            lost = changed[name].null_count - dataset.column(name).null_count
            if lost:
                print(f"{name}: {lost:,} values became missing.")
        columns = tuple(self._columns(dataset.columns, kinds))
        arrow = replaced(dataset.arrow, changed)
        return self.Out(Table(arrow, columns=columns, provenance=dataset.provenance))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        kinds = self._kinds(dataset)
        if dataset.columns is None:
            return dataset
        columns = tuple(self._columns(dataset.columns, kinds))
        return dataset.model_copy(update={"columns": columns})

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """The other columns stay as they are, and so does what different values become others."""
        known = {column.name: column.kind for column in table.columns or ()}
        return seen.beside(
            [
                name
                for name, kind in self._kinds(table).items()
                if not self._is_exact(known.get(name), kind, name, seen)
            ]
        )

    def _is_exact(self, known: ColumnKind | None, kind: ColumnKind, name: str, seen: Seen) -> bool:
        """Whether no two values of a column become one; NaN is written in one way only."""
        if kind in ("category", "text"):
            words = ("integer", "binary", "category", "text")
            return known in words or (known == "number" and name in seen.full)
        if (known, kind) == ("integer", "number"):
            return seen.are_floats(name)
        flags = (("integer", "binary"), ("binary", "integer"), ("binary", "number"))
        return (known, kind) in flags and self.unreadable == "refuse"

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return change_kinds(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the columns."""
        chosen = [name for names in self._chosen().values() for name in names]
        return some(chosen) if chosen else "no column chosen"

    def _chosen(self) -> dict[ColumnKind, list[str]]:
        return {
            "number": self.number,
            "integer": self.integer,
            "binary": self.binary,
            "category": self.category_columns,
            "text": self.text,
            "date": self.date,
        }

    def _kinds(self, schema: TableSchema) -> dict[str, ColumnKind]:
        """Return the new kind of each chosen column."""
        kinds: dict[str, ColumnKind] = {}
        for kind, names in self._chosen().items():
            field = "category_columns" if kind == "category" else kind
            require(schema, names, field=field)
            twice = next((name for name in names if name in kinds), None)
            if twice is not None:
                raise ParameterError(
                    f"{named(twice)} cannot be of two kinds.",
                    field=field,
                    hint="Take it out of one of the lists.",
                )
            kinds |= dict.fromkeys(names, kind)
        return kinds

    def _columns(
        self, columns: tuple[ColumnSchema, ...], kinds: Mapping[str, ColumnKind]
    ) -> Iterator[ColumnSchema]:
        for column in columns:
            kind = kinds.get(column.name)
            if kind is None:
                yield column
                continue
            unit = column.unit if kind in ("number", "integer") else None
            lost = self.unreadable == "missing"
            new = {"kind": kind, "unit": unit, "missing": None if lost else column.missing}
            yield column.model_copy(update=new)
