"""Whose turn it is to send a file: a few at once, and who is slow lets others go first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.types import Message, Receive

AT_ONCE = 4
"""Files that arrive at once; the others wait for their turn, their bytes unread."""
SLOW = 3.0
"""Seconds of waiting after which who has not sent `ENOUGH` gives up the turn."""
ENOUGH = 2**16
"""Bytes that keep a turn for as long again."""
BEGUN = 20
"""Files that may be half here; beyond that who is slow is refused where others wait."""


class TooSlow(Exception):
    """Others wait, and as many files are half here already as there may be."""


class Turns:
    """Lets a few requests send their bodies at a time."""

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._waiting = self._begun = 0
        """Those that wait for their first turn, and those that have had it."""
        self._changed = asyncio.Event()
        """Set, and replaced, when it may be somebody's turn."""

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[Request]:
        """Wait for a turn; gives the request, whose body is read only while it is its turn.

        To read it raises `TooSlow` where it keeps others waiting.
        """
        pace = _Pace(request.receive)
        await self._begin(pace)
        try:
            yield Request(request.scope, lambda: self._next(pace))
        finally:
            self._begun -= 1
            self._give(pace)

    async def _begin(self, pace: _Pace) -> None:
        """Wait for a first turn."""
        self._waiting += 1
        self._tell()
        try:
            while not self._free or self._begun >= BEGUN:
                await self._changed.wait()
            self._take(pace)
            self._begun += 1
        finally:
            self._waiting -= 1
            self._tell()

    async def _next(self, pace: _Pace) -> Message:
        """Return the next piece; while it comes slowly, others may have the turn."""
        arriving = asyncio.ensure_future(pace.receive())
        try:
            while not arriving.done():
                if await pace.is_slow(arriving):
                    await self._stand_aside(arriving, pace)
            return arriving.result()
        finally:
            arriving.cancel()

    async def _stand_aside(self, arriving: asyncio.Future[Message], pace: _Pace) -> None:
        """Give up the turn until the next piece is there, and nobody waits for a first turn."""
        self._give(pace)
        arriving.add_done_callback(lambda _: self._tell())
        while not (arriving.done() and self._free and not self._waiting):
            if self._waiting and self._begun >= BEGUN:
                raise TooSlow
            await self._changed.wait()
        self._take(pace)

    def _take(self, pace: _Pace) -> None:
        self._free -= 1
        pace.has_turn = True

    def _give(self, pace: _Pace) -> None:
        if pace.has_turn:
            pace.has_turn = False
            self._free += 1
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class _Pace:
    """How a body arrives: how long it was waited for, and what has come of it since."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.has_turn = False
        self._waited, self._came = 0.0, 0

    async def is_slow(self, arriving: asyncio.Future[Message]) -> bool:
        """Wait a while for the next piece; tells whether too little has come in all that time."""
        clock = asyncio.get_running_loop().time
        began = clock()
        await asyncio.wait([arriving], timeout=max(0.0, SLOW - self._waited))
        self._waited += clock() - began
        if arriving.done():
            self._came += len(arriving.result().get("body", b""))
            if self._waited < SLOW:
                return False
        slow = self._came < ENOUGH
        self._waited, self._came = 0.0, 0
        return slow
