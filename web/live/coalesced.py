"""Work that is asked for more often than it need be done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class Coalesced:
    """Does one piece of work whenever asked, never twice at once.

    However often it is asked while it is busy, it goes once more, so that the last time always
    sees the latest state.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], *, rest: float = 0.0) -> None:
        """Take the work, and how many seconds to wait before each time."""
        self._work = work
        self._rest = rest
        self._wanted = False
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether there is work that is not done yet."""
        return self._task is not None

    def kick(self) -> None:
        """Ask for the work to be done; returns at once."""
        self._wanted = True
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._go())

    async def settled(self) -> None:
        """Wait until nothing is left to do."""
        while self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Finish what was asked for, and take no more."""
        self._closed = True
        await self.settled()

    async def _go(self) -> None:
        try:
            while self._wanted:
                if self._rest:
                    await asyncio.sleep(self._rest)
                self._wanted = False
                try:
                    await self._work()
                except Exception:
                    log.exception("Work in the background failed.")
        finally:
            self._task = None
