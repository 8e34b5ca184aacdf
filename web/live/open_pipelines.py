"""The pipelines that are open: each once, however many look at it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from weakref import WeakValueDictionary

from tensorrag.edit.document import Document
from tensorrag.errors import PipelineError, TensorRagError
from tensorrag.quoting import quoted
from tensorrag.store.run_entry import runs_of
from tensorrag.store.workspace import Workspace
from web.live.cards.watch import CardWatch
from web.live.hosting import Hosting
from web.live.keeping.opening import open_pipeline
from web.live.keeping.saving import Saving
from web.live.runs.runs_here import RunsHere
from web.live.session import Session
from web.live.sweeps_here import SweepsHere

LOOK = 2.0
"""Seconds between two looks at whether another program wrote a file."""
MOST_OPEN = 200
"""How many pipelines stay open though nobody looks at them."""

log = logging.getLogger(__name__)


class PipelineNotFound(PipelineError):
    """The workspace has no pipeline of this id."""


class OpenPipelines:
    """Opens, closes and deletes them, each one after the other."""

    def __init__(
        self,
        workspace: Workspace,
        cards: CardWatch,
        hosting: Hosting,
        runs: RunsHere,
        sweeps: SweepsHere,
        watched: Callable[[str], None],
    ) -> None:
        """``watched`` hears of which pipeline somebody begins to look at."""
        self._workspace = workspace
        self._cards = cards
        self._hosting = hosting
        self._runs = runs
        self._sweeps = sweeps
        self._watched = watched
        self._opening: dict[str, asyncio.Task[Session]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._watching: asyncio.Task[None] | None = None

    def get(self, pipeline_id: str) -> Session | None:
        """Return a pipeline that is open."""
        opening = self._opening.get(pipeline_id)
        return _opened(opening) if opening is not None else None

    def all(self) -> list[Session]:
        """Return those that are open, the one opened first at the beginning."""
        return list(filter(None, map(_opened, self._opening.values())))

    async def open(self, pipeline_id: str) -> Session:
        """Open a pipeline, or find it open; everybody gets the same session.

        Raises:
            PipelineNotFound: there is none of this id.
            FileFormatError: its file is refused.
        """
        async with self._turn(pipeline_id):
            session = await self._found_open(pipeline_id)
            await session.outside.look()
        await self._close_idle()
        return session

    async def delete(self, pipeline_id: str) -> None:
        """Take a pipeline out of the workspace, and stop its runs; its file is kept aside.

        Raises:
            PipelineNotFound: there is none of this id.
            ExecutorError: a card of it cannot be reached to be stopped; the pipeline stays.
        """
        # To its end, also when nobody waits for it any more: half a deletion is none.
        await asyncio.shield(asyncio.create_task(self._delete(pipeline_id)))

    async def restore(self, pipeline_id: str) -> None:
        """Put back what was deleted last under this id: its file, edits and named versions.

        Raises:
            PipelineError: nothing of it is kept, or there is one of this id again.
        """
        await asyncio.shield(asyncio.create_task(self._restore(pipeline_id)))

    def watch(self) -> None:
        """Notice from now on what other programs write into files that somebody looks at."""
        self._watching = asyncio.create_task(self._watch())

    def stop(self) -> None:
        """Watch no more."""
        if self._watching is not None:
            self._watching.cancel()

    async def close(self) -> None:
        """Write what is not written yet."""
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        await asyncio.gather(*(each.close() for each in self.all()), return_exceptions=True)

    # --- one after the other ----------------------------------------------------------------

    def _turn(self, pipeline_id: str) -> asyncio.Lock:
        """Return the lock of a pipeline: it is opened, closed or deleted, one after the other."""
        return self._turns.setdefault(pipeline_id, asyncio.Lock())

    async def _found_open(self, pipeline_id: str) -> Session:
        if pipeline_id not in self._opening:
            self._opening[pipeline_id] = asyncio.create_task(self._load(pipeline_id))
        try:
            session = await asyncio.shield(self._opening[pipeline_id])
        except Exception:
            del self._opening[pipeline_id]
            raise
        if session.catalog is not self._cards.catalog:  # there were others while it was loaded
            session.use(self._cards.catalog)
        return session

    async def _load(self, pipeline_id: str) -> Session:
        workspace = self._workspace
        shelf = workspace.pipelines
        await asyncio.to_thread(self._find, pipeline_id)
        opened = await asyncio.to_thread(open_pipeline, shelf, pipeline_id)
        found = opened.recovered
        # Revisions of a pipeline rise across restarts too: a save made on an old one is refused.
        revision = max(int(time.time() * 1000), found.revision + 1)
        document = Document(
            found.pipeline, self._cards.catalog, revision=revision, steps=found.steps
        )
        saving = await asyncio.to_thread(Saving, shelf, pipeline_id, opened, document)
        session = Session(pipeline_id, document, saving, workspace, self._hosting, self._runs)
        session.on_watched = lambda: self._watched(pipeline_id)
        await session.open(opened)
        return session

    async def _delete(self, pipeline_id: str) -> None:
        async with self._turn(pipeline_id):
            await asyncio.to_thread(self._find, pipeline_id, Path.exists)
            if opening := self._opening.get(pipeline_id):
                await asyncio.wait([opening])
            its = (pipeline_id, runs_of(pipeline_id))
            with self._runs.shut(*its):
                # First, while it can still be refused.
                await self._runs.cancel_all(*its)
                self._sweeps.give_up(pipeline_id)
                session = self.get(pipeline_id)
                self._opening.pop(pipeline_id, None)
                if session is not None:
                    await session.close(deleted=True)
                await asyncio.to_thread(self._workspace.pipelines.delete, pipeline_id)

    async def _restore(self, pipeline_id: str) -> None:
        async with self._turn(pipeline_id):
            await asyncio.to_thread(self._workspace.pipelines.restore, pipeline_id)

    async def _close_idle(self) -> None:
        """Close what was opened long ago and nobody looks at."""
        for pipeline_id in list(self._opening)[: max(0, len(self._opening) - MOST_OPEN)]:
            async with self._turn(pipeline_id):
                session = self.get(pipeline_id)
                if session is not None and session.idle:
                    del self._opening[pipeline_id]
                    await session.close()

    def _find(self, pipeline_id: str, is_there: Callable[[Path], bool] = Path.is_file) -> None:
        try:
            found = is_there(self._workspace.pipelines.path(pipeline_id))
        except PipelineError:
            found = False
        if not found:
            raise PipelineNotFound(
                f"There is no pipeline {quoted(pipeline_id)} in this workspace.",
                hint="It was deleted, or the address is wrong.",
            )

    # --- what other programs write ----------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            changed = await self._runs_changed_elsewhere()
            for session in self.all():
                if not session.watched:
                    continue
                try:
                    await session.outside.look()
                    if changed:
                        await session.following.look_elsewhere()
                except Exception:  # one odd file must not end the watch over all others
                    log.exception("The file of a pipeline could not be looked at.")

    async def _runs_changed_elsewhere(self) -> bool:
        """Tell whether another process has run something here, as the command line does."""
        with suppress(TensorRagError):  # it is busy, or the disk is full: the next look tells
            return await asyncio.to_thread(self._workspace.journal.changed_elsewhere)
        return False


def _opened(opening: asyncio.Task[Session]) -> Session | None:
    """Return what was opened, if it was."""
    failed = not opening.done() or opening.cancelled() or opening.exception() is not None
    return None if failed else opening.result()
