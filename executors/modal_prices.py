"""What Modal asks: as the account that is signed in says, else as the price page said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from executors import modal_sdk
from tensorrag.rates import Rates

CORES, MEMORY = 2.0, 4096
"""What a container has, unless its task asks for more; MiB."""

IDLE = 60
"""Seconds that a container stays after its last card."""

GRACE = 10
"""Seconds after its time is up that a card has for its next report, before Modal ends it."""

LONGEST = 24 * 3600
"""Seconds that anything may take at Modal, whatever its limit."""

PRICE_PAGE = Rates(
    gpus={
        "T4": 0.000164,
        "L4": 0.000222,
        "A10": 0.000306,
        "L40S": 0.000542,
        "A100-40GB": 0.000583,
        "A100-80GB": 0.000694,
        "H100": 0.001097,
        "H200": 0.001261,
        "B200": 0.001736,
    },
    core=0.0000131,
    gib=0.00000222,
    cores=CORES,
    memory=MEMORY,
    idle=IDLE,
    grace=GRACE,
    longest=LONGEST,
    source="Modal's price page",
    dated=date(2026, 8, 1),
)
"""US$ per second, as three copies of the page agree."""

_HOUR = 3600.0
_FAR_OFF = 10.0
"""By how much a price may differ from the price page before it is taken for another unit."""

_PATIENCE = 5.0
"""Seconds that Modal may take to say what it asks."""


async def asked() -> Rates | None:
    """Ask Modal what this account pays; None where it does not say, or not in a way known here."""
    try:
        async with asyncio.timeout(_PATIENCE):
            rates = await modal_sdk.sdk().Workspace.from_context().billing.rates.aio()
            return read({str(name): float(rates[name]) for name in rates})
    except Exception:  # an older server, no right to ask, no network: the price page is used
        return None


def read(per_hour: Mapping[str, float]) -> Rates | None:
    """Read Modal's answer: US$ per hour, of a core, a GiB of memory, and of each GPU.

    Its names are not promised to stay. Where a core, memory or the GPUs are not found among them,
    or a price is far from that of the price page, nothing of the answer is used.
    """
    named = {_plain(name): price / _HOUR for name, price in per_hour.items()}
    core, gib = named.get("cpu"), named.get("memory")
    gpus = {gpu: named[key] for gpu in PRICE_PAGE.gpus if (key := _plain(gpu)) in named}
    if core is None or gib is None or not gpus:
        return None
    found = [(core, PRICE_PAGE.core), (gib, PRICE_PAGE.gib)]
    found += [(price, PRICE_PAGE.gpus[gpu]) for gpu, price in gpus.items()]
    if not all(usual / _FAR_OFF < price < usual * _FAR_OFF for price, usual in found):
        return None
    prices = {**PRICE_PAGE.gpus, **gpus}
    told = {"gpus": prices, "core": core, "gib": gib, "source": "your Modal account"}
    return PRICE_PAGE.model_copy(update={**told, "dated": datetime.now(UTC).date()})


def _plain(name: str) -> str:
    """Write a name without what is likely to be written differently."""
    return re.sub(r"[^a-z0-9]|^gpu", "", name.lower())
