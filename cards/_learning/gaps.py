"""Says what became of values that are missing, and of categories that no train row had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cards._learning.rows import Examples
from tensorrag import Table
from tensorrag.quoting import named, quoted

if TYPE_CHECKING:
    import pyarrow as pa

NAMED = 3
"""Values of a column that are named."""


def missing_notes(rows: Examples) -> Iterator[str]:
    """Say in a sentence each what became of missing numbers and categories of the train rows."""
    if rows.missing:
        yield f"Missing values became the median of the train rows: {_counted(rows.missing)}."
    gaps = {name: int(rows.column(name).isna().sum()) for name in rows.categories}
    if any(gaps.values()):
        yield f"Missing categories are taken as one more category: {_counted(gaps)}."


def new_values_note(table: Table, seen: Mapping[str, Any]) -> str:
    """Say in a sentence which rows have categories that no train row had; empty where none has.

    Args:
        table: rows that a model is measured on.
        seen: ``{"values": {feature: [text, …]}}`` of the train rows.
    """
    import pyarrow.compute as pc

    told, rows = [], None
    for name, values in (seen.get("values") or {}).items():
        column, new = _new(table, name, values)
        if pc.any(new).as_py():
            told.append(f"{named(name)} ({_some(pc.unique(column.filter(new)).to_pylist())})")
            rows = new if rows is None else pc.or_(rows, new)
    if rows is None:
        return ""
    count = pc.sum(rows).as_py()
    return (
        f"{'1 row has' if count == 1 else f'{count:,} rows have'} a category that no train row "
        f"had, and that tells the model nothing: {', '.join(told)}."
    )


def _new(table: Table, name: str, values: Sequence[str]) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return a column as text, and where it holds something else than these values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(name).cast(pa.string())
    known = pc.is_in(column, value_set=pa.array(values, pa.string()))
    return column, pc.and_(pc.is_valid(column), pc.invert(known))


def _some(values: Sequence[str]) -> str:
    more = f" and {len(values) - NAMED:,} more" if len(values) > NAMED else ""
    return ", ".join(map(quoted, values[:NAMED])) + more


def _counted(missing: Mapping[str, int]) -> str:
    return ", ".join(f"{named(name)} ({count:,})" for name, count in missing.items() if count)
