"""Lets callers wait until something has come as far as a revision."""

from __future__ import annotations

import asyncio

from tensorrag.errors import TensorRagError


class Milestone:
    """A revision that rises, and those who wait for it. Used on the event loop alone."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        """How far it has come."""
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._end: TensorRagError | None = None

    async def reached(self, revision: int) -> None:
        """Wait until it has come as far as this revision, or further.

        Raises:
            TensorRagError: it could not, for now or for good.
        """
        if self.revision < revision:
            if self._end is not None:
                raise self._end
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append((revision, waiting))
            await waiting

    def advance(self, revision: int) -> None:
        """Come as far as this revision."""
        self.revision = revision
        done = [waiting for wanted, waiting in self._waiting if wanted <= revision]
        self._waiting = [each for each in self._waiting if each[0] > revision]
        for waiting in done:
            if not waiting.done():
                waiting.set_result(None)

    def end(self, error: TensorRagError) -> None:
        """Come no further, ever: tell everybody who waits, or will, why."""
        self._end = error
        self.fail(error)

    def fail(self, error: TensorRagError) -> None:
        """Tell everybody who waits why it does not come further for now."""
        waiting, self._waiting = self._waiting, []
        for _, each in waiting:
            if not each.done():
                each.set_exception(error)
