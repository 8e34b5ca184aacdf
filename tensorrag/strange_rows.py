"""What a model is asked about that is unlike all that it has learnt from: it answers anyway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from tensorrag.pipeline.names import quoted
from tensorrag.types import Table

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
    found = _found(table, seen)
    told = list(islice(found, MOST))
    more = sum(1 for _ in found)
    return [*told, f"And {more:,} more."] if more else told


def _found(table: Table, seen: Mapping[str, Any]) -> Iterator[str]:
    for name, (least, greatest) in (seen.get("ranges") or {}).items():
        apart = greatest - least
        low, high = least - apart, greatest + apart
        learnt = f"{least:,.6g} to {greatest:,.6g}" if apart else f"{least:,.6g} alone"
        for row, value in _present(table.arrow[name].to_pylist()):
            if not low <= value <= high:
                far = f"{value:,.6g} is far outside of what the model has learnt from"
                yield f"Row {row}, {name}: {far}, {learnt}."
    for name, values in (seen.get("values") or {}).items():
        known = frozenset(values)
        for row, value in _present(table.arrow[name].cast("string").to_pylist()):
            if value not in known:
                yield f"Row {row}, {name}: {quoted(value)} is in no row that the model learnt from."


def _present(values: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return ((row, value) for row, value in enumerate(values, 1) if value is not None)
