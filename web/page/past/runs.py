"""The runs of a pipeline on its page: the list, those to be compared, and one that is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nicegui import ui

from tensorrag.errors import TensorRagError
from tensorrag.store.last_runs import scores_of
from web.live.session import Session
from web.live.sessions import Sessions
from web.page.actions import Action, Data, Say, text
from web.page.inspector.inspector import Inspector
from web.page.panel import Act
from web.page.past.run_view import PastView
from web.page.runs.recorded import past_runs
from web.page.runs.run_list import PastRun
from web.page.runs.standing import Viewed
from web.page.tables.view import Tables

PAST = 500
"""Runs that are listed, the latest ones."""


class PastRuns:
    """What one tab shows of the runs of before."""

    def __init__(
        self,
        sessions: Sessions,
        session: Session,
        say: Say,
        act: Act,
        changed: Callable[[], None],
        turn: Callable[[str], None],
    ) -> None:
        """``changed`` draws the page again, soon; ``turn`` opens a tab of the strip."""
        self._sessions, self._session, self._say, self._act = sessions, session, say, act
        self._changed, self._turn = changed, turn
        self.listed: list[PastRun] = []
        self.chosen: set[str] = set()
        """Those that are to be compared."""
        self.viewed: Viewed | None = None
        """The one that is looked at."""
        self.canvas: PastView | None = None
        """Where that one is seen."""
        self.actions: dict[str, Action] = {
            "past_run": self._past_run,
            "choose_run": self._choose_run,
            "latest_run": lambda _: self.close(),
        }

    def put(self, inspector: Inspector, tables: Tables) -> None:
        """Make room on the page, where the canvas of such a run may stand."""
        self._inspector, self._tables = inspector, tables
        self._place = ui.element("div").style("display: contents")

    async def load(self) -> None:
        """List them anew."""
        journal = self._sessions.workspace.journal
        scores = await asyncio.to_thread(scores_of, journal, self._session.id, PAST)
        runs = await self._session.history.runs(PAST)
        self.listed = past_runs(runs, self._session.following.waiting, scores)
        self._inspector.numbers = {run.run: run.number for run in self.listed}
        self._changed()

    async def _past_run(self, data: Data) -> None:
        """Look at a run of before: its cards as they were, its timeline and its log."""
        chosen = next((run for run in self.listed if run.run == text(data, "of")), None)
        if chosen is None:
            return
        self.close()
        if chosen.run != self._session.history.run_id:
            try:
                recorded = await self._session.history.recorded(chosen.run)
                events = await self._session.history.past_events(chosen.run)
            except TensorRagError as error:
                self._say(error.message, error.hint)
                return
            self.close()  # another one may have been chosen meanwhile
            self.viewed = Viewed(chosen, events)
            with self._place:
                self.canvas = PastView(
                    self._session,
                    chosen,
                    recorded,
                    self._inspector.numbers,
                    self._tables,
                    self._act,
                )
        self._turn("timeline")
        self._changed()

    def _choose_run(self, data: Data) -> None:
        """Choose a run to be compared, or leave it out."""
        run = text(data, "of")
        if data.get("value") is True and any(known.run == run for known in self.listed):
            self.chosen.add(run)
        else:
            self.chosen.discard(run)

    def close(self) -> None:
        """Turn to the latest run."""
        self.viewed = None
        if self.canvas is not None:
            self.canvas.close()
            self.canvas = None
