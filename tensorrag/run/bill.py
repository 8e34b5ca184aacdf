"""What one card costs at a place that is paid: noted before it is sent, and when it has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from tensorrag.errors import ExecutorError, Unheard, WorkspaceError
from tensorrag.plain import JsonObject
from tensorrag.run.node_run import NodeRun
from tensorrag.run.schedule import Outcome
from tensorrag.store.spending import Charge, Spending

log = logging.getLogger(__name__)


class Bill:
    """The bill of one card, over all its tries.

    Args:
        spending: where it is noted.
        charge: what it will cost a second, and at most.
        node: is told what it has cost.
        lose: takes the ticket of a try of which nobody knows how it ended.
    """

    def __init__(
        self,
        spending: Spending,
        charge: Charge,
        node: NodeRun,
        lose: Callable[[str], None] = lambda ticket: None,
    ) -> None:
        self._spending, self._charge, self._node, self._lose = spending, charge, node, lose
        self._ticket = ""
        """That of the try that is not paid yet; empty where there is none."""
        self._began = False
        self._starts = 0
        """How often it began: more than once where it was moved to another container."""
        self._told: JsonObject = {}
        self._before = 0.0
        """US$ for the tries before."""

    async def open(self) -> None:
        """Note that it is about to be sent; nothing is sent that is not noted."""
        self._ticket, self._began = self._node.ticket, False
        self._starts, self._told = 0, {}
        charge = replace(self._charge, ticket=self._ticket)
        await asyncio.to_thread(self._spending.begin, charge)

    async def take_over(self) -> None:
        """Pay for a card that a server sent which is gone: the budgets of this run hold for it."""
        self._ticket, self._began = self._node.ticket, True
        await asyncio.to_thread(self._spending.take_over, self._ticket, self._charge.run)

    async def hear(self, kind: str, data: JsonObject) -> None:
        """Listen to what its executor tells: that it has begun, and what it cost."""
        if kind == "cost":
            self._told = data
            await self._note_end()
        elif kind == "started":
            self._starts += 1
        if self._ticket and not self._began and kind != "waiting":
            self._began = True
            await asyncio.to_thread(self._count)

    async def _note_end(self) -> None:
        """Stop counting: its container has ended, however long its result is on the way."""
        if self._ticket and self._starts < 2 and (told := self._told.get("cost")) is not None:
            with suppress(WorkspaceError):  # `close` notes it again
                end = partial(self._spending.end, self._ticket, cost=told, **self._measured())
                await asyncio.to_thread(end)

    async def close(self, outcome: Outcome) -> None:
        """Note what it cost, unless nobody knows how it ended: that is found out."""
        if self._starts > 1:  # the last container knows nothing of those before: the clock does
            self._told = {}
        node, told = self._node, self._told.get("cost")
        if not self._ticket:  # it was never sent, or is paid
            return
        if isinstance(outcome, Unheard):
            await asyncio.to_thread(self._count)
            self._lose(self._ticket)
            return
        if isinstance(outcome, ExecutorError) and told is None and node.handle is not None:
            self._lose(self._ticket)
            return
        cost = told if told is not None else (node.elapsed() or 0.0) * self._charge.rate
        self._before += cost
        node.cost = round(self._before, 6)
        ticket, self._ticket = self._ticket, ""
        try:
            await asyncio.to_thread(
                self._spending.end,
                ticket,
                **self._measured(),
                cost=told,
                done=not isinstance(outcome, BaseException),
                stays=told is not None,  # one that did not answer is gone
            )
        except WorkspaceError as error:
            log.warning("What %s cost could not be noted: %s", node.id, error.message)

    def _measured(self) -> dict[str, Any]:
        """Return what its executor has told of its time, in seconds."""
        return {name: self._told.get(name) for name in ("seconds", "start")}

    def _count(self) -> None:
        """Note that from now on it is paid for. In a thread."""
        with suppress(WorkspaceError):  # it is known when it ends
            self._spending.began(self._ticket)
