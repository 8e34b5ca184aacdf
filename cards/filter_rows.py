"""Filter Rows: only those for which a condition holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pydantic import PrivateAttr

from cards._columns import with_columns
from cards._formula.formula import condition
from cards._script.tables import filtered
from tensorrag import Card, Field, Schema, Table, TableSchema
from tensorrag.formula.clauses import clauses
from tensorrag.formula.tree import MAX_LENGTH
from tensorrag.preview import (
    Face,
    FaceNumber,
    GroupPreview,
    NumbersFace,
    Preview,
    TextPreview,
)
from tensorrag.quoting import quoted
from tensorrag.script import Given, Script
from tensorrag.types import Seen, Value

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class FilterRows(Card):
    """Keep the rows for which a condition holds.

    Such as `price > 100 and city in ('Rome', 'Oslo')`, `not sold`, `rooms is not missing` or
    `sold_on >= '2024-12-31'`. A column whose name is no plain word stands between backticks. Rows
    for which the condition cannot be told, since a value is missing, are left out, and counted on
    the card. The functions are those of Derive Column.
    """

    category = "Tables"
    libraries = ("pyarrow",)
    on_new_rows = "nothing"

    condition: str = Field("", max_length=MAX_LENGTH, condition_of="dataset")
    """What must hold for a row to stay, such as `price > 100 and city == 'Rome'`."""

    _untold: int = PrivateAttr(0)
    """Rows for which the condition could not be told."""
    _lacking: tuple[str, ...] = PrivateAttr(())
    """Columns whose values are missing there."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import pyarrow.compute as pc

        formula = condition(self.condition, dataset.schema, field="condition")
        holds = formula.values(dataset)
        self._untold = holds.null_count
        if self._untold:
            unknown = dataset.take(_places(holds.is_null()))
            self._lacking = tuple(
                each.name
                for each in unknown.columns
                if each.name in formula.columns and each.missing
            )
        return self.Out(dataset.take(_places(pc.fill_null(holds, False))))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        condition(self.condition, dataset, field="condition")
        filled = filter(None, map(dataset.column, self._filled()))
        full = with_columns(dataset, [c.model_copy(update={"missing": 0}) for c in filled])
        return full.model_copy(update={"rows": None})

    def _filled(self) -> frozenset[str]:
        """Name columns that have a value in every row that stays: what is missing is not told."""
        found = clauses(self.condition)
        if found is None or found.word == "or":
            return frozenset()
        return frozenset(row.column for row in found.rows if row.operator != "is missing")

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Each row is there once or not at all."""
        return seen.of_some_rows()

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return filtered(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Show the condition."""
        return self.condition.strip() or "no condition yet"

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """Count the rows that were left out because the condition could not be told."""
        (kept,) = outputs
        if not self._untold or not isinstance(kept, Table):
            return super().face(outputs)
        items = (
            FaceNumber(label="rows kept", value=kept.num_rows),
            FaceNumber(label="not known", value=self._untold),
        )
        return NumbersFace(items=items)

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Say above the table what was left out unasked, and how to keep it."""
        shown = super().previews(outputs)
        if not self._untold:
            return shown
        return {"dataset": GroupPreview(items=(TextPreview(text=self._said()), shown["dataset"]))}

    def _said(self) -> str:
        count = "1 row was" if self._untold == 1 else f"{self._untold:,} rows were"
        where = f" in {', '.join(map(quoted, self._lacking[:5]))}" if self._lacking else ""
        return (
            f"{count} left out because it is not known whether the condition holds: "
            f"a value is missing{where}. To keep such rows, add “or … is missing” to the condition."
        )


def _places(holds: pa.ChunkedArray) -> np.ndarray:
    """Return the numbers of the rows of which it holds."""
    import numpy as np
    import pyarrow.compute as pc

    return np.asarray(pc.indices_nonzero(holds), dtype=np.int64)
