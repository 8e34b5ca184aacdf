"""What an edit means to whoever checks: which cards were set, and whether any was at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tensorrag.edit.document import Change
from tensorrag.pipeline import Pipeline


def only_moved(change: Change) -> bool:
    """Tell whether cards just lie elsewhere, which is nothing to be checked."""
    before, after = change.before, change.after
    if before.edges is not after.edges or before.nodes.keys() != after.nodes.keys():
        return False
    pairs = ((before.nodes[node_id], node) for node_id, node in after.nodes.items())
    moved = [(old, new) for old, new in pairs if old is not new]
    return bool(moved) and all(
        old.params is new.params and replace(old, position=new.position) == new
        for old, new in moved
    )


def set_by_hand(ops: list[Any], before: Pipeline, after: Pipeline) -> list[str]:
    """Return the nodes that somebody added or set himself, not by pasting or importing."""
    if not any(op["op"] in ("add", "set_params") for op in ops):
        return []
    return set_anew(before, after)


def set_anew(before: Pipeline, after: Pipeline) -> list[str]:
    """Return the nodes that are new, or whose parameters are others than before."""
    nodes, known = after.nodes, before.nodes
    return [n for n in nodes if n not in known or nodes[n].params != known[n].params]
