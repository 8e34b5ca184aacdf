"""Copy and paste: a part of a pipeline, which is a pipeline itself, and its way into another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.edit.annotations import annotations_of, pasted_annotations
from tensorrag.edit.values import OpValues
from tensorrag.pipeline.graph import Pipeline, free_id
from tensorrag.pipeline.names import is_name
from tensorrag.pipeline.parts import Node, Position

ASIDE = 40
"""How far right and down a copy lies from what it was copied from, in pixels."""


def excerpt(
    pipeline: Pipeline, node_ids: Iterable[str], annotation_ids: Iterable[str] = ()
) -> Pipeline:
    """Return a pipeline of just these cards, the wires between them, and their sources if any.

    Notes and frames are named by their own ids.

    Ids that are not there are passed over; the order is that of the pipeline.
    """
    wanted, noted = frozenset(node_ids), frozenset(annotation_ids)
    nodes = {key: node for key, node in pipeline.nodes.items() if key in wanted}
    return Pipeline(
        nodes=MappingProxyType(nodes),
        edges=tuple(e for e in pipeline.edges if e.source in nodes and e.target in nodes),
        annotations=tuple(each for key, each in annotations_of(pipeline).items() if key in noted),
        cards=_sources(nodes, pipeline.cards),
    )


def paste(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``pipeline``, and ``x``, ``y`` for its top left corner; every card gets a free id.

    The source of a card that is not here comes along, and waits to be trusted as it would in a
    file; one that is here, or waits here already, is not touched by what is pasted.
    """
    pasted = op.pipeline("pipeline")
    if not pasted.nodes and not annotations_of(pasted):
        return pipeline
    ids = free_ids(pasted, pipeline)
    left, top = corner_of(pasted)
    corner = op.position(Position(left + ASIDE, top + ASIDE))
    nodes = []
    for node in pasted.nodes.values():
        x, y = node.position.x - left + corner.x, node.position.y - top + corner.y
        nodes.append(replace(node, id=ids[node.id], position=op.place({"x": x, "y": y})))
    edges = (
        replace(edge, source=ids[edge.source], target=ids[edge.target])
        for edge in pasted.edges
        if edge.source in ids and edge.target in ids
    )
    after = pipeline.with_nodes(*nodes).with_edges(*edges)
    after = pasted_annotations(pasted, after, ids, corner.x - left, corner.y - top)
    sources = _sources(pasted.nodes, pasted.cards)
    new = {card: source for card, source in sources.items() if card not in catalog.cards}
    return _with_sources(after, new)


def corner_of(pipeline: Pipeline) -> tuple[float, float]:
    """Return the top left corner of the rectangle around all there is, in pixels."""
    cards = [(node.position.x, node.position.y) for node in pipeline.nodes.values()]
    notes = [each["position"] for each in annotations_of(pipeline).values()]
    places = [*cards, *((place["x"], place["y"]) for place in notes)]
    return min(x for x, _ in places), min(y for _, y in places)


def free_ids(pasted: Pipeline, pipeline: Pipeline) -> dict[str, str]:
    """Return the id that each card gets, by the one that it has."""
    taken = set(pipeline.nodes)
    ids: dict[str, str] = {}
    for node in pasted.nodes.values():
        wanted = node.id if is_name(node.id) else base_name(node.card)
        ids[node.id] = free_id(wanted, taken)
        taken.add(ids[node.id])
    return ids


def base_name(card: str) -> str:
    """Return the part of a card's id after its pack's."""
    return card.rpartition("/")[2]


def _sources(nodes: Mapping[str, Node], cards: Mapping[str, Any]) -> Mapping[str, Any]:
    used = {node.card for node in nodes.values()}
    return MappingProxyType({card: entry for card, entry in cards.items() if card in used})


def _with_sources(pipeline: Pipeline, sources: Mapping[str, Any]) -> Pipeline:
    new = {card: entry for card, entry in sources.items() if card not in pipeline.cards}
    if not new:
        return pipeline
    return replace(pipeline, cards=MappingProxyType({**pipeline.cards, **new}))
