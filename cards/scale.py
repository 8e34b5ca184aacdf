"""Scale: numbers of one size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._arrow import as_floats, replaced
from cards._columns import require, require_numbers, some, with_columns
from cards._fitting import Fitting, fitted, fitting_concerns, same_columns
from cards._script.features import scale, scale_again
from tensorrag import (
    CardError,
    Column,
    ColumnSchema,
    Field,
    InputError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.plain import JsonObject
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import Seen

if TYPE_CHECKING:
    import pyarrow as pa


class Scale(Fitting):
    """Bring numeric columns to one size, so that none counts for more by its unit alone.

    Standard: mean 0 and spread 1. Min-max: from 0 to 1. Robust: median 0, and the middle half
    of the values 1 wide, which a few extreme values do not change. Middle and spread are learnt
    from the table at `fit_on`, else from the table itself. After a split, connect the train rows
    there, so that test rows are scaled like them. Models that need scaled numbers scale them by
    themselves; this is for other uses.
    """

    category = "Features"
    libraries = ("pyarrow",)

    method: Literal["standard", "min_max", "robust"] = "standard"
    """How the new size is chosen."""
    columns: list[Column] = Field([], columns_of="dataset")
    """The columns to scale; none chosen means every number, the target as well."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table, fit_on: Table | None) -> Out:
        learnt = dataset if fit_on is None else fit_on
        names = self.chosen(dataset.schema, learnt.schema) or []
        self._learnt = {name: self._measured(learnt, name) for name in names}
        scaled = self.again(dataset, self._learnt)
        provenance = fitted(dataset.schema, learnt.schema, self.title)
        return self.Out(Table(scaled.arrow, columns=scaled.columns, provenance=provenance))

    def again(self, dataset: Table, learnt: JsonObject) -> Table:
        """Scale by a middle and a spread for each column."""
        scaled = {
            name: _scaled(as_floats(dataset.column(name)), middle, spread)
            for name, (middle, spread) in learnt.items()
        }
        known = {column.name: column for column in self._columns(dataset.schema, list(learnt))}
        columns = [known.get(column.name, column) for column in dataset.columns]
        return Table(replaced(dataset.arrow, scaled), columns=columns)

    def known(self, dataset: TableSchema, learnt: JsonObject | None) -> TableSchema:
        """The same columns, as numbers."""
        return self.propagate(dataset, None)

    def propagate(self, dataset: TableSchema, fit_on: TableSchema | None) -> TableSchema:
        names = self.chosen(dataset, fit_on)
        changed = dataset.model_copy(update={"provenance": fitted(dataset, fit_on, self.title)})
        return changed if names is None else with_columns(changed, self._columns(dataset, names))

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """The other columns stay as they are; rounding may make numbers equal that differ."""
        names = self.chosen(table, None)
        return None if names is None else seen.beside(names)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return scale(self, given)

    def script_again(self, given: Given, learnt: JsonObject) -> Script:
        """Write it with what was learnt."""
        return scale_again(given, learnt)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how, and what."""
        how = self.method.replace("_", "-")
        return f"{how} · {some(self.columns)}" if self.columns else how

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Warn of scaling test rows by themselves."""
        return fitting_concerns(schemas, "Middle and spread")

    def chosen(self, schema: TableSchema, fit_on: TableSchema | None) -> list[str] | None:
        """Return the columns to scale; None where they are not known.

        Raises:
            ParameterError: a chosen column is missing, or cannot be scaled.
            InputError: the table to learn from lacks one.
        """
        require(schema, self.columns, field="columns")
        require_numbers(schema, self.columns, field="columns", what="Scaling")
        if schema.columns is None:
            return None
        measured = [c.name for c in schema.columns if c.kind in ("number", "integer")]
        names = self.columns or measured
        same_columns(names, fit_on)
        return names

    def _columns(self, schema: TableSchema, names: list[str]) -> list[ColumnSchema]:
        """Scaled columns are numbers without a unit."""
        columns = [schema.column(name) for name in names]
        plain = {"kind": "number", "unit": None}
        return [column.model_copy(update=plain) for column in columns if column is not None]

    def _measured(self, table: Table, name: str) -> list[float]:
        """Return middle and spread of a column.

        Raises:
            InputError: its numbers are too large for that.
        """
        measured = self._fit(as_floats(table.column(name)))
        if not all(map(math.isfinite, measured)):
            raise InputError(
                f"Column {named(name)} holds numbers so large that no computer holds their spread.",
                hint=f"Give {named(name)} in a larger unit, or take its logarithm.",
            )
        return list(measured)

    def _fit(self, column: pa.ChunkedArray) -> tuple[float, float]:
        """Return what becomes 0, and what becomes 1 wide; a constant column stays 1 wide."""
        import pyarrow.compute as pc

        column = column.filter(pc.is_finite(column))
        if not len(column):
            return 0.0, 1.0
        if self.method == "standard":
            middle, spread = pc.mean(column).as_py(), pc.stddev(column, ddof=0).as_py()
        elif self.method == "min_max":
            ends = pc.min_max(column)
            middle, spread = ends["min"].as_py(), ends["max"].as_py() - ends["min"].as_py()
        else:
            low, middle, high = pc.quantile(column, q=[0.25, 0.5, 0.75]).to_pylist()
            spread = high - low
        return middle, 1.0 if spread == 0 else spread


def _scaled(column: pa.ChunkedArray, middle: float, spread: float) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.divide(pc.subtract(column, middle), spread)
