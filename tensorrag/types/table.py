"""A table: named, typed columns of equal length, stored as an Arrow file that can be mapped."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tensorrag.plain import JsonObject
from tensorrag.preview import SHOWN_COLUMNS, Face, TableFace, TablePreview
from tensorrag.types.pieces import parts
from tensorrag.types.schema import ColumnSchema, Provenance, Recipe, Schema, TableSchema
from tensorrag.types.value import Shape, Value

if TYPE_CHECKING:
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
        arrow: pa.Table,
        *,
        columns: Sequence[ColumnSchema] | None = None,
        like: Table | None = None,
        provenance: Provenance | None = None,
    ) -> None:
        """Wrap an Arrow table, in which what is no number (NaN) is missing.

        Args:
            arrow: the data; column names must differ.
            columns: kinds and units by name; a column that is not listed gets its kind from
                its data.
            like: a table this one was made from; its columns' kinds and units and its
                provenance are kept, so that a part of a table has the kinds of the whole.
            provenance: where the rows come from.
        """
        from tensorrag.types.columns import gaps_told

        self._hold(gaps_told(arrow), columns, like, provenance)

    def _hold(
        self,
        arrow: pa.Table,
        columns: Sequence[ColumnSchema] | None,
        like: Table | None,
        provenance: Provenance | None,
    ) -> None:
        from tensorrag.types.columns import refuse_twice

        names = arrow.column_names
        refuse_twice(names)
        known = {c.name: c for c in (*(like.columns if like else ()), *(columns or ()))}
        self.arrow = arrow
        self.columns: tuple[ColumnSchema, ...] = tuple(
            _described(arrow, name, known.get(name)) for name in names
        )
        self.provenance: Provenance = provenance or (like.provenance if like else Provenance())
        self.recipe: Recipe | None = like.recipe if like else None
        self._mapped: mmap.mmap | None = None

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
        arrow = self.arrow if columns is None else self.arrow.select(list(columns))
        frame: pd.DataFrame = arrow.to_pandas().copy()
        return frame

    def batches(self, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Go through the rows in batches of at most ``rows``, for tables beyond memory."""
        yield from self.arrow.to_batches(max_chunksize=rows)

    def excerpt(self) -> Table:
        """One row in a hundred, and 2,000 at least, from all over the table."""
        rows = max(EXCERPT_ROWS, self.num_rows // 100)
        if rows >= self.num_rows:
            return self
        chosen = [number * self.num_rows // rows for number in range(rows)]
        return Table(self.arrow.take(chosen), like=self)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self.arrow.num_rows)

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
        """Write one Arrow file."""
        import pyarrow as pa

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
        table = cls.__new__(cls)  # what was stored has no NaN: to look would be to read it
        table._hold(arrow, schema.columns, None, schema.provenance)
        table.recipe = schema.recipe
        table._mapped = mapped
        return table

    def preview(self) -> TablePreview:
        """Profile the columns, the first of very many, and show the first rows."""
        from tensorrag.types.columns import sample
        from tensorrag.types.drawing import drawn
        from tensorrag.types.profile import profile

        shown, places = self.columns[:SHOWN_COLUMNS], drawn(self.num_rows)
        return TablePreview(
            rows=self.num_rows,
            drawn=None if places is None else len(places),
            columns=tuple(profile(self.arrow[c.name], c, places, self.release) for c in shown),
            more_columns=len(self.columns) - len(shown),
            sample=sample(self.arrow.select([c.name for c in shown]), 50),
            synthetic=self.provenance.synthetic,
            bytes=int(self.arrow.nbytes),
        )

    def face(self) -> Face:
        """Rows × columns, and a tiny histogram of each of the first columns."""
        from tensorrag.types.drawing import drawn
        from tensorrag.types.profile import tiny_histogram

        places = drawn(self.num_rows)
        bars = tuple(tiny_histogram(self.arrow[c.name], c, places) for c in self.columns[:14])
        return TableFace(rows=self.num_rows, columns=len(self.columns), bars=bars)

    def release(self) -> None:
        """Let go of the pages of the file that were read; they are read again when needed."""
        if self._mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the mapping: another process has its own memory."""
        return {**self.__dict__, "_mapped": None}

    def __repr__(self) -> str:
        """Name the size, never the rows."""
        return f"Table({self.num_rows} rows × {len(self.columns)} columns)"


def _described(arrow: pa.Table, name: str, known: ColumnSchema | None) -> ColumnSchema:
    from tensorrag.types.columns import detect_kind

    column = arrow[name]
    kind = known.kind if known is not None and known.kind is not None else detect_kind(column)
    unit = known.unit if known is not None else None
    return ColumnSchema(name=name, kind=kind, unit=unit, missing=column.null_count)
