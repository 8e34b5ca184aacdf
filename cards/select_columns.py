"""Select Columns: fewer columns, and better names."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Literal, NamedTuple

from cards._columns import require, some
from cards._script.tables import select
from tensorrag import Card, Column, Field, ParameterError, Schema, Table, TableSchema
from tensorrag.quoting import named, quoted
from tensorrag.script import Given, Script
from tensorrag.types import Seen


class SelectColumns(Card):
    """Keep some columns of a table, or drop some, and rename them.

    Columns stay in the order of the table, and keep their kinds and units.
    """

    category = "Tables"
    on_new_rows = "again"

    mode: Literal["keep", "drop"] = "keep"
    """Whether the chosen columns are kept or dropped."""
    columns: list[Column] = Field([], columns_of="dataset")
    """The columns to keep or drop; none chosen means all columns stay."""
    rename: list[str] = Field([], max_length=1000)
    """New names, as `old = new`, separated by commas."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        names = self.renamed(dataset.schema) or {}
        known = {column.name: column for column in dataset.columns}
        columns = [known[old].model_copy(update={"name": new}) for old, new in names.items()]
        arrow = dataset.select(list(names)).rename_columns(list(names.values()))
        provenance = dataset.provenance.renamed(names)
        return self.Out(Table(arrow, columns=columns, provenance=provenance))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        names = self.renamed(dataset)
        if names is None:
            return dataset
        columns = tuple(
            column.model_copy(update={"name": names[column.name]})
            for column in dataset.columns or ()
            if column.name in names
        )
        provenance = dataset.provenance.renamed(names)
        return dataset.model_copy(update={"columns": columns, "provenance": provenance})

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """The columns that stay are as they were."""
        return seen.renamed(self.renamed(table) or {})

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return select(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the columns."""
        renamed = f"{len(self.rename)} renamed" if self.rename else ""
        chosen = f"{self.mode} {some(self.columns)}" if self.columns else ""
        return " · ".join(part for part in (chosen, renamed) if part) or "all columns"

    def made_of(self, column: str, table: TableSchema) -> tuple[str, ...]:
        """Name the column before it was renamed."""
        names = self.renamed(table) or {}
        return tuple(old for old, new in names.items() if new == column)

    def renamed(self, schema: TableSchema) -> dict[str, str] | None:
        """Return the columns that stay, each with its new name; None where they are not known."""
        if schema.names is None:
            return None
        require(schema, self.columns, field="columns")
        chosen = set(self.columns)
        keeps = self.mode == "keep"
        stay = [n for n in schema.names if not chosen or (n in chosen) is keeps]
        if not stay:
            raise ParameterError(
                "No column would be left.", field="columns", hint="Drop fewer columns."
            )
        new = dict(self._pair(rule, stay) for rule in self.rename)
        names = {name: new.get(name, name) for name in stay}
        _refuse_twice(list(names.values()))
        return names

    def _pair(self, rule: str, stay: list[str]) -> tuple[str, str]:
        """Take apart ``old = new``; names may have signs of equality in them."""
        parts = rule.split("=")
        pairs = [
            ("=".join(parts[:at]).strip(), "=".join(parts[at:]).strip())
            for at in range(1, len(parts))
        ]
        if not pairs or not pairs[0][1]:
            raise ParameterError(
                f"{quoted(rule)} does not say a new name.", field="rename", hint="Write old = new."
            )
        found = next((pair for pair in pairs if pair[0] in stay), None)
        if found is None:
            near = get_close_matches(pairs[0][0], stay, n=1)
            asked = f"; did you mean {near[0]}?" if near else "."
            raise ParameterError(
                f"There is no column {quoted(pairs[0][0])} to rename{asked}",
                field="rename",
                hint="It is not in the table, or is dropped here.",
            )
        return found


def _refuse_twice(names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ParameterError(
            f"Two columns would be called {named(twice)}.",
            field="rename",
            hint="Rename one of them.",
        )
