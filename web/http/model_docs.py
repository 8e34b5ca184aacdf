"""The description of what one model answers: OpenAPI, with a row that can be sent as it is."""

from __future__ import annotations

from tensorrag.asked_rows import MOST_ROWS
from tensorrag.asked_values import COMMA, NUMBER, WORDS
from tensorrag.pipeline import JsonObject
from tensorrag.store.models import ModelEntry

MISSING = "`null` where a value is missing: refused where no train row lacked one."


def describe_model(model: ModelEntry, example: JsonObject) -> JsonObject:
    """Describe how to ask a model, as OpenAPI 3.1."""
    target = model.schema.get("target")
    row = {each["name"]: _column(each) for each in model.asks}
    columns = {name: _list(values) for name, values in row.items()}
    asked: JsonObject = {
        "type": "object",
        "properties": {
            "rows": _list(_object(row, target)),
            "columns": _object(columns, target),
        },
        "oneOf": [{"required": ["rows"]}, {"required": ["columns"]}],
        "additionalProperties": False,
        "description": MISSING,
        "example": {"rows": [example]},
    }
    answer: JsonObject = {
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "predictions": {"type": "array", "description": "One for each row."},
            "probabilities": {"type": ["array", "null"]},
            "warnings": {"type": "array", "description": "Values unlike those it learnt from."},
        },
    }
    operation: JsonObject = {
        "summary": f"Predict {target or 'the target'}",
        "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": answer}}},
            "422": {"description": "A row does not fit; `detail` says which, and where."},
            "503": {"description": "The process that answers has ended; ask again."},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": model.name, "version": str(model.version)},
        "paths": {f"/api/models/{model.id}/predict": {"post": operation}},
    }


def _object(needed: JsonObject, target: str | None) -> JsonObject:
    """Describe an object with a value for each column; the target is passed over."""
    besides = {} if target is None else {target: {"description": "Passed over: it is predicted."}}
    return {
        "type": "object",
        "properties": besides | needed,
        "required": list(needed),
        "additionalProperties": False,
    }


def _list(items: JsonObject) -> JsonObject:
    return {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": items}


def _column(column: JsonObject) -> JsonObject:
    unit = {"description": f"in {column['unit']}"} if column.get("unit") else {}
    return VALUES.get(column["kind"] or "", _ANY) | unit


def _text_of(*forms: str) -> str:
    """Return the pattern of a text in one of these forms, or with nothing in it."""
    return rf"^\s*({'|'.join(forms)})?\s*$"


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


_ANY: JsonObject = {"type": ["string", "number", "boolean", "null"]}
_NUMBER: JsonObject = {"type": ["number", "string", "null"], "pattern": _text_of(NUMBER, COMMA)}
VALUES: dict[str, JsonObject] = {
    "number": _NUMBER,
    "integer": _NUMBER,
    "binary": {**_ANY, "pattern": _text_of(NUMBER, COMMA, *map(_any_case, WORDS))},
    "category": _ANY,
    "text": _ANY,
    "date": {"type": ["string", "null"], "description": "2026-01-31, or 2026-01-31T12:00."},
}
"""By kind, what is taken: a number may stand in a text, as it does in a file."""
