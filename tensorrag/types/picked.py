"""Rows of a table that is stored already: their numbers are kept, its file is not written again.

Parts of a large table, such as the train rows, would else be copied and hashed cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tensorrag.errors import ArtifactDamaged

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FILE = "rows.arrow"
LARGE = 1 << 24
"""Bytes of a table below which its rows are soon written once more."""
LONG = 1 << 30
"""Bytes of a column of which rows are taken in pieces: texts of 2 GB are no single Arrow array."""
FEWEST = 5
"""One row in so many is to be picked: fewer are no reason to keep all of a table, or to send it."""


class Picked:
    """Rows of a table by their numbers; values are taken when they are asked for.

    It does what Arrow's own tables do, as far as `Table` needs it.

    Args:
        whole: the table.
        numbers: of the rows in it, from 0, in their new order.
    """

    def __init__(self, whole: pa.Table, numbers: np.ndarray) -> None:
        self.whole, self.numbers = whole, numbers

    @classmethod
    def load(cls, whole: pa.Table, path: Path) -> Self:
        """Read the numbers that `save` wrote.

        Raises:
            ArtifactDamaged: there are none, or a row that the table does not have.
        """
        import numpy as np
        import pyarrow as pa

        try:
            rows = pa.ipc.open_file(pa.py_buffer(path.read_bytes())).read_all()
            numbers: np.ndarray = rows["row"].to_numpy()
        except (pa.ArrowException, KeyError):
            numbers = np.empty(0)
        fits = numbers.dtype in (np.uint32, np.int64)
        if not fits or any(not 0 <= each < whole.num_rows for each in _bounds(numbers)):
            raise ArtifactDamaged(
                f"The rows of a stored table are none of the {whole.num_rows:,} rows of its file.",
                hint="Run the card again.",
            )
        return cls(whole, numbers)

    def save(self, path: Path) -> None:
        """Write the numbers, of 4 bytes each where that is enough."""
        import numpy as np
        import pyarrow as pa

        kind = np.uint32 if self.whole.num_rows <= 1 << 32 else np.int64
        rows = pa.table({"row": self.numbers.astype(kind, copy=False)})
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
            writer.write_table(rows)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return len(self.numbers)

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self.whole.schema

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self.whole.column_names)

    @property
    def nbytes(self) -> int:
        """Bytes that they would take, were all rows equally long."""
        return int(self.whole.nbytes * self.num_rows / max(1, self.whole.num_rows))

    def bytes_of(self, name: str) -> int:
        """Tell what a column would take, were all of its values equally long."""
        return Picked(self.whole.select([name]), self.numbers).nbytes

    def column(self, name: str) -> pa.ChunkedArray:
        """Return the values of a column."""
        return self.select([name]).column(0)

    def select(
        self, names: Sequence[str], release: Callable[[], object] = lambda: None
    ) -> pa.Table:
        """Return some of the columns; ``release`` is called after each piece of long ones."""
        return taken(self.whole.select(names), self.numbers, release)

    def missing(self, name: str) -> int:
        """Count the values of a column that are missing, without taking them."""
        import numpy as np

        column = self.whole[name]
        if not column.null_count:
            return 0
        return int(np.count_nonzero(column.is_null().to_numpy()[self.numbers]))


def is_worth_it(whole: pa.Table, rows: int) -> bool:
    """Whether to keep the numbers of so many rows rather than the rows themselves."""
    return bool(whole.nbytes >= LARGE and rows * FEWEST >= whole.num_rows)


def _bounds(numbers: np.ndarray) -> tuple[int, ...]:
    """Return the least and the greatest, where there are any."""
    return (int(numbers.min()), int(numbers.max())) if len(numbers) else ()


def taken(
    arrow: pa.Table, numbers: np.ndarray, release: Callable[[], object] = lambda: None
) -> pa.Table:
    """Return the rows of these numbers, in this order, however long the texts of all rows are.

    ``release`` is called meanwhile: else a file that the rows are mapped to is in memory beside
    them.
    """
    import numpy as np
    import pyarrow as pa

    if all(column.nbytes < LONG for column in arrow.columns):
        return arrow.take(numbers)
    rows = max(1, LONG // 4 * arrow.num_rows // arrow.nbytes)
    pieces = np.split(numbers, range(rows, len(numbers), rows))
    return pa.concat_tables([rows_at(arrow, piece, release) for piece in pieces])


def rows_at(
    arrow: pa.Table, places: np.ndarray, release: Callable[[], object] = lambda: None
) -> pa.Table:
    """Return the rows at these places, in this order; chunk by chunk, so that nothing is joined."""
    import numpy as np
    import pyarrow as pa

    order = np.argsort(places, kind="stable")
    ascending, parts, start = places[order].astype(np.int64), [], 0
    for batch in arrow.to_batches():
        first, end = np.searchsorted(ascending, [start, start + len(batch)])
        if end > first:
            parts.append(batch.take(pa.array(ascending[first:end] - start)))
            release()
        start += len(batch)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return pa.Table.from_batches(parts, arrow.schema).combine_chunks().take(pa.array(back))
