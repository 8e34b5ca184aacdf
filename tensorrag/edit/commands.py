"""Commands on a pipeline: each one is checked, and makes a new pipeline or raises.

What arrives here was sent by a browser, and a browser can be made to send anything. An edit is a
JSON object with ``op``, its name, and the values that the function of that name reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from json import dumps
from types import MappingProxyType
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.edit.annotations import annotate
from tensorrag.edit.clipboard import paste
from tensorrag.edit.edges import connect, disconnect
from tensorrag.edit.nodes import (
    add,
    check_member,
    move,
    remove,
    set_node,
    set_params,
    set_resources,
    without,
)
from tensorrag.edit.splicing import splice
from tensorrag.edit.values import OpValues
from tensorrag.errors import PipelineError
from tensorrag.pipeline.as_json import MAX_EDGES, MAX_NODES, edge_json, node_json, to_json
from tensorrag.pipeline.graph import Pipeline
from tensorrag.pipeline.keys import HEAD_KEYS, PIPELINE_KEYS, SETTINGS, Key
from tensorrag.pipeline.parts import Edge, Node
from tensorrag.quoting import quoted

Handler = Callable[[Pipeline, OpValues, Catalog], Pipeline]


def apply(pipeline: Pipeline, op: Any, catalog: Catalog) -> Pipeline:
    """Return the pipeline with one edit made; the very same one if that changes nothing.

    Args:
        pipeline: before the edit.
        op: a JSON object such as ``{"op": "remove", "nodes": ["train"]}``; not to be trusted.
        catalog: the cards that there are.

    Raises:
        PipelineError: the edit is forbidden or malformed; the message is one sentence.
    """
    values = OpValues(op)
    handler = _HANDLERS.get(values.name)
    if handler is None:
        known = ", ".join(_HANDLERS)
        raise PipelineError(f"There is no edit {quoted(values.name)}.", hint=f"There are: {known}.")
    after = handler(pipeline, values, catalog)
    _check_size(after, pipeline)
    return after


def _rename(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``name``, ``description`` or both."""
    return _changed(pipeline, op, HEAD_KEYS)


def _settings(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``settings``: merged into those that are there; null takes one out."""
    given = op.members("settings")
    for name, value in given.items():
        if name in SETTINGS:
            check_member(name, value, SETTINGS)
    merged = {**pipeline.settings, **given}
    kept = {key: value for key, value in merged.items() if value is not None}
    return _changed(pipeline, OpValues({"op": op.name, "settings": kept}), PIPELINE_KEYS)


def _replace(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``pipeline``: all of another one takes the place of this one."""
    return _sharing(op.pipeline("pipeline"), pipeline)


def _sharing(after: Pipeline, before: Pipeline) -> Pipeline:
    """Return the same pipeline, made of the cards and wires of another one where they are alike."""
    if dumps(to_json(after)) == dumps(to_json(before)):
        return before
    nodes = {
        node_id: _known_node(node, before.nodes.get(node_id))
        for node_id, node in after.nodes.items()
    }
    known = {edge.id: edge for edge in before.edges}
    edges = tuple(_known_edge(edge, known.get(edge.id)) for edge in after.edges)
    same = [*map(id, edges)] == [*map(id, before.edges)]
    return replace(after, nodes=MappingProxyType(nodes), edges=before.edges if same else edges)


def _known_node(node: Node, known: Node | None) -> Node:
    if known is None or dumps(node_json(node)) != dumps(node_json(known)):
        return node
    return known


def _known_edge(edge: Edge, known: Edge | None) -> Edge:
    if known is None or dumps(edge_json(edge)) != dumps(edge_json(known)):
        return edge
    return known


def _discard(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``index`` of an entry of the file that could not be used."""
    if not pipeline.misfits:
        raise PipelineError(
            "This pipeline has no entry that could not be used.", hint="It was removed already."
        )
    index = op.index("index", len(pipeline.misfits))
    left = pipeline.misfits[:index] + pipeline.misfits[index + 1 :]
    return replace(pipeline, misfits=left)


_HANDLERS: Mapping[str, Handler] = {
    "add": add,
    "move": move,
    "connect": connect,
    "disconnect": disconnect,
    "splice": splice,
    "annotate": annotate,
    "remove": remove,
    "set_params": set_params,
    "set_node": set_node,
    "set_resources": set_resources,
    "rename": _rename,
    "settings": _settings,
    "paste": paste,
    "replace": _replace,
    "discard": _discard,
}


def _check_size(after: Pipeline, before: Pipeline) -> None:
    """Keep a pipeline within what a file may hold."""
    for what, most, now, then in (
        ("cards", MAX_NODES, len(after.nodes), len(before.nodes)),
        ("wires", MAX_EDGES, len(after.edges), len(before.edges)),
    ):
        if now > most and now > then:
            raise PipelineError(
                f"This would make {now:,} {what}; {most:,} may be in one pipeline.",
                hint="Make a second pipeline.",
            )


def _changed(pipeline: Pipeline, op: OpValues, keys: Mapping[str, Key]) -> Pipeline:
    changes = dict(op.keys(keys))
    if not changes:
        raise op.wrong("op", f"followed by one of {', '.join(keys)}")
    changed = replace(pipeline, **changes, extra=without(pipeline.extra, *changes))
    return pipeline if changed == pipeline else changed
