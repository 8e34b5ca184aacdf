"""Waits for a process by a clock that stands still while no processor is free for it."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from executors import usage
from executors.limits import BUSY

_A_MOMENT = 0.1
"""Seconds between two looks at one that may be waiting for a processor just then."""


class Patience:
    """Ends what is awaited inside of it with a TimeoutError, once its seconds are over.

    Args:
        pid: the process that is waited for; what it says comes over the one that has started it.
        seconds: from the beginning, or from the last `begin`, waits for a processor aside; of
            these, `BUSY` times as many count at most.
    """

    def __init__(self, pid: int, seconds: float) -> None:
        self.seconds = seconds
        self._pids, self._clock = (pid, usage.parent(pid)), asyncio.timeout(None)
        self._ran: tuple[float | None, ...] = ()
        self._loop = asyncio.get_running_loop()
        self._began = self._before = self._waited = 0.0
        self._next: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._clock.__aenter__()
        self.begin(self.seconds)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        await self._clock.__aexit__(kind, error, trace)

    def begin(self, seconds: float) -> None:
        """Let so many seconds pass from now on."""
        self.seconds = seconds
        self._began, self._before = self._loop.time(), self._waits()
        self._clock.reschedule(None)
        self._look()

    def _waits(self) -> float:
        """Return for how long both had to wait so far; one that is gone has told it before."""
        self._waited = max(self._waited, sum(map(usage.waited, self._pids)))
        return self._waited

    def _look(self) -> None:
        self._stop()
        most, now = BUSY * self.seconds, self._loop.time()
        left = self._began + self.seconds + min(self._waits() - self._before, most) - now
        if left <= 0 and now < self._began + self.seconds + most and self._may_be_queued():
            left = _A_MOMENT
        if left > 0:
            self._next = self._loop.call_later(left, self._look)
        else:  # in the next step of the loop: what has been said already is heard before
            self._clock.reschedule(self._loop.time())

    def _may_be_queued(self) -> bool:
        """Whether one of them has work and, since the last look, has not run for it."""
        before, self._ran = self._ran, tuple(map(usage.queued, self._pids))
        pairs = zip(self._ran, before or self._ran, strict=True)
        return any(ran is not None and ran == then for ran, then in pairs)

    def _stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
