"""The runs of this server: those that go on, and those that wait their turn.

The runs of one pipeline follow one another; those of different pipelines go on side by side. What
waits is in the journal, so that the next server takes it up when this one dies.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

from tensorrag.errors import ErrorInfo, RunRefused
from tensorrag.executor import Executor
from tensorrag.run import Request, Run
from tensorrag.run.strays import Strays
from tensorrag.store.last_runs import LastRun, last_runs
from tensorrag.store.workspace import Workspace
from web.live.cards.watch import CardWatch
from web.live.hosting import Hosting
from web.live.listeners import call_each
from web.live.runs.found import Found
from web.live.runs.turns import Turns, is_of

KEPT = 50
"""How many runs that have ended are kept in memory; the journal has them all."""
MOST_WAITING = 1000
"""How many runs may wait: more is a program gone wild."""

log = logging.getLogger(__name__)


class RunsHere:
    """Begins runs when it is their turn, and finds those that go on."""

    def __init__(
        self,
        workspace: Workspace,
        executors: Mapping[str, Executor],
        cards: CardWatch,
        hosting: Hosting,
        changed: Callable[[str], None] = lambda pipeline_id: None,
    ) -> None:
        """``changed`` hears of which pipeline a run has begun, waits, or has ended."""
        self._workspace = workspace
        self._executors = executors
        self._cards = cards
        self._hosting = hosting
        self._changed = changed
        self._listeners: list[Callable[[], None]] = []
        self._when_ended: list[Callable[[Run], None]] = []
        self.found = Found(workspace.journal.findings, self._tell_of)
        """What was found of cards that no run waited for, until somebody has read it."""
        self.strays = Strays(workspace, executors, changed, self.found.add)
        """Cards that go on since a server that is gone."""
        self._runs: dict[str, Run] = {}
        """All that are known here, by id."""
        self._turns = Turns()
        self._doors: WeakValueDictionary[str | Run, asyncio.Lock] = WeakValueDictionary()
        """By pipeline, what its runs pass in the order in which they were asked for."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._shut: set[str] = set()
        """Pipelines of which nothing may begin now."""

    # --- who asks ---------------------------------------------------------------------------

    def get(self, run_id: str) -> Run | None:
        """Return a run that waits or goes on here, or ended not long ago."""
        return self._runs.get(run_id)

    def current(self, pipeline_id: str | None) -> Run | None:
        """Return the run of a pipeline whose turn it is; it may not have begun quite yet."""
        return next((run for run in self._turns.going if is_of(run, pipeline_id)), None)

    def waiting(self, pipeline_id: str | None) -> list[Run]:
        """Return the runs of a pipeline that wait their turn, the next one first."""
        return [run for run in self._turns.waiting if is_of(run, pipeline_id)]

    def live(self, pipeline_id: str | None) -> list[Run]:
        """Return all runs of a pipeline that have not ended, those to begin last at the front."""
        turns = self._turns
        known = (*reversed(turns.asked), *reversed(turns.waiting), *turns.going)
        return [run for run in known if is_of(run, pipeline_id)]

    def beginning(self, pipeline_id: str | None) -> int:
        """Count the runs of a pipeline that were asked for and are still looked into."""
        return sum(is_of(run, pipeline_id) for run in self._turns.asked)

    async def last(self) -> dict[str, LastRun]:
        """Return the last run of each pipeline and what it measured, by the pipeline's id."""
        return await asyncio.to_thread(last_runs, self._workspace.journal)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call this when a run of any pipeline begins, waits or ends; returns what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def when_ended(self, callback: Callable[[Run], None]) -> None:
        """Call this with every run that has ended here, from now on."""
        self._when_ended.append(callback)

    # --- who wants something done -----------------------------------------------------------

    async def begin(self, request: Request) -> Run:
        """Begin a run, or have it wait until the one before it has ended.

        Raises:
            PipelineHasErrors: there are errors in what would run; carries them.
            NodeNotFound: there is no node to stop at.
            RunRefused: too many are waiting, the run to be resumed is being resumed already, or
                the pipeline is being deleted.
        """
        self._refuse(request)
        run = self._run(request)
        self._turns.ask(run)
        self._tell(run)
        try:
            await self._begin(run)
        except BaseException:
            self._leave(run)
            raise
        return run

    @contextmanager
    def shut(self, *pipeline_ids: str) -> Iterator[None]:
        """Let nothing of these pipelines begin in the meantime."""
        self._shut.update(pipeline_ids)
        try:
            yield
        finally:
            self._shut.difference_update(pipeline_ids)

    async def cancel_all(self, *pipeline_ids: str) -> None:
        """Stop what goes on of these pipelines, also since a server before; take back the rest.

        Raises:
            ExecutorError: a card cannot be reached to be stopped; what waits still does.
        """
        for run in [run for run in self._turns.going if run.pipeline_id in pipeline_ids]:
            await run.cancel()
        # The turn of one that waited may have come meanwhile.
        for run in [run for run in self._turns.all if run.pipeline_id in pipeline_ids]:
            await run.cancel()
        await self.strays.cancel_all(*pipeline_ids)

    async def take_up(self) -> None:
        """Have those wait again that did when the server before ended; look for what goes on."""
        await self.found.load()
        self.strays.start()
        for run_id, request in await asyncio.to_thread(self._noted):
            run = self._run(request, run_id)
            self._turns.ask(run)
            await run.recall()
            self._turns.wait(run)
            self._keep(run)
        if self._turns.waiting:
            self._do(self._when_ready())

    async def close(self) -> None:
        """Interrupt what goes on: the next start says so, and can resume it. Others wait on."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(run.interrupt() for run in self._turns.going))
        await self.strays.close()
        await self.found.close()

    # --- whose turn it is -------------------------------------------------------------------

    async def _begin(self, run: Run) -> None:
        async with self._doors.setdefault(run.pipeline_id or run, asyncio.Lock()):
            await self._cards.wait_ready()
            if not self._turns.begin(run):
                await self._queue(run)
                return
        self._tell(run)
        await run.start(self._cards.catalog)
        self._keep(run)

    async def _queue(self, run: Run) -> None:
        if len(self._turns.waiting) >= MOST_WAITING:
            raise RunRefused(
                f"{MOST_WAITING:,} runs are waiting already.", hint="Cancel some, or wait."
            )
        await run.queue()
        self._turns.wait(run)
        self._keep(run)
        self._advance()  # its turn may have come while it was checked

    async def _when_ready(self) -> None:
        await self._cards.wait_ready()
        self._advance()

    def _advance(self) -> None:
        """Begin those whose turn has come."""
        for run in [] if self._closing else self._turns.due():
            self._do(self._take_turn(run))

    async def _take_turn(self, run: Run) -> None:
        try:
            await run.start(self._cards.catalog)
        except Exception as error:
            log.warning("The run %s, which had waited, could not begin: %s", run.id, error)
            await run.refuse(error)
        self._tell(run)

    def _keep(self, run: Run) -> None:
        """Remember a run that has an id by now, and follow it to its end."""
        ended = [run_id for run_id, known in self._runs.items() if known.ended]
        for run_id in ended[: max(0, len(ended) - KEPT)]:
            del self._runs[run_id]
        self._runs[run.id] = run
        self._do(self._follow(run))
        self._tell(run)

    async def _follow(self, run: Run) -> None:
        await run.wait()
        self._leave(run)
        call_each(self._when_ended, run)

    def _leave(self, run: Run) -> None:
        """A run has ended, or could not begin: others may follow."""
        self._turns.leave(run)
        self._advance()
        self._tell(run)

    # --- small things -----------------------------------------------------------------------

    def _run(self, request: Request, run_id: str = "") -> Run:
        return Run(
            request,
            self._workspace,
            self._executors,
            self._cards.catalog,
            self._hosting.check,
            run_id=run_id,
            stray=self.strays.making,
            lose=self.strays.lose,
            rents=True,
        )

    def _noted(self) -> list[tuple[str, Request]]:
        """Read what the server before had waiting; what cannot be read has failed. In a thread."""
        journal, found = self._workspace.journal, []
        for run in journal.waiting():
            try:
                found.append((run, Request.from_json(journal.request(run) or {})))
            except RunRefused as refused:
                error = ErrorInfo.of(refused).model_dump(mode="json")
                ended = {"type": "run", "data": {"status": "failed", "error": error}}
                journal.append(run, [ended], status="failed")
        return found

    def _refuse(self, request: Request) -> None:
        if request.pipeline_id in self._shut:
            raise RunRefused("This pipeline is being deleted.", hint="Its runs are stopped.")
        same = (run for run in self._turns.all if run.request.parent == request.parent)
        if request.parent and any(same):
            raise RunRefused("This run is being resumed already.", hint="Wait for it.")

    def _tell(self, run: Run) -> None:
        self._tell_of(run.pipeline_id)

    def _tell_of(self, pipeline_id: str | None) -> None:
        if pipeline_id is not None:
            call_each([self._changed], pipeline_id)
        call_each(self._listeners)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
