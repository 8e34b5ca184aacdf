"""The events of a run as they come, also of a run of another process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tensorrag.plain import JsonObject
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import ONGOING


async def follow(
    journal: Journal, run: str, after: int = 0, *, pause: float = 0.25
) -> AsyncIterator[JsonObject]:
    """Yield the events of a run whose number is greater than ``after``, until it has ended.

    ``pause`` is how often the journal is asked, in seconds.
    """
    while True:
        # Asked before the events are read: what a run wrote last is there once it has ended.
        ended = (await asyncio.to_thread(journal.run, run)).status not in ONGOING
        for event in await asyncio.to_thread(journal.events, run, after):
            after = event["seq"]
            yield event
        if ended:
            return
        await asyncio.sleep(pause)
