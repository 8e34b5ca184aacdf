"""Sample Rows: some rows, drawn at random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._arrow import plain
from cards._columns import require
from cards._script.tables import sample
from tensorrag import Card, Column, Field, Schema, Table, TableSchema
from tensorrag.script import Given, Script
from tensorrag.types import Seen

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class SampleRows(Card):
    """Draw some rows of a table at random, each at most once.

    They stay in the order of the table. A small sample of a large table is enough to try a
    pipeline on.
    """

    category = "Tables"
    libraries = ("numpy",)
    on_new_rows = "nothing"

    size: Literal["rows", "share"] = Field("rows", label="Draw")
    """A number of rows, or a share of them."""
    rows: int = Field(1000, ge=1, le=2**31 - 1, when={"size": "rows"})
    """How many rows to draw; all, where there are fewer."""
    share: float = Field(0.1, gt=0, le=1, step=0.05, when={"size": "share"})
    """Which share of the rows to draw."""
    stratify_by: Column | None = Field(None, columns_of="dataset")
    """Keep the shares of this column's values as they are; none means drawing from all alike."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """The same seed draws the same rows."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import numpy as np

        if self.stratify_by:
            require(dataset.schema, [self.stratify_by], field="stratify_by")
        rng = np.random.default_rng(self.seed)
        count = self._count(dataset.num_rows)
        if self.stratify_by and count:
            places = _stratified(
                plain(dataset.column(self.stratify_by), self.stratify_by), count, rng
            )
        else:
            places = rng.choice(dataset.num_rows, count, replace=False, shuffle=False)
        return self.Out(dataset.take(np.sort(places)))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        rows = None if dataset.rows is None else self._count(dataset.rows)
        return dataset.model_copy(update={"rows": rows})

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Each row is there once or not at all."""
        return seen.of_some_rows()

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return sample(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how many."""
        much = f"{self.rows:,} rows" if self.size == "rows" else f"{100 * self.share:.4g} %"
        return f"{much} by {self.stratify_by}" if self.stratify_by else much

    def _count(self, rows: int) -> int:
        return min(self.rows, rows) if self.size == "rows" else round(rows * self.share)


def _stratified(column: pa.ChunkedArray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw from the rows of each value in proportion; what rounding leaves goes to the nearest."""
    import numpy as np
    import pyarrow.compute as pc

    codes = pc.dictionary_encode(column, null_encoding="encode").combine_chunks().indices
    strata = np.asarray(codes)
    sizes = np.bincount(strata)
    exact = sizes * count / max(len(strata), 1)
    wanted = np.floor(exact).astype(np.int64)
    nearest = np.argsort(wanted - exact, kind="stable")
    wanted[nearest[: count - wanted.sum()]] += 1
    shuffled = rng.permutation(len(strata))
    grouped = shuffled[np.argsort(strata[shuffled], kind="stable")]
    starts = np.cumsum(sizes) - sizes
    rank = np.arange(len(strata)) - np.repeat(starts, sizes)
    return np.asarray(grouped[rank < np.repeat(wanted, sizes)])
