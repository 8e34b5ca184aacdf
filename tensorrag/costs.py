"""What the values that reach a card cost where they were made, for a card that tells it.

A card that sets ``reads_costs`` may ask in ``run``. Money is no part of what a result is made of:
what a model cost decides nothing, and no result is made anew because of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Costs = Mapping[str, tuple[float | None, ...]]
"""US$ by input, in the order of its wires; None where nobody here knows."""

_costs: ContextVar[Costs] = ContextVar("tensorrag_costs")


@contextmanager
def costing(given: Costs) -> Iterator[None]:
    """Let ``costs`` tell these."""
    token = _costs.set(given)
    try:
        yield
    finally:
        _costs.reset(token)


def costs(port: str) -> tuple[float | None, ...]:
    """Return what was paid for making each value that is wired to an input of the running card.

    US$: 0 where nothing was rented for it, None for a value from elsewhere. Nothing is known
    outside a run, nor of anything but trained models.

    Example:
        >>> costs("models")
        ()
    """
    return tuple(_costs.get({}).get(port, ()))
