"""The runs that this server began."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tensorrag.executor import Executor
from tensorrag.pipeline import Pipeline
from tensorrag.run import Run
from tensorrag.store.journal import RunEntry
from tensorrag.store.workspace import Workspace
from web.live.card_watch import CardWatch
from web.live.hosting import Hosting

KEPT = 50
"""How many runs that have ended are kept in memory; the journal has them all."""
LISTED = 500
"""How many runs are searched for the latest of each pipeline."""


class RunsHere:
    """Begins runs, and finds those that go on."""

    def __init__(
        self,
        workspace: Workspace,
        executors: Mapping[str, Executor],
        cards: CardWatch,
        hosting: Hosting,
    ) -> None:
        self._workspace = workspace
        self._executors = executors
        self._cards = cards
        self._hosting = hosting
        self._runs: dict[str, Run] = {}

    def get(self, run_id: str) -> Run | None:
        """Return a run that goes on here, or ended not long ago."""
        return self._runs.get(run_id)

    async def begin(
        self,
        pipeline: Pipeline,
        *,
        pipeline_id: str | None = None,
        until: str | None = None,
        no_cache: bool = False,
        on: str | None = None,
    ) -> Run:
        """Begin a run.

        Raises:
            PipelineHasErrors: there are errors in what would run; carries them.
            NodeNotFound: there is no node to stop at.
        """
        await self._cards.wait_ready()
        run = Run(
            pipeline,
            self._workspace,
            self._executors,
            self._cards.catalog,
            self._hosting.check,
            pipeline_id=pipeline_id,
            until=until,
            on=on,
            no_cache=no_cache,
        )
        await run.start()
        self._forget_old()
        self._runs[run.id] = run
        return run

    async def latest(self) -> dict[str, RunEntry]:
        """Return the latest run of each pipeline, by the pipeline's id."""
        entries = await asyncio.to_thread(self._workspace.journal.runs, LISTED)
        return {entry.pipeline: entry for entry in reversed(entries) if entry.pipeline is not None}

    async def close(self) -> None:
        """Interrupt what goes on: the next start says so, and can take it up."""
        going_on = [run for run in self._runs.values() if not run.ended]
        await asyncio.gather(*(run.interrupt() for run in going_on))

    def _forget_old(self) -> None:
        ended = [run_id for run_id, run in self._runs.items() if run.ended]
        for run_id in ended[: max(0, len(ended) - KEPT)]:
            del self._runs[run_id]
