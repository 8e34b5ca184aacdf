"""Finds where a column was lost on its way down to a card that asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from tensorrag.check.facts import NodeFacts
from tensorrag.pipeline import Edge, Pipeline
from tensorrag.quoting import named
from tensorrag.types.schema import TableSchema


def where_lost(
    pipeline: Pipeline, facts: Mapping[str, NodeFacts], node: str, port: str, column: str
) -> str:
    """Say in a sentence which card a column does not get past; empty where that is not known.

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
            return f"It is lost at {named(above.title)}."
        if not tables:
            brief = f" ({named(above.brief)})" if above.brief else ""
            return f"{named(above.title)}{brief} has no such column."
        if any(table.names is None for table in tables.values()):
            return ""
        edge = _into(pipeline, edge.source, next(iter(tables)))
    return ""


def _into(pipeline: Pipeline, node: str, port: str) -> Edge | None:
    return next((e for e in pipeline.inputs_of(node) if e.target_port == port), None)
