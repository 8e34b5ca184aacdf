"""What Modal offers to whoever is signed in here: which GPUs at what price, or what is missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from executors import modal_sdk
from executors.modal_deployed import difference, here, there
from executors.modal_hints import REDEPLOY, SIGN_IN
from executors.modal_parcel import FORMAT
from executors.modal_prices import PRICE_PAGE, asked
from executors.modal_sentences import MISSING, other_version, sentence
from tensorrag.errors import NotSignedIn
from tensorrag.executor import Offer, Offers
from tensorrag.gpus import GPUS
from tensorrag.rates import Rates

PATIENCE = 10.0
"""Seconds that Modal may take to say whether it is there."""


class Counter:
    """Where prices are asked for. To ask costs nothing, and runs nothing."""

    def __init__(self) -> None:
        self.rates = PRICE_PAGE
        """What Modal asks, as far as that is known here."""
        self._asking: asyncio.Task[None] | None = None
        self._asked = 0.0
        """When it was asked last, by the clock that is never set."""

    async def offers(self, executor: str) -> Offers:
        """Say what can be rented, or what is yet to be done for it.

        Args:
            executor: who offers it.
        """
        try:
            far = await _deployed()
        except Exception as error:
            said = sentence(error)
            missing = MISSING.get(type(said))
            nothing = Offers(executor=executor, available=False, missing=missing)
            return nothing.model_copy(update={"reason": said.message, "hint": said.hint})
        await asyncio.shield(self.ask())
        outdated = difference(await asyncio.to_thread(here), far)
        return Offers(
            executor=executor,
            available=True,
            offers=tuple(_offer(gpu, self.rates) for gpu in (*GPUS, None)),
            rates=self.rates,
            version=far.get("tensorrag", ""),
            outdated=outdated,
            hint=REDEPLOY if outdated else "",
        )

    def ask(self, patience: float = 0.0) -> asyncio.Task[None]:
        """Find out what this account pays; until Modal says so, the price page holds.

        Args:
            patience: seconds for which one that did not say is not asked again.
        """
        now = time.monotonic()
        told = self.rates is not PRICE_PAGE or now < self._asked + patience
        if self._asking is None or (self._asking.done() and not told):
            self._asking, self._asked = asyncio.create_task(self._take()), now
        return self._asking

    async def close(self) -> None:
        """Ask nothing more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _take(self) -> None:
        self.rates = await asked() or self.rates


async def _deployed() -> Mapping[str, str]:
    """Return what is told of what is deployed, or raise what is yet to be done."""
    await asyncio.to_thread(sign_in)
    async with asyncio.timeout(PATIENCE):
        await modal_sdk.function("run_card").hydrate.aio()
        far = await there()
    if far.get("format", str(FORMAT)) != str(FORMAT):
        raise other_version()
    return far


def sign_in() -> None:
    """Take up the token that there is now.

    Raises:
        NotSignedIn: there is none.
    """
    if not modal_sdk.is_signed_in():
        raise NotSignedIn("Nobody is signed in to Modal here.", hint=SIGN_IN)


def _offer(gpu: str | None, rates: Rates) -> Offer:
    label, price = f"Modal · {gpu or 'cpu'}", rates.per_second(gpu)
    return Offer(device=gpu or "cpu", label=label, memory=round(rates.memory), price=price)
