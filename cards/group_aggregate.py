"""Group & Aggregate: one row per group, with sums, means and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._arrow import as_floats, plain
from cards._columns import require, require_numbers, some
from cards._script.tables import group
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
from tensorrag.quoting import named, quoted
from tensorrag.script import Given, Script
from tensorrag.types import ColumnKind, Provenance
from tensorrag.types.columns import without_nan

if TYPE_CHECKING:
    import pyarrow as pa

Measure = Literal["mean", "median", "sum", "min", "max", "std", "distinct"]


class GroupAggregate(Card):
    """Make one row of all rows that have equal values in some columns.

    Groups come in the order in which they first appear. The new columns are called `price_mean`,
    `price_max` … where the column is called `price`; `rows` says how many rows a group has.
    Missing values are left out of each measure.
    """

    title = "Group & Aggregate"
    category = "Tables"
    libraries = ("pyarrow",)

    by: list[Column] = Field([], columns_of="dataset", label="Group by")
    """The columns that make the groups."""
    columns: list[Column] = Field([], columns_of="dataset", label="Measure")
    """The columns to measure; none chosen means every number."""
    mean: bool = True
    """The mean."""
    median: bool = False
    """The median, about right to a few thousandths in large groups."""
    total: bool = Field(False, label="Sum")
    """The sum."""
    least: bool = Field(False, label="Smallest")
    """The smallest value."""
    most: bool = Field(False, label="Largest")
    """The largest value."""
    spread: bool = Field(False, label="Standard deviation")
    """How far values are from the mean, typically."""
    distinct: bool = Field(False, label="Different values")
    """How many different values there are."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table) -> Out:
        import pyarrow as pa
        import pyarrow.compute as pc

        names = self.measured(dataset.schema) or []
        by = {f"by {at}": plain(dataset.column(name), name) for at, name in enumerate(self.by)}
        values = {f"of {at}": _values(dataset, name) for at, name in enumerate(names)}
        asked = [
            (
                f"of {at}",
                _KERNELS[measure],
                pc.VarianceOptions(ddof=1) if measure == "std" else None,
            )
            for at in range(len(names))
            for measure in self.measures()
        ]
        if self.total:
            _refuse_large_sums(by, dict(zip(names, values.values(), strict=True)))
        grouped = pa.table(by | values).group_by(list(by), use_threads=False)
        try:
            made = grouped.aggregate([*asked, ([], "count_all")])
        except pa.ArrowNotImplementedError as error:
            raise ParameterError(
                f"Not all of this can be measured: {str(error).partition(chr(10))[0][:150]}",
                field="columns",
                hint="Choose fewer measures, or other columns.",
            ) from error
        order = [*by, "count_all", *(f"{column}_{kernel}" for column, kernel, _ in asked)]
        columns = self._columns(dataset.schema) or ()
        arrow = made.select(order).rename_columns([column.name for column in columns])
        print(f"{dataset.num_rows:,} rows became {arrow.num_rows:,} groups.")
        return self.Out(Table(arrow, columns=columns, provenance=self._provenance(dataset.schema)))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        known = {"columns": self._columns(dataset), "provenance": self._provenance(dataset)}
        return dataset.model_copy(update={**known, "rows": None})

    def _provenance(self, dataset: TableSchema) -> Provenance:
        """Forget of rows what is not so of groups: copies, and how they were dealt out, unless
        several groups have a group or time of that in common.
        """
        before = dataset.provenance
        still = before.dealt is not None and before.dealt.column in self.by and len(self.by) > 1
        return before.model_copy(update={"dealt": before.dealt if still else None, "copied": None})

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return group(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the groups and the measures."""
        return f"by {some(self.by)} · {some(self.measures())}" if self.by else "no column chosen"

    def measures(self) -> list[Measure]:
        chosen: dict[Measure, bool] = {
            "mean": self.mean,
            "median": self.median,
            "sum": self.total,
            "min": self.least,
            "max": self.most,
            "std": self.spread,
            "distinct": self.distinct,
        }
        return [measure for measure, wanted in chosen.items() if wanted]

    def measured(self, schema: TableSchema) -> list[str] | None:
        """Return the columns that are measured in each group; None where they are not known.

        Raises:
            ParameterError: no column to group by is chosen, or one is missing or no number.
        """
        if not self.by:
            raise ParameterError(
                "No column to group by is chosen.", field="by", hint="Choose one, or several."
            )
        require(schema, self.by, field="by")
        require(schema, self.columns, field="columns")
        if any(measure not in _OF_ANY for measure in self.measures()):
            require_numbers(schema, self.columns, field="columns", what="This measure")
        if schema.columns is None:
            return None
        numbers = [c.name for c in schema.columns if c.kind in ("number", "integer", "binary")]
        return self.columns or [name for name in numbers if name not in self.by]

    def _columns(self, schema: TableSchema) -> tuple[ColumnSchema, ...] | None:
        measured = self.measured(schema)
        if measured is None:
            return None
        columns = tuple(self._made(schema, measured))
        names = [column.name for column in columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ParameterError(
                f"Two columns would be called {quoted(twice)}.",
                field="by",
                hint="Rename a column with Select Columns first.",
            )
        return columns

    def _made(self, schema: TableSchema, measured: list[str]) -> Iterator[ColumnSchema]:
        known = {column.name: column for column in schema.columns or ()}
        for name in self.by:
            yield known[name]
        yield ColumnSchema(name="rows", kind="integer", missing=0)
        for name in measured:
            for measure in self.measures():
                kind = _KINDS.get(measure, known[name].kind)
                kind = "integer" if measure == "sum" and kind == "binary" else kind
                unit = None if measure == "distinct" else known[name].unit
                yield ColumnSchema(name=f"{name}_{measure}", kind=kind, unit=unit)


def _values(table: Table, name: str) -> pa.ChunkedArray:
    """Take a column, flags as numbers."""
    import pyarrow as pa

    column = plain(table.column(name), name)
    if pa.types.is_boolean(column.type):
        return column.cast(pa.int8())
    return without_nan(column)


def _refuse_large_sums(
    by: Mapping[str, pa.ChunkedArray], columns: Mapping[str, pa.ChunkedArray]
) -> None:
    """Refuse sums that no 64 bits hold: of whole numbers, Arrow begins at the other end again."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in columns.items():
        if not pa.types.is_integer(column.type) or _farthest(column) * len(column) < 2.0**63:
            continue
        whole = pa.table({**by, "whole": column, "near": as_floats(column)})
        groups = whole.group_by(list(by)).aggregate([("whole", "sum"), ("near", "sum")])
        off = pc.subtract(as_floats(groups["whole_sum"]), groups["near_sum"])
        if _farthest(off) > 2.0**62:
            raise InputError(
                f"The sum of {named(name)} in a group is too large for a whole number.",
                port="dataset",
                hint=f"Make {named(name)} a number first, with Change Kinds, or leave the sum out.",
            )


def _farthest(column: pa.ChunkedArray) -> float:
    """Return how far from zero numbers are, at most."""
    import pyarrow.compute as pc

    ends = (end for end in pc.min_max(column).as_py().values() if end is not None)
    return max(map(abs, ends), default=0)


_OF_ANY = frozenset({"distinct", "min", "max"})
_KERNELS: Mapping[Measure, str] = {
    "mean": "mean",
    "median": "approximate_median",
    "sum": "sum",
    "min": "min",
    "max": "max",
    "std": "stddev",
    "distinct": "count_distinct",
}
_KINDS: Mapping[Measure, ColumnKind] = {
    "mean": "number",
    "median": "number",
    "std": "number",
    "distinct": "integer",
}
"""Of sums and ends, the kind is that of the column."""
