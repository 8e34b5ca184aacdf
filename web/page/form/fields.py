"""Settings fields: what a card's JSON Schema says of a parameter, and what people type into it.

The browser sends what was typed as it stands. Here it becomes a JSON value, and what cannot
become one stays text, so that the check can say what is wrong with it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tensorrag.plain import JsonObject
from tensorrag.types.metrics import METRICS
from web.page.numerals import number_of
from web.page.wording import number, words

Kind = Literal[
    "switch", "choice", "number", "integer", "text", "column", "columns", "numbers", "texts",
    "upload", "secret", "hyperparameters", "condition", "formula", "json",
]  # fmt: skip
VAST = 2**31
_EMPTY = re.compile(r"(?:empty|none chosen|none)\W+(?:means\s+)?([^.;]+)", re.IGNORECASE)
LISTS: frozenset[Kind] = frozenset({"columns", "numbers", "texts"})


@dataclass(frozen=True)
class FieldSpec:
    """One parameter as a form sees it."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    default: Any = None
    required: bool = False
    low: float | None = None
    high: float | None = None
    above: bool = False
    """Whether ``low`` itself does not fit."""
    below: bool = False
    """Whether ``high`` itself does not fit."""
    step: float | None = None
    unit: str | None = None
    recommended: tuple[float, float] | None = None
    choices: tuple[Any, ...] = ()
    columns_of: str | None = None
    when: Mapping[str, Any] | None = None
    detail: str | None = None
    """What was detected at the card's source that belongs to this."""
    choices_of: str | None = None
    """The detail that lists the choices."""
    whole: bool = False
    """Lists of whole numbers."""
    hyperparameters_of: str | None = None
    """The input whose model has what can be varied."""

    def active(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the parameter matters for the choices made."""
        return all(
            values.get(name) in (wanted if isinstance(wanted, list) else [wanted])
            for name, wanted in (self.when or {}).items()
        )

    def parse(self, raw: Any) -> Any:
        """Turn what was typed into a JSON value; None means back to the default."""
        if self.kind == "switch":
            return raw if isinstance(raw, bool) else str(raw).strip().lower() in ("true", "on", "1")
        if self.kind == "choice":
            return next((choice for choice in self.choices if str(choice) == str(raw)), raw)
        if not isinstance(raw, str):
            return raw
        typed = raw.strip()
        if not typed:
            return None
        if self.kind in ("number", "integer"):
            return _number(typed, whole=self.kind == "integer")
        if self.kind in LISTS:
            return self.entries(typed)
        return _json(typed) if self.kind in ("json", "hyperparameters") else typed

    def entries(self, typed: str) -> list[Any]:
        """Split a typed list: ``128, 64 32`` and ``[128, 64]`` are lists of numbers."""
        if self.kind == "numbers":
            parts: Iterable[str] = typed.strip("[]() ").replace(",", " ").replace(";", " ").split()
            return [_number(part, whole=self.whole) for part in parts]
        return [part.strip() for part in typed.strip("[]").split(",") if part.strip()]

    def write(self, value: Any) -> str:
        """Write a value as a person would type it."""
        if value is None:
            return ""
        if self.kind in LISTS and isinstance(value, list | tuple):
            return ", ".join(_plain(item) for item in value)
        return value if isinstance(value, str) else _plain(value)

    def shown(self, value: Any) -> str:
        """Write a value in words, for captions: on, all but the target, [128, 64, 32]."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if self.kind == "choice":
            return choice_words(value)
        if isinstance(value, list | tuple):
            return f"[{self.write(value)}]" if value else self.empty or "none"
        return self.write(value) or "none"

    @property
    def empty(self) -> str:
        """What it means that nothing is chosen, in the words of the card's help: all columns."""
        found = _EMPTY.search(self.help)
        return found[1].strip() if found else ""


def field_specs(schema: JsonObject) -> tuple[FieldSpec, ...]:
    """Return the fields of a card's parameters, in order."""
    definitions = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    return tuple(
        _spec(name, raw, definitions, name in required)
        for name, raw in schema.get("properties", {}).items()
    )


def defaults(specs: Iterable[FieldSpec]) -> JsonObject:
    """Return each parameter's default."""
    return {spec.name: spec.default for spec in specs}


def choice_words(value: Any) -> str:
    """Write a choice: ``neural_network`` → Neural network, ``roc_auc`` → ROC AUC.

    What has capitals stays as it is.
    """
    text = "none" if value is None else str(value)
    if text in METRICS:
        return METRICS[text].label
    spelled = "_" in text or (text.islower() and text.isalpha() and len(text) > 2)
    return words(text) if spelled else text


def _spec(name: str, raw: JsonObject, definitions: JsonObject, required: bool) -> FieldSpec:
    shape = _shape(raw, definitions)
    items = _shape(shape.get("items", {}), definitions)
    lows = [shape[key] for key in ("minimum", "exclusiveMinimum") if key in shape]
    highs = [shape[key] for key in ("maximum", "exclusiveMaximum") if key in shape]
    recommended = shape.get("x-recommended")
    return FieldSpec(
        name=name,
        kind=_kind(name, shape, items),
        label=shape.get("title") or words(name),
        help=shape.get("description", ""),
        default=shape.get("default"),
        required=required,
        low=max(lows, default=None),
        high=min(highs, default=None),
        above="exclusiveMinimum" in shape,
        below="exclusiveMaximum" in shape,
        step=shape.get("x-step"),
        unit=shape.get("x-unit"),
        recommended=(recommended[0], recommended[1]) if recommended else None,
        choices=_choices(shape),
        columns_of=next((shape[key] for key in _OF_COLUMNS if key in shape), None),
        when=shape.get("x-when"),
        detail=shape.get("x-detail"),
        choices_of=shape.get("x-choices-of"),
        whole=items.get("type") == "integer",
        hyperparameters_of=shape.get("x-hyperparameters-of"),
    )


def _shape(raw: JsonObject, definitions: JsonObject) -> JsonObject:
    """Follow references, and see through ``X | None``."""
    shape = dict(raw)
    if "$ref" in shape:
        shape = {**definitions.get(str(shape.pop("$ref")).rsplit("/", 1)[-1], {}), **shape}
    options = [option for option in shape.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        shape = {**_shape(options[0], definitions), **shape}
    return shape


_OF_COLUMNS = ("x-columns-of", "x-condition-of", "x-formula-of")


def _kind(name: str, shape: JsonObject, items: JsonObject) -> Kind:
    if not shape.keys().isdisjoint({"enum", "const", "x-choices-of"}):
        return "choice"
    if "x-hyperparameters-of" in shape:
        return "hyperparameters"
    if "x-condition-of" in shape or "x-formula-of" in shape:
        return "condition" if "x-condition-of" in shape else "formula"
    if shape.get("format") == "upload" or name == "upload":
        return "upload"
    if shape.get("format") == "secret":
        return "secret"
    picks = "column" in (shape.get("format"), items.get("format")) or "x-columns-of" in shape
    match shape.get("type"):
        case "boolean":
            return "switch"
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "string":
            return "column" if picks else "text"
        case "array" if picks:
            return "columns"
        case "array" if items.get("type") in ("integer", "number"):
            return "numbers"
        case "array" if items.get("type") == "string":
            return "texts"
        case _:
            return "json"


def _choices(shape: JsonObject) -> tuple[Any, ...]:
    if "const" in shape:
        return (shape["const"],)
    return tuple(shape.get("enum", ()))


def _number(typed: str, *, whole: bool) -> Any:
    """Read a number as people write it; what is none stays text."""
    value = number_of(typed)
    if value is None:
        return typed
    exact = value == int(value) and abs(value) < 2**53
    return int(value) if exact and (whole or not any(sign in typed for sign in ".eE")) else value


def _json(typed: str) -> Any:
    try:
        return json.loads(typed, parse_constant=str)
    except ValueError:
        return typed


def _plain(value: Any) -> str:
    """Write a number so that it reads back as the same: 0.001, not 1.0e-03."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value)
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    short = f"{value:.12g}"
    if "e" in short and 1e-9 <= abs(value) < 1:
        return f"{value:.12f}".rstrip("0")
    return short


def bounds(spec: FieldSpec) -> str:
    """Say which values fit, and which usually work."""
    parts = []
    if spec.high is not None and spec.high >= VAST:
        pass  # a limit that nobody reaches is noise
    elif spec.low is not None and spec.high is not None:
        parts.append(f"{number(spec.low)} to {number(spec.high)}")
    elif spec.low is not None:
        parts.append(f"{'above' if spec.above else 'from'} {number(spec.low)}")
    elif spec.high is not None:
        parts.append(f"up to {number(spec.high)}")
    if spec.recommended:
        parts.append(f"usually {_plain(spec.recommended[0])} to {_plain(spec.recommended[1])}")
    return ", ".join(parts)
