"""Finds where a column was lost on its way down to a card that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tensorrag.check.facts import NodeFacts
from tensorrag.pipeline import Edge, Pipeline
from tensorrag.quoting import named
from tensorrag.types.schema import TableSchema


class Lost(NamedTuple):
    """What became of a column that does not arrive."""

    said: str = ""
    """A sentence; empty where nothing is known."""
    never: bool = False
    """Whether it never was there: the table was loaded without it."""


def where_lost(
    pipeline: Pipeline, facts: Mapping[str, NodeFacts], node: str, port: str, column: str
) -> Lost:
    """Find which card a column does not get past.

    Args:
        pipeline: the whole of it.
        facts: what is known of each node above.
        node: id of the node that asks for the column.
        port: its input that the column should arrive at.
        column: the name of the column.
    """
    passed = {node}
    edge = _into(pipeline, node, port)
    while edge is not None and edge.source in facts and edge.source not in passed:
        passed.add(edge.source)
        above = facts[edge.source]
        tables = {n: s for n, s in above.inputs.items() if isinstance(s, TableSchema)}
        if any(column in (table.names or ()) for table in tables.values()):
            return Lost(f"It is lost at {named(above.title)}.")
        if not tables:
            brief = f" ({named(above.brief)})" if above.brief else ""
            return Lost(f"{named(above.title)}{brief} has no such column.", never=True)
        if any(table.names is None for table in tables.values()):
            return Lost()
        edge = _into(pipeline, edge.source, next(iter(tables)))
    return Lost()


def _into(pipeline: Pipeline, node: str, port: str) -> Edge | None:
    return next((e for e in pipeline.inputs_of(node) if e.target_port == port), None)
