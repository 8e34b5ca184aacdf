"""Derive Column: a new column, computed from others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cards._columns import refuse_taken, with_columns
from cards._formula.formula import Formula, formula
from cards._script.tables import derived
from tensorrag import Card, ColumnSchema, Field, ParameterError, Schema, Table, TableSchema
from tensorrag.formula.tree import MAX_LENGTH
from tensorrag.script import Given, Script
from tensorrag.types import ColumnKind, Seen


class DeriveColumn(Card):
    """Compute a new column from others with a formula.

    Such as `price / area`, `log(1 + income)`, `if(age < 18, 'child', 'adult')` or
    `year(sold_on)`. A column whose name is no plain word stands between two backticks.

    Operators: `+ - * / % ^`, `== != < <= > >=`, `in ('a', 'b')`, `not in`, `and`, `or`, `not`,
    `is missing`, `is not missing`. Functions of numbers: `abs sqrt log log10 exp floor ceil`,
    `round(x, digits)`, `min` and `max` of several values. Of text: `lower upper trim length
    concat`, `contains(x, 'part')`, `starts_with`, `ends_with`, `replace(x, 'old', 'new')`. Of
    dates: `year month day weekday hour`, where Monday is 1, and `days_between(start, end)`; a
    date is written `'2024-12-31'`. And `if(condition, then, otherwise)`, `text(x)`, and
    `coalesce`, which takes the first value that is not missing.

    What is computed from a missing value is missing, and so is what has no finite result, such as
    1 / 0.
    """

    category = "Features"
    libraries = ("pyarrow",)
    on_new_rows = "again"

    formula: str = Field("", max_length=MAX_LENGTH, formula_of="dataset")
    """What to compute for each row, such as `price / area`."""
    name: str = Field("derived", max_length=200)
    """What the new column is called."""
    replace: bool = Field(False, label="Replace a column")
    """Take the place of a column that has this name already."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        made = self._formula(dataset.schema)
        values, column = made.values(dataset), self._column(made)
        names = dataset.arrow.column_names
        if self.name in names:
            arrow = dataset.arrow.set_column(names.index(self.name), self.name, values)
        else:
            arrow = dataset.arrow.append_column(self.name, values)
        known = [c for c in dataset.columns if c.name != self.name]
        if column.kind is not None:
            known.append(column)
        return self.Out(Table(arrow, columns=known, provenance=dataset.provenance))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        return with_columns(dataset, [self._column(self._formula(dataset))])

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """The other columns stay as they are."""
        return seen.beside([self.name])

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return derived(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Show name and formula."""
        return f"{self.name} = {self.formula.strip()}" if self.formula.strip() else "no formula yet"

    def made_of(self, column: str, table: TableSchema) -> tuple[str, ...]:
        """Name the columns that the formula uses."""
        return tuple(self._formula(table).columns) if column == self.name else (column,)

    def _formula(self, schema: TableSchema) -> Formula:
        if not self.formula.strip():
            raise ParameterError(
                "No formula is written.",
                field="formula",
                hint="Write what to compute, such as price / area.",
            )
        made = formula(self.formula, schema, field="formula")
        if not self.replace:
            refuse_taken(schema, self.name, field="name")
        return made

    def _column(self, made: Formula) -> ColumnSchema:
        """Tell the kind; whether text is a category shows when it is there."""
        return ColumnSchema(name=self.name, kind=_KIND.get(made.kind or ""))


_KIND: Mapping[str, ColumnKind] = {
    "number": "number",
    "integer": "integer",
    "flag": "binary",
    "date": "date",
}
