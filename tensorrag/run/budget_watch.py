"""Looks at the budgets while a run goes on: says what is used of them, and has the run stopped."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

from tensorrag.errors import WorkspaceError
from tensorrag.run.budget import LATEST, LIMITS, Budgets, Look
from tensorrag.run.chronicle import Chronicle
from tensorrag.store.settings import Settings

log = logging.getLogger(__name__)


@dataclass
class BudgetWatch:
    """Watches what one run costs.

    Args:
        budgets: that hold for it.
        chronicle: of the run; takes what is to be said.
        wake: called when there is something to record.
        settings: say what they are by now.
        stop: stops the run, and takes why; raises where a card could not be reached.
    """

    budgets: Budgets
    chronicle: Chronicle
    wake: Callable[[], None]
    settings: Settings
    stop: Callable[[str], Awaitable[None]]
    _one_by_one: threading.Lock = field(default_factory=threading.Lock)

    async def watch(self) -> None:
        """Look until one is used up that holds, then stop the run. Cancel it at the end of that."""
        while True:
            look = await asyncio.to_thread(self.look)
            if look.told:
                self.wake()
            if look.stop:
                await self._stop(look.stop)
            await asyncio.sleep(look.wait)

    def look(self) -> Look:
        """Look once, and note what is new. In a thread: this reads a database.

        What cannot be read stops nothing: a budget holds all the same, the next look tells.
        """
        try:
            with self._one_by_one:  # each mark is told once
                if not self.settings.misfit(*LIMITS):
                    self.budgets.renew(self.settings.values())
                look = self.budgets.look(self.chronicle.run)
        except WorkspaceError as error:
            log.warning(
                "What run %s has cost cannot be read: %s", self.chronicle.run, error.message
            )
            return Look((), "", LATEST)
        for data in look.told:
            self.chronicle.note("cost", data)
        return look

    async def _stop(self, why: str) -> NoReturn:
        """Stop the run although nobody asked for that, again and again until it has ended.

        A stop that raises nothing may fail later: what is being submitted is stopped after that.
        """
        while True:
            try:
                await self.stop(why)
            except Exception as error:  # whatever it was, money is being spent
                log.warning("A card of run %s could not be stopped: %s", self.chronicle.run, error)
            await asyncio.sleep(LATEST)
