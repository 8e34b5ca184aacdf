"""What is not the same in runs: parameters, cards, wires, data, versions, places, environments."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tensorrag.plain import JsonObject
from tensorrag.run.told import EMPTY, Told, cards_of, nodes_of


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in all runs."""

    kind: str
    """``parameter``, ``card``, ``wires``, ``data``, ``source``, ``place``, ``environment``."""
    node: str | None
    what: str
    """The parameter, the library: what it is called."""
    values: tuple[Any, ...]
    """As JSON, by run."""
    there: tuple[bool, ...]
    """Whether a run has it at all."""


def differences_of(told: Sequence[Told]) -> list[Difference]:
    """Return all that is not the same in all runs, what people set before what came of itself."""
    return [
        *_by_node(told, "card", lambda record, node: cards_of(record).get(node)),
        *_parameters(told),
        *_wires(told),
        *_by_node(told, "data", lambda record, node: record["fingerprints"].get(node)),
        *_by_node(told, "source", lambda record, node: _source(record, node)),
        *_places(told),
        *_environment(told),
    ]


def _by_node(
    told: Sequence[Told], kind: str, find: Callable[[JsonObject, str], Any]
) -> list[Difference]:
    found = []
    for node in nodes_of(told):
        both = kind == "card"
        values = tuple(find(each.record, node) if each.record else None for each in told)
        known = values if both else tuple(value for value in values if value is not None)
        if len(set(map(_text, known))) > 1:
            there = tuple(value is not None for value in values)
            found.append(Difference(kind, node, "", values, there))
    return found


def _source(record: JsonObject, node: str) -> str | None:
    """Return what the code of a card is known by: another version may count differently."""
    card = record.get("cards", EMPTY).get(node)
    return f"{card['version']} {card['source_sha256']}" if card else None


def _parameters(told: Sequence[Told]) -> list[Difference]:
    found = []
    for node in nodes_of(told):
        params = [each.record.get("params", EMPTY).get(node) for each in told]
        names = dict.fromkeys(name for own in params if own for name in own)
        for name in names:
            there = tuple(own is not None and name in own for own in params)
            values = tuple((own or EMPTY).get(name) for own in params)
            mine = {_text(value) for value, is_there in zip(values, there, strict=True) if is_there}
            # A whole card that is not there is told as such.
            missing = any(own is not None and name not in own for own in params)
            if len(mine) > 1 or missing:
                found.append(Difference("parameter", node, name, values, there))
    return found


def same_in(told: Sequence[Told]) -> int:
    """Count the parameters that are the same in all runs."""
    first, *others = (each.record.get("params", EMPTY) for each in told)
    return sum(
        all(name in other.get(node, EMPTY) and other[node][name] == value for other in others)
        for node, params in first.items()
        for name, value in params.items()
    )


def _wires(told: Sequence[Told]) -> list[Difference]:
    edges = [
        sorted(
            f"{edge['source']}.{edge['source_port']}-{edge['target']}.{edge['target_port']}"
            for edge in each.record.get("pipeline", EMPTY).get("edges", [])
        )
        for each in told
    ]
    wires = sorted({wire for own in edges for wire in own})
    found = ((wire, tuple(wire in own for own in edges)) for wire in wires)
    return [
        Difference("wires", None, wire, there, there) for wire, there in found if not all(there)
    ]


def _places(told: Sequence[Told]) -> list[Difference]:
    found = []
    for node in nodes_of(told):
        shown = [each.nodes.get(node, EMPTY) for each in told]
        ran = [
            " ".join(filter(None, [own.get("executor"), own.get("device")]))
            if own.get("state") == "done"
            else None
            for own in shown
        ]
        if len({place for place in ran if place}) > 1:
            there = tuple(place is not None for place in ran)
            found.append(Difference("place", node, "", tuple(ran), there))
    return found


def _environment(told: Sequence[Told]) -> list[Difference]:
    known = [_flat(each.record.get("environment", EMPTY)) for each in told]
    names = dict.fromkeys(name for own in known for name in own)
    found = ((name, tuple(own.get(name) for own in known)) for name in names)
    return [
        Difference("environment", None, name, values, tuple(v is not None for v in values))
        for name, values in found
        if len({value for value in values if value is not None}) > 1
    ]


def _flat(environment: JsonObject) -> dict[str, str]:
    plain = {name: str(value) for name, value in environment.items() if name != "libraries"}
    return plain | {k: str(v) for k, v in environment.get("libraries", EMPTY).items()}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
