"""How many tasks run at once: a number of units that tasks take, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """A fair semaphore of which one may take several units: the cores of a machine.

    Args:
        units: how many there are.
    """

    def __init__(self, units: int) -> None:
        self.units = units
        self._free = units
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take(self, wanted: int = 1) -> AsyncIterator[int]:
        """Wait for so many units, all of them at most, and hold them; gives how many it took."""
        count = max(1, min(wanted, self.units))
        await self._acquire(count)
        try:
            yield count
        finally:
            self._free += count
            self._admit()

    async def _acquire(self, count: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._free += count
            else:
                self._waiting.remove((count, turn))
            self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            count, turn = self._waiting.popleft()
            if not turn.cancelled():
                self._free -= count
                turn.set_result(None)


class Places:
    """Numbered places of which each takes one task: the GPUs of a machine."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = list(range(count))
        self._slots = Slots(max(1, count))

    @asynccontextmanager
    async def take(self) -> AsyncIterator[int]:
        """Wait for a place and hold it; gives its number."""
        async with self._slots.take():
            number = self._free.pop(0)
            try:
                yield number
            finally:
                self._free.append(number)
