"""Follows the runs of one pipeline, and tells everybody who looks how they go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tensorrag.pipeline import JsonObject
from tensorrag.run import Run
from tensorrag.store.run_entry import ONGOING
from tensorrag.store.unsettled import Unsettled
from web.live.checking.checking import Checking
from web.live.notices import Notices
from web.live.runs.history import History
from web.live.runs.runs_here import RunsHere
from web.live.showing.stage import Stage

TICK = 1.0
"""Seconds between two looks at what running cards cost."""


class Following:
    """The runs of one pipeline: the one that goes on, those that wait, those cut off before."""

    def __init__(
        self,
        pipeline_id: str,
        runs: RunsHere,
        history: History,
        checking: Checking,
        stage: Stage,
        notices: Notices,
        when_ended: Callable[[], Awaitable[None]],
    ) -> None:
        self.written_elsewhere = 0
        """Rises with every look at runs of other processes that found something."""
        self._id = pipeline_id
        self._runs = runs
        self._history = history
        self._checking = checking
        self._stage = stage
        self._notices = notices
        self._when_ended = when_ended
        self._task: asyncio.Task[None] | None = None
        self._going_on: set[str] = set()
        """The interrupted runs of which cards were seen to go on."""
        self._stopping: set[str] = set()
        """Those of them of which the cards are being stopped."""
        self._renewing: set[asyncio.Task[None]] = set()

    # --- what there is ----------------------------------------------------------------------

    @property
    def current(self) -> Run | None:
        """The run whose turn it is; it may not have begun quite yet."""
        return self._runs.current(self._id)

    @property
    def running(self) -> bool:
        """Whether a run is going on, or about to."""
        return self._history.running or self.current is not None

    @property
    def status(self) -> str:
        """State of the run that goes on, or of the last one; ``idle`` before the first."""
        current = self.current
        return current.status if current is not None else self._history.status

    @property
    def cancelling(self) -> bool:
        """Whether all that the run does is being stopped."""
        current = self.current
        return current is not None and current.cancelling

    @property
    def waiting(self) -> list[Run]:
        """The runs that wait until the one that goes on has ended, the next one first."""
        return self._runs.waiting(self._id)

    @property
    def beginning(self) -> int:
        """How many more runs were asked for whose sources are still looked at."""
        return self._runs.beginning(self._id)

    @property
    def strays(self) -> list[Unsettled]:
        """The cards of interrupted runs that go on elsewhere, as in a cloud."""
        return self._runs.strays.of(self._id)

    @property
    def unsure(self) -> list[Unsettled]:
        """Those that may go on elsewhere, where nobody answers there."""
        return self._runs.strays.unsure(self._id)

    @property
    def cancelling_strays(self) -> bool:
        """Whether all of them are being stopped."""
        return {stray.run for stray in (*self.strays, *self.unsure)} <= self._stopping

    # --- stopping ---------------------------------------------------------------------------

    async def cancel(self, node: str | None = None) -> None:
        """Stop the run that goes on or is about to, or one card of it; if there is none, nothing.

        Raises:
            NodeNotFound: the run has no such node.
        """
        current = self.current
        if current is not None:
            await current.cancel(node)

    async def take_back(self, run_id: str) -> None:
        """Cancel a run that waits its turn; nothing happens if it does not."""
        for run in self.waiting:
            if run.id == run_id:
                await run.cancel()

    async def cancel_strays(self) -> None:
        """Stop what goes on elsewhere of interrupted runs.

        Raises:
            ExecutorError: one cannot be reached; the others are stopped all the same.
        """
        asked = {stray.run for stray in (*self.strays, *self.unsure)}
        self._stopping |= asked
        self._stage.tell_status()
        unreached = set(asked)

        async def stop(run_id: str) -> None:
            await self._runs.strays.cancel(run_id)
            unreached.discard(run_id)

        try:
            answers = await asyncio.gather(*map(stop, asked), return_exceptions=True)
        finally:  # those can be asked again
            self._stopping -= unreached
            self._stage.tell_status()
        for error in filter(None, answers):
            raise error

    # --- looking ----------------------------------------------------------------------------

    def look(self) -> None:
        """Follow the run that goes on, if it is another than before; a run began, or waits."""
        current = self.current
        if current is not None and current is not self._history.run and _has_begun(current):
            self._history.take(current)
            self._task = asyncio.create_task(self._follow(current))
        going_on = {stray.run for stray in self.strays}
        for run_id in self._going_on - going_on:
            task = asyncio.create_task(self._renew(run_id))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)
        self._going_on = going_on
        self._stage.tell_status()

    async def look_elsewhere(self) -> None:
        """Another process, such as the command line, wrote what it runs: show that too."""
        await self._history.look_again()
        self.written_elsewhere += 1
        self._show_what_came()

    async def settled(self) -> None:
        """Wait until all is told of a run that has ended."""
        if self._task is not None and self.status not in ONGOING:
            await self._task

    # --- telling ----------------------------------------------------------------------------

    async def _follow(self, run: Run) -> None:
        self._stage.show_soon()
        ticking = asyncio.create_task(self._tick(run))
        async for event in run.subscribe():
            self._pass_on(event)
        ticking.cancel()
        self._checking.look_again()
        self._show_what_came()
        await self._when_ended()

    def _pass_on(self, event: JsonObject) -> None:
        data = event["data"]
        if event["node"] is not None:
            self._history.note(event["node"])
        self._stage.tell(lambda view: view.on_run_event(event))
        self._stage.show_soon()
        if event["type"] == "cost" and "message" in data:
            self._notices.say((data["message"], data["hint"]), about=data["budget"])
        if event["type"] == "run":
            self._stage.tell_status()
            if "error" in data:  # it had waited, and could not begin
                error = data["error"]
                self._stage.tell(lambda view: view.on_warning(error["message"], error["hint"]))

    async def _tick(self, run: Run) -> None:
        """Show what is spent, also where cards report nothing."""
        while any(node.estimate is not None for node in run.nodes.values()):
            await asyncio.sleep(TICK)
            for node_id, node in run.nodes.items():
                if node.state == "running" and node.estimate is not None:
                    self._history.note(node_id)
                    self._stage.show_soon()

    async def _renew(self, run_id: str) -> None:
        """What went on of an interrupted run has ended: show what came of it."""
        await self._history.renew(run_id)
        self._show_what_came()

    def _show_what_came(self) -> None:
        self._checking.kick()
        self._stage.show_soon()
        self._stage.tell_status()


def _has_begun(run: Run) -> bool:
    return bool(run.nodes) or run.ended
