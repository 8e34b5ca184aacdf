"""What people do with runs on the page of a pipeline: begin, stop, resume, and say where."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tensorrag.check.problems import Problem
from tensorrag.errors import TensorRagError
from tensorrag.gpus import GPUS
from tensorrag.placement import LOCAL
from tensorrag.run import Run
from tensorrag.run.prepare import PipelineHasErrors
from web.live.session import Session
from web.live.sessions import Sessions
from web.page.actions import Action, Data, Say, text, texts
from web.page.edits.place_edits import PlaceEdits
from web.page.past.runs import PastRuns


class RunActions:
    """The actions on runs of one tab, by name."""

    def __init__(
        self,
        sessions: Sessions,
        session: Session,
        places: PlaceEdits,
        past: PastRuns,
        say: Say,
        begun: Callable[[], None],
        refused: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """``begun`` and ``refused`` show what came of it; ``changed`` draws the page again."""
        self._sessions, self._session, self._places, self._past = sessions, session, places, past
        self._say, self._begun, self._refused, self._changed = say, begun, refused, changed
        self.actions: dict[str, Action] = {
            "run": lambda _: self._run(None),
            "run_node": lambda data: self._run(texts(data, "nodes") or text(data, "of")),
            "run_branch": lambda data: self._begin(self._session.start(branch=text(data, "of"))),
            "cancel": lambda _: self._cancel(None),
            "cancel_card": lambda data: self._cancel(text(data, "of")),
            "cancel_strays": lambda _: self._cancel_strays(),
            "resume": self._resume,
            "take_back": lambda data: self._session.following.take_back(text(data, "of")),
            "run_on": self._run_on,
            "card_run_on": self._card_run_on,
            "take_gpu": self._take_gpu,
            "look_at_places": lambda _: self._look_at_places(),
        }

    async def _run(self, until: str | list[str] | None) -> None:
        await self._begin(self._session.start(until=until or None))

    async def _resume(self, data: Data) -> None:
        run = text(data, "of")
        if any(known.run == run for known in self._past.listed):
            await self._begin(self._sessions.resume(run))

    async def _begin(self, beginning: Awaitable[Run]) -> None:
        self._say("", "")
        try:
            await beginning
        except TensorRagError as error:
            if isinstance(error, PipelineHasErrors):
                self._look_at_all(error.problems)
            self._say(error.message, error.hint)
            self._refused()
            return
        self._begun()

    def _look_at_all(self, problems: Sequence[Problem]) -> None:
        """What a run has found at the sources of cards is to be seen on them, with its remedy."""
        for node in {problem.node for problem in problems if problem.node is not None}:
            self._session.checking.chosen_again(node)

    async def _run_on(self, data: Data) -> None:
        self._places.run_on(data)
        if text(data, "place") not in ("", LOCAL):
            await self._look_at_places()

    async def _card_run_on(self, data: Data) -> None:
        self._places.card_run_on(data)
        if text(data, "value") not in ("", LOCAL):
            await self._look_at_places()

    async def _take_gpu(self, data: Data) -> None:
        """Wait no longer for a GPU that does not come: run the card on another one."""
        node, gpu, run = text(data, "of"), text(data, "gpu"), self._session.run
        if node not in self._session.pipeline.nodes or gpu not in GPUS or run is None:
            return
        self._places.choose_gpu(node, gpu)
        await self._cancel(node)
        asked = run.request
        again = self._session.start(asked.until, on=asked.on, branch=asked.branch)
        await self._begin(again)

    async def _look_at_places(self) -> None:
        """Ask other places what they offer, because somebody wants to know."""
        looking = asyncio.ensure_future(self._sessions.offered.look())
        await asyncio.sleep(0)
        self._changed()
        await looking
        self._changed()

    async def _cancel(self, node: str | None) -> None:
        try:
            await self._session.following.cancel(node or None)
        except TensorRagError as error:
            self._say(error.message, error.hint)

    async def _cancel_strays(self) -> None:
        try:
            await self._session.following.cancel_strays()
        except TensorRagError as error:
            self._say(error.message, error.hint)
