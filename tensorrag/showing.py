"""What is shown of what a card has made; where the card's own choice fails, what any card shows."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from pydantic import TypeAdapter

from tensorrag.card import Card
from tensorrag.errors import RunCancelled
from tensorrag.plain import JsonObject
from tensorrag.preview import Face, Preview
from tensorrag.types.value import Value

_FACE: TypeAdapter[Face | None] = TypeAdapter(Face | None)
_PREVIEWS: TypeAdapter[dict[str, Preview]] = TypeAdapter(dict[str, Preview])


def face_of(card: Card, outputs: tuple[Value, ...]) -> JsonObject | None:
    """Return what the card shows; what any card would show where its own choice fails."""
    try:
        return _as_face(card.face(outputs))
    except Exception as error:
        _tell(error)
    try:
        return _as_face(Card.face(card, outputs))
    except Exception as error:
        _tell(error)
    return None


def previews_of(card: Card, outputs: tuple[Value, ...]) -> dict[str, JsonObject]:
    """Return what the inspector shows; of each output what can be shown where that fails."""
    try:
        return _as_previews(card.previews(outputs))
    except Exception as error:
        _tell(error)
    shown: dict[str, JsonObject] = {}
    for port, value in zip(card.outputs(), outputs, strict=True):
        try:
            shown |= _as_previews({port.name: value.shown()})
        except Exception as error:
            _tell(error)
    return shown


def measured_by(card: Card, outputs: tuple[Value, ...]) -> JsonObject:
    """Return what was measured of models that came in; nothing where telling it fails."""
    try:
        return {port: list(found) for port, found in card.judged(outputs).items()}
    except Exception as error:
        _tell(error)
        return {}


def _as_face(chosen: Any) -> JsonObject | None:
    face: JsonObject | None = _FACE.dump_python(_FACE.validate_python(chosen), mode="json")
    return face


def _as_previews(chosen: Any) -> dict[str, JsonObject]:
    checked = _PREVIEWS.validate_python(chosen)
    previews: dict[str, JsonObject] = _PREVIEWS.dump_python(checked, mode="json")
    return previews


def _tell(error: Exception) -> None:
    """Write into the card's log why something cannot be shown: the result itself is good."""
    if isinstance(error, RunCancelled):
        raise error
    sys.stderr.write("The result is there, but showing it failed:\n")
    traceback.print_exception(error)
