"""What a gesture is called in the undo menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.edit.annotations import annotations_of
from tensorrag.edit.edges import setting_of, title_of
from tensorrag.errors import NodeNotFound
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.files import from_object


def describe(ops: Sequence[Any], before: Pipeline, catalog: Catalog) -> str:
    """Name a gesture for the undo menu, by its last edit: "Move 3 cards", "Change Seed"."""
    op: JsonObject = ops[-1] if ops else {"op": ""}
    if op["op"] == "set_node" and "enabled" in op:
        return _name_bypass(ops, before, catalog)
    namer = _NAMERS.get(op["op"])
    return namer(op, before, catalog) if namer else "Edit"


def _cards(ids: Sequence[str], before: Pipeline, catalog: Catalog) -> str:
    if len(ids) != 1:
        return f"{len(ids):,} cards"
    try:
        return title_of(before.node(ids[0]), catalog)
    except NodeNotFound:  # made by an edit before this one
        return "a card"


def named_notes(notes: Sequence[JsonObject]) -> str:
    """Name notes and frames: "a frame", "3 notes"; they are notes where both are among them."""
    kinds = {each.get("kind", "note") for each in notes}
    kind = kinds.pop() if len(kinds) == 1 else "note"
    return f"a {kind}" if len(notes) == 1 else f"{len(notes):,} {kind}s"


def _name_add(op: JsonObject, before: Pipeline, catalog: Catalog) -> str:
    card = op["node"]["card"] if "node" in op else op["card"]
    verb = "Insert" if "splice" in op else "Add"
    return f"{verb} {catalog.cards[card].title}"


def _name_remove(op: JsonObject, before: Pipeline, catalog: Catalog) -> str:
    nodes = op.get("nodes") or []
    if nodes:
        return f"Remove {_cards(nodes, before, catalog)}"
    edges, notes = op.get("edges") or [], op.get("annotations") or []
    if notes and not edges:
        known = annotations_of(before)
        return f"Remove {named_notes([known[each] for each in notes])}"
    return "Remove a wire" if len(edges) == 1 else f"Remove {len(edges):,} wires"


def _name_annotate(op: JsonObject, before: Pipeline, catalog: Catalog) -> str:
    given, known = op.get("annotations") or [], annotations_of(before)
    given = [given] if isinstance(given, dict) else given
    first = given[0] if given else {}
    if "collapsed" in first and len(given) == 1:
        return _name_collapse(first, known.get(first["id"], first), before, catalog)
    verb = "Change" if first.get("id") in known else "Add"
    return f"{verb} {named_notes([known.get(each['id'], each) for each in given])}"


def _name_collapse(frame: JsonObject, known: JsonObject, before: Pipeline, catalog: Catalog) -> str:
    if frame["collapsed"]:
        return f"Collapse {_cards(frame.get('members', ()), before, catalog)}"
    return f"Open {known.get('title') or 'a composite'}"


def _name_paste(op: JsonObject, before: Pipeline, catalog: Catalog) -> str:
    count = len(op["pipeline"].get("nodes") or ())
    if not count:
        return (
            f"Paste {named_notes([*annotations_of(from_object(op['pipeline']).pipeline).values()])}"
        )
    return "Paste a card" if count == 1 else f"Paste {count:,} cards"


def _name_bypass(ops: Sequence[JsonObject], before: Pipeline, catalog: Catalog) -> str:
    cards = _cards([op["node"] for op in ops if op["op"] == "set_node"], before, catalog)
    return f"Switch {cards} on again" if ops[-1]["enabled"] else f"Bypass {cards}"


def _name_params(op: JsonObject, before: Pipeline, catalog: Catalog) -> str:
    names = list(op["params"])
    if len(names) > 1 or op["node"] not in before.nodes:
        return "Change a setting" if len(names) == 1 else f"Change {len(names):,} settings"
    return f"Change {setting_of(before.nodes[op['node']], names[0], catalog)}"


def _name_resources(op: JsonObject, before: Pipeline, catalog: Catalog) -> str:
    names = [_RESOURCES.get(name, name) for name in op["resources"]]
    return f"Change the {names[0]}" if len(names) == 1 else "Change the limits"


_RESOURCES = {"timeout": "time limit", "memory": "memory limit", "cpus": "cores", "gpu": "GPU"}
_NAMERS: dict[str, Callable[[JsonObject, Pipeline, Catalog], str]] = {
    "add": _name_add,
    "move": lambda op, before, catalog: f"Move {_cards([*op['positions']], before, catalog)}",
    "connect": lambda op, before, catalog: "Connect two cards",
    "disconnect": lambda op, before, catalog: "Remove a wire",
    "splice": lambda op, before, catalog: f"Insert {_cards([op['node']], before, catalog)}",
    "annotate": _name_annotate,
    "remove": _name_remove,
    "set_params": _name_params,
    "set_node": lambda op, before, catalog: f"Change {_cards([op['node']], before, catalog)}",
    "set_resources": _name_resources,
    "rename": lambda op, before, catalog: "Rename the pipeline",
    "settings": lambda op, before, catalog: "Change the settings",
    "paste": _name_paste,
    "replace": lambda op, before, catalog: "Replace the pipeline",
    "discard": lambda op, before, catalog: "Discard an entry",
}
