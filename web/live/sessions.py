"""All that one server has open: pipelines, runs, the cards that there are."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO
from weakref import WeakValueDictionary

from sample_data.pipeline_files import PIPELINES, pipeline_path
from tensorrag.catalog import Catalog
from tensorrag.edit.document import Document
from tensorrag.errors import CardError, PipelineError, TensorRagError
from tensorrag.executor import Executor, Offers
from tensorrag.pipeline import JsonObject, Pipeline, files
from tensorrag.pipeline.names import quoted
from tensorrag.placement import LOCAL
from tensorrag.run import Run
from tensorrag.run.prepare import open_executors
from tensorrag.run.request import asked
from tensorrag.store.interruption import interrupt_abandoned
from tensorrag.store.run_entry import RunEntry
from tensorrag.store.shelf import Entry
from tensorrag.store.workspace import Workspace
from web.live.card_files import file_for
from web.live.card_watch import CardWatch
from web.live.hosting import Hosting
from web.live.logs import Logs
from web.live.offered import Offered
from web.live.opening import finish_edits, open_pipeline
from web.live.runs_here import RunsHere
from web.live.saving import Saving
from web.live.session import Session
from web.live.setting_up import SettingUp
from web.live.trouble import Troubles

FIRST_SAMPLE = "boston_housing"
"""What the first start opens."""
LAST = "last_pipeline"
LOOK = 2.0
"""Seconds between two looks at whether another program wrote a file."""
MOST_OPEN = 200
"""How many pipelines stay open though nobody looks at them."""


log = logging.getLogger(__name__)


class PipelineNotFound(PipelineError):
    """The workspace has no pipeline of this id."""


class Sessions:
    """One server's open pipelines and runs. Used on the event loop alone."""

    def __init__(
        self, workspace: Workspace, executors: Mapping[str, Executor] | None = None
    ) -> None:
        """Take the workspace; every installed executor is used unless some are given."""
        self.workspace = workspace
        self.executors: Mapping[str, Executor] = executors or {}
        """By name; empty before `start`."""
        self.troubles = Troubles()
        """What goes wrong although nobody thought of it."""
        self.logs = Logs(workspace.journal)
        """What cards printed."""
        self.cards = CardWatch(workspace.cards)
        """The cards that there are."""
        self._open: dict[str, asyncio.Task[Session]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.offered = Offered({})
        """What other places offer, as far as somebody wanted to know."""
        self.setting_up = SettingUp()
        """Sets up another place, when somebody asks for that."""
        self._hosting: Hosting | None = None
        self._runs: RunsHere | None = None
        self._started = asyncio.Event()
        known = workspace.settings.get(LAST)
        self._last = known if isinstance(known, str) else None
        self._remembering: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._copying: asyncio.Task[None] | None = None

    # --- life -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin: the cards are described in the background, so that the first page is quick."""
        self.executors = self.executors or open_executors(self.workspace.scratch)
        self.offered = Offered(self.executors)
        self._hosting = Hosting(self.workspace, self.executors)
        self._runs = RunsHere(
            self.workspace, self.executors, self.cards, self._hosting, self._look_at_runs
        )
        for executor in self.executors.values():
            getattr(executor, "warm", lambda: None)()
        await asyncio.to_thread(self._tidy)
        await self._runs.take_up()
        self._started.set()
        if not await self.entries() and self.last_id is None:
            self._remember((await self.create_sample(FIRST_SAMPLE)).id)
        self.cards.listen(self._use)
        self._watching = asyncio.create_task(self._watch_files())
        self._copying = asyncio.create_task(asyncio.to_thread(self._back_up))
        await self.cards.start(self._hosting)
        # It takes a moment to load: here that keeps nobody waiting.
        await asyncio.to_thread(importlib.import_module, "networkx")

    async def close(self) -> None:
        """Write what is not written, and end every process."""
        self.cards.stop()
        await self.setting_up.close()
        if self._watching is not None:
            self._watching.cancel()
        if self._copying is not None:
            await self._copying
        if self._runs is not None:  # else it ends before it has begun
            await self._runs.close()
        sessions = await asyncio.gather(*self._open.values(), return_exceptions=True)
        open_ones = [session for session in sessions if isinstance(session, Session)]
        await asyncio.gather(*(session.close() for session in open_ones), return_exceptions=True)
        await asyncio.gather(*(executor.close() for executor in self.executors.values()))
        await asyncio.to_thread(self.workspace.close)

    @property
    def catalog(self) -> Catalog:
        """The cards that there are; empty until they are described."""
        return self.cards.catalog

    @property
    def ready(self) -> bool:
        """Whether the cards are described."""
        return self.cards.ready

    async def wait_ready(self) -> None:
        """Wait until the cards are described."""
        await self.cards.wait_ready()

    @property
    def hosting(self) -> Hosting:
        """Who checks, and looks at data, on the server's behalf."""
        if self._hosting is None:
            raise _not_started()
        return self._hosting

    @property
    def runs(self) -> RunsHere:
        """The runs that go on here."""
        if self._runs is None:
            raise _not_started()
        return self._runs

    def _tidy(self) -> None:
        """Mend what is damaged, and clear up after a server that crashed. In a thread."""
        self.workspace.mend()
        finish_edits(self.workspace.pipelines)
        interrupt_abandoned(self.workspace.journal)
        self.workspace.sweep()
        self.workspace.journal.changed_elsewhere()  # from now on

    def _back_up(self) -> None:
        """Keep a copy of what would be lost with one damaged file. In a thread."""
        try:
            self.workspace.back_up()
        except (TensorRagError, OSError) as error:
            log.warning("The list of results could not be copied: %s", error)

    # --- pipelines --------------------------------------------------------------------------

    async def open(self, pipeline_id: str) -> Session:
        """Open a pipeline, or find it open; everybody gets the same session.

        Raises:
            PipelineNotFound: there is none of this id.
            FileFormatError: its file is refused.
        """
        await self._started.wait()
        async with self._turn(pipeline_id):
            session = await self._found_open(pipeline_id)
            await session.outside.look()
        await self._close_idle()
        return session

    def _turn(self, pipeline_id: str) -> asyncio.Lock:
        """Return the lock of a pipeline: it is opened, closed or deleted, one after the other."""
        return self._turns.setdefault(pipeline_id, asyncio.Lock())

    async def _found_open(self, pipeline_id: str) -> Session:
        if pipeline_id not in self._open:
            self._open[pipeline_id] = asyncio.create_task(self._load(pipeline_id))
        try:
            session = await asyncio.shield(self._open[pipeline_id])
        except Exception:
            del self._open[pipeline_id]
            raise
        if session.catalog is not self.catalog:  # there were others while it was loaded
            session.use(self.catalog)
        return session

    async def create(self, pipeline: Pipeline | None = None, name: str = "") -> Session:
        """Put a pipeline into the workspace, an empty one by default, and open it."""
        made = pipeline or Pipeline(name or "New pipeline")
        return await self._put(made, numbered=pipeline is None and not name)

    async def _put(self, pipeline: Pipeline, *, numbered: bool) -> Session:
        put = partial(self.workspace.pipelines.create, pipeline, numbered=numbered)
        return await self.open(await asyncio.to_thread(put))

    async def create_sample(self, name: str) -> Session:
        """Put a copy of a sample pipeline into the workspace, and open it.

        Raises:
            PipelineError: there is no such sample.
        """
        if name not in PIPELINES:
            known = ", ".join(PIPELINES)
            raise PipelineError(f"There is no sample {quoted(name)}.", hint=f"There are: {known}.")
        loaded = await asyncio.to_thread(files.load, pipeline_path(name))
        return await self._put(loaded.pipeline, numbered=True)

    async def create_from_text(self, text: str | bytes) -> tuple[Session, tuple[str, ...]]:
        """Put a pipeline from the text of a file into the workspace; returns warnings too.

        Raises:
            FileFormatError: the file is refused.
        """
        loaded = await asyncio.to_thread(files.loads, text)
        return await self.create(loaded.pipeline), loaded.warnings

    async def delete(self, pipeline_id: str) -> None:
        """Take a pipeline out of the workspace; its file is kept aside.

        Raises:
            PipelineNotFound: there is none of this id.
        """
        # To its end, also when nobody waits for it any more: half a deletion is none.
        await asyncio.shield(asyncio.create_task(self._delete(pipeline_id)))

    async def _delete(self, pipeline_id: str) -> None:
        async with self._turn(pipeline_id):
            await asyncio.to_thread(self._find, pipeline_id, Path.exists)
            opening = self._open.pop(pipeline_id, None)
            if opening is not None:
                await asyncio.wait([opening])
                session = _opened(opening)
                if session is not None:
                    await session.close(deleted=True)
            await asyncio.to_thread(self.workspace.pipelines.delete, pipeline_id)

    async def entries(self) -> list[Entry]:
        """List the pipelines of the workspace, the one changed last first."""
        return await asyncio.to_thread(self.workspace.pipelines.list)

    @property
    def last_id(self) -> str | None:
        """The pipeline that was opened last, if any ever was."""
        return self._last

    async def first_page(self) -> str:
        """Return where the browser begins: the last pipeline, or all if that is gone."""
        entries = {entry.id for entry in await self.entries()}
        return f"/edit/{self.last_id}" if self.last_id in entries else "/"

    async def _load(self, pipeline_id: str) -> Session:
        workspace = self.workspace
        shelf = workspace.pipelines
        await asyncio.to_thread(self._find, pipeline_id)
        opened = await asyncio.to_thread(open_pipeline, shelf, pipeline_id)
        found = opened.recovered
        # Revisions of a pipeline rise across restarts too: a save made on an old one is refused.
        revision = max(int(time.time() * 1000), found.revision + 1)
        document = Document(found.pipeline, self.catalog, revision=revision, steps=found.steps)
        saving = await asyncio.to_thread(Saving, shelf, pipeline_id, opened, document)
        session = Session(pipeline_id, document, saving, workspace, self.hosting, self.runs)
        session.on_watched = lambda: self._remember(pipeline_id)
        await session.open(opened)
        return session

    def _find(self, pipeline_id: str, is_there: Callable[[Path], bool] = Path.is_file) -> None:
        try:
            found = is_there(self.workspace.pipelines.path(pipeline_id))
        except PipelineError:
            found = False
        if not found:
            raise PipelineNotFound(
                f"There is no pipeline {quoted(pipeline_id)} in this workspace.",
                hint="It was deleted, or the address is wrong.",
            )

    def _remember(self, pipeline_id: str) -> None:
        if pipeline_id != self._last:
            self._last = pipeline_id
            writing = asyncio.to_thread(self.workspace.settings.set, LAST, pipeline_id)
            self._remembering = asyncio.create_task(writing)

    async def _watch_files(self) -> None:
        """Notice what other programs write into the files of pipelines that somebody looks at."""
        while True:
            await asyncio.sleep(LOOK)
            changed = await self._runs_changed_elsewhere()
            for opening in list(self._open.values()):
                session = _opened(opening)
                if session is None or not session.watched:
                    continue
                try:
                    await session.outside.look()
                    if changed:
                        await session.look_at_runs_elsewhere()
                except Exception:  # one odd file must not end the watch over all others
                    log.exception("The file of a pipeline could not be looked at.")

    async def _runs_changed_elsewhere(self) -> bool:
        """Tell whether another process has run something here, as the command line does."""
        with suppress(TensorRagError):  # it is busy, or the disk is full: the next look tells
            return await asyncio.to_thread(self.workspace.journal.changed_elsewhere)
        return False

    def settings_changed(self) -> None:
        """Check every open pipeline again: there are other secrets, folders or limits."""
        for session in filter(None, map(_opened, self._open.values())):
            session.settings_changed()

    async def _close_idle(self) -> None:
        """Close what was opened long ago and nobody looks at."""
        for pipeline_id in list(self._open)[: max(0, len(self._open) - MOST_OPEN)]:
            async with self._turn(pipeline_id):
                opening = self._open.get(pipeline_id)
                session = _opened(opening) if opening is not None else None
                if session is not None and session.idle:
                    del self._open[pipeline_id]
                    await session.close()

    # --- runs -------------------------------------------------------------------------------

    async def check(self, pipeline: Pipeline) -> JsonObject:
        """List what is wrong with a pipeline, as JSON; outside sources are not looked at."""
        checked = await self.hosting.check_known(pipeline, self.workspace.store.peeks)
        return {"problems": [problem.model_dump(mode="json") for problem in checked.problems]}

    async def resume(self, run_id: str) -> Run:
        """Resume a run: what it finished is not done again, and the pipeline is as it is now.

        Raises:
            RunNotFound: there is no such run.
            RunRefused: it goes on, has succeeded, or is being resumed already.
            PipelineHasErrors: there are errors in what would run; carries them.
        """
        request = await asyncio.to_thread(asked, self.workspace.journal, run_id)
        try:
            pipeline = (await self.open(request.origin)).pipeline if request.origin else None
        except PipelineNotFound:  # deleted, or a file of the command line: as it was
            pipeline = None
        return await self.runs.begin(request.resumed(run_id, pipeline))

    async def latest_runs(self) -> dict[str, RunEntry]:
        """Return the latest run of each pipeline, by the pipeline's id."""
        return await self.runs.latest()

    async def offers(self) -> list[Offers]:
        """Say what this machine has; to open a page, no place elsewhere is asked."""
        local = self.executors.get(LOCAL)
        return [await local.offers()] if local is not None else []

    # --- what people bring ------------------------------------------------------------------

    async def upload(self, file: IO[bytes]) -> str:
        """Keep an open file in the workspace; returns how pipelines name it: ``sha256:…``.

        Raises:
            WorkspaceError: it is too large, or the disk is full.
        """
        return await asyncio.to_thread(self.workspace.uploads.add, file)

    async def add_card_file(self, name: str, text: str) -> str:
        """Put a Python file with cards into the drop-in folder; returns what it is called there.

        Raises:
            CardError: this is no name for such a file, or the file is too large.
        """
        return await self.cards.add(name, text)

    async def has_card_file(self, name: str) -> bool:
        """Tell whether the drop-in folder has a file of this name."""
        return await asyncio.to_thread((self.workspace.cards / name).exists)

    async def trust(self, session: Session, card: str, sha256: str) -> None:
        """Put a card whose source came along with a pipeline among the cards of this workspace.

        Args:
            session: the pipeline.
            card: id of the card.
            sha256: digest of the source that somebody has looked at.

        Raises:
            CardError: there is no such source (any more), or it makes no card; the message says
                which.
        """
        came = session.waiting_cards().get(card)
        if came is None or came.sha256 != sha256:
            raise CardError("This is not the source that was shown.", hint="Look at it again.")
        if came.trouble:
            raise CardError(came.trouble, hint="Ask whoever made the pipeline for the card itself.")
        folder = self.workspace.cards
        name = await asyncio.to_thread(file_for, folder, card, came.source)
        await self.add_card_file(name, came.source)
        if card not in self.catalog.cards:
            raise _no_card(name, card, self.catalog)

    def on_catalog(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call this when there are other cards than before; returns what ends that."""
        return self.cards.listen(lambda catalog: callback())

    def _use(self, catalog: Catalog) -> None:
        for session in map(_opened, self._open.values()):
            if session is not None:
                session.use(catalog)

    def _look_at_runs(self, pipeline_id: str) -> None:
        opening = self._open.get(pipeline_id)
        session = _opened(opening) if opening is not None else None
        if session is not None:
            session.look_at_runs()


def _opened(opening: asyncio.Task[Session]) -> Session | None:
    """Return what was opened, if it was."""
    failed = not opening.done() or opening.cancelled() or opening.exception() is not None
    return None if failed else opening.result()


def _no_card(file: str, card: str, catalog: Catalog) -> CardError:
    wrong = next((notice for notice in catalog.notices if notice.file == file), None)
    if wrong is not None:
        return CardError(f"{file} was kept, but cannot be used. {wrong.message}", hint=wrong.hint)
    return CardError(f"{file} was kept, but has no card {quoted(card)}.", hint="Look at the file.")


def _not_started() -> TensorRagError:
    return TensorRagError("The server has not started yet.", hint="Try again.")
