"""A table: named, typed columns of equal length, stored as an Arrow file that can be mapped.

Many rows of a large one, such as the train rows, are stored as their numbers beside that file.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tensorrag.plain import JsonObject
from tensorrag.preview import Face, LaterPreview, Preview, TablePreview
from tensorrag.types import picked
from tensorrag.types.picked import Picked, rows_at, taken
from tensorrag.types.pictures import face_of, preview_of
from tensorrag.types.pieces import parts
from tensorrag.types.schema import ColumnSchema, Provenance, Recipe, Schema, TableSchema
from tensorrag.types.spool import Spool
from tensorrag.types.value import Shape, Value

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

FILE = "table.arrow"

EXCERPT_ROWS = 2_000
"""Rows of an excerpt, at least: enough to train on, and to hold what most columns can hold."""


class Table(Value):
    """Rows and columns, with the kind and unit of each column.

    Holds an Arrow table; one that was loaded from the store is mapped from its file, not read.
    """

    label: ClassVar[str] = "Table"
    shape: ClassVar[Shape] = "square"
    light: ClassVar[str] = "#0a7686"
    dark: ClassVar[str] = "#3fb6c6"
    teaser: ClassVar[tuple[str, ...]] = ("Rows × columns", "appear after a run.")
    schema_type: ClassVar[type[Schema]] = TableSchema

    def __init__(
        self,
        arrow: pa.Table | Picked,
        *,
        columns: Sequence[ColumnSchema] | None = None,
        like: Table | None = None,
        provenance: Provenance | None = None,
        spool: Spool | None = None,
    ) -> None:
        """Wrap an Arrow table, in which what is no number (NaN) is missing.

        Args:
            arrow: the data, or rows of some; column names must differ.
            columns: kinds and units by name; a column that is not listed gets its kind from
                its data.
            like: a table this one was made from; its columns' kinds and units and its
                provenance are kept, so that a part of a table has the kinds of the whole.
            provenance: where the rows come from.
            spool: what put the rows together; where its file is all of them, it is stored as it is.
        """
        from tensorrag.types.columns import gaps_told

        rows = arrow if isinstance(arrow, Picked) else gaps_told(arrow)
        self._hold(rows, columns, like, provenance)
        self._spool = spool if spool is not None and spool.has_all_of(rows) else None
        self._mapped = self._spool.mapped if self._spool is not None else None

    def _hold(
        self,
        arrow: pa.Table | Picked,
        columns: Sequence[ColumnSchema] | None,
        like: Table | None,
        provenance: Provenance | None,
    ) -> None:
        from tensorrag.types.columns import refuse_twice

        names = arrow.column_names
        refuse_twice(names)
        known = {c.name: c for c in (*(like.columns if like else ()), *(columns or ()))}
        self._rows = arrow
        self.columns: tuple[ColumnSchema, ...] = tuple(
            _described(arrow, name, known.get(name)) for name in names
        )
        self.provenance: Provenance = provenance or (like.provenance if like else Provenance())
        self.recipe: Recipe | None = like.recipe if like else None
        self._file: Path | None = None
        """What the store has of it, or of the table that its rows are picked of."""
        self.stored_as: str | None = None
        """The digest under which it can be drawn later, where that may be done."""

    @classmethod
    def from_pandas(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Sequence[ColumnSchema] | None = None,
        like: Table | None = None,
        provenance: Provenance | None = None,
    ) -> Self:
        """Make a table of a data frame, without its index.

        A column of mixed Python objects, which Arrow cannot hold, becomes text.
        """
        from tensorrag.types.columns import to_arrow

        return cls(to_arrow(frame), columns=columns, like=like, provenance=provenance)

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a copy as a data frame that may be written to: all columns, or these."""
        arrow = self.arrow if columns is None else self.select(columns)
        frame: pd.DataFrame = arrow.to_pandas().copy()
        return frame

    @cached_property
    def arrow(self) -> pa.Table:
        """The data; `column` and `select` take no more into memory than they give."""
        return self.select(self._rows.column_names)

    @property
    def fields(self) -> pa.Schema:
        """Names and Arrow's types of the columns."""
        return self._rows.schema

    def column(self, name: str) -> pa.ChunkedArray:
        """Return the values of a column."""
        return self.select([name]).column(0)

    def select(self, names: Sequence[str]) -> pa.Table:
        """Return some of the columns, without the pages of a file that they were picked from."""
        if not isinstance(self._rows, Picked):
            return self._rows.select(list(names))
        picked_rows = self._rows.select(list(names), self.release)
        self.release()
        return picked_rows

    def take(self, numbers: np.ndarray, *, provenance: Provenance | None = None) -> Table:
        """Return the rows of these numbers, in this order.

        Of many rows of a large stored table the numbers are kept, which `save` then writes in the
        place of the rows.
        """
        source, numbers = self.at(numbers)
        if self._file is None or not picked.is_worth_it(source, len(numbers)):
            return Table(taken(source, numbers), like=self, provenance=provenance)
        table = Table(Picked(source, numbers), like=self, provenance=provenance)
        table._file, table._mapped = self._file, self._mapped
        return table

    def at(self, numbers: np.ndarray) -> tuple[pa.Table, np.ndarray]:
        """Return the data that is there as it is, and where in it the rows of these numbers are."""
        if isinstance(self._rows, Picked):
            return self._rows.whole, self._rows.numbers[numbers]
        return self._rows, numbers

    def batches(self, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Go through the rows in batches of at most ``rows``, for tables beyond memory."""
        if not isinstance(self._rows, Picked):
            yield from self._rows.to_batches(max_chunksize=rows)
            return
        for start in range(0, self.num_rows, rows):
            some = Picked(self._rows.whole, self._rows.numbers[start : start + rows])
            yield from some.select(some.column_names).combine_chunks().to_batches()

    def excerpt(self) -> Table:
        """One row in a hundred, and 2,000 at least, from all over the table."""
        rows = max(EXCERPT_ROWS, self.num_rows // 100)
        if rows >= self.num_rows:
            return self
        import numpy as np

        return Table(rows_at(*self.at(np.arange(rows) * self.num_rows // rows)), like=self)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self._rows.num_rows)

    @property
    def schema(self) -> TableSchema:
        """Columns, rows and provenance."""
        return TableSchema(
            columns=self.columns,
            rows=self.num_rows,
            provenance=self.provenance,
            recipe=self.recipe,
        )

    def save(self, folder: Path) -> JsonObject:
        """Write one Arrow file, or a link to one of the store and the numbers of its rows."""
        import pyarrow as pa

        file = self._file
        if isinstance(self._rows, Picked) and file is not None and file.exists():
            (folder / FILE).symlink_to(file.resolve())
            self._rows.save(folder / picked.FILE)
            return self.schema.model_dump(mode="json")
        if self._spool is not None and self._spool.moved_to(folder / FILE):
            return self.schema.model_dump(mode="json")
        with (
            pa.OSFile(str(folder / FILE), "wb") as sink,
            pa.ipc.new_file(sink, self.arrow.schema) as writer,
        ):
            for part in parts(self.arrow):
                writer.write_table(part, max_chunksize=1 << 20)
        return self.schema.model_dump(mode="json")

    @classmethod
    def load(cls, files: Mapping[str, Path], meta: JsonObject) -> Self:
        """Map the Arrow file; rows are read only when they are used."""
        import pyarrow as pa

        schema = TableSchema.model_validate(meta)
        with files[FILE].open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        arrow = pa.ipc.open_file(pa.py_buffer(mapped)).read_all()
        rows = Picked.load(arrow, files[picked.FILE]) if picked.FILE in files else arrow
        table = cls.__new__(cls)  # what was stored has no NaN: to look would be to read it
        table._hold(rows, schema.columns, None, schema.provenance)
        table.recipe = schema.recipe
        table._file, table._mapped, table._spool = files[FILE], mapped, None
        return table

    @property
    def nbytes(self) -> int:
        """Bytes of all rows; of picked ones, about as many as they would take."""
        return int(self._rows.nbytes)

    def bytes_of(self, name: str) -> int:
        """Bytes of a column; of picked rows, about as many as it would take."""
        if isinstance(self._rows, Picked):
            return self._rows.bytes_of(name)
        return int(self._rows.column(name).nbytes)

    def preview(self) -> TablePreview:
        """Profile the columns, the first of very many, and show the first rows."""
        return preview_of(self)

    def shown(self) -> Preview:
        """Its preview; of a large stored table, what stands for it until somebody looks."""
        if self.stored_as is None or self.nbytes < picked.LARGE:
            return self.preview()
        return LaterPreview(sha256=self.stored_as)

    def face(self) -> Face:
        """Rows × columns, and a tiny histogram of each of the first columns."""
        return face_of(self)

    def release(self) -> None:
        """Let go of the pages of the file that were read; they are read again when needed."""
        if self._mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    def __getstate__(self) -> dict[str, Any]:
        """Take the rows along, not the file: another process has its own memory."""
        return {
            **self.__dict__,
            "_rows": self.arrow,
            "_file": None,
            "_mapped": None,
            "_spool": None,
        }

    def __repr__(self) -> str:
        """Name the size, never the rows."""
        return f"Table({self.num_rows} rows × {len(self.columns)} columns)"


def _described(arrow: pa.Table | Picked, name: str, known: ColumnSchema | None) -> ColumnSchema:
    from tensorrag.types.columns import detect_kind

    kind = known.kind if known is not None else None
    unit = known.unit if known is not None else None
    missing = arrow.missing(name) if isinstance(arrow, Picked) else arrow[name].null_count
    kind = kind or detect_kind(arrow.column(name))
    return ColumnSchema(name=name, kind=kind, unit=unit, missing=missing)
