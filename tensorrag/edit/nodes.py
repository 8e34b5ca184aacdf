"""Commands on cards: add, move, remove, set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tensorrag.catalog import CardInfo, Catalog
from tensorrag.edit.annotations import without_annotations
from tensorrag.edit.clipboard import base_name
from tensorrag.edit.composites import without_members
from tensorrag.edit.edges import check_edges, connect
from tensorrag.edit.splicing import spliced, without_healed
from tensorrag.edit.values import OpValues
from tensorrag.errors import DuplicateNodeError, PipelineError
from tensorrag.pipeline import JsonObject, Node, Pipeline, Position
from tensorrag.pipeline.as_json import EDGE_KEYS, node_from_json
from tensorrag.pipeline.keys import NODE_KEYS, RESOURCES, Key
from tensorrag.pipeline.names import is_name
from tensorrag.quoting import quoted

MAX_PARAMS = 1_000_000
"""Longest settings of one card, in characters of JSON."""
COLUMN = 232
"""Distance from one card to the next to the right, in pixels."""

_NAMED = {
    "timeout": "time limit, in seconds,",
    "memory": "memory limit, in MB,",
    "run_on": "place to run on",
}
_SETTABLE: Mapping[str, Key] = {
    name: key for name, key in NODE_KEYS.items() if name not in ("params", "position")
}


def add(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``node``, or ``card`` with ``x``, ``y``, ``id``, ``params``.

    ``connect`` wires it at once; ``splice`` puts it into a wire, as the edit of that name does.
    """
    node = _given_node(pipeline, op) if "node" in op else _new_node(pipeline, op)
    card = catalog.cards.get(node.card)
    if card is None:
        raise PipelineError(
            f"There is no card {quoted(node.card)}.", hint="Take one from the palette."
        )
    _check_params(node.params, card, op)
    if "node" not in op:
        node = replace(node, card_version=card.version)
    added = pipeline.with_nodes(node)
    for wire in op.objects("connect"):
        added = connect(added, OpValues(_wire_at(node, wire)), catalog)
    if "splice" in op:
        at = OpValues({**op.members("splice"), "op": op.name})
        added = spliced(added, node.id, at, catalog)
    return added


def _given_node(pipeline: Pipeline, op: OpValues) -> Node:
    raw = op.members("node")
    raw.setdefault("id", _fresh_id(pipeline, raw.get("card")))
    node = node_from_json(raw)
    _check_id(node.id, pipeline)
    return node if "position" in raw else replace(node, position=_beside(pipeline))


def _new_node(pipeline: Pipeline, op: OpValues) -> Node:
    card = op.text("card")
    node_id = op.text("id") if "id" in op else _fresh_id(pipeline, card)
    _check_id(node_id, pipeline)
    params = op.members("params") if "params" in op else {}
    return Node(node_id, card, MappingProxyType(params), op.position(_beside(pipeline)))


def _wire_at(node: Node, wire: JsonObject) -> JsonObject:
    """Fill in the new card at the end that the wire leaves open."""
    ends = {"source": node.id} if "source" not in wire else {"target": node.id}
    return {"op": "connect", **ends, **{key: wire[key] for key in EDGE_KEYS if key in wire}}


