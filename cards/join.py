"""Join: the columns of two tables side by side, where rows have equal keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._arrow import is_text, plain
from cards._columns import require, some
from cards._merging import in_common, merged
from cards._script.tables import join
from tensorrag import (
    Card,
    Column,
    ColumnSchema,
    Field,
    InputError,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.quoting import quoted
from tensorrag.script import Given, Script

if TYPE_CHECKING:
    import pyarrow as pa

_ROW, _OTHER = "row of left", "row of right"


class Join(Card):
    """Put the columns of two tables side by side, where rows have equal values in some columns.

    Rows stay in the order of the left table. A row that fits several comes several times. Missing
    values equal nothing.
    """

    category = "Tables"
    libraries = ("pyarrow",)

    on: list[Column] = Field([], columns_of="left")
    """The columns whose values must be equal; both tables have them."""
    how: Literal["inner", "left", "outer"] = Field("left", label="Rows to keep")
    """Those that fit on both sides (inner), all of the left table, or all of both (outer)."""
    suffix: str = Field("_right", min_length=1, max_length=50)
    """Put behind the name of a column of the right table that the left one has too."""
    most_rows: int = Field(10_000_000, ge=1, le=2**40)
    """Refuse to make more rows than this: keys that come often on both sides multiply."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, left: Table, right: Table) -> Out:
        import pyarrow as pa

        columns = self.joined(left.schema, right.schema) or ()
        ours, theirs = _keys(left, self.on, _ROW), _keys(right, self.on, _OTHER)
        ours, theirs = _alike(ours, theirs, self.on)
        self._refuse_many(ours, theirs)
        kinds = {"inner": "inner", "left": "left outer", "outer": "full outer"}
        met = ours.join(theirs, self.on, join_type=kinds[self.how], use_threads=False)
        met = met.sort_by([(_ROW, "ascending"), (_OTHER, "ascending")])
        keys = self.on if self.how == "outer" else []  # of rows that only the right table has
        taken = [
            met[name] if name in keys else left.column(name).take(met[_ROW])
            for name in left.fields.names
        ]
        rest = [name for name in right.fields.names if name not in self.on]
        taken += [right.column(name).take(met[_OTHER]) for name in rest]
        arrow = pa.table(taken, names=[column.name for column in columns])
        print(f"{left.num_rows:,} and {right.num_rows:,} rows became {arrow.num_rows:,}.")
        provenance = merged([left.provenance, right.provenance])
        return self.Out(Table(arrow, columns=columns, provenance=provenance))

    def propagate(self, left: TableSchema, right: TableSchema) -> TableSchema:
        columns = self.joined(left, right)
        provenance = merged([left.provenance, right.provenance])
        return TableSchema(columns=columns, provenance=provenance)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return join(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the columns and the kind of join."""
        return f"{self.how} on {some(self.on)}" if self.on else "no column chosen"

    def joined(self, left: TableSchema, right: TableSchema) -> tuple[ColumnSchema, ...] | None:
        """Return the columns that come out; None where those of a table are not known.

        Raises:
            ParameterError: no column to join on is chosen, or the left table lacks it.
            InputError: the right table lacks it, or it is of another kind there.
        """
        if not self.on:
            raise ParameterError(
                "No column to join on is chosen.", field="on", hint="Choose one that both have."
            )
        require(left, self.on, field="on")
        lacking = next((n for n in self.on if right.names is not None and n not in right.names), "")
        if lacking:
            raise InputError(
                f"The right table has no column {quoted(lacking)}.",
                port="right",
                hint="Rename its column with Select Columns first.",
            )
        if left.columns is None or right.columns is None:
            return None
        theirs = {column.name: column for column in right.columns}
        both = {
            c.name: in_common([c, theirs[c.name]], "right")
            for c in left.columns
            if c.name in self.on
        }
        ours = [both.get(c.name, c) if self.how == "outer" else c for c in left.columns]
        taken = {column.name for column in left.columns}
        rest = [self._renamed(c, taken) for c in right.columns if c.name not in self.on]
        return tuple(c.model_copy(update={"missing": None}) for c in (*ours, *rest))

    def _renamed(self, column: ColumnSchema, taken: set[str]) -> ColumnSchema:
        name = column.name
        while name in taken:
            name += self.suffix
        taken.add(name)
        return column.model_copy(update={"name": name})

    def _refuse_many(self, ours: pa.Table, theirs: pa.Table) -> None:
        """Count the rows before they are made."""
        import pyarrow.compute as pc

        counts = [
            side.select(self.on).group_by(self.on, use_threads=False).aggregate([([], "count_all")])
            for side in (ours, theirs)
        ]
        both = counts[0].join(counts[1], self.on, join_type="inner", right_suffix="_other")
        pairs = pc.multiply(
            both["count_all"].cast("float64"), both["count_all_other"].cast("float64")
        )
        rows = int(pc.sum(pairs).as_py() or 0)
        if rows > self.most_rows:
            raise InputError(
                f"The join would have {rows:,} rows: values of {some(self.on)} come often in both "
                "tables.",
                port="right",
                hint="Join on more columns, group one table first, or raise Most rows.",
            )


def _keys(table: Table, on: list[str], row: str) -> pa.Table:
    """The columns to join on, and the number of each row."""
    import numpy as np
    import pyarrow as pa

    columns = {name: plain(table.column(name), name) for name in on}
    return pa.table(columns | {row: pa.array(np.arange(table.num_rows))})


def _alike(ours: pa.Table, theirs: pa.Table, on: list[str]) -> tuple[pa.Table, pa.Table]:
    """Bring keys of both sides to one type: whole numbers and numbers are equal where they are."""
    for at, name in enumerate(on):
        one, other = ours[name].type, theirs[name].type
        if one != other:
            kind = _common(one, other)
            ours = ours.set_column(at, name, _number(ours[name]).cast(kind, safe=False))
            theirs = theirs.set_column(at, name, _number(theirs[name]).cast(kind, safe=False))
    return ours, theirs


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    both = (one, other)
    if all(pa.types.is_integer(kind) or pa.types.is_boolean(kind) for kind in both):
        return pa.int64()
    if any(pa.types.is_temporal(kind) for kind in both):
        return pa.timestamp("us")
    return pa.string() if any(map(is_text, both)) else pa.float64()


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
