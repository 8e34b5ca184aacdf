"""What of a model card a search may vary: its numbers with a usual range, and its choices."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from tensorrag.card import Card
from tensorrag.plain import JsonObject
from tensorrag.types.schema import Hyperparameter


def hyperparameters(card: Card, without: Collection[str] = ()) -> tuple[Hyperparameter, ...]:
    """Return the active parameters of a model card that a search may vary.

    These are numbers with a recommended range, choices and switches. What decides which other
    parameters matter is none of them.

    Args:
        card: has the settings as they are.
        without: parameters that are none, although they look like it.

    Example:
        >>> def run(self) -> Out:
        ...     return self.Out(EstimatorSpec("ridge", {...}, hyperparameters(self)))
    """
    fields, deciding = _fields(type(card))
    return tuple(
        Hyperparameter(value=value, **fields[name])
        for name, value in card.active().items()
        if name in fields and name not in deciding and name not in without
    )


@cache
def _fields(card: type[Card]) -> tuple[dict[str, JsonObject], frozenset[str]]:
    """Return what can be varied by name, and the names of what decides what else matters."""
    properties: JsonObject = card.model_json_schema().get("properties", {})
    fields = {name: found for name, raw in properties.items() if (found := _field(name, raw))}
    deciding = {name for raw in properties.values() for name in raw.get("x-when", {})}
    return fields, frozenset(deciding)


def _field(name: str, raw: JsonObject) -> JsonObject | None:
    shape = _without_none(raw)
    if shape.get("type") == "boolean":
        return {"name": name, "choices": (False, True)}
    if shape.get("enum"):
        return {"name": name, "choices": tuple(shape["enum"])}
    if "x-recommended" not in raw:
        return None
    low, high = raw["x-recommended"]
    return {
        "name": name,
        "low": low,
        "high": high,
        "whole": shape.get("type") == "integer",
        "least": shape.get("minimum", shape.get("exclusiveMinimum")),
        "most": shape.get("maximum", shape.get("exclusiveMaximum")),
        "above": "exclusiveMinimum" in shape,
        "below": "exclusiveMaximum" in shape,
    }


def _without_none(raw: JsonObject) -> dict[str, Any]:
    """See through ``X | None``."""
    options = [each for each in raw.get("anyOf", ()) if each.get("type") != "null"]
    return {**options[0], **raw} if len(options) == 1 else raw
