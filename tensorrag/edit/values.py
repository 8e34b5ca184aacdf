"""The values of an edit that came over the network: each one checked before it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tensorrag.errors import FileFormatError, PipelineError
from tensorrag.pipeline import JsonObject, Pipeline, Position
from tensorrag.pipeline.files import from_object
from tensorrag.pipeline.keys import POSITION, Key
from tensorrag.pipeline.strict_json import copied
from tensorrag.quoting import quoted

MAX_NAME = 1_000
"""Longest name or id that is looked at at all, in characters."""

RELOAD = "Reload the page."


class OpValues:
    """Reads the values of one edit. Whatever is not as it should be raises PipelineError."""

    def __init__(self, raw: Any) -> None:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("op"), str):
            raise PipelineError('An edit must be an object with "op", its name.', hint=RELOAD)
        self._raw = raw
        self.name: str = raw["op"]

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def wrong(self, key: str, what: str) -> PipelineError:
        """Return the error that says what a value must be."""
        message = f"The edit {quoted(self.name)} cannot be made: {quoted(key)} must be {what}."
        return PipelineError(message, hint=RELOAD)

    def text(self, key: str) -> str:
        """Return a name or an id; any text passes, since files may hold any."""
        value = self._raw.get(key)
        if not isinstance(value, str) or len(value) > MAX_NAME:
            raise self.wrong(key, "text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of ids, each once; none if it is absent."""
        value = self._raw.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts")
        return tuple(dict.fromkeys(value))

    def flag(self, key: str) -> bool:
        """Return true or false; false if it is absent."""
        value = self._raw.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def index(self, key: str, length: int) -> int:
        """Return a place in a list of this length, counted from 0."""
        value = self._raw.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < length:
            raise self.wrong(key, f"a whole number from 0 to {length - 1}")
        return value

    def members(self, key: str) -> JsonObject:
        """Return an object, copied."""
        value = self.json(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        return value

    def objects(self, key: str) -> list[JsonObject]:
        """Return a list of objects, copied; one object alone counts as a list of one."""
        value = self.json(key) if key in self._raw else []
        entries = [value] if isinstance(value, dict) else value
        if not isinstance(entries, list) or not all(isinstance(item, dict) for item in entries):
            raise self.wrong(key, "a list of objects")
        return entries

    def json(self, key: str) -> Any:
        """Return any JSON value, copied."""
        try:
            return copied(self._raw.get(key))
        except ValueError as error:
            raise PipelineError(
                f"The edit {quoted(self.name)} cannot be made: {quoted(key)} {error}.",
                hint="Enter a value that JSON can hold.",
            ) from None

    def keys(self, keys: Mapping[str, Key]) -> Iterator[tuple[str, Any]]:
        """Yield those of these keys that are given, as they are read from a file."""
        for name, key in keys.items():
            if name in self._raw:
                try:
                    yield name, key.read(self.json(name))
                except ValueError:
                    raise self.wrong(name, key.what) from None

    def position(self, default: Position) -> Position:
        """Return where ``x`` and ``y`` say; the default if both are absent."""
        if "x" not in self._raw and "y" not in self._raw:
            return default
        return self.place({"x": self._raw.get("x"), "y": self._raw.get("y")})

    def place(self, raw: Any) -> Position:
        """Read a position, to a hundredth of a pixel."""
        try:
            position: Position = POSITION.read(raw)
        except ValueError:
            raise self.wrong("position", POSITION.what) from None
        return Position(round(position.x, 2), round(position.y, 2))

    def pipeline(self, key: str) -> Pipeline:
        """Read a whole pipeline, as from a file."""
        try:
            return from_object(self.members(key)).pipeline
        except FileFormatError as error:
            raise PipelineError(error.message, hint=error.hint) from None
