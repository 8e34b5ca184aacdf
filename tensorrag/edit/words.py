"""What made one pipeline out of another, in words: "Added Train", "Set Seed of Split to 7"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from json import dumps
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.edit.annotations import annotations_of
from tensorrag.edit.edges import setting_of, title_of
from tensorrag.pipeline import Edge, JsonObject, Node, Pipeline

NAMED = 3
"""Most cards that are named; more are counted."""
LONGEST = 40
"""Most letters of a value."""


def changes(before: Pipeline, after: Pipeline, catalog: Catalog) -> list[str]:
    """Say what is different, one short sentence for each; empty where nothing is."""
    return [
        *_head(before, after),
        *_cards("Removed", _only_in(before, after), catalog),
        *_cards("Added", _only_in(after, before), catalog),
        *_wires(before, after, catalog),
        *_changed(before, after, catalog),
    ]


def summary(sentences: Sequence[str]) -> str:
    """Put sentences into one line: the first, and how many there are besides."""
    if len(sentences) <= 1:
        return "".join(sentences)
    if len(sentences) == 2:
        second = sentences[1]
        return f"{sentences[0]}, {second[:1].lower()}{second[1:]}"
    return f"{sentences[0]}, and {len(sentences) - 1} more changes"


def _only_in(one: Pipeline, other: Pipeline) -> list[Node]:
    return [node for key, node in one.nodes.items() if key not in other.nodes]


def _cards(verb: str, nodes: Sequence[Node], catalog: Catalog) -> Iterator[str]:
    if len(nodes) > NAMED:
        yield f"{verb} {len(nodes):,} cards"
    elif nodes:
        yield f"{verb} {_listed([title_of(node, catalog) for node in nodes])}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _wires(before: Pipeline, after: Pipeline, catalog: Catalog) -> Iterator[str]:
    if before.edges is after.edges:
        return
    had, has = ({edge.id: edge for edge in each.edges} for each in (before, after))
    made = [edge for key, edge in has.items() if key not in had]
    cut = [edge for key, edge in had.items() if key not in has and _ends_in(edge, after)]
    for verb, link, edges in (("Disconnected", "from", cut), ("Connected", "to", made)):
        if len(edges) > NAMED:
            yield f"{verb} {len(edges):,} wires"
            continue
        for edge in edges:
            source, target = (_title(end, before, after, catalog) for end in _ends(edge, link))
            yield f"{verb} {source} {link} {target}"


def _ends(edge: Edge, link: str) -> tuple[str, str]:
    return (edge.target, edge.source) if link == "from" else (edge.source, edge.target)


def _ends_in(edge: Edge, pipeline: Pipeline) -> bool:
    return edge.source in pipeline.nodes and edge.target in pipeline.nodes


def _title(node_id: str, before: Pipeline, after: Pipeline, catalog: Catalog) -> str:
    node = after.nodes.get(node_id) or before.nodes.get(node_id)
    return title_of(node, catalog) if node is not None else node_id


def _changed(before: Pipeline, after: Pipeline, catalog: Catalog) -> Iterator[str]:
    moved = []
    for key, node in after.nodes.items():
        old = before.nodes.get(key)
        if old is None or old is node:
            continue
        said = [*_of_card(old, node, catalog)]
        if not said and old.position != node.position:
            moved.append(node)
        yield from said
    yield from _cards("Moved", moved, catalog)


def _of_card(old: Node, node: Node, catalog: Catalog) -> Iterator[str]:
    title = title_of(old, catalog)
    differ = [name for name in {**old.params, **node.params} if _differs(old, node, name)]
    names = [name for name in differ if not _is_told_with_its_file(name, differ)]
    if len(names) > NAMED:
        yield f"Changed {len(names):,} settings of {title}"
    else:
        for name in names:
            yield (
                f"Set {setting_of(node, name, catalog)} of {title} to {_value(_named(node, name))}"
                if name in node.params
                else f"Put {setting_of(node, name, catalog)} of {title} back to its default"
            )
    if old.title != node.title:
        yield f"Called {title} {title_of(node, catalog)}"
    if old.enabled != node.enabled:
        yield f"Switched {title} on again" if node.enabled else f"Bypassed {title}"
    same = replace(node, position=old.position, params=old.params, title=old.title)
    if replace(same, enabled=old.enabled) != old:
        yield f"Changed how {title} runs"


def _is_told_with_its_file(name: str, differ: Sequence[str]) -> bool:
    return name.endswith("_name") and name.removesuffix("_name") in differ


def _named(node: Node, name: str) -> Any:
    """Return a value; of a file, which is kept by its digest, the name that it came with."""
    value = node.params[name]
    is_file = isinstance(value, str) and value.startswith("sha256:")
    return (node.params.get(f"{name}_name") or "a file") if is_file else value


def _differs(old: Node, node: Node, name: str) -> bool:
    return dumps(old.params.get(name)) != dumps(node.params.get(name))


def _value(value: Any) -> str:
    said = value if isinstance(value, str) else dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _head(before: Pipeline, after: Pipeline) -> Iterator[str]:
    if before.name != after.name:
        yield f"Called the pipeline {after.name}" if after.name else "Took the pipeline's name away"
    if before.description != after.description:
        yield "Changed the description"
    folded = [] if before.annotations is after.annotations else [*_folded(before, after)]
    yield from folded
    known = {"name", "description", "nodes", "edges", *(["annotations"] if folded else [])}
    for field in fields(Pipeline):
        if field.name not in known and getattr(before, field.name) != getattr(after, field.name):
            yield f"Changed the {_FIELDS.get(field.name, field.name)}"


def _folded(before: Pipeline, after: Pipeline) -> Iterator[str]:
    had, has = annotations_of(before), annotations_of(after)
    for key, frame in has.items():
        was, now = "members" in had.get(key, {}), "members" in frame
        if now and not was:
            yield f"Collapsed {_cards_of(frame)}"
        elif was and not now:
            yield f"Opened {frame.get('title') or 'a composite'}"


def _cards_of(frame: JsonObject) -> str:
    count = len(frame["members"])
    return frame.get("title") or ("a card" if count == 1 else f"{count:,} cards")


_FIELDS = {
    "annotations": "notes and frames",
    "requires": "packs that it needs",
    "extra": "other entries",
    "misfits": "odd entries",
}
