"""Drawing a page again whenever something has changed: soon, and not too often."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from nicegui import Client

TICK = 0.5
"""Seconds between two looks at the clock while something runs."""
REST = 0.03
"""Seconds in which changes are gathered."""
CANVAS_FIRST = 0.005
"""Seconds that the rest of the page waits, so that an edit is on its way to all canvases first."""

log = logging.getLogger(__name__)


class Redrawing:
    """What a page is drawn by; many changes at once are shown once."""

    def __init__(self, show: Callable[[], None], ticks: Callable[[], bool]) -> None:
        """``show`` draws the page; ``ticks`` tells whether it changes though nothing happens."""
        self._show, self._ticks = show, ticks
        self._dirty = asyncio.Event()

    def soon(self) -> None:
        """Draw it again, soon."""
        self._dirty.set()

    async def go_on(self, client: Client) -> None:
        """Draw the page of a client whenever that is asked for, until this is cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), TICK if self._ticks() else None)
            await asyncio.sleep(CANVAS_FIRST)
            self._dirty.clear()
            began = time.perf_counter()
            try:
                with client:
                    self._show()
            except Exception:  # one bad picture must not stop all that follow
                log.exception("The page could not be brought up to date.")
            # A page that takes long to draw is drawn less often.
            await asyncio.sleep(max(REST, 3 * (time.perf_counter() - began)))
