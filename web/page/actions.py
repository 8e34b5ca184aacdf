"""Actions: what a control on a page asks for, by its name and with some data.

All of the data comes from outside: names are looked up, never trusted, and an action that makes no
sense does nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from tensorrag.pipeline import JsonObject, Pipeline

Data = dict[str, Any]
Action = Callable[[Data], Awaitable[None] | None]
Say = Callable[[str, str], None]
"""Shows a message and what to do about it."""


class Edit(Protocol):
    """Makes an edit, or says why it cannot be made; returns whether it was made."""

    def __call__(
        self, ops: list[JsonObject], label: str = "", merge_key: str | None = None
    ) -> bool:
        """``merge_key`` makes one step of edits that follow one another, such as typing."""


def text(data: Data, key: str) -> str:
    """Return a text of an action's data, empty where it is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def texts(data: Data, key: str) -> list[str]:
    """Return the texts in a list of an action's data."""
    value = data.get(key)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def node_in(pipeline: Pipeline, data: Data) -> str | None:
    """Return the card that an action is about, where the pipeline has it."""
    node = text(data, "of")
    return node if node in pipeline.nodes else None
