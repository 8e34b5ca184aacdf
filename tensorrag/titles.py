"""What people call the cards that a card's values come from: its rows of a comparison, say.

A card that sets ``reads_titles`` may ask, in ``run`` as in ``propagate``. Its result is then made
anew when one of them is called something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Titles = Mapping[str, tuple[str, ...]]
"""By input, in the order of its wires; empty where a card has only its usual name."""

_titles: ContextVar[Titles] = ContextVar("tensorrag_titles")


@contextmanager
def titled(given: Titles) -> Iterator[None]:
    """Let ``titles`` tell these."""
    token = _titles.set(given)
    try:
        yield
    finally:
        _titles.reset(token)


def titles(port: str) -> tuple[str, ...]:
    """Return what people call the cards that are wired to an input of the running card.

    Empty text stands for a card that was given no name; nothing is known outside a run.

    Example:
        >>> titles("models")
        ()
    """
    return tuple(_titles.get({}).get(port, ()))
