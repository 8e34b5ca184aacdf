"""Asks a card about itself: its code may be wrong in any way, and most of that decides nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tensorrag.card import Card
from tensorrag.footprint import Footprint
from tensorrag.registry.finding import Found
from tensorrag.secret import Secret
from tensorrag.types.schema import Schema

MAX_BRIEF = 200
"""Longest line on a card, in characters."""


def peek_key(found: Found, card: Card) -> str:
    """Return what the Peek of a card with these parameters is stored under."""
    text = json.dumps([card.id, found.source_sha256, card.active()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def positional(found: Found, inputs: dict[str, Any]) -> list[Any]:
    """Give propagate what run would get: a schema that knows nothing where one is missing."""
    arguments: list[Any] = []
    for port in found.card.inputs():
        blank = port.type.schema_type()
        if port.many:
            arguments.extend(schema or blank for schema in inputs[port.name])
        elif inputs[port.name] is None and not port.optional:
            arguments.append(blank)
        else:
            arguments.append(inputs[port.name])
    return arguments


def as_schemas(returned: Any, found: Found) -> dict[str, Schema | None]:
    """Hold what propagate returned against the outputs of its card; returns it by port."""
    whole = returned if isinstance(returned, tuple) else (returned,)
    ports = found.card.outputs()
    if len(whole) != len(ports):
        raise TypeError(f"it returned {len(whole)} schemas for {len(ports)} outputs")
    for port, schema in zip(ports, whole, strict=True):
        promised = port.type.schema_type
        if schema is not None and not isinstance(schema, promised):
            kind = type(schema).__name__
            raise TypeError(
                f"it returned a {kind} for {port.name}, which is no {promised.__name__}"
            )
    return {port.name: schema for port, schema in zip(ports, whole, strict=True)}


def secrets(card: Card | None) -> dict[str, str]:
    """Return the names of the secrets that a card needs, by parameter."""
    if card is None:
        return {}
    chosen = {name: getattr(card, name) for name in card.active()}
    return {name: str(value) for name, value in chosen.items() if isinstance(value, Secret)}


def brief(card: Card, inputs: dict[str, Schema]) -> str:
    """Return the line on a card; empty where it cannot say one."""
    try:
        return str(card.brief(inputs) or "")[:MAX_BRIEF]
    except (Exception, SystemExit):
        return ""  # it is shown, and decides nothing


def offers(card: Card | None, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what parameters can pick from, by name; nothing where it cannot say."""
    try:
        told = card.offers(inputs) if card is not None else {}
        return {str(name): [str(each) for each in listed] for name, listed in told.items()}
    except (Exception, SystemExit):
        return {}  # it is offered, and decides nothing


def cores(card: Card) -> int:
    """Return how many processor cores a card makes use of; 1 where it cannot say."""
    try:
        return max(1, int(card.uses_cores()))
    except (Exception, SystemExit):
        return 1  # it runs all the same


def footprint(card: Card, inputs: dict[str, Schema]) -> Footprint | None:
    """Return how much room a run will need; None where it cannot say."""
    try:
        told = card.footprint(inputs)
        return None if told is None else Footprint.model_validate(told)
    except (Exception, SystemExit):
        return None  # it is shown, and decides nothing
