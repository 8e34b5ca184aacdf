"""Holds what outlived its server to the budgets: no run looks at what it costs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tensorrag.errors import RunNotFound, TensorRagError
from tensorrag.plain import JsonObject
from tensorrag.run.budget import LATEST, Budgets
from tensorrag.store.unsettled import Unsettled
from tensorrag.store.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass
class StrayBudgets:
    """Looks at what strays cost while there are any, and has them stopped.

    Args:
        workspace: knows the budgets, and what was spent.
        going: returns those that go on, and that no run needs.
        stop: stops one; raises where it cannot be reached.
    """

    workspace: Workspace
    going: Callable[[], Sequence[Unsettled]]
    stop: Callable[[Unsettled], Awaitable[None]]
    stopped: dict[str, str] = field(default_factory=dict)
    """Why some were stopped, by ticket."""
    _watching: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Look at them from now on, until there are none."""
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Look no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        while strays := tuple(self.going()):
            for stray in strays:
                await self._look_at(stray)
            await asyncio.sleep(LATEST)

    async def _look_at(self, stray: Unsettled) -> None:
        try:
            if why := await asyncio.to_thread(self._used_up, stray):
                self.stopped[stray.ticket] = why
                await self.stop(stray)
        except TensorRagError as error:  # the next look tells, and stops it
            log.warning("%s may cost more than it may: %s", stray.handle, error)

    def _used_up(self, stray: Unsettled) -> str:
        """Say why one must end; empty where it may go on. In a thread: this reads a database."""
        journal, settings = self.workspace.journal, self.workspace.settings
        if not journal.spending.knows(stray.ticket):
            return ""
        record: JsonObject = {}
        with suppress(RunNotFound):
            record = journal.record(stray.run)
        own = record.get("pipeline", {}).get("settings", {}).get("budget")
        before = journal.resumed(stray.run)[1:]
        return Budgets.of(journal.spending, settings.values(), own, before).look(stray.run).stop
