"""Puts a card before another: where all rows go through it, also those that are measured on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.pipeline.room import room_beside
from tensorrag.plain import JsonObject
from tensorrag.registry.finding import Found


def putting_before(
    pipeline: Pipeline,
    cards: Mapping[str, Found],
    node: str,
    port: str,
    card: str,
    params: Mapping[str, Any],
) -> list[JsonObject]:
    """Return the edit that puts a card into the wire of an input, or of the split before that.

    Args:
        pipeline: the whole of it.
        cards: all that are here, by id.
        node: before which it goes.
        port: its input.
        card: the id of what is put there.
        params: its parameters.

    Returns:
        Nothing where the card is not here, there is no such wire, or a split by time needs the
        date that the card may make numbers of.
    """
    if card not in cards:
        return []
    by_rows = cards[card].card.on_new_rows == "nothing"  # all columns are there afterwards
    wire = _only([edge for edge in pipeline.inputs_of(node) if edge.target_port == port])
    while wire is not None and _splits(above := pipeline.nodes[wire.source], cards):
        if above.params.get("split_by") == "time" and not by_rows:
            return []
        wire = _only(pipeline.inputs_of(above.id))
    if wire is None:
        return []
    moves, x, y = room_beside(pipeline, wire.source)
    added = {"op": "add", "card": card, "params": dict(params), "x": x, "y": y}
    return [*moves, {**added, "splice": {"edge": wire.id}}]


def _splits(node: Node, cards: Mapping[str, Found]) -> bool:
    """Whether a card deals rows out into parts, and leaves their columns alone."""
    found = cards.get(node.card)
    return found is not None and found.card.on_new_rows == "nothing" and len(found.info.outputs) > 1


def _only(wires: list[Edge] | tuple[Edge, ...]) -> Edge | None:
    return wires[0] if len(wires) == 1 else None
