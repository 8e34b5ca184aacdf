"""A run: every card whose inputs are ready is started; what is known already is not run again.

Here is what it is to those who start it and follow it, and all that comes before its first card;
from then on `Loop` carries it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

from tensorrag.catalog import Catalog
from tensorrag.errors import ErrorInfo, NodeNotFound
from tensorrag.estimate import NOTHING
from tensorrag.executor import Executor
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.run.entry import Entry
from tensorrag.run.execution import FindStray
from tensorrag.run.loop import Loop, RunStatus
from tensorrag.run.node_run import NodeRun
from tensorrag.run.outset import set_out
from tensorrag.run.preparation import Preparation
from tensorrag.run.prepare import Checker, PipelineHasErrors, Prepared
from tensorrag.run.record import run_record
from tensorrag.run.request import Request
from tensorrag.store.unsettled import Unsettled
from tensorrag.store.workspace import Workspace


async def no_stray(node: NodeRun) -> Unsettled | None:
    """Find none: nothing outlives this process."""
    return None


class Run:
    """One run of a pipeline.

    Args:
        request: what to run, and how.
        workspace: where results and events are kept.
        executors: places to run cards, by name.
        catalog: the cards that are here.
        check: checks a pipeline.
        run_id: of a run that waits in the journal already.
        stray: finds tasks that go on since a server that is gone.
        lose: finds out how a card ended at a paid place of which this run has lost sight.
        rents: whether a GPU may be rented unasked where the settings allow it: the command line
            never does that.

    Example:
        >>> run = Run(Request(pipeline), workspace, executors, catalog, check)
        >>> await run.start()
        >>> await run.wait()
        'succeeded'
    """

    def __init__(
        self,
        request: Request,
        workspace: Workspace,
        executors: Mapping[str, Executor],
        catalog: Catalog,
        check: Checker,
        *,
        run_id: str = "",
        stray: FindStray = no_stray,
        lose: Callable[[Unsettled], None] = lambda stray: None,
        rents: bool = False,
    ) -> None:
        self.request = request
        self.pipeline = request.pipeline
        self.pipeline_id = request.pipeline_id
        self._status: RunStatus = "queued"
        self.nodes: dict[str, NodeRun] = {}
        """By id, in the order of the file; those that are not run are left out."""
        self.problems: list[JsonObject] = []
        """What it runs in spite of."""
        self._workspace, self._executors = workspace, executors
        self._catalog = catalog
        self._before = Preparation(request, workspace, executors, check, rents=rents)
        anew = request.no_cache and request.parent is None
        self._stray, self._lose = no_stray if anew else stray, lose
        self._began = time.monotonic()
        self._entry = Entry(workspace.journal, request, run_id)
        self._chronicle = self._entry.chronicle
        self.expected = NOTHING
        """What was to be paid for all of it, once it has begun."""
        self._starting = False
        """Whether it is being looked into, or entered in the journal."""
        self._loop: Loop | None = None
        """What carries it, once it has begun."""

    # --- for those who started it -----------------------------------------------------------

    async def queue(self) -> None:
        """Check, and note that the run waits its turn, also across restarts; `start` begins it.

        Raises:
            PipelineHasErrors: there are errors in what would run; nothing is recorded.
            NodeNotFound: there is no node to stop at.
        """
        self._starting = True
        try:
            if not self._before.withdrawn:
                await self._before.look()
            await asyncio.to_thread(self._entry.wait)
        finally:
            self._starting = False
        self._chronicle.tell()
        if self._before.withdrawn:
            await self._end("cancelled")

    async def recall(self) -> None:
        """Take up a run that waited in the journal when the server before ended."""
        await asyncio.to_thread(self._chronicle.recall)

    async def start(self, catalog: Catalog | None = None) -> None:
        """Look at outside sources, check, and begin.

        Args:
            catalog: the cards that are here by now, if others than when it was made.

        Raises:
            PipelineHasErrors: there are errors in what would run; a run that did not wait in the
                journal is not recorded.
            NodeNotFound: there is no node to stop at.
            RunRefused: a budget is used up.
        """
        self._catalog, self._starting = catalog or self._catalog, True
        try:
            prepared, loop = None if self._before.withdrawn else await self._before.look(), None
            if prepared is not None:
                self._began = time.monotonic()
                loop = await asyncio.to_thread(self._create, prepared)
        finally:
            self._starting = False
        if loop is None:
            if not self.id:  # it is told as one that was taken back while it waited
                await asyncio.to_thread(self._entry.wait)
            await self._end("cancelled")
            return
        for node in self.nodes.values():
            node.cancelling = self._before.withdrawn
        self._loop = loop
        loop.start()

    async def refuse(self, error: Exception) -> None:
        """End a run whose turn has come, and that cannot begin after all."""
        if isinstance(error, PipelineHasErrors):
            self.problems = [problem.model_dump(mode="json") for problem in error.problems]
        await self._entry.refuse(self.problems)
        await self._end("failed", {"error": ErrorInfo.of(error).model_dump(mode="json")})

    async def wait(self) -> RunStatus:
        """Wait for the end and return how it ended."""
        async for _ in self._chronicle.listen(len(self._chronicle.events)):
            pass
        if self._loop is not None:
            await self._loop.wait()
        return self.status

    async def cancel(self, node: str | None = None) -> None:
        """Stop everything, or one node; `wait` says when all has ended.

        Before anything is awaited each node says that it is being stopped.

        Raises:
            NodeNotFound: the run has no such node.
        """
        if node is not None and node not in self.nodes:
            raise NodeNotFound(
                f"This run has no card {quoted(node)}.", hint=f"It has: {', '.join(self.nodes)}."
            )
        if self._loop is None:
            await self._withdraw()
        else:
            await self._loop.cancel([self.nodes[node]] if node is not None else self.nodes.values())

    async def interrupt(self) -> None:
        """End at once because this process ends; the journal says that it was interrupted."""
        if self._loop is not None:
            await self._loop.interrupt()

    def subscribe(self, after: int = 0) -> AsyncIterator[JsonObject]:
        """Yield the events whose number is greater than ``after``, until the run has ended."""
        return self._chronicle.listen(after)

    @property
    def id(self) -> str:
        """What the journal calls it; empty before it is entered there."""
        return self._entry.id

    @property
    def status(self) -> RunStatus:
        """How far it is, or how it ended."""
        return self._status if self._loop is None else self._loop.status

    @property
    def ended(self) -> bool:
        """Whether all of it is over, and recorded."""
        return self._chronicle.ended

    @property
    def cancelling(self) -> bool:
        """Whether all that it does is being stopped."""
        if self._loop is None:
            return self._before.withdrawn and not self.ended
        return self._loop.cancelling

    @property
    def events(self) -> list[JsonObject]:
        """All events so far, as the journal has them."""
        return self._chronicle.events

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far; 0 while it waits its turn."""
        if self.status == "queued" and not self.nodes:
            return 0.0
        if self._loop is not None:
            return self._loop.seconds
        return round(time.monotonic() - self._began, 3)

    def to_json(self) -> JsonObject:
        """Return the run as ``tensorrag run --json`` prints it."""
        return {
            "run": self.id,
            "status": self.status,
            "seconds": self.seconds,
            "problems": self.problems,
            "nodes": {node_id: node.to_json() for node_id, node in self.nodes.items()},
        }

    # --- before it begins -------------------------------------------------------------------

    def _create(self, prepared: Prepared) -> Loop:
        """Plan the run and record it. In a thread: this reads and writes files."""
        request = self.request
        self.pipeline = prepared.pipeline
        self.problems = [p.model_dump(mode="json") for p in prepared.checked.problems]
        outset = set_out(
            prepared, request, self._workspace, self._executors, self._catalog, self._before.place
        )
        self.expected = outset.expected
        record = run_record(prepared, request)
        self._entry.begin(record, self.problems, time.time() - (time.monotonic() - self._began))
        outset.schedule.run = self.id
        self.nodes = outset.schedule.nodes
        for node in self.nodes.values():  # in the order of the file, which the journal keeps
            self._chronicle.touch(node)
        return Loop(
            self.id,
            self.pipeline,
            self.pipeline_id,
            outset,
            self._workspace,
            self._executors,
            self._before.place,
            self._chronicle,
            self._stray,
            self._lose,
            self._began,
        )

    async def _withdraw(self) -> None:
        """Take it back before it has begun."""
        self._before.withdraw()
        if self.id and not self._starting:  # else it ends where it is looked into
            await self._end("cancelled")

    async def _end(self, status: RunStatus, more: JsonObject | None = None) -> None:
        """End a run that has not begun."""
        if self._status != "queued":
            return  # taken back in the moment in which its turn came
        self._status = status
        await self._entry.end(status, more)
