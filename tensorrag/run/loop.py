"""The loop that carries a run from its first card to its end.

It sleeps until something has happened, has the schedule decide what follows, writes all of it to
the journal as one transaction, tells those who listen, and starts what is to be started.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tensorrag.errors import TensorRagError, WorkspaceError
from tensorrag.executor import Executor
from tensorrag.pipeline import Pipeline
from tensorrag.placement import LOCAL
from tensorrag.run.bill import Bill
from tensorrag.run.budget_watch import BudgetWatch
from tensorrag.run.chronicle import Chronicle
from tensorrag.run.execution import Execution, FindStray
from tensorrag.run.node_run import NodeRun
from tensorrag.run.outset import Outset
from tensorrag.run.schedule import Outcome, Step
from tensorrag.store.interruption import interrupt
from tensorrag.store.place import Place
from tensorrag.store.unsettled import Unsettled, lost
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task

log = logging.getLogger(__name__)

RunStatus = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]


@dataclass(eq=False)
class Loop:
    """Carries a run that is planned and recorded."""

    run: str
    """Its id."""
    pipeline: Pipeline
    pipeline_id: str | None
    outset: Outset
    workspace: Workspace
    executors: Mapping[str, Executor]
    place: Place
    chronicle: Chronicle
    stray: FindStray
    lose: Callable[[Unsettled], None]
    began: float
    """When it began, by the monotonic clock."""
    status: RunStatus = "queued"
    _seconds: float = 0.0
    _main: asyncio.Task[None] | None = None
    _watch: BudgetWatch | None = None
    """None where nothing is paid."""
    _happened: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the loop has something to do."""
    _deciding: asyncio.Future[Step] | None = None
    """What is being decided and recorded; it goes on though the loop is cancelled."""
    _outcomes: list[tuple[NodeRun, Outcome]] = field(default_factory=list)
    _due: dict[str, Task] = field(default_factory=dict)
    """By node, what is to be started."""
    _executions: dict[str, Execution] = field(default_factory=dict)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Watch the budgets, where something is to be paid."""
        self._schedule, self.nodes = self.outset.schedule, self.outset.schedule.nodes
        if self.outset.expected.cards:
            settings, wake = self.workspace.settings, self._happened.set
            self._watch = BudgetWatch(
                self.outset.budgets, self.chronicle, wake, settings, self._stop
            )

    # --- for the run ------------------------------------------------------------------------

    def start(self) -> None:
        """Begin with the first cards."""
        self._main = asyncio.create_task(self._loop(), name=f"run {self.run}")

    async def wait(self) -> None:
        """Wait until nothing of it goes on."""
        if self._main is not None:
            await asyncio.wait([self._main])

    async def interrupt(self) -> None:
        """End at once because this process ends."""
        if self._main is not None:
            self._main.cancel()
            await self.wait()

    async def cancel(self, wanted: Iterable[NodeRun]) -> None:
        """Stop these nodes; before anything is awaited each says that it is being stopped.

        Raises:
            TensorRagError: one cannot be reached; it can be asked again.
        """
        stopping = [one for one in wanted if not one.ended and not one.stopping]
        for one in stopping:
            one.cancelling, one.unreached = True, False
            if one.launched:  # the others end in the next step
                self.chronicle.show(one)
        self._happened.set()
        asked = [one for one in stopping if one.id in self._executions]
        ways = (self._executions[one.id].cancel() for one in asked)
        answers = await asyncio.gather(*ways, return_exceptions=True)
        # One that cannot be reached keeps no other from being stopped, and can be asked again.
        unreached = [(n, each) for n, each in zip(asked, answers, strict=True) if each is not None]
        for one, _ in unreached:
            one.unreached = True
            self.chronicle.show(one)
        self._happened.set()
        for _, error in unreached:
            raise error

    @property
    def cancelling(self) -> bool:
        """Whether all that it does is being stopped."""
        at_work = [node for node in self.nodes.values() if node.launched and not node.ended]
        if not at_work:  # its end may just be written down
            nodes = self.nodes.values()
            over = self.status == "running" and all(node.ended for node in nodes)
            return over and any(node.cancelling for node in nodes)
        return all(node.stopping for node in at_work)

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return round(self._seconds or time.monotonic() - self.began, 3)

    # --- what it does -----------------------------------------------------------------------

    async def _loop(self) -> None:
        self.status = "running"
        self.chronicle.note("run", {"status": "running"})
        watching = asyncio.create_task(self._watch.watch()) if self._watch is not None else None
        try:
            await self._tick()
            while self.status == "running":
                await self._happened.wait()
                await self._tick()
        except asyncio.CancelledError:
            await self._cut_off()
            raise
        except Exception as error:
            await self._drop_all()
            await asyncio.to_thread(self._break, error)
        finally:
            if watching is not None:
                watching.cancel()
            self._seconds = self._seconds or time.monotonic() - self.began
            self.chronicle.ended = True
            self.chronicle.tell()
        await asyncio.to_thread(self._tidy)

    async def _tick(self) -> None:
        """Decide on what has happened, record it, tell it, and start what follows."""
        self._happened.clear()
        outcomes, step = await self._decided()
        self.chronicle.tell()
        for node, _ in outcomes:
            del self._executions[node.id], self._tasks[node.id]
        for node in step.launch:
            self._launch(node)

    async def _decided(self) -> tuple[list[tuple[NodeRun, Outcome]], Step]:
        """Take what has ended since the last time; returns it, and what follows from it."""
        outcomes, self._outcomes = self._outcomes, []
        self._deciding = asyncio.ensure_future(asyncio.to_thread(self._decide, outcomes))
        return outcomes, await asyncio.shield(self._deciding)

    def _decide(self, outcomes: list[tuple[NodeRun, Outcome]]) -> Step:
        """Let the schedule decide, and record all of it. In a thread: this writes files."""
        step, status = self._schedule.take(outcomes), self.status
        for node in step.changed:
            self.chronicle.show(node)
        cached = [node.key for node in step.changed if node.cached and node.key]
        if cached:
            self.workspace.store.results.touch(cached)
        if self._schedule.over:
            if self._watch is not None:
                self._watch.look()  # what was used of the budgets is known by now
            status = self._final()
            self._note_end(status)
        self.chronicle.record(status)
        costs = self.workspace.journal.models.costs  # of what was recorded just now, too
        self._due |= {node.id: self._schedule.task(node, costs) for node in step.launch}
        self.status = status
        return step

    def _final(self) -> RunStatus:
        states = {node.state for node in self.nodes.values()}
        if "cancelled" in states and "failed" not in states:
            return "cancelled"
        return "failed" if states & {"failed", "blocked"} else "succeeded"

    def _note_end(self, status: RunStatus) -> None:
        """Note how it ended, and how long it took: writing that down does not count any more."""
        self._seconds = time.monotonic() - self.began
        self.chronicle.note("run", {"status": status, "seconds": self.seconds})

    async def _cut_off(self) -> None:
        """Stop in the middle because this process ends.

        What has ended by then is recorded first, as what it ended as. Where that was all, the run
        has ended, and was not interrupted.
        """
        if self._deciding is not None:
            await asyncio.wait([self._deciding])
        await self._drop_all()
        try:
            if self.status == "running":
                await self._decided()
            if self.status == "running":
                await asyncio.to_thread(interrupt, self.workspace.journal, self.run)
        except (TensorRagError, OSError):  # the next start finds that its process is gone
            log.exception("How far run %s came cannot be noted.", self.run)
        if self.status == "running":
            self.status = "interrupted"

    def _break(self, error: Exception) -> None:
        """End the run because it cannot go on: most likely, nothing can be written any more."""
        for node in self._schedule.give_up(error):
            self.chronicle.show(node)
        self.status = "failed"
        self._note_end(self.status)
        try:
            self.chronicle.record(self.status)
        except WorkspaceError:
            self.chronicle.give_up()

    def _tidy(self) -> None:
        """Keep the store to its cap. The run is over: nothing that goes wrong here is its fault."""
        try:
            self.workspace.tidy()
        except (TensorRagError, OSError):
            log.exception("The store could not be tidied up.")

    async def _drop_all(self) -> None:
        """Have everything stopped that still runs, and listen to it no longer."""
        for task in self._tasks.values():
            task.cancel()
        going = [self._executions[node_id] for node_id in self._tasks]
        await asyncio.gather(*(each.drop() for each in going))

    def _launch(self, node: NodeRun) -> None:
        self._executions[node.id] = execution = Execution(
            node,
            self.executors[node.executor],
            self._due.pop(node.id),
            self.place,
            1 + self.pipeline.nodes[node.id].retries,
            self.chronicle,
            self._happened.set,
            self.stray,
            self._bill(node),
            self.outset.rehearsal if node.executor != LOCAL else None,
        )
        name = f"run {self.run}, {node.id}"
        self._tasks[node.id] = asyncio.create_task(self._carry_out(node, execution), name=name)

    def _bill(self, node: NodeRun) -> Bill | None:
        charge = self.outset.pricing.charge(node.id, self.run)
        if charge is None:
            return None

        def lose(ticket: str) -> None:
            self.lose(lost(self.run, node.id, node.executor, ticket, self.pipeline_id))

        return Bill(self.outset.pricing.spending, charge, node, lose)

    async def _stop(self, why: str) -> None:
        """Cancel all of it although nobody asked for that."""
        for node in self.nodes.values():
            node.stopped = why
        await self.cancel(self.nodes.values())

    async def _carry_out(self, node: NodeRun, execution: Execution) -> None:
        """Carry out one card, and hand what came of it to the loop."""
        outcome = await execution.carry_out()
        self._outcomes.append((node, outcome))
        self._happened.set()
