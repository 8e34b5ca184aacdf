"""Assert Table: rows must be as they are expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cards._arrow import plain
from cards._columns import require, some
from cards._formula.formula import condition
from cards._script.tables import assert_table
from tensorrag import Card, Column, Field, InputError, Schema, Table, TableSchema
from tensorrag.formula.tree import MAX_LENGTH
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import Seen


class AssertTable(Card):
    """Fail unless a table is as expected, so that bad data never reaches a model.

    The condition must hold in every row, such as `price > 0 and city is not missing`; a row of
    which it cannot be told, since a value is missing, does not pass. The operators and functions
    are those of Derive Column. `tensorrag run` then ends with exit code 1 and says what is wrong.
    """

    category = "Data"
    libraries = ("pyarrow",)
    on_new_rows = "nothing"

    condition: str = Field("", max_length=MAX_LENGTH, condition_of="dataset")
    """What must hold in every row; empty means nothing."""
    least_rows: int = Field(1, ge=0, label="Rows at least")
    """How many rows there must be."""
    complete: list[Column] = Field([], columns_of="dataset", label="Without gaps")
    """Columns in which no value may be missing."""
    unique: list[Column] = Field([], columns_of="dataset", label="Unique together")
    """Columns whose values together may occur once only, such as an id."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        """Pass the table on, if it is as expected."""
        require(dataset.schema, self.complete, field="complete")
        require(dataset.schema, self.unique, field="unique")
        if dataset.num_rows < self.least_rows:
            raise _wrong(f"There are {dataset.num_rows:,} rows, fewer than {self.least_rows:,}.")
        self._look_for_gaps(dataset)
        self._look_for_repeats(dataset)
        self._look_at_rows(dataset)
        return self.Out(dataset)

    def propagate(self, dataset: TableSchema) -> TableSchema:
        """Pass on what is known."""
        require(dataset, self.complete, field="complete")
        require(dataset, self.unique, field="unique")
        if self.condition.strip():
            condition(self.condition, dataset, field="condition")
        return dataset

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Nothing changes."""
        return seen

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return assert_table(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Show what must hold first."""
        if self.condition.strip():
            return self.condition.strip()
        if self.unique:
            return f"{some(self.unique)} unique"
        if self.complete:
            return f"{some(self.complete)} without gaps"
        return f"{self.least_rows:,} rows at least"

    def _look_for_gaps(self, dataset: Table) -> None:
        for name in self.complete:
            gaps = dataset.column(name).null_count
            if gaps:
                raise _wrong(
                    f"{named(name)} has no value in {gaps:,} of {dataset.num_rows:,} rows."
                )

    def _look_for_repeats(self, dataset: Table) -> None:
        import pyarrow as pa

        if not self.unique:
            return
        chosen = pa.table({name: plain(dataset.column(name), name) for name in self.unique})
        kinds = chosen.group_by(self.unique).aggregate([]).num_rows
        if kinds < chosen.num_rows:
            again = chosen.num_rows - kinds
            raise _wrong(
                f"{again:,} rows repeat {' and '.join(map(named, self.unique))} of another row."
            )

    def _look_at_rows(self, dataset: Table) -> None:
        import pyarrow.compute as pc

        if not self.condition.strip():
            return
        holds = condition(self.condition, dataset.schema, field="condition").values(dataset)
        holds = pc.fill_null(holds, False)
        right = pc.sum(holds).as_py() or 0
        if right < dataset.num_rows:
            first = holds.index(False).as_py() + 1
            raise _wrong(
                f"It does not hold that {self.condition.strip()} in "
                f"{dataset.num_rows - right:,} of {dataset.num_rows:,} rows, row {first:,} first."
            )


def _wrong(message: str) -> InputError:
    return InputError(message, port="dataset", hint="Mend the data, or ask for less.")
