"""A run: every card whose inputs are ready is started; what is known already is not run again.

One loop carries it. It sleeps until something has happened, has the schedule decide what follows,
writes all of it to the journal as one transaction, tells those who listen, and starts what is to
be started.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Literal

from tensorrag.catalog import Catalog
from tensorrag.errors import ErrorInfo, NodeNotFound, TensorRagError, WorkspaceError
from tensorrag.estimate import NOTHING
from tensorrag.executor import Executor
from tensorrag.placement import LOCAL
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.run.bill import Bill
from tensorrag.run.budget_watch import BudgetWatch
from tensorrag.run.chronicle import Chronicle
from tensorrag.run.execution import Execution, FindStray
from tensorrag.run.node_run import NodeRun
from tensorrag.run.outset import set_out
from tensorrag.run.prepare import Checker, PipelineHasErrors, Prepared, prepare
from tensorrag.run.pricing import Pricing
from tensorrag.run.record import run_record
from tensorrag.run.rehearsal import Rehearsal
from tensorrag.run.request import Request
from tensorrag.run.schedule import Outcome, Schedule, Step
from tensorrag.store.interruption import interrupt
from tensorrag.store.place import Place
from tensorrag.store.unsettled import Unsettled, lost
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task

log = logging.getLogger(__name__)

RunStatus = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]


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
        self.id = run_id
        self.request = request
        self.pipeline = request.pipeline
        self.pipeline_id = request.pipeline_id
        self.status: RunStatus = "queued"
        self.nodes: dict[str, NodeRun] = {}
        """By id, in the order of the file; those that are not run are left out."""
        self.problems: list[JsonObject] = []
        """What it runs in spite of."""
        self._workspace, self._executors = workspace, executors
        self._catalog, self._check = catalog, check
        self._place: Place
        anew = request.no_cache and request.parent is None
        self._stray, self._lose = no_stray if anew else stray, lose
        self._rents = rents
        self._began, self._seconds = time.monotonic(), 0.0
        self._chronicle = Chronicle(workspace.journal, run_id)
        self._schedule: Schedule
        self._rehearsal: Rehearsal | None = None
        self.expected = NOTHING
        """What was to be paid for all of it, once it has begun."""
        self._pricing: Pricing
        self._watch: BudgetWatch | None = None
        """None where nothing is paid."""
        self._main: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[Prepared] | None = None
        self._starting = self._withdrawn = False
        """Whether it is being looked into, and whether it was taken back before it began."""
        self._happened = asyncio.Event()
        """Set when the loop has something to do."""
        self._deciding: asyncio.Future[Step] | None = None
        """What is being decided and recorded; it goes on though the loop is cancelled."""
        self._outcomes: list[tuple[NodeRun, Outcome]] = []
        self._due: dict[str, Task] = {}
        """By node, what is to be started."""
        self._executions: dict[str, Execution] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # --- for those who started it -----------------------------------------------------------

    async def queue(self) -> None:
        """Check, and note that the run waits its turn, also across restarts; `start` begins it.

        Raises:
            PipelineHasErrors: there are errors in what would run; nothing is recorded.
            NodeNotFound: there is no node to stop at.
        """
        self._starting = True
        try:
            if not self._withdrawn:
                await self._prepare()
            await asyncio.to_thread(self._note_waiting)
        finally:
            self._starting = False
        self._chronicle.tell()
        if self._withdrawn:
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
            prepared = None if self._withdrawn else await self._prepared()
            if prepared is not None:
                self._began = time.monotonic()
                await asyncio.to_thread(self._create, prepared)
        finally:
            self._starting = False
        if prepared is None:
            if not self.id:  # it is told as one that was taken back while it waited
                await asyncio.to_thread(self._note_waiting)
            await self._end("cancelled")
            return
        for node in self.nodes.values():
            node.cancelling = self._withdrawn
        self._main = asyncio.create_task(self._loop(), name=f"run {self.id}")

    async def refuse(self, error: Exception) -> None:
        """End a run whose turn has come, and that cannot begin after all."""
        if isinstance(error, PipelineHasErrors):
            self.problems = [problem.model_dump(mode="json") for problem in error.problems]
        begin, now = self._workspace.journal.begin_run, time.time()
        with suppress(WorkspaceError):  # it ends all the same
            await asyncio.to_thread(begin, self.id, {}, problems=self.problems, created=now)
        await self._end("failed", {"error": ErrorInfo.of(error).model_dump(mode="json")})

    async def wait(self) -> RunStatus:
        """Wait for the end and return how it ended."""
        async for _ in self._chronicle.listen(len(self._chronicle.events)):
            pass
        if self._main is not None:
            await asyncio.wait([self._main])
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
        if self._main is None:
            await self._withdraw()
            return
        wanted = [self.nodes[node]] if node is not None else list(self.nodes.values())
        stopping = [one for one in wanted if not one.ended and not one.stopping]
        for one in stopping:
            one.cancelling, one.unreached = True, False
            if one.launched:  # the others end in the next step
                self._chronicle.show(one)
        self._happened.set()
        asked = [one for one in stopping if one.id in self._executions]
        ways = (self._executions[one.id].cancel() for one in asked)
        answers = await asyncio.gather(*ways, return_exceptions=True)
        # One that cannot be reached keeps no other from being stopped, and can be asked again.
        unreached = [(n, each) for n, each in zip(asked, answers, strict=True) if each is not None]
        for one, _ in unreached:
            one.unreached = True
            self._chronicle.show(one)
        self._happened.set()
        for _, error in unreached:
            raise error

    async def interrupt(self) -> None:
        """End at once because this process ends; the journal says that it was interrupted."""
        if self._main is not None:
            self._main.cancel()
            await asyncio.wait([self._main])

    def subscribe(self, after: int = 0) -> AsyncIterator[JsonObject]:
        """Yield the events whose number is greater than ``after``, until the run has ended."""
        return self._chronicle.listen(after)

    @property
    def ended(self) -> bool:
        """Whether all of it is over, and recorded."""
        return self._chronicle.ended

    @property
    def cancelling(self) -> bool:
        """Whether all that it does is being stopped."""
        if self._main is None:
            return self._withdrawn and not self.ended
        at_work = [node for node in self.nodes.values() if node.launched and not node.ended]
        if not at_work:  # its end may just be written down
            nodes = self.nodes.values()
            over = self.status == "running" and all(node.ended for node in nodes)
            return over and any(node.cancelling for node in nodes)
        return all(node.stopping for node in at_work)

    @property
    def events(self) -> list[JsonObject]:
        """All events so far, as the journal has them."""
        return self._chronicle.events

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far; 0 while it waits its turn."""
        if self.status == "queued" and not self.nodes:
            return 0.0
        return round(self._seconds or time.monotonic() - self._began, 3)

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

    async def _prepared(self) -> Prepared | None:
        """Prepare; gives nothing where it is taken back before that is done."""
        self._preparing = asyncio.create_task(self._prepare())
        try:
            return await self._preparing
        except asyncio.CancelledError:
            if not self._withdrawn:
                raise
            return None
        finally:
            self._preparing = None

    async def _prepare(self) -> Prepared:
        # Folders as they are allowed when it begins: it may have waited long.
        self._place = await asyncio.to_thread(self._workspace.place, self.request.base)
        values = await asyncio.to_thread(self._workspace.settings.values)
        return await prepare(
            self.request.pipeline,
            self._check,
            self._executors,
            self._place,
            known=self._workspace.store.peeks,
            until=self.request.until,
            branch=self.request.branch,
            on=self.request.on,
            gpu=self.request.gpu,
            may_rent=self._rents and values.rents_automatically,
        )

    def _note_waiting(self) -> None:
        self.id = self._chronicle.run = self._workspace.journal.create_run(
            {},
            pipeline_id=self.pipeline_id,
            name=self.pipeline.name,
            parent=self.request.parent,
            request=self.request.to_json(),
        )
        self._chronicle.note("run", {"status": "queued"})
        self._chronicle.record()

    def _create(self, prepared: Prepared) -> None:
        """Plan the run and record it. In a thread: this reads and writes files."""
        journal, request = self._workspace.journal, self.request
        self.pipeline = prepared.pipeline
        self.problems = [p.model_dump(mode="json") for p in prepared.checked.problems]
        outset = set_out(
            prepared, request, self._workspace, self._executors, self._catalog, self._place
        )
        self._schedule, self._rehearsal = outset.schedule, outset.rehearsal
        self._pricing, self.expected = outset.pricing, outset.expected
        record = run_record(prepared, request)
        created = time.time() - (time.monotonic() - self._began)
        if self.id:
            journal.begin_run(self.id, record, problems=self.problems, created=created)
        else:
            self.id = self._chronicle.run = journal.create_run(
                record,
                pipeline_id=self.pipeline_id,
                name=self.pipeline.name,
                problems=self.problems,
                created=created,
                status="running",
                parent=request.parent,
                request=request.to_json(),
            )
        if outset.expected.cards:
            settings, wake = self._workspace.settings, self._happened.set
            self._watch = BudgetWatch(outset.budgets, self._chronicle, wake, settings, self._stop)
        self._schedule.run = self.id
        self.nodes = self._schedule.nodes
        for node in self.nodes.values():  # in the order of the file, which the journal keeps
            self._chronicle.touch(node)

    async def _withdraw(self) -> None:
        """Take it back before it has begun."""
        self._withdrawn = True
        if self._preparing is not None:
            self._preparing.cancel()
        elif self.id and not self._starting:  # else it ends where it is looked into
            await self._end("cancelled")

    async def _end(self, status: RunStatus, more: JsonObject | None = None) -> None:
        """End a run that has not begun."""
        if self.status != "queued":
            return  # taken back in the moment in which its turn came
        self.status = status
        self._chronicle.note("run", {"status": status, "seconds": 0.0, **(more or {})})
        try:
            await asyncio.to_thread(self._chronicle.record, status)
        except WorkspaceError:
            self._chronicle.give_up()
        self._chronicle.ended = True
        self._chronicle.tell()

    # --- the loop ---------------------------------------------------------------------------

    async def _loop(self) -> None:
        self.status = "running"
        self._chronicle.note("run", {"status": "running"})
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
            self._seconds = time.monotonic() - self._began
            self._chronicle.ended = True
            self._chronicle.tell()
        await asyncio.to_thread(self._tidy)

    async def _tick(self) -> None:
        """Decide on what has happened, record it, tell it, and start what follows."""
        self._happened.clear()
        outcomes, step = await self._decided()
        self._chronicle.tell()
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
            self._chronicle.show(node)
        cached = [node.key for node in step.changed if node.cached and node.key]
        if cached:
            self._workspace.store.results.touch(cached)
        if self._schedule.over:
            if self._watch is not None:
                self._watch.look()  # what was used of the budgets is known by now
            status = self._final()
            self._note_end(status)
        self._chronicle.record(status)
        costs = self._workspace.journal.models.costs  # of what was recorded just now, too
        self._due |= {node.id: self._schedule.task(node, costs) for node in step.launch}
        self.status = status
        return step

    def _final(self) -> RunStatus:
        states = {node.state for node in self.nodes.values()}
        if "cancelled" in states and "failed" not in states:
            return "cancelled"
        return "failed" if states & {"failed", "blocked"} else "succeeded"

    def _note_end(self, status: RunStatus) -> None:
        self._chronicle.note("run", {"status": status, "seconds": self.seconds})

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
                await asyncio.to_thread(interrupt, self._workspace.journal, self.id)
        except (TensorRagError, OSError):  # the next start finds that its process is gone
            log.exception("How far run %s came cannot be noted.", self.id)
        if self.status == "running":
            self.status = "interrupted"

    def _break(self, error: Exception) -> None:
        """End the run because it cannot go on: most likely, nothing can be written any more."""
        for node in self._schedule.give_up(error):
            self._chronicle.show(node)
        self.status = "failed"
        self._note_end(self.status)
        try:
            self._chronicle.record(self.status)
        except WorkspaceError:
            self._chronicle.give_up()

    def _tidy(self) -> None:
        """Keep the store to its cap. The run is over: nothing that goes wrong here is its fault."""
        try:
            self._workspace.tidy()
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
            self._executors[node.executor],
            self._due.pop(node.id),
            self._place,
            1 + self.pipeline.nodes[node.id].retries,
            self._chronicle,
            self._happened.set,
            self._stray,
            self._bill(node),
            self._rehearsal if node.executor != LOCAL else None,
        )
        name = f"run {self.id}, {node.id}"
        self._tasks[node.id] = asyncio.create_task(self._carry_out(node, execution), name=name)

    def _bill(self, node: NodeRun) -> Bill | None:
        charge = self._pricing.charge(node.id, self.id)
        if charge is None:
            return None

        def lose(ticket: str) -> None:
            self._lose(lost(self.id, node.id, node.executor, ticket, self.pipeline_id))

        return Bill(self._pricing.spending, charge, node, lose)

    async def _stop(self, why: str) -> None:
        """Cancel all of it although nobody asked for that."""
        for node in self.nodes.values():
            node.stopped = why
        await self.cancel()

    async def _carry_out(self, node: NodeRun, execution: Execution) -> None:
        """Carry out one card, and hand what came of it to the loop."""
        outcome = await execution.carry_out()
        self._outcomes.append((node, outcome))
        self._happened.set()
