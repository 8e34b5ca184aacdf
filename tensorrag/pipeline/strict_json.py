"""JSON, strictly: the one parser for whatever comes from a file or over the network.

Python's own reads more than JSON: ``NaN``, a key given twice, half a character, integers of any
length, lists nested until the stack ends. All of these are refused here, each with one sentence.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from tensorrag.errors import FileFormatError
from tensorrag.quoting import quoted

MAX_DEPTH = 64
"""Deepest nesting of lists and objects."""

MAX_DIGITS = 64
"""Longest integer, in characters."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(text: str | bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> Any:
    """Parse a JSON text: UTF-8, a byte order mark in front is passed over.

    Args:
        text: what was read.
        max_bytes: longest text, in bytes of UTF-8.
        max_depth: deepest nesting; ``[]`` has depth 1.

    Raises:
        FileFormatError: it is not JSON, is too large, or is nested too deeply.
    """
    data = text if isinstance(text, bytes) else _encoded(text)
    if len(data) > max_bytes:
        raise FileFormatError(
            f"This is larger than {megabytes(max_bytes)}, the most there may be.",
            hint="Split it into smaller parts.",
        )
    value = _parsed(_decoded(data))
    if _deeper_than(value, max_depth):
        raise _too_deep(max_depth)
    return value


def copied(value: Any, *, max_depth: int = MAX_DEPTH) -> Any:
    """Return a copy of a JSON value, made of plain dicts and lists, that shares nothing with it.

    Raises:
        ValueError: it is not JSON; the message ends a sentence such as "The value …".
    """
    if value is None or type(value) in (bool, str, int, float):
        return _checked(value)
    if max_depth <= 0:
        raise ValueError("is nested too deeply")
    if isinstance(value, Mapping):
        return {_key(key): copied(item, max_depth=max_depth - 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [copied(item, max_depth=max_depth - 1) for item in value]
    raise ValueError(f"is no JSON value but a Python {type(value).__name__}")


def megabytes(size: int) -> str:
    """Write a number of bytes for people, in powers of 1,024: ``8 MB``."""
    return f"{size / 2**20:g} MB"


def _checked(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must be a number, and {value} is none")
    if isinstance(value, str):
        _key(value)
    elif isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise ValueError(f"is an integer of more than {MAX_DIGITS} digits")
    return value


def _key(text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError(f"has a key that is no text but a Python {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character (a lone surrogate)") from None
    return text


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _half_a_character() from None


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"This is not JSON: it is not UTF-8 text from byte {error.start + 1:,} on.",
            hint="Save it again as UTF-8.",
        ) from None


def _parsed(text: str) -> Any:
    if not text.strip():
        raise FileFormatError(
            "This is not JSON: it is empty.", hint="Choose another file, or write it anew."
        )
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise FileFormatError(
            f"This is not JSON: {error.msg} (line {error.lineno:,}, column {error.colno:,}).",
            hint="Mend it there, or write it anew.",
        ) from None
    except RecursionError:
        raise _too_deep(MAX_DEPTH) from None
    if _SURROGATE.search(text):
        _encoded(json.dumps(value, ensure_ascii=False))
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise FileFormatError(
            f"The key {quoted(twice)} stands twice in the same JSON object.",
            hint="Remove one of the two.",
        )
    return value


def _constant(name: str) -> NoReturn:
    raise FileFormatError(
        f"This is not JSON: it contains {name}, which is no JSON number.",
        hint="Put a number, or null, in its place.",
    )


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise FileFormatError(
            f"The number {quoted(text)} is too large.",
            hint="Write one that a computer can hold: up to about 1.8e308.",
        )
    return value


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise FileFormatError(
            f"It contains an integer of {len(text):,} digits; {MAX_DIGITS} may be.",
            hint="Write it as text, or with fewer digits.",
        )
    return int(text)


def _deeper_than(value: Any, depth: int) -> bool:
    """Walk level by level, so that no nesting can exhaust the stack."""
    level = [value] if isinstance(value, dict | list) else []
    while level and depth:
        level = [child for parent in level for child in _children(parent)]
        depth -= 1
    return bool(level)


def _children(parent: dict[str, Any] | list[Any]) -> Iterable[Any]:
    items = parent.values() if isinstance(parent, dict) else parent
    return [item for item in items if type(item) in (dict, list)]


def _too_deep(depth: int) -> FileFormatError:
    return FileFormatError(
        f"Its lists and objects are nested more than {depth} deep.",
        hint="Write it with less nesting.",
    )


def _half_a_character() -> FileFormatError:
    return FileFormatError(
        "This is not JSON: it contains half a character (a lone surrogate).",
        hint="Write it as UTF-8.",
    )
