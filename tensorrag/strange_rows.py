"""What a model is asked about that is unlike all that it has learnt from: it answers anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from tensorrag.quoting import named, quoted
from tensorrag.types import Table

if TYPE_CHECKING:
    import pyarrow as pa

STRANGE = "Unlike the rows that it has learnt from"
"""What warnings are called where they are shown."""
MOST = 20
"""Warnings that are told; how many more there are is said at the end."""


def warnings(table: Table, seen: Mapping[str, Any]) -> list[str]:
    """Say which values the model has never seen, or none like them.

    A number is far outside where it lies further from those of the train rows than these are
    apart from one another.

    Args:
        table: rows with the model's features.
        seen: ``{"ranges": {feature: (least, greatest)}, "values": {feature: [text, …]}}`` of the
            train rows.

    Returns:
        A sentence for each, beginning with its row and feature.
    """
    import pyarrow.compute as pc

    told: list[str] = []
    count = 0
    for name, odd, say in _odd(table, seen):
        rows = pc.indices_nonzero(pc.fill_null(odd, False))
        count += len(rows)
        for row in rows[: MOST - len(told)].to_pylist():
            told.append(f"Row {row + 1}, {named(name)}: {say(table.column(name)[row].as_py())}.")
    return [*told, f"And {count - len(told):,} more."] if count > len(told) else told


def _odd(
    table: Table, seen: Mapping[str, Any]
) -> Iterator[tuple[str, pa.ChunkedArray, Callable[[Any], str]]]:
    """Yield of each feature which rows are odd, and what is said of the value of one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, (least, greatest) in (seen.get("ranges") or {}).items():
        column, apart = table.column(name).cast(pa.float64(), safe=False), greatest - least
        low, high = pc.less(column, least - apart), pc.greater(column, greatest + apart)
        yield name, pc.or_(low, high), partial(_far, least, greatest)
    for name, values in (seen.get("values") or {}).items():
        column = table.column(name).cast(pa.string())
        known = pc.is_in(column, value_set=pa.array(values, pa.string()))
        yield name, pc.and_(pc.is_valid(column), pc.invert(known)), _new


def _far(least: float, greatest: float, value: float) -> str:
    learnt = f"{least:,.6g} to {greatest:,.6g}" if greatest > least else f"{least:,.6g} alone"
    return f"{value:,.6g} is far outside of what the model has learnt from, {learnt}"


def _new(value: Any) -> str:
    return f"{quoted(str(value))} is in no row that the model learnt from"
