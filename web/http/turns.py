"""Whose turn it is to send a file: a few at once, and who falls silent lets others go first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Message

AT_ONCE = 4
"""Files that arrive at once; the others wait for their turn, their bytes unread."""
SILENT = 3.0
"""Seconds after which who sends nothing gives up the turn."""
ASIDE = 16
"""Files that may be half here while others arrive; who falls silent beyond that keeps the turn."""


class Turns:
    """Lets a few requests send their bodies at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self._aside = 0

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[Request]:
        """Wait for a turn; gives the request, whose body is read only while it is its turn."""
        turn = _Turn(self._free)
        await turn.take()
        try:
            yield Request(request.scope, lambda: self._next(request.receive, turn))
        finally:
            turn.give()

    async def _next(self, receive: Callable[[], Awaitable[Message]], turn: _Turn) -> Message:
        """Return the next piece; while it does not come, others may have the turn."""
        arriving = asyncio.ensure_future(receive())
        try:
            while not (await asyncio.wait([arriving], timeout=SILENT))[0]:
                if self._aside < ASIDE:
                    await self._stand_aside(arriving, turn)
            return arriving.result()
        finally:
            arriving.cancel()

    async def _stand_aside(self, arriving: asyncio.Future[Message], turn: _Turn) -> None:
        """Give up the turn until the next piece is there, then wait for another one."""
        turn.give()
        self._aside += 1
        try:
            await asyncio.wait([arriving])
            await turn.take()
        finally:
            self._aside -= 1


@dataclass
class _Turn:
    """The turn of one request, which it may have or not."""

    free: asyncio.Semaphore
    held: bool = False

    async def take(self) -> None:
        await self.free.acquire()
        self.held = True

    def give(self) -> None:
        if self.held:
            self.held = False
            self.free.release()
