"""What makes one pipeline out of another, as JSON: what an edit is remembered by.

Cards and wires stand in it whole, as in a file, so that applying it needs no catalog and cannot
be refused: a card that is not installed any more is changed like every other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import MappingProxyType

from tensorrag.pipeline.as_json import edge_json, from_json, node_json, to_json
from tensorrag.pipeline.graph import Pipeline
from tensorrag.pipeline.parts import NOTHING, Edge, Node
from tensorrag.plain import JsonObject

PARTS = frozenset({"nodes", "edges", "misfits"})


def delta(before: Pipeline, after: Pipeline) -> JsonObject:
    """Return what `patched` makes the second pipeline of, given the first.

    What both share is not looked at. Where order or odd entries changed, all of it is told.
    """
    nodes, edges = _nodes(before, after), _edges(before, after)
    if nodes is None or edges is None or before.misfits or after.misfits:
        return {"pipeline": to_json(after)}
    head = {"head": _head(after)} if _head_differs(before, after) else {}
    return {**nodes, **edges, **head}


def patched(pipeline: Pipeline, change: JsonObject) -> Pipeline:
    """Return the pipeline with a `delta` applied; all that it does not name stays the same.

    Raises:
        FileFormatError: this is no delta.
    """
    if "pipeline" in change:
        return from_json(change["pipeline"])[0]
    head = change.get("head", {})
    told = {"nodes": change.get("nodes", []), "edges": change.get("edges", [])}
    parsed, _ = from_json({**head, **told})
    nodes = {key: pipeline.nodes[key] for key in pipeline.nodes.keys() - {*change.get("gone", ())}}
    ordered = {key: nodes[key] for key in pipeline.nodes if key in nodes} | dict(parsed.nodes)
    cut = {*change.get("cut", ())}
    edges = pipeline.edges
    if cut or parsed.edges:
        edges = (*(edge for edge in edges if edge.id not in cut), *parsed.edges)
    whole = parsed if head else pipeline
    return replace(whole, nodes=MappingProxyType(ordered), edges=edges)


def _nodes(before: Pipeline, after: Pipeline) -> JsonObject | None:
    gone = [key for key in before.nodes if key not in after.nodes]
    kept = [key for key in before.nodes if key in after.nodes]
    if [*kept, *(key for key in after.nodes if key not in before.nodes)] != [*after.nodes]:
        return None
    new = _changed(before.nodes, after.nodes)
    return _named(gone=gone, nodes=[node_json(node) for node in new])


def _changed(before: Mapping[str, Node], after: Mapping[str, Node]) -> list[Node]:
    return [node for key, node in after.items() if before.get(key) is not node]


def _edges(before: Pipeline, after: Pipeline) -> JsonObject | None:
    if before.edges is after.edges:
        return {}
    left, known = {*map(id, after.edges)}, {*map(id, before.edges)}
    kept = [edge for edge in before.edges if id(edge) in left]
    new = [edge for edge in after.edges if id(edge) not in known]
    cut = [edge.id for edge in before.edges if id(edge) not in left]
    ambiguous = {edge.id for edge in kept} & {*cut}
    if ambiguous or not _same([*kept, *new], after.edges):
        return None
    return _named(cut=cut, edges=[edge_json(edge) for edge in new])


def _same(one: list[Edge], other: tuple[Edge, ...]) -> bool:
    return [*map(id, one)] == [*map(id, other)]


def _head_differs(before: Pipeline, after: Pipeline) -> bool:
    names = [field.name for field in fields(Pipeline) if field.name not in PARTS]
    return any(getattr(before, name) is not getattr(after, name) for name in names)


def _head(pipeline: Pipeline) -> JsonObject:
    bare = to_json(replace(pipeline, nodes=NOTHING, edges=(), misfits=()))
    return {key: value for key, value in bare.items() if key not in PARTS}


def _named(**values: list[JsonObject] | list[str]) -> JsonObject:
    return {key: value for key, value in values.items() if value}
