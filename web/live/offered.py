"""What other places offer. They are asked when somebody wants to know, never to open a page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tensorrag.errors import TensorRagError
from tensorrag.executor import Executor, Offer, Offers, rates_of
from tensorrag.placement import LOCAL
from tensorrag.rates import Rates


class Offered:
    """What each place that is not this machine offers, as far as it was asked.

    Args:
        executors: all of them, by name.
    """

    def __init__(self, executors: Mapping[str, Executor]) -> None:
        self._elsewhere = {name: each for name, each in executors.items() if name != LOCAL}
        self.known: dict[str, Offers] = {}
        """The last answer of each place that was asked."""
        self._looking: asyncio.Task[None] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The places that there are besides this machine."""
        return tuple(self._elsewhere)

    @property
    def looking(self) -> bool:
        """Whether they are being asked."""
        return self._looking is not None and not self._looking.done()

    async def look(self) -> None:
        """Ask them all; whoever asks meanwhile waits for the same answer."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._ask_all())
        await asyncio.shield(self._looking)

    def price(self, name: str, gpu: str) -> float | None:
        """Return what a GPU costs at a place, in US$ per second; None where that is not known."""
        offer, rates = self.offer(name, gpu), self.rates(name)
        if offer is not None:
            return offer.price
        return rates.per_second(gpu) if rates is not None and gpu in rates.gpus else None

    def rates(self, name: str) -> Rates | None:
        """Return what a place asks, as far as that is known without asking it."""
        known = self.known.get(name)
        told = known.rates if known is not None else None
        return told or (rates_of(self._elsewhere[name]) if name in self._elsewhere else None)

    def offer(self, name: str, gpu: str) -> Offer | None:
        """Return the offer of a GPU at a place, if it is known."""
        offers = self.known[name].offers if name in self.known else ()
        return next((offer for offer in offers if offer.device == gpu), None)

    async def _ask_all(self) -> None:
        await asyncio.gather(*(self._ask(name, each) for name, each in self._elsewhere.items()))

    async def _ask(self, name: str, executor: Executor) -> None:
        try:
            self.known[name] = await executor.offers()
        except TensorRagError as error:
            self.known[name] = Offers(
                executor=name, available=False, reason=error.message, hint=error.hint
            )
