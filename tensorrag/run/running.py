"""A run: every card whose inputs are ready is started; what is known already is not run again.

One loop carries it. It sleeps until something has happened, has the schedule decide what follows,
writes all of it to the journal as one transaction, tells those who listen, and starts what is to
be started.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Literal

from tensorrag.catalog import Catalog
from tensorrag.errors import NodeNotFound, WorkspaceError
from tensorrag.executor import Executor
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.names import quoted
from tensorrag.run.chronicle import Chronicle
from tensorrag.run.execution import Execution
from tensorrag.run.node_run import NodeRun
from tensorrag.run.plan import Planner
from tensorrag.run.prepare import Checker, Prepared, prepare
from tensorrag.run.record import run_record
from tensorrag.run.schedule import Outcome, Schedule, Step
from tensorrag.store.workspace import Workspace
from tensorrag.types.value import JsonObject

RunStatus = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]


class Run:
    """One run of a pipeline.

    Args:
        pipeline: what to run.
        workspace: where results and events are kept.
        executors: places to run cards, by name.
        catalog: the cards that are here.
        check: checks a pipeline.
        pipeline_id: what this is a run of; compared with the run of the same before.
        base: where relative paths start from; the workspace by default.
        until: the node to stop at.
        on: the executor for all nodes.
        no_cache: run everything, whatever is known.
        parent: the run that this one continues.

    Example:
        >>> run = Run(pipeline, workspace, executors, catalog, check)
        >>> await run.start()
        >>> await run.wait()
        'succeeded'
    """

    def __init__(
        self,
        pipeline: Pipeline,
        workspace: Workspace,
        executors: Mapping[str, Executor],
        catalog: Catalog,
        check: Checker,
        *,
        pipeline_id: str | None = None,
        base: Path | None = None,
        until: str | None = None,
        on: str | None = None,
        no_cache: bool = False,
        parent: str | None = None,
    ) -> None:
        self.id = ""
        self.pipeline = pipeline
        self.pipeline_id = pipeline_id
        self.status: RunStatus = "queued"
        self.nodes: dict[str, NodeRun] = {}
        """By id, in the order of the file; those that are not run are left out."""
        self.problems: list[JsonObject] = []
        """What it runs in spite of."""
        self._workspace, self._executors = workspace, executors
        self._catalog, self._check = catalog, check
        self._place = workspace.place(base)
        self._until, self._on, self._no_cache, self._parent = until, on, no_cache, parent
        self._began, self._seconds = time.monotonic(), 0.0
        self._chronicle = Chronicle(workspace.journal)
        self._schedule: Schedule
        self._main: asyncio.Task[None] | None = None
        self._happened = asyncio.Event()
        """Set when the loop has something to do."""
        self._outcomes: list[tuple[NodeRun, Outcome]] = []
        self._executions: dict[str, Execution] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # --- for those who started it -----------------------------------------------------------

    async def start(self) -> None:
        """Look at outside sources, check, and begin.

        Raises:
            PipelineHasErrors: there are errors in what would run; nothing is recorded.
            NodeNotFound: there is no node to stop at.
        """
        prepared = await prepare(
            self.pipeline,
            self._check,
            self._executors,
            self._place,
            known=self._workspace.store.peeks,
            until=self._until,
            on=self._on,
        )
        self._began = time.monotonic()
        await asyncio.to_thread(self._create, prepared)
        self._main = asyncio.create_task(self._loop(), name=f"run {self.id}")

    async def wait(self) -> RunStatus:
        """Wait for the end and return how it ended."""
        if self._main is not None:
            await asyncio.wait([self._main])
        return self.status

    async def cancel(self, node: str | None = None) -> None:
        """Stop everything, or one node; `wait` says when all has ended.

        Raises:
            NodeNotFound: the run has no such node.
        """
        if node is not None and node not in self.nodes:
            raise NodeNotFound(f"This run has no card {quoted(node)}.")
        wanted = [self.nodes[node]] if node is not None else list(self.nodes.values())
        stopping = [one for one in wanted if not one.ended and not one.cancelling]
        for one in stopping:
            one.cancelling = True
        self._happened.set()
        for one in stopping:
            if one.id in self._executions:
                await self._executions[one.id].cancel()

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
    def events(self) -> list[JsonObject]:
        """All events so far, as the journal has them."""
        return self._chronicle.events

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
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

    # --- the loop ---------------------------------------------------------------------------

    def _create(self, prepared: Prepared) -> None:
        """Plan the run and record it. In a thread: this reads and writes files."""
        store, journal = self._workspace.store, self._workspace.journal
        for key, peek in prepared.peeks.items():
            store.peeks.put(key, peek)
        self.pipeline = prepared.pipeline
        self.problems = [p.model_dump(mode="json") for p in prepared.checked.problems]
        planner = Planner(
            prepared.pipeline,
            prepared.checked,
            store,
            self._catalog,
            previous=journal.previous(self.pipeline_id) if self.pipeline_id else {},
            peeks=prepared.peeks,
            fresh=frozenset(
                node.id for node in self.pipeline.nodes.values() if self._no_cache or not node.cache
            ),
        )
        memory = self._workspace.settings.values().card_memory
        self._schedule = Schedule(prepared, planner, store, memory)
        self.nodes = self._schedule.nodes
        self.id = self._chronicle.run = journal.create_run(
            run_record(prepared, until=self._until, no_cache=self._no_cache, parent=self._parent),
            pipeline_id=self.pipeline_id,
            name=self.pipeline.name,
            problems=self.problems,
            created=time.time() - self.seconds,
        )
        for node in self.nodes.values():  # in the order of the file, which the journal keeps
            self._chronicle.touch(node)

    async def _loop(self) -> None:
        self.status = "running"
        self._chronicle.note("run", {"status": "running"})
        try:
            await self._tick()
            while self.status == "running":
                await self._happened.wait()
                await self._tick()
        except asyncio.CancelledError:
            await self._drop_all()
            self._workspace.journal.interrupt(self.id)
            self.status = "interrupted"
            raise
        except Exception as error:
            await self._drop_all()
            await asyncio.to_thread(self._break, error)
        finally:
            self._seconds = time.monotonic() - self._began
            self._chronicle.ended = True
            self._chronicle.tell()

    async def _tick(self) -> None:
        """Decide on what has happened, record it, tell it, and start what follows."""
        self._happened.clear()
        outcomes, self._outcomes = self._outcomes, []
        step = await asyncio.to_thread(self._decide, outcomes)
        self._chronicle.tell()
        for node, _ in outcomes:
            del self._executions[node.id], self._tasks[node.id]
        for node in step.launch:
            self._launch(node)

    def _decide(self, outcomes: list[tuple[NodeRun, Outcome]]) -> Step:
        """Let the schedule decide, and record all of it. In a thread: this writes files."""
        step = self._schedule.take(outcomes)
        for node in step.changed:
            self._chronicle.show(node)
        if self._schedule.over:
            self._finish(self._final())
        cached = [node.key for node in step.changed if node.cached and node.key]
        if cached:
            self._workspace.store.results.touch(cached)
        self._chronicle.record(self.status)
        return step

    def _final(self) -> RunStatus:
        states = {node.state for node in self.nodes.values()}
        if "cancelled" in states and "failed" not in states:
            return "cancelled"
        return "failed" if states & {"failed", "blocked"} else "succeeded"

    def _finish(self, status: RunStatus) -> None:
        self.status = status
        self._chronicle.note("run", {"status": status, "seconds": self.seconds})

    def _break(self, error: Exception) -> None:
        """End the run because it cannot go on: most likely, nothing can be written any more."""
        for node in self._schedule.give_up(error):
            self._chronicle.show(node)
        self._finish("failed")
        try:
            self._chronicle.record(self.status)
        except WorkspaceError:
            self._chronicle.give_up()

    async def _drop_all(self) -> None:
        """Have everything stopped that still runs, and listen to it no longer."""
        for node_id, task in self._tasks.items():
            task.cancel()
            await self._executions[node_id].drop()

    def _launch(self, node: NodeRun) -> None:
        self._executions[node.id] = execution = Execution(
            node,
            self._executors[node.executor],
            self._schedule.task(node),
            self._place,
            1 + self.pipeline.nodes[node.id].retries,
            self._chronicle,
            self._happened.set,
        )
        name = f"run {self.id}, {node.id}"
        self._tasks[node.id] = asyncio.create_task(self._carry_out(node, execution), name=name)

    async def _carry_out(self, node: NodeRun, execution: Execution) -> None:
        """Carry out one card, and hand what came of it to the loop."""
        outcome = await execution.carry_out()
        self._outcomes.append((node, outcome))
        self._happened.set()
