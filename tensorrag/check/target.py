"""Guesses which column of a table is the one to be predicted, and says why."""

from __future__ import annotations

from collections.abc import Sequence

_USUAL = ("target", "label", "class", "outcome", "y")


def likely_target(columns: Sequence[str]) -> tuple[str, str] | None:
    """Return a column and the reason, as the end of a sentence; None for a single column.

    By its name, or else the last one: by custom the target stands there.
    """
    if len(columns) < 2:
        return None
    for usual in _USUAL:
        named = next((name for name in columns if name.strip().casefold() == usual), None)
        if named is not None:
            return named, "its name says so"
    return columns[-1], "the last column, where it often stands"
