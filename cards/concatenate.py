"""Concatenate: the rows of several tables under one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._arrow import plain
from cards._merging import in_common, merged
from cards._script.tables import concatenate
from tensorrag import Card, ColumnSchema, Field, InputError, Schema, Table, TableSchema
from tensorrag.quoting import quoted
from tensorrag.script import Given, Script

if TYPE_CHECKING:
    import pyarrow as pa


class Concatenate(Card):
    """Put the rows of several tables under one another, column by column by name.

    Rows stay in the order of the wires. Whole numbers and numbers become numbers.
    """

    category = "Tables"
    libraries = ("pyarrow",)

    lacking: Literal["fill", "leave_out", "refuse"] = Field("fill", label="Columns not in all")
    """What becomes of a column that a table lacks: missing values there, no such column, or an
    error."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, *tables: Table) -> Out:
        import pyarrow as pa

        columns = self._columns([table.schema for table in tables]) or ()
        parts = [
            pa.table({c.name: _brought(table.arrow, c) for c in columns})
            for table in tables
        ]  # fmt: skip
        try:
            arrow = pa.concat_tables(parts, promote_options="permissive")
        except pa.ArrowException as error:
            raise InputError(
                f"The tables do not fit together: {str(error).partition(chr(10))[0][:200]}",
                port="tables",
                hint="Make the columns alike first.",
            ) from error
        provenance = merged([table.provenance for table in tables])
        return self.Out(Table(arrow, columns=columns, provenance=provenance))

    def propagate(self, *tables: TableSchema) -> TableSchema:
        columns = self._columns(tables)
        rows = [table.rows for table in tables]
        known = [count for count in rows if count is not None]
        return TableSchema(
            columns=columns,
            rows=sum(known) if len(known) == len(rows) else None,
            provenance=merged([table.provenance for table in tables]),
        )

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return concatenate(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say what becomes of columns that a table lacks."""
        return {"fill": "", "leave_out": "common columns", "refuse": "equal columns"}[self.lacking]

    def _columns(self, tables: Sequence[TableSchema]) -> tuple[ColumnSchema, ...] | None:
        if not tables:
            raise InputError("No table is connected.", port="tables", hint="Connect two or more.")
        if any(table.columns is None for table in tables):
            return None
        found: dict[str, list[ColumnSchema]] = {}
        for table in tables:
            for column in table.columns or ():
                found.setdefault(column.name, []).append(column)
        lacking = [name for name, columns in found.items() if len(columns) < len(tables)]
        if lacking and self.lacking == "refuse":
            raise InputError(
                f"A table lacks the column {quoted(lacking[0])}.",
                port="tables",
                hint="Allow missing values, or keep the columns that all have.",
            )
        left = {n: c for n, c in found.items() if self.lacking == "fill" or n not in lacking}
        if not left:
            raise InputError(
                "The tables have no column in common.", port="tables", hint="Rename some first."
            )
        common = [in_common(columns, "tables") for columns in left.values()]
        return tuple(_with_gaps(c) if c.name in lacking else c for c in common)


def _with_gaps(column: ColumnSchema) -> ColumnSchema:
    """Say of a column that a table lacks no longer how many values are missing in the other."""
    return column.model_copy(update={"missing": None})


def _brought(arrow: pa.Table, column: ColumnSchema) -> pa.ChunkedArray:
    """Take a column out of a table, as numbers where it is to be some; missing if it lacks it."""
    import pyarrow as pa

    if column.name not in arrow.column_names:
        return pa.chunked_array([pa.nulls(arrow.num_rows)])
    found = plain(arrow[column.name])
    if pa.types.is_boolean(found.type) and column.kind in ("number", "integer"):
        return found.cast(pa.int8())
    return found
