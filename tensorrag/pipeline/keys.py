"""Every key of a pipeline file, once: how it is read, what it must be in words, its schema.

The same table reads files, checks edits that come from a browser, and makes the JSON Schema.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, NamedTuple

from tensorrag.gpus import GPUS
from tensorrag.pipeline.names import NAME_PATTERN, is_name
from tensorrag.pipeline.parts import NOTHING, Position
from tensorrag.plain import JsonObject

MAX_TITLE = 200
"""Longest name of a pipeline or title of a card, in characters."""
MAX_TEXT = 20_000
"""Longest description or note, in characters."""
MAX_RETRIES = 10
MAX_SECONDS = 30 * 24 * 3600
"""Longest time limit of a card: 30 days."""
MAX_MEMORY = 1 << 24
"""Largest memory limit of a card, in MiB: 16 TiB."""
MAX_DOLLARS = 1_000_000
"""Largest budget of a run, in US$."""
FAR = 1_000_000
"""Farthest from the origin that a card may lie, in pixels."""


class Key(NamedTuple):
    """One optional key: what stands there when it is absent, and what may stand there."""

    default: Any
    what: str
    """What it must be, as the end of a sentence."""
    schema: JsonObject
    read: Callable[[Any], Any]
    """Turns the JSON value into ours; raises ValueError for any other."""


def read_position(raw: Any) -> Position:
    """Read ``{"x", "y"}``, two finite numbers of at most a million pixels.

    Raises:
        ValueError: it is anything else.
    """
    if not isinstance(raw, Mapping):
        raise ValueError
    rest = {key: value for key, value in raw.items() if key not in ("x", "y")}
    extra = MappingProxyType(rest) if rest else NOTHING
    return Position(_coordinate(raw.get("x")), _coordinate(raw.get("y")), extra)


def _coordinate(raw: Any) -> float:
    if not _is_number(raw) or abs(raw) > FAR:
        raise ValueError
    return float(raw)


def _is_number(raw: Any) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool) and isfinite(raw)


def _is_integer(raw: Any) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool)


def _only(test: Callable[[Any], bool]) -> Callable[[Any], Any]:
    def read(raw: Any) -> Any:
        if not test(raw):
            raise ValueError
        return raw

    return read


def _frozen_object(raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ValueError
    return MappingProxyType(dict(raw)) if raw else NOTHING


def _frozen_list(raw: Any) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        raise ValueError
    return tuple(raw)


def _members(parts: Mapping[str, Key]) -> Callable[[Any], Mapping[str, Any]]:
    """Read an object of which some members are known; the others stay as they are."""

    def read(raw: Any) -> Mapping[str, Any]:
        members = _frozen_object(raw)
        for name, part in parts.items():
            if name in members:
                part.read(members[name])
        return members

    return read


def _text(longest: int, default: str | None, description: str) -> Key:
    def fits(raw: Any) -> bool:
        return (raw is None and default is None) or (isinstance(raw, str) and len(raw) <= longest)

    kind = "string" if default is not None else ["string", "null"]
    schema = {"type": kind, "maxLength": longest, "description": description}
    return Key(default, f"text of at most {longest:,} characters", schema, _only(fits))


def _flag(default: bool, description: str) -> Key:
    schema = {"type": "boolean", "default": default, "description": description}
    return Key(default, "true or false", schema, _only(lambda raw: isinstance(raw, bool)))


def _count(default: int, least: int, most: int | None, description: str) -> Key:
    def fits(raw: Any) -> bool:
        return _is_integer(raw) and raw >= least and (most is None or raw <= most)

    schema: JsonObject = {"type": "integer", "minimum": least, "description": description}
    what = f"a whole number from {least} up"
    if most is not None:
        schema["maximum"], what = most, f"a whole number from {least} to {most}"
    return Key(default, what, {**schema, "default": default}, _only(fits))


def _maybe(what: str, schema: JsonObject, test: Callable[[Any], bool]) -> Key:
    """Make a key whose value may be null, which is also its default."""
    kinds = [schema["type"], "null"]
    return Key(None, what, {**schema, "type": kinds}, _only(lambda raw: raw is None or test(raw)))


def _object(what: str, description: str, parts: Mapping[str, Key] = NOTHING) -> Key:
    schema: JsonObject = {"type": "object", "description": description}
    if parts:
        schema["properties"] = {name: part.schema for name, part in parts.items()}
    return Key(NOTHING, what, schema, _members(parts))


def _list(what: str, description: str, items: JsonObject) -> Key:
    schema = {"type": "array", "description": description, "items": items}
    return Key((), what, schema, _frozen_list)


def _positive(most: int, description: str) -> Key:
    schema = {"type": "number", "exclusiveMinimum": 0, "maximum": most, "description": description}
    what = f"a number above 0 and at most {most:,}"
    return _maybe(what, schema, lambda raw: _is_number(raw) and 0 < raw <= most)


_RUN_ON = _maybe(
    'the name of an executor, such as "local", or null',
    {
        "type": "string",
        "pattern": f"^{NAME_PATTERN}$",
        "description": "The executor to run on; null: automatic, which never rents anything.",
    },
    lambda raw: isinstance(raw, str) and is_name(raw),
)

_GPU = _maybe(
    "the name of a GPU, or null",
    {
        "type": "string",
        "maxLength": MAX_TITLE,
        "description": "The GPU to rent where the card runs on a rented one.",
        "examples": list(GPUS),
    },
    lambda raw: isinstance(raw, str) and 0 < len(raw) <= MAX_TITLE,
)

_SEED = _maybe(
    "a whole number, or null",
    {"type": "integer", "description": "The seed of cards that set none themselves."},
    _is_integer,
)

_TIMEOUT = _positive(MAX_SECONDS, "Longest run, in seconds.")

RESOURCES = {
    "gpu": _GPU,
    "timeout": _TIMEOUT,
    "memory": _positive(MAX_MEMORY, "Most memory, in MiB."),
    "cpus": _positive(1024, "Processor cores to use."),
}
"""What a card may ask for."""

_BUDGET = _positive(
    MAX_DOLLARS, "What one run may cost, in US$, where the settings of the machine allow more."
)

SETTINGS = {
    "run_on": _RUN_ON,
    "gpu": _GPU,
    "timeout": _TIMEOUT,
    "seed": _SEED,
    "budget": _BUDGET,
}
"""What holds for every card that does not say otherwise."""

POSITION = Key(
    Position(),
    f'{{"x", "y"}}, two numbers from -{FAR:,} to {FAR:,}',
    {
        "type": "object",
        "description": "Top left corner of the card on the canvas, in pixels.",
        "properties": {
            "x": {"type": "number", "minimum": -FAR, "maximum": FAR},
            "y": {"type": "number", "minimum": -FAR, "maximum": FAR},
        },
        "required": ["x", "y"],
    },
    read_position,
)

PARAMS = _object("an object", "Settings of the card; those equal to the default may be left out.")

NODE_KEYS: Mapping[str, Key] = {
    "params": PARAMS,
    "position": POSITION,
    "card_version": _count(1, 1, None, "Version of the card that the settings were made for."),
    "title": _text(MAX_TITLE, None, "Shown in the place of the card's own title."),
    "note": _text(MAX_TEXT, None, "A remark for people."),
    "enabled": _flag(True, "False: bypassed, the first input of equal type passes through."),
    "run_on": _RUN_ON,
    "resources": _object(
        'an object with "gpu" (text) and numbers above 0: "timeout" (seconds, '
        f'{MAX_SECONDS:,} at most), "memory" (MiB, {MAX_MEMORY:,} at most) and "cpus" '
        "(1,024 at most)",
        "What the card may use, in the place of what it asks for itself.",
        RESOURCES,
    ),
    "retries": _count(0, 0, MAX_RETRIES, "How often to try again after a failure."),
    "cache": _flag(True, "False: never answered from an earlier result."),
}
"""Keys of a node after ``id`` and ``card``, in the order in which they are written."""

PIPELINE_KEYS: Mapping[str, Key] = {
    "requires": _list(
        "a list", "Packs that bring the cards used here.", {"type": ["string", "object"]}
    ),
    "settings": _object(
        'an object with "run_on" (the name of an executor), "gpu" (the name of a GPU), "timeout" '
        '(seconds), "seed" (a whole number) and "budget" (US$ of one run)',
        "What holds for every card that does not say otherwise.",
        SETTINGS,
    ),
    "annotations": _list("a list", "Frames and notes on the canvas.", {"type": "object"}),
    "subgraphs": _object("an object", "Groups of cards by name: nodes, edges, inputs, outputs."),
    "cards": _object("an object", "Source of drop-in cards that came along: source and sha256."),
    "metadata": _object("an object", "Whatever other programs want to keep here."),
}
"""Optional keys of a file after ``edges``, in the order in which they are written."""

HEAD_KEYS: Mapping[str, Key] = {
    "name": _text(MAX_TITLE, "", "What people call it."),
    "description": _text(MAX_TEXT, "", "What it is for."),
}
"""Keys of a file between ``version`` and ``nodes``; always written."""