def move(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``positions``: ``{id: {x, y}}``."""
    moved = []
    for node_id, raw in op.members("positions").items():
        node, position = pipeline.node(node_id), op.place(raw)
        if position != replace(node.position, extra={}):
            moved.append(replace(node, position=replace(position, extra=node.position.extra)))
    return _with_nodes(pipeline, *moved)


def remove(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``nodes``: ids of cards, which lose their wires too; ``edges``: ids of wires.

    ``annotations``: ids of notes and frames.
    With ``heal``, what came to a removed card is wired to where it led, where the types allow.
    """
    nodes, edges = op.texts("nodes"), op.texts("edges")
    for node_id in nodes:
        pipeline.node(node_id)
    check_edges(edges, pipeline)
    pipeline = without_annotations(pipeline, op.texts("annotations"))
    pipeline = without_members(pipeline, frozenset(nodes)) if nodes else pipeline
    if op.flag("heal") and nodes:
        return without_healed(pipeline, nodes, edges, catalog)
    return pipeline.without(nodes, edges) if nodes or edges else pipeline


def set_params(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``node``, ``params``: merged into those that are there; null goes back to the default."""
    node, given = pipeline.node(op.text("node")), op.members("params")
    card = catalog.cards.get(node.card)
    named = {key: value for key, value in given.items() if key not in node.params}
    if card is not None:
        _check_params(named, card, op)
    merged = {**node.params, **given}
    params = {key: value for key, value in merged.items() if given.get(key, ...) is not None}
    if _same(params, dict(node.params)):
        return pipeline
    if len(json.dumps(params)) > MAX_PARAMS:
        raise op.wrong("params", f"at most {MAX_PARAMS:,} characters long")
    extra = without(node.extra, "params")
    changed = replace(node, params=MappingProxyType(params), extra=extra)
    return pipeline.with_nodes(changed)


def set_node(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``node``, and those of the other keys of a node in a file that are to change."""
    node = pipeline.node(op.text("node"))
    changes = dict(op.keys(_SETTABLE))
    if not changes:
        raise op.wrong("node", f"followed by one of {', '.join(_SETTABLE)}")
    changed = replace(node, **changes, extra=without(node.extra, *changes))
    return _with_nodes(pipeline, *([changed] if changed != node else []))


def set_resources(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``node``, ``resources``: merged into those that are there; null goes back to the default."""
    node, given = pipeline.node(op.text("node")), op.members("resources")
    for name, value in given.items():
        if name not in RESOURCES:
            known = ", ".join(RESOURCES)
            raise PipelineError(
                f"A card cannot ask for {quoted(name)}.", hint=f"It can for: {known}."
            )
        check_member(name, value, RESOURCES)
    merged = {**node.resources, **given}
    kept = {name: value for name, value in merged.items() if given.get(name, ...) is not None}
    if kept == dict(node.resources):
        return pipeline
    extra = without(node.extra, "resources")
    return pipeline.with_nodes(replace(node, resources=MappingProxyType(kept), extra=extra))


def check_member(name: str, value: Any, keys: Mapping[str, Key]) -> None:
    """Refuse a value that this key cannot have, in words of people."""
    try:
        keys[name].read(value)
    except ValueError:
        raise PipelineError(
            f"The {_NAMED.get(name, name)} must be {keys[name].what}; {quoted(str(value))} is not.",
            hint="Leave it empty for the default.",
        ) from None


def _check_params(params: Mapping[str, Any], card: CardInfo, op: OpValues) -> None:
    known = card.params.get("properties", {})
    for name in params:
        if name not in known:
            raise PipelineError(
                f"{card.title} has no setting {quoted(name)}.",
                hint=f"It has: {', '.join(known)}." if known else "It has none.",
            )
    if len(json.dumps(dict(params))) > MAX_PARAMS:
        raise op.wrong("params", f"at most {MAX_PARAMS:,} characters long")


def _check_id(node_id: str, pipeline: Pipeline) -> None:
    if not is_name(node_id):
        raise PipelineError(
            f"A card cannot have the id {quoted(node_id)}.",
            hint="Use small letters, digits and underscores, a letter first, 64 at most.",
        )
    if node_id in pipeline.nodes:
        raise DuplicateNodeError(
            f"There is a card with the id {quoted(node_id)} already.",
            hint="Give the new card another id.",
        )


def _with_nodes(pipeline: Pipeline, *nodes: Node) -> Pipeline:
    return pipeline.with_nodes(*nodes) if nodes else pipeline


def without(extra: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return what is left of an ``extra`` when these keys have got a value of use."""
    return MappingProxyType({key: value for key, value in extra.items() if key not in keys})


def _same(one: JsonObject, other: JsonObject) -> bool:
    """Compare as JSON, in which true is not 1 and 1.0 is not 1."""
    return one == other and json.dumps(one) == json.dumps(other)


def _fresh_id(pipeline: Pipeline, card: Any) -> str:
    return pipeline.free_id(base_name(card) if isinstance(card, str) else "card")


def _beside(pipeline: Pipeline) -> Position:
    """Return a free place: right of the card that lies farthest right."""
    if not pipeline.nodes:
        return Position()
    last = max(pipeline.nodes.values(), key=lambda node: node.position.x).position
    return Position(min(last.x + COLUMN, 1e6), last.y)
