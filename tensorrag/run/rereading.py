"""A source that changed between the look at it and the reading of it."""

from __future__ import annotations

from tensorrag.peek import Peek
from tensorrag.plain import JsonObject


def is_other(answer: JsonObject, made: JsonObject) -> bool:
    """Tell whether a card has read something else than was looked at before.

    Args:
        answer: what came of its task; it says nothing where no outside source was read.
        made: what the result was to be made of.
    """
    read, seen = answer.get("fingerprint"), made.get("fingerprint")
    return None not in (read, seen) and read != seen


def as_read(answer: JsonObject) -> Peek:
    """Return what a look would have found, from what was read."""
    schemas = [output["schema"] for output in answer["outputs"].values()]
    return Peek.model_validate({"schemas": schemas, "fingerprint": answer["fingerprint"]})
