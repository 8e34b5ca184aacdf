"""Balance Classes: as many rows of each class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._arrow import as_text
from cards._columns import require
from cards._script.tables import balance
from tensorrag import (
    Card,
    CardError,
    Column,
    Field,
    InputError,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import Provenance

if TYPE_CHECKING:
    import numpy as np

MOST_CLASSES = 1000
"""Beyond this, a column holds no classes."""


class BalanceClasses(Card):
    """Draw rows so that each class has as many of them.

    Undersample leaves out rows of the frequent classes; oversample repeats rows of the rare ones.
    For train rows only: measured on balanced rows, a model looks other than it is, and of
    repeated rows copies could be among the test rows. Rows without a class are left out.
    """

    category = "Features"
    libraries = ("numpy",)
    on_new_rows = "nothing"

    target_column: Column = Field("", columns_of="dataset", label="Class column")
    """The column with the classes."""
    method: Literal["undersample", "oversample"] = "undersample"
    """Leave out rows of frequent classes, or repeat rows of rare ones."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """The same seed draws the same rows."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import numpy as np
        import pyarrow.compute as pc

        self._check(dataset.schema)
        text = as_text(dataset.column(self.target_column), self.target_column)
        values = pc.unique(text).drop_null()
        if not 1 < len(values) <= MOST_CLASSES:
            few = "fewer than two classes" if len(values) < 2 else f"{len(values):,} values"
            raise ParameterError(
                f"{named(self.target_column)} has {few}.",
                field="target_column",
                hint="Choose a column with a few classes.",
            )
        codes = np.asarray(pc.fill_null(pc.index_in(text, values), -1).to_numpy())
        sizes = np.bincount(codes[codes >= 0])
        goal = sizes.min() if self.method == "undersample" else sizes.max()
        rng = np.random.default_rng(self.seed)
        drawn = [_drawn(np.flatnonzero(codes == at), goal, rng) for at in range(len(values))]
        print(f"{goal:,} rows of each of {len(values)} classes.")
        places = np.sort(np.concatenate(drawn))
        provenance = self._provenance(dataset.provenance)
        return self.Out(dataset.take(places, provenance=provenance))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        self._check(dataset)
        known = {"provenance": self._provenance(dataset.provenance), "rows": None}
        if self.method == "undersample" or dataset.columns is None:
            return dataset.model_copy(update=known)
        unknown = {"missing": None}  # rows with missing values are repeated too
        columns = tuple(c.model_copy(update=unknown) if c.missing else c for c in dataset.columns)
        return dataset.model_copy(update={**known, "columns": columns})

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return balance(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how, and by which column."""
        return f"{self.method} {self.target_column}".strip()

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Warn of rows that are measured on, and of copies that a split would deal out."""
        dataset = schemas.get("dataset")
        part = dataset.provenance.part if isinstance(dataset, TableSchema) else "train"
        if part in ("validation", "test"):
            yield InputError(
                f"The {part} rows are balanced, so metrics on them are not those of real rows.",
                port="dataset",
                hint="Balance the train rows only.",
            )
        elif part is None and self.method == "oversample":
            yield InputError(
                "Rows are repeated before the split, if one follows: copies would be on both "
                "sides.",
                port="dataset",
                hint="Balance the train rows, after the split.",
            )

    def _provenance(self, before: Provenance) -> Provenance:
        repeats = self.method == "oversample"
        return before.model_copy(update={"copied": self.title}) if repeats else before

    def _check(self, schema: TableSchema) -> None:
        if not self.target_column:
            raise ParameterError(
                "No class column is chosen.", field="target_column", hint="Choose one."
            )
        require(schema, [self.target_column], field="target_column")


def _drawn(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw so many rows: each as often as any other, but for one time."""
    import numpy as np

    whole, rest = divmod(count, len(rows))
    return np.concatenate([np.tile(rows, whole), rng.choice(rows, rest, replace=False)])
