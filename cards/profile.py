"""Profile: what a table is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from pydantic import PrivateAttr

from cards._profiling.statistics import Described, described, sentences
from cards._profiling.together import Together, together
from cards._repeated import repeated_rows
from cards._script import looking
from tensorrag import Card, ColumnSchema, Field, Schema, Table, TableSchema
from tensorrag.preview import (
    Axis,
    BarsPreview,
    ChartPreview,
    ColumnProfile,
    Face,
    FaceNumber,
    GroupPreview,
    HeatPreview,
    NumbersFace,
    Preview,
    Series,
    Stat,
    StatsPreview,
    TextPreview,
    finite,
)
from tensorrag.script import Given, Script
from tensorrag.types.drawing import MOST_DRAWN
from tensorrag.types.value import Value

MOST_PICTURES = 12
"""Columns whose distribution is drawn, at most."""
BARS = 20

_KINDS = {
    "column": "text", "kind": "text", "missing": "integer", "distinct": "integer",
    "mean": "number", "std": "number", "min": "number", "q25": "number", "median": "number",
    "q75": "number", "max": "number", "most_frequent": "text", "note": "text",
}  # fmt: skip
_COLUMNS = tuple(
    ColumnSchema.model_validate({"name": name, "kind": kind}) for name, kind in _KINDS.items()
)


class Profile(Card):
    """Look at a table: every column in numbers, how columns go together, and what looks odd.

    It names missing values, columns that are always the same, columns that may be ids, and rows
    that repeat. How closely two columns go together is told by Pearson's correlation of numbers,
    Cramér's V of categories, and the correlation ratio of a number and a category.
    """

    category = "Tables"
    libraries = ("numpy", "pyarrow", "pandas")

    pictures: int = Field(6, ge=0, le=MOST_PICTURES, label="Distributions")
    """Of how many columns, the first ones, the distribution is drawn."""
    correlations: bool = True
    """Hold columns against one another: the first 40, on 100,000 rows at most."""

    _pictures: tuple[Preview, ...] = PrivateAttr(())

    class Out(NamedTuple):
        statistics: Table

    def run(self, dataset: Table) -> Out:
        """Describe every column."""
        found = described(dataset)
        repeated = repeated_rows(dataset)
        close = together(dataset, found) if self.correlations else None
        self._pictures = tuple(self._shown(dataset, found, repeated, close))
        return self.Out(_table(found, dataset))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        """Count the columns, each of which becomes a row."""
        count = None if dataset.columns is None else len(dataset.columns)
        return TableSchema(columns=_COLUMNS, rows=count, provenance=dataset.provenance)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return looking.profile(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how much it looks at."""
        table = schemas.get("dataset")
        if not isinstance(table, TableSchema) or table.columns is None:
            return "every column"
        rows = "" if table.rows is None else f"{table.rows:,} × "
        return f"{rows}{len(table.columns):,} columns"

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """Count what is missing, and the columns that look odd."""
        table = outputs[0]
        assert isinstance(table, Table)  # noqa: S101 - as Out says
        lines = table.arrow.select(["missing", "note"]).to_pylist()
        counts = {
            "columns": len(lines),
            "missing values": sum(line["missing"] for line in lines),
            "odd columns": sum(bool(line["note"]) for line in lines),
        }
        return NumbersFace(
            items=tuple(FaceNumber(label=label, value=count) for label, count in counts.items())
        )

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Show the pictures above the table of statistics."""
        shown = super().previews(outputs)["statistics"]
        return {"statistics": GroupPreview(items=(*self._pictures, shown))}

    def _shown(
        self, table: Table, found: Sequence[Described], repeated: int, close: Together | None
    ) -> list[Preview]:
        looked_at = min(table.num_rows, MOST_DRAWN)
        size = [Stat(label="rows", value=table.num_rows), Stat(label="columns", value=len(found))]
        if self.pictures < len(found):
            size.append(Stat(label="drawn below", value=f"the first {self.pictures}"))
        shown: list[Preview] = [
            StatsPreview(title="Table", items=tuple(size)),
            TextPreview(text=" ".join(sentences(list(found), repeated, looked_at))),
        ]
        shown += _missing(found)
        if close is not None and len(close.names) > 1:
            shown.append(_heat(close))
        shown += [_distribution(each) for each in found[: self.pictures] if _has_picture(each)]
        return shown


def _missing(found: Sequence[Described]) -> list[Preview]:
    some = sorted((e for e in found if e.found.missing), key=lambda e: -e.found.missing)
    if not some:
        return []
    first = some[:BARS]
    return [
        BarsPreview(
            title="Missing values",
            x=Axis(label="missing", unit="%"),
            names=tuple(each.found.name for each in first),
            values=tuple(100 * each.found.missing / each.rows for each in first),
            note=f"in {len(some)} of {len(found)} columns",
        )
    ]


def _heat(close: Together) -> Preview:
    left = f" {close.left_out} columns are left out." if close.left_out else ""
    return HeatPreview(
        title="Correlation",
        names=close.names,
        values=tuple(tuple(finite(value) for value in line) for line in close.values),
        measured="how closely they go together",
        note=f"of {close.rows:,} rows",
        caption=f"Pearson’s correlation of numbers, Cramér’s V of categories, η of one of each; "
        f"the latter two have no sign.{left}",
    )


def _has_picture(each: Described) -> bool:
    return bool(each.found.histogram or each.found.top)


def _distribution(each: Described) -> Preview:
    column = each.found
    if column.kind == "binary" and column.histogram is not None:
        return _yes_or_no(column)
    if column.histogram is not None:
        edges = [float(edge or 0) for edge in column.histogram.edges]
        middles = tuple((low + high) / 2 for low, high in pairwise(edges))
        return ChartPreview(
            title=column.name[:80],
            chart="histogram",
            x=Axis(label=column.name, unit=column.unit),
            y=Axis(label="rows"),
            series=(Series(name="rows", x=middles, y=column.histogram.counts),),
            note=f"{column.missing:,} missing" if column.missing else None,
        )
    top = column.top or ()
    rest = (column.distinct or 0) - len(top)
    return BarsPreview(
        title=column.name[:80],
        x=Axis(label="rows"),
        names=tuple(each.value or "(empty)" for each in top),
        values=tuple(each.count for each in top),
        note=f"and {rest:,} rarer values" if rest > 0 else None,
    )


def _yes_or_no(column: ColumnProfile) -> Preview:
    counts = column.histogram.counts if column.histogram else ()
    one_value = column.min == column.max
    names = ("yes" if column.max else "no",) if one_value else ("no", "yes")
    return BarsPreview(
        title=column.name[:80],
        x=Axis(label="rows"),
        names=names,
        values=(sum(counts),) if one_value else (counts[0], counts[-1]),
        note=f"{column.missing:,} missing" if column.missing else None,
    )


def _table(found: Sequence[Described], like: Table) -> Table:
    import pyarrow as pa

    types = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64()}
    lines = [_line(each) for each in found]
    arrays = [
        pa.array([line[name] for line in lines], types[kind]) for name, kind in _KINDS.items()
    ]
    return Table(pa.table(arrays, names=list(_KINDS)), columns=_COLUMNS, provenance=like.provenance)


def _line(each: Described) -> dict[str, str | float | int | None]:
    column = each.found
    low, middle, high = column.quantiles or (None, None, None)
    return {
        "column": column.name, "kind": column.kind, "missing": column.missing,
        "distinct": column.distinct, "mean": column.mean, "std": column.std, "min": column.min,
        "q25": low, "median": middle, "q75": high, "max": column.max,
        "most_frequent": column.top[0].value if column.top else None, "note": each.note,
    }  # fmt: skip
