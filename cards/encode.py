"""Encode: numbers in the place of categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cards._arrow import replaced
from cards._columns import require, require_numbers, some
from cards._encoding.one_hot import one_hot, values_of
from cards._encoding.ordinal import known_order, places
from cards._encoding.target import learnt_means, means_again, target_means
from cards._fitting import Fitting, fitted, fitting_concerns, same_columns
from cards._script.features import encode, encode_again
from tensorrag import (
    CardError,
    Column,
    ColumnSchema,
    Field,
    ParameterError,
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


class Encode(Fitting):
    """Put numbers in the place of categories.

    One-hot: a column of 0 and 1 for each value, called `city_Rome`. Ordinal: 0, 1, 2 … in an
    order. Target: how large the target is on average where the column has that value; each row
    is left out of its own average, or else it would be told the answer. The values are learnt
    from the table at `fit_on`, else from the table itself. After a split, connect the train rows
    there, so that test rows are encoded like them. A value that was not learnt becomes 0 in all
    columns (one-hot), missing (ordinal) or the mean of all (target). Training a model encodes
    categories by itself; this is for the choice of another way, or for other uses.
    """

    category = "Features"
    libraries = ("pyarrow", "numpy")

    method: Literal["one_hot", "ordinal", "target"] = Field("one_hot", label="Encoding")
    """Which numbers take the place of the categories."""
    columns: list[Column] = Field([], columns_of="dataset")
    """The columns to encode; none chosen means every category."""
    order: list[str] = Field([], max_length=1000, when={"method": "ordinal"})
    """The values from lowest to highest, separated by commas; none means by alphabet."""
    most_values: int = Field(50, ge=2, le=2000, when={"method": "one_hot"})
    """Refuse a column with more different values than this."""
    target_column: Column | None = Field(None, columns_of="dataset", when={"method": "target"})
    """The number whose average is taken."""
    smoothing: float = Field(10.0, ge=0, le=1e6, unit="rows", when={"method": "target"})
    """How many rows of the overall average each value starts with, so that rare ones stay near."""
    seed: int = Field(42, ge=0, le=2**32 - 1, when={"method": "target"})
    """The same seed leaves out the same rows together."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table, fit_on: Table | None) -> Out:
        learnt = dataset if fit_on is None else fit_on
        names = self.chosen(dataset.schema, learnt.schema) or []
        self._learnt = {name: self._fit(learnt, name) for name in names}
        if self.method == "target" and fit_on is None:  # none is told its own target
            encoded = self._replaced(dataset, {name: self._apart(dataset, name) for name in names})
        else:
            encoded = self.again(dataset, self._learnt)
        provenance = fitted(dataset.schema, learnt.schema, self.title)
        return self.Out(Table(encoded.arrow, columns=encoded.columns, provenance=provenance))

    def again(self, dataset: Table, learnt: JsonObject) -> Table:
        """Encode by the values, or the means, of each column."""
        if self.method == "one_hot":
            arrow, columns = one_hot(dataset, learnt)
            return Table(arrow, columns=columns)
        encoded = {name: self._encoded(dataset.column(name), one) for name, one in learnt.items()}
        return self._replaced(dataset, encoded)

    def known(self, dataset: TableSchema, learnt: JsonObject | None) -> TableSchema:
        """Name the new columns, once the values are known."""
        if self.method != "one_hot" or learnt is None or dataset.columns is None:
            return self.propagate(dataset, None)
        columns = [
            one
            for column in dataset.columns
            for one in (
                [column]
                if column.name not in learnt
                else [_hot(column, value) for value in learnt[column.name]]
            )
        ]
        return dataset.model_copy(update={"columns": tuple(columns)})

    def made_of(self, column: str, table: TableSchema) -> tuple[str, ...]:
        """Name the column that has the value of which a new one tells."""
        if self.method != "one_hot" or table.column(column) is not None:
            return (column,)
        names = self.chosen(table, None) or []
        return tuple(name for name in names if column.startswith(f"{name}_")) or (column,)

    def propagate(self, dataset: TableSchema, fit_on: TableSchema | None) -> TableSchema:
        names = self.chosen(dataset, fit_on)
        columns = dataset.columns
        if columns is not None:  # one-hot columns are known once the values are
            known = names is not None and (self.method != "one_hot" or not names)
            columns = self._numbers(columns, names or []) if known else None
        provenance = fitted(dataset, fit_on, self.title)
        return dataset.model_copy(update={"columns": columns, "provenance": provenance})

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """The places of words tell the same as these; a mean differs from row to row."""
        names = self.chosen(table, None)
        if names is None or self.method == "one_hot":
            return self.still_seen_by_others(seen, table)
        if self.method == "target":
            return seen.beside_any(names)
        kinds = {column.name: column.kind for column in table.columns or ()}
        return seen.beside([n for n in names if kinds[n] not in ("category", "text", "binary")])

    def still_seen_by_others(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Values that were not learnt are no longer told apart; equal rows stay equal."""
        names = self.chosen(table, None)
        return None if names is None else seen.beside(names)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return encode(self, given)

    def script_again(self, given: Given, learnt: JsonObject) -> Script:
        """Write it with what was learnt."""
        return encode_again(self, given, learnt)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how, and what."""
        how = self.method.replace("_", "-")
        return f"{how} · {some(self.columns)}" if self.columns else how

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Warn of encoding test rows by themselves."""
        return fitting_concerns(schemas, "The values")

    def chosen(self, schema: TableSchema, fit_on: TableSchema | None) -> list[str] | None:
        """Return the columns to encode; None where they are not known.

        Raises:
            ParameterError: a chosen column is missing, or cannot be encoded.
            InputError: the table to learn from lacks one.
        """
        require(schema, self.columns, field="columns")
        if self.method == "target":
            self._check_target(schema, fit_on)
        if schema.columns is None:
            return None
        names = self.columns or [
            c.name for c in schema.columns if c.kind == "category" and c.name != self._target()
        ]
        same_columns(names, fit_on)
        return names

    def _target(self) -> str | None:
        return self.target_column if self.method == "target" else None

    def _check_target(self, schema: TableSchema, fit_on: TableSchema | None) -> None:
        target = self.target_column
        if not target:
            raise ParameterError(
                "No target is chosen to take the average of.",
                field="target_column",
                hint="Choose the number that will be predicted.",
            )
        if target in self.columns:
            raise ParameterError(
                f"{named(target)} is the target and would be encoded by itself.",
                field="columns",
                hint=f"Take {named(target)} out of the columns.",
            )
        if fit_on is None:
            require(schema, [target], field="target_column")
        else:
            same_columns([target], fit_on)
        learnt = schema if fit_on is None else fit_on
        require_numbers(learnt, [target], field="target_column", what="An average")

    def _fit(self, learnt: Table, name: str) -> list[Any]:
        """Return the values in their order; of a target, their means and the overall one."""
        if self.method == "one_hot":
            return values_of(learnt, name, self.most_values)
        if self.method == "ordinal":
            return known_order(learnt.column(name), name, self.order)
        return list(learnt_means(learnt, name, str(self.target_column), self.smoothing))

    def _encoded(self, column: pa.ChunkedArray, learnt: list[Any]) -> pa.ChunkedArray:
        return means_again(column, *learnt) if self.method == "target" else places(column, learnt)

    def _apart(self, dataset: Table, name: str) -> pa.ChunkedArray:
        goal = str(self.target_column)
        return target_means(dataset, name, goal, self.smoothing, self.seed)

    def _replaced(self, dataset: Table, encoded: Mapping[str, pa.ChunkedArray]) -> Table:
        columns = self._numbers(dataset.columns, list(encoded))
        return Table(replaced(dataset.arrow, encoded), columns=columns)

    def _numbers(
        self, columns: Sequence[ColumnSchema], names: Sequence[str]
    ) -> tuple[ColumnSchema, ...]:
        """Encoded columns are numbers; none is missing where a mean stands for what is."""
        whole = self.method == "ordinal"
        new = {"kind": "integer" if whole else "number", "missing": None if whole else 0}
        return tuple(c.model_copy(update=new) if c.name in names else c for c in columns)


def _hot(column: ColumnSchema, value: str) -> ColumnSchema:
    new = {"name": f"{column.name}_{value}", "kind": "binary", "missing": 0, "unit": None}
    return column.model_copy(update=new)
