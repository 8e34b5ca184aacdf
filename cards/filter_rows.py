"""Filter Rows: only those for which a condition holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cards._formula.formula import MAX_LENGTH, Formula, formula
from tensorrag import Card, Field, ParameterError, Schema, Table, TableSchema


class FilterRows(Card):
    """Keep the rows for which a condition holds.

    Such as `price > 100 and city in ('Rome', 'Oslo')`, `not sold`, `rooms is not missing` or
    `sold_on >= '2024-12-31'`. A column whose name is no plain word stands in backticks. Rows for
    which the condition cannot be told, since a value is missing, are left out. The functions are
    those of Derive Column.
    """

    category = "Data"
    libraries = ("pyarrow",)

    condition: str = Field("", max_length=MAX_LENGTH)
    """What must hold for a row to stay, such as `price > 100 and city == 'Rome'`."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import pyarrow.compute as pc

        holds = self._formula(dataset.schema).values(dataset)
        return self.Out(Table(dataset.arrow.filter(pc.fill_null(holds, False)), like=dataset))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        self._formula(dataset)
        return dataset.model_copy(update={"rows": None})

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Show the condition."""
        return self.condition.strip() or "no condition yet"

    def _formula(self, schema: TableSchema) -> Formula:
        if not self.condition.strip():
            raise ParameterError(
                "No condition is written.",
                field="condition",
                hint="Write what must hold for a row to stay, such as price > 100.",
            )
        made = formula(self.condition, schema, field="condition")
        if made.kind not in (None, "flag"):
            raise ParameterError(
                "This is no condition: it is neither true nor false.",
                field="condition",
                hint="Compare it with something, such as price > 100.",
            )
        return made
