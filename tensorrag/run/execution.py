"""One card of a run, carried out by its executor: tried, listened to, stopped."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tensorrag.errors import ExecutorError, RunCancelled, TaskFailed, TensorRagError, too_long
from tensorrag.executor import Executor
from tensorrag.plain import JsonObject
from tensorrag.progress import as_report
from tensorrag.run.bill import Bill
from tensorrag.run.chronicle import Chronicle, Pace
from tensorrag.run.node_run import NodeRun
from tensorrag.run.printed import Printed
from tensorrag.run.rehearsal import Rehearsal
from tensorrag.run.schedule import Outcome
from tensorrag.store.place import Place
from tensorrag.store.unsettled import Unsettled
from tensorrag.task import Task

REHEARSES = "tried on a few rows here first"
"""Why a card is still waiting that would cost money."""

log = logging.getLogger(__name__)

FindStray = Callable[[NodeRun], Awaitable[Unsettled | None]]
"""Gives a task that does just what a node needs, if one goes on already."""


class Execution:
    """Carries out the task of one node.

    Args:
        node: what is told of it ends up here.
        executor: where it runs.
        task: what is to be done.
        place: the folders that it works with.
        tries: how often it may be tried.
        chronicle: takes its events.
        wake: called when there is something to record.
        stray: finds the same task, where it goes on since a server that is gone.
        bill: what it costs, where it is paid for.
    """

    def __init__(
        self,
        node: NodeRun,
        executor: Executor,
        task: Task,
        place: Place,
        tries: int,
        chronicle: Chronicle,
        wake: Callable[[], None],
        stray: FindStray,
        bill: Bill | None = None,
        rehearsal: Rehearsal | None = None,
    ) -> None:
        self._node, self._executor = node, executor
        self._task, self._place, self._tries = task, place, tries
        self._chronicle, self._wake, self._stray = chronicle, wake, stray
        self._bill, self._rehearsal = bill, rehearsal
        self._pace = Pace(self._pass_on_progress)
        self._printed = Printed()

    async def carry_out(self) -> Outcome:
        """Run the card, as often as it may be tried; gives what came of it."""
        outcome: Outcome = RunCancelled(f"{self._node.title} was cancelled.")
        for attempt in range(1, self._tries + 1):
            outcome = await self._outcome()
            may_pass = isinstance(outcome, TaskFailed | ExecutorError)
            if not may_pass or attempt == self._tries or self._node.cancelling:
                break
            self._try_again(f"try {attempt + 1} of {self._tries}: {outcome}")
            await self._chronicle.recorded()  # its ticket, before it is submitted
        self._pace.finish()
        return outcome

    async def cancel(self) -> None:
        """Ask the executor to stop it; where it was not even submitted, it will not be."""
        if self._rehearsal is not None:
            await self._rehearsal.cancel(self._node.id)
        if self._node.handle is not None:
            await self._executor.cancel(self._node.handle)

    async def drop(self) -> None:
        """Have it stopped, and listen to it no longer."""
        self._pace.drop()
        with suppress(Exception):
            await self.cancel()
            if self._bill is not None:
                await self._bill.close(RunCancelled(f"{self._node.title} was stopped."))

    async def _outcome(self) -> Outcome:
        """Try once; gives the error where it failed."""
        outcome: Outcome
        try:
            outcome = await self._attempt()
        except Exception as error:
            outcome = error
            if not isinstance(error, TensorRagError):  # nobody listens to it any more
                await self._stop()
        if self._bill is not None:
            await self._bill.close(outcome)
        return outcome

    async def _stop(self) -> None:
        if self._node.handle is not None:
            with suppress(Exception):
                await self._executor.cancel(self._node.handle)

    async def _stop_late(self) -> None:
        """Stop what was asked to stop while it was submitted; where it fails, it can be again."""
        try:
            await self.cancel()
        except Exception as error:  # it goes on there: it is listened to until it has ended
            log.warning("%s could not be stopped: %s", self._node.title, error)
            self._node.unreached = True
            self._show()

    async def _attempt(self) -> JsonObject:
        node = self._node
        self._refuse_cancelled()
        submitted, taken_over = time.monotonic(), await self._taken_over()
        node.handle = taken_over or await self._submit()
        self._chronicle.touch(node)
        self._wake()
        await self._chronicle.recorded()  # what is stored can be found again after a crash
        if node.cancelling:
            await self._stop_late()
        # One that is taken over was begun with the limit of another run.
        limit = self._task.timeout if taken_over else None
        clock = asyncio.timeout(limit)
        try:
            async with clock:
                answer = await self._answer(node.handle, clock)
        except TimeoutError:
            if not clock.expired():
                raise
            await self._stop()
            raise TaskFailed(too_long(self._task.name, limit or 0.0)) from None
        node.began = node.began or submitted
        return answer

    async def _answer(self, handle: str, clock: asyncio.Timeout) -> JsonObject:
        """Listen to what is said, until the answer; the clock is that of the card's own time."""
        async for event in self._executor.events(handle):
            kind, data = str(event.get("type")), event.get("data")
            data = data if isinstance(data, dict) else {}
            self._hear(kind, data)
            if kind == "cost":  # it has ended there: what it made may take long to arrive
                clock.reschedule(None)
            if self._bill is not None:
                await self._bill.hear(kind, data)
        return await self._executor.result(handle)

    async def _taken_over(self) -> str | None:
        """Take up what goes on since a server that is gone, where it does just this."""
        stray = await self._stray(self._node)
        if stray is None:
            return None
        self._node.ticket = stray.ticket or self._node.ticket
        if self._bill is not None:
            await self._bill.take_over()
        return stray.handle

    async def _rehearse(self) -> None:
        """Try it here first, where it will cost money."""
        node, rehearsal = self._node, self._rehearsal
        if rehearsal is None or not await asyncio.to_thread(rehearsal.is_due, node):
            return
        reason, node.reason = node.reason, REHEARSES
        self._show()
        await rehearsal.of(node, self._print)
        node.reason = reason
        self._show()
        self._refuse_cancelled()

    def _show(self) -> None:
        self._chronicle.show(self._node)
        self._wake()

    async def _submit(self) -> str:
        await self._rehearse()
        task = self._task.model_copy(update={"ticket": self._node.ticket})
        if self._bill is not None:
            await self._bill.open()
        return await self._executor.submit(task, self._place)

    def _try_again(self, reason: str) -> None:
        self._pace.drop()
        self._printed.again()
        self._node.again(reason)
        self._chronicle.show(self._node)
        self._wake()

    def _hear(self, kind: str, data: JsonObject) -> None:
        """Take in what the executor tells."""
        node = self._node
        if kind == "waiting":
            node.waiting = data
            self._chronicle.show(node)
            self._wake()
            return
        if node.state == "queued":
            node.begin(data.get("device"), data.get("pid"))
            self._chronicle.show(node)
        if kind == "progress":
            if (report := as_report(data)) is not None:
                node.report(report)
                if "again" in report:  # no later one tells it
                    self._chronicle.note(kind, report, node)
                else:
                    self._pace.wish()
        elif kind == "log":
            self._print(data)
            return
        elif kind in ("cost", "output"):
            node.cost = data.get("cost", node.cost)
            self._chronicle.note(kind, data, node)
        self._wake()

    def _print(self, data: JsonObject) -> None:
        printed = self._printed.take(data)
        if printed is not None:
            self._chronicle.note("log", printed, self._node)
            self._wake()

    def _pass_on_progress(self) -> None:
        self._chronicle.note("progress", self._node.progress or {}, self._node)
        self._wake()

    def _refuse_cancelled(self) -> None:
        if self._node.cancelling:
            raise RunCancelled(f"{self._node.title} was cancelled.")
