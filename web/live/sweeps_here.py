"""The sweeps of this server: a run for each value is asked for, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorrag.errors import TensorRagError
from tensorrag.plain import JsonObject
from tensorrag.run import Request, Run
from tensorrag.run.sweep import Sweep, field_of, table, tried
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import ONGOING, runs_of
from web.live.runs.runs_here import RunsHere
from web.live.session import Session

KEPT = 50
"""How many sweeps are remembered that were asked for here; the journal has all their runs."""


@dataclass
class Planned:
    """A sweep that was asked for here."""

    of: str
    """The pipeline that is swept."""
    left: list[Request]
    """Runs that are still to be begun."""
    asked: int
    """How many there were at first."""
    problem: str = ""
    """Why the rest was given up."""


class SweepsHere:
    """Begins sweeps, tells what came of them, and stops them."""

    def __init__(self, journal: Journal, runs: RunsHere) -> None:
        self._journal, self._runs = journal, runs
        self._planned: dict[str, Planned] = {}
        """By the id of the sweep, the one asked for last at the end."""
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, sweep: str) -> Planned | None:
        """Return a sweep that was asked for here not long ago."""
        return self._planned.get(sweep)

    async def begin(
        self,
        session: Session,
        sweep: Sweep,
        settings: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> Run:
        """Begin the first run of a sweep, and have the others follow, whoever looks.

        Args:
            session: the pipeline that is swept, as it is now.
            sweep: what is tried.
            settings: parameters that are set in all of the runs, by ``node.parameter``.
            how: the rest of each `Request`.

        Raises:
            PipelineError: there is no such card or field.
            PipelineHasErrors: there are errors in what would run; carries them.
            RunRefused: too many are waiting, or the pipeline was deleted.
        """
        session.refuse_if_deleted()
        requests = sweep.requests(session.pipeline, settings, **how)
        planned = self._plan(sweep, requests)
        try:
            run = await self._runs.begin(requests[0])
        except BaseException:
            del self._planned[sweep.id]
            raise
        planned.left = planned.left[1:]  # none, if it was stopped meanwhile
        task = asyncio.create_task(self._follow(planned), name=f"sweep of {sweep.target}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def look(self, of: str, sweep: str) -> JsonObject:
        """Tell a sweep of a pipeline: `tensorrag.run.sweep.table`, and whether it goes on.

        Raises:
            RunNotFound: the pipeline has no such sweep.
        """
        what = await asyncio.to_thread(field_of, self._journal, of, sweep)
        planned = self.get(sweep) or Planned(of, [], 0)
        left = len(planned.left)  # before the runs are read: all that are begun by then are noted
        found = await asyncio.to_thread(tried, self._journal, of, what, sweep)
        goes_on = left or any(each.status in ONGOING for each in found)
        status = "running" if goes_on else "ended"
        return {**table(sweep, what, found), "status": status, "problem": planned.problem}

    async def stop(self, of: str, sweep: str) -> None:
        """Stop what goes on of a sweep, and take back the rest.

        Raises:
            ExecutorError: a card cannot be reached to be stopped.
        """
        planned = self._planned.get(sweep)
        if planned is not None and planned.of == of:
            planned.left.clear()
        for run in self._runs.live(runs_of(of)):
            if run.request.sweep == sweep:
                await run.cancel()

    def give_up(self, of: str) -> None:
        """Try no further value of a pipeline that is being deleted; its runs are stopped."""
        for planned in self._planned.values():
            if planned.of == of:
                planned.left.clear()

    def close(self) -> None:
        """Ask for no more: the server ends."""
        for task in self._tasks:
            task.cancel()

    def _plan(self, sweep: Sweep, left: list[Request]) -> Planned:
        planned = self._planned[sweep.id] = Planned(sweep.of, left, len(left))
        ended = [known for known, each in self._planned.items() if not each.left]
        for known in ended[:-KEPT]:
            del self._planned[known]
        return planned

    async def _follow(self, planned: Planned) -> None:
        try:
            while planned.left:
                await self._runs.begin(planned.left[0])
                planned.left = planned.left[1:]
        except TensorRagError as error:
            planned.problem = f"{error.message} {error.hint}".strip()
        finally:
            planned.left = []
