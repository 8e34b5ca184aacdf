"""Filter Rows: only those for which a condition holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cards._formula.formula import MAX_LENGTH, condition
from cards._script.tables import filtered
from tensorrag import Card, Field, Schema, Table, TableSchema
from tensorrag.script import Given, Script


class FilterRows(Card):
    """Keep the rows for which a condition holds.

    Such as `price > 100 and city in ('Rome', 'Oslo')`, `not sold`, `rooms is not missing` or
    `sold_on >= '2024-12-31'`. A column whose name is no plain word stands between backticks. Rows
    for which the condition cannot be told, since a value is missing, are left out. The functions
    are those of Derive Column.
    """

    category = "Tables"
    libraries = ("pyarrow",)
    on_new_rows = "nothing"

    condition: str = Field("", max_length=MAX_LENGTH, condition_of="dataset")
    """What must hold for a row to stay, such as `price > 100 and city == 'Rome'`."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import pyarrow.compute as pc

        holds = condition(self.condition, dataset.schema, field="condition").values(dataset)
        return self.Out(Table(dataset.arrow.filter(pc.fill_null(holds, False)), like=dataset))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        condition(self.condition, dataset, field="condition")
        return dataset.model_copy(update={"rows": None})

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return filtered(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Show the condition."""
        return self.condition.strip() or "no condition yet"
