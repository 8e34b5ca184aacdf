"""Turns what pydantic finds wrong with parameters into sentences for the person at the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from tensorrag.errors import ParameterError
from tensorrag.quoting import quoted


def parameter_errors(
    error: ValidationError, of: type[BaseModel] | None = None
) -> list[ParameterError]:
    """Return one error per thing that is wrong, each naming its field as the form does.

    Args:
        error: what pydantic found.
        of: whose fields they are; else they are called by their names.
    """
    fields = {} if of is None else of.model_fields
    labels = {name: field.title for name, field in fields.items() if field.title}
    return [_parameter_error(detail, labels) for detail in error.errors()]


def _parameter_error(detail: Any, labels: Mapping[str, str]) -> ParameterError:
    cause = detail.get("ctx", {}).get("error")
    path = detail["loc"]
    field = str(path[0]) if path else None
    if isinstance(cause, ParameterError):
        cause.field = cause.field or field
        return cause
    if detail["type"] == "extra_forbidden":
        return ParameterError(
            f"{quoted(path[0])} is not a parameter of this card.",
            field=field,
            hint="Remove it from the file.",
        )
    name = labels.get(field) or label(field) if field else "The card"
    if len(path) > 1 and isinstance(path[1], int):
        name = f"{name}, item {path[1] + 1},"
    message, hint = wrong(detail)
    return ParameterError(f"{name} {message}", field=field, hint=hint)


def label(field: str) -> str:
    """Return a field's name as people read it: ``train_ratio`` → ``Train ratio``."""
    return field.replace("_", " ").capitalize()


def called(field: str, schema: Mapping[str, Any]) -> str:
    """Return what a form calls a field: its title in the card's JSON Schema, else its name."""
    return schema.get("properties", {}).get(field, {}).get("title") or label(field)


_BOUNDS = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}
_KINDS = {
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be yes or no",
    "string": "must be text",
    "list": "must be a list",
    "dict": "must be an object",
    "model": "must be an object",
}


def wrong(detail: Any) -> tuple[str, str]:
    """Return the end of a sentence about one thing that pydantic found, and what to do."""
    kind, context, given = detail["type"], detail.get("ctx", {}), detail.get("input")
    shown = f", not {given!r:.60}." if isinstance(given, str | int | float) else "."
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{words} {_number(context[key])}{shown}", ""
    if kind == "missing":
        return "is not set.", "Set it in the card's settings."
    if kind == "literal_error":
        return f"must be one of {context['expected']}{shown}", ""
    if kind == "finite_number":
        return "must be a finite number.", ""
    if kind in ("too_short", "string_too_short"):
        return f"needs at least {_counted(kind, context['min_length'])}.", ""
    if kind in ("too_long", "string_too_long"):
        return f"takes at most {_counted(kind, context['max_length'])}.", ""
    if kind == "string_pattern_mismatch":
        return f"must look like {context['pattern']}{shown}", ""
    words = _KINDS.get(kind.split("_")[0], "")
    if words:
        return words + shown, ""
    return f"does not fit: {detail['msg']}.", ""


def _number(bound: float) -> str:
    """Write a bound as people do: 1,000,000 and 0.5, not 1e+06."""
    whole = float(bound).is_integer() and abs(bound) < 10**15
    return f"{int(bound):,}" if whole else f"{bound:g}"


def _counted(kind: str, count: int) -> str:
    one, many = ("character", "characters") if "string" in kind else ("entry", "entries")
    return f"{count:,} {one if count == 1 else many}"
