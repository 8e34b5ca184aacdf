"""Sort Rows: by one or several columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cards._arrow import plain
from cards._columns import require, some
from cards._script.tables import sort
from tensorrag import Card, Column, Field, ParameterError, Schema, Table, TableSchema
from tensorrag.script import Given, Script
from tensorrag.types import Seen


class SortRows(Card):
    """Sort the rows of a table by one or several columns.

    Rows that are equal in the first column are sorted by the second, and so on; rows that are
    equal in all of them keep their order. Missing values come last.
    """

    category = "Tables"
    libraries = ("pyarrow",)
    on_new_rows = "nothing"

    columns: list[Column] = Field([], columns_of="dataset")
    """The columns to sort by, the most important one first."""
    descending: bool = False
    """Start with the largest values, or the latest dates."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import pyarrow.compute as pc

        self._check(dataset.schema)
        order = "descending" if self.descending else "ascending"
        places = pc.sort_indices(
            _comparable(dataset, self.columns),
            sort_keys=[(str(at), order) for at in range(len(self.columns))],
        )
        return self.Out(dataset.take(places.to_numpy()))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        self._check(dataset)
        return dataset

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """The rows are the same."""
        return seen

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return sort(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the columns."""
        by = f"by {some(self.columns)}" if self.columns else "no column chosen"
        return f"{by}, descending" if self.columns and self.descending else by

    def _check(self, schema: TableSchema) -> None:
        if not self.columns:
            raise ParameterError(
                "No column to sort by is chosen.", field="columns", hint="Choose one."
            )
        require(schema, self.columns, field="columns")


def _comparable(table: Table, names: list[str]) -> object:
    """Take the columns to sort by out of the table, and out of dictionaries, under plain names."""
    import pyarrow as pa

    return pa.table({str(at): plain(table.column(name), name) for at, name in enumerate(names)})
