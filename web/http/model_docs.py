"""The description of what one model answers: OpenAPI, with a row that can be sent as it is."""

from __future__ import annotations

from tensorrag.asked_rows import MOST_ROWS
from tensorrag.pipeline import JsonObject
from tensorrag.store.models import ModelEntry

TYPES = {
    "number": "number",
    "integer": "number",
    "binary": ["boolean", "number"],
    "category": "string",
    "text": "string",
    "date": "string",
}


def describe_model(model: ModelEntry, example: JsonObject) -> JsonObject:
    """Describe how to ask a model, as OpenAPI 3.1."""
    row: JsonObject = {
        "type": "object",
        "properties": {each["name"]: _column(each) for each in model.asks},
        "required": [each["name"] for each in model.asks],
        "additionalProperties": False,
    }
    asked: JsonObject = {
        "type": "object",
        "properties": {"rows": {"type": "array", "maxItems": MOST_ROWS, "items": row}},
        "required": ["rows"],
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
    target = model.schema.get("target") or "the target"
    operation: JsonObject = {
        "summary": f"Predict {target}",
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


def _column(column: JsonObject) -> JsonObject:
    kind = TYPES.get(column["kind"] or "")
    unit = {"description": f"in {column['unit']}"} if column.get("unit") else {}
    return {**({"type": kind} if kind else {}), **unit}
