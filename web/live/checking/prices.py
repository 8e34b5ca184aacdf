"""What the cards of an open pipeline would cost, followed as it is checked anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tensorrag.estimate import Estimate, Total, total
from tensorrag.pipeline import JsonObject
from tensorrag.rates import dollars
from tensorrag.run.plan import Planned
from tensorrag.run.pricing import Pricing
from web.live.coalesced import Coalesced


class Price(NamedTuple):
    """What is said of money on a card: in two words, and in a sentence."""

    text: str
    title: str

    def to_json(self) -> JsonObject:
        """Write it as the canvas takes it."""
        return {"text": self.text, "title": self.title}


class Prices:
    """The estimates of one pipeline; they may be a moment behind the check.

    Args:
        tell: called when they are new.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self.estimates: Mapping[str, Estimate] = {}
        """Of the cards that would run at places that are paid."""
        self._tell = tell
        self._asked: tuple[Pricing, Mapping[str, Planned]] | None = None
        self._work = Coalesced(self._look)

    def ask(self, pricing: Pricing, planned: Mapping[str, Planned]) -> None:
        """Estimate soon what would run; returns at once."""
        self._asked = pricing, planned
        self._work.kick()

    @property
    def total(self) -> Total:
        """What all of them cost together."""
        return total(self.estimates.values())

    def of(self, node_id: str) -> Price | None:
        """Return what is said on a card before it runs; None where it costs nothing."""
        expected = self.estimates.get(node_id)
        if expected is None:
            return None
        return Price(short(expected), f"{expected.words}. Prices: {expected.source}.")

    async def settled(self) -> None:
        """Wait until they are those of the last check."""
        await self._work.settled()

    async def close(self) -> None:
        """Estimate nothing more."""
        await self._work.close()

    async def _look(self) -> None:
        if self._asked is None:
            return
        pricing, planned = self._asked
        found = await asyncio.to_thread(pricing.estimates, planned)
        if found != self.estimates:
            self.estimates = found
            self._tell()


def short(expected: Estimate) -> str:
    """Write an estimate for a place with little room: ``≈$0.0084``, ``≤$0.13``."""
    return _short(expected.cost, expected.most)


def _short(cost: float | None, most: float) -> str:
    """As Run writes it: two figures for one thing would be asked about."""
    written = f"≤{dollars(most)}" if cost is None else f"≈{dollars(cost)}"
    return written.replace("≈<", "<").replace("≤<", "<")


def price_of(node: JsonObject) -> Price | None:
    """Return what is said of a card of a run: what it will cost, costs, or has cost.

    Args:
        node: as ``tensorrag run --json`` prints it.

    Returns:
        None where nothing was paid: what it would cost the next time is said instead.
    """
    cost, expected = node.get("cost"), node.get("estimate")
    if not cost and expected is not None and node["state"] in ("queued", "running"):
        words = f"{expected['words']}. Prices: {expected['source']}."
        return Price(_short(expected["cost"], expected["most"]), words)
    if not cost:
        return None
    so_far = node["state"] in ("queued", "running")
    said = f"{dollars(cost)} so far" if so_far else f"It cost {dollars(cost)}"
    beside = f"; {estimated(expected)}" if expected is not None else ""
    return Price(dollars(cost), f"{said}{beside}.")


def estimated(expected: JsonObject) -> str:
    """Say what was estimated, as a part of a sentence."""
    if expected.get("cost") is None:
        return f"at most {dollars(expected['most'])} was expected"
    return f"{dollars(expected['cost'])} was estimated"
