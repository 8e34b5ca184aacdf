"""All that one server has open: pipelines, runs, the cards that there are."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from sample_data.pipeline_files import PIPELINES, pipeline_path
from tensorrag.catalog import Catalog
from tensorrag.errors import PipelineError, TensorRagError
from tensorrag.executor import Executor, Offers, open_executors, warm
from tensorrag.pipeline import JsonObject, Pipeline, files
from tensorrag.placement import LOCAL
from tensorrag.quoting import quoted
from tensorrag.run import Run
from tensorrag.run.request import asked
from tensorrag.store.shelf import Entry
from tensorrag.store.workspace import Workspace
from web.live.cards import trusting
from web.live.cards.sources import CardSources
from web.live.cards.watch import CardWatch
from web.live.hosting import Hosting
from web.live.last_opened import LastOpened
from web.live.leavings import Leavings
from web.live.offered import Offered
from web.live.open_pipelines import OpenPipelines, PipelineNotFound
from web.live.runs.logs import Logs
from web.live.runs.notifying import Notifier
from web.live.runs.runs_here import RunsHere
from web.live.session import Session
from web.live.setting_up import SettingUp
from web.live.starting import back_up, tidy
from web.live.sweeps_here import SweepsHere
from web.live.trouble import Troubles

FIRST_SAMPLE = "boston_housing"
"""What the first start opens."""


@dataclass(frozen=True)
class _Parts:
    """What there is once the server has started."""

    hosting: Hosting
    runs: RunsHere
    sweeps: SweepsHere
    pipelines: OpenPipelines


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
        self.sources = CardSources(workspace, self.cards, lambda: self.hosting)
        """The files of cards of one's own."""
        self.offered = Offered({})
        """What other places offer, as far as somebody wanted to know."""
        self.notifier = Notifier(workspace.settings)
        """Tells that long runs have ended."""
        self.leavings = Leavings(self)
        """Writes pipelines as plain Python."""
        self.setting_up = SettingUp()
        """Sets up another place, when somebody asks for that."""
        self._begun: _Parts | None = None
        self._started = asyncio.Event()
        self.last = LastOpened(workspace.settings)
        """The pipeline that somebody looked at last."""
        self._copying: asyncio.Task[None] | None = None

    # --- life -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin: the cards are described in the background, so that the first page is quick."""
        self.executors = self.executors or open_executors(self.workspace.scratch)
        self.offered = Offered(self.executors)
        parts = self._begun = self._begin()
        parts.runs.when_ended(self.notifier.ended)
        self.notifier.look()
        warm(self.executors)
        await asyncio.to_thread(tidy, self.workspace)
        await parts.runs.take_up()
        if not await self.entries() and self.last.id is None:
            self.last.remember((await self._put_sample(FIRST_SAMPLE)).id)
        self._started.set()
        self.cards.listen(self._use)
        parts.pipelines.watch()
        self._copying = asyncio.create_task(asyncio.to_thread(back_up, self.workspace))
        await self.cards.start(parts.hosting)
        # It takes a moment to load: here that keeps nobody waiting.
        await asyncio.to_thread(importlib.import_module, "networkx")

    def _begin(self) -> _Parts:
        hosting = Hosting(self.workspace, self.executors)
        runs = RunsHere(self.workspace, self.executors, self.cards, hosting, self._look_at_runs)
        sweeps = SweepsHere(self.workspace.journal, runs)
        pipelines = OpenPipelines(
            self.workspace, self.cards, hosting, runs, sweeps, self.last.remember
        )
        return _Parts(hosting, runs, sweeps, pipelines)

    async def close(self) -> None:
        """Write what is not written, and end every process."""
        self.cards.stop()
        await self.setting_up.close()
        await self.notifier.close()
        parts = self._begun  # None where it ends before it has begun
        if parts is not None:
            parts.pipelines.stop()
        if self._copying is not None:
            await self._copying
        if parts is not None:
            parts.sweeps.close()
            await parts.runs.close()
            await parts.pipelines.close()
        await self.last.close()
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

    async def wait_started(self) -> None:
        """Wait until what an earlier server left is taken up, and the first sample is there."""
        await self._started.wait()

    async def wait_ready(self) -> None:
        """Wait until the cards are described."""
        await self.cards.wait_ready()

    @property
    def hosting(self) -> Hosting:
        """Who checks, and looks at data, on the server's behalf."""
        return self._parts.hosting

    @property
    def runs(self) -> RunsHere:
        """The runs that go on here."""
        return self._parts.runs

    @property
    def sweeps(self) -> SweepsHere:
        """The sweeps of which values are still to be tried."""
        return self._parts.sweeps

    @property
    def pipelines(self) -> OpenPipelines:
        """The pipelines that are open here."""
        return self._parts.pipelines

    @property
    def _parts(self) -> _Parts:
        if self._begun is None:
            raise TensorRagError("The server has not started yet.", hint="Try again.")
        return self._begun

    # --- pipelines --------------------------------------------------------------------------

    async def open(self, pipeline_id: str) -> Session:
        """Open a pipeline, or find it open; everybody gets the same session.

        Raises:
            PipelineNotFound: there is none of this id.
            FileFormatError: its file is refused.
        """
        await self.wait_started()
        return await self.pipelines.open(pipeline_id)

    async def create(self, pipeline: Pipeline | None = None, name: str = "") -> Session:
        """Put a pipeline into the workspace, an empty one by default, and open it."""
        await self.wait_started()
        made = pipeline or Pipeline(name or "New pipeline")
        return await self._put(made, numbered=pipeline is None and not name)

    async def _put(self, pipeline: Pipeline, *, numbered: bool) -> Session:
        put = partial(self.workspace.pipelines.create, pipeline, numbered=numbered)
        return await self.pipelines.open(await asyncio.to_thread(put))

    async def create_sample(self, name: str) -> Session:
        """Put a copy of a sample pipeline into the workspace, and open it.

        Raises:
            PipelineError: there is no such sample.
        """
        await self.wait_started()
        return await self._put_sample(name)

    async def _put_sample(self, name: str) -> Session:
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

    async def duplicate(self, pipeline_id: str) -> Session:
        """Put a copy of a pipeline into the workspace, as it is now, and open it.

        Raises:
            PipelineNotFound: there is none of this id.
        """
        pipeline = (await self.open(pipeline_id)).pipeline
        copy = replace(pipeline, name=f"{pipeline.name or pipeline_id} copy")
        return await self._put(copy, numbered=True)

    async def entries(self) -> list[Entry]:
        """List the pipelines of the workspace as they are now, the one changed last first."""
        saving = ((each, each.saving) for each in self.pipelines.all())
        behind = [each for each, its in saving if not its.saved and not its.trouble]
        await asyncio.gather(*(each.saving.in_file() for each in behind), return_exceptions=True)
        return await asyncio.to_thread(self.workspace.pipelines.list)

    async def first_page(self) -> str:
        """Return where the browser begins: the last pipeline, or all if that is gone."""
        entries = {entry.id for entry in await self.entries()}
        return f"/edit/{self.last.id}" if self.last.id in entries else "/"

    def settings_changed(self) -> None:
        """Check every open pipeline again: there are other secrets, folders or limits."""
        self.notifier.look()
        for session in self.pipelines.all():
            session.checking.look_again()
            session.checking.kick()

    # --- runs -------------------------------------------------------------------------------

    async def check(self, pipeline: Pipeline) -> JsonObject:
        """List what is wrong with a pipeline, as JSON; outside sources are not looked at."""
        peeks = self.workspace.store.peeks
        checked = await self.hosting.check_known(pipeline, peeks, self.catalog)
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

    async def offers(self) -> list[Offers]:
        """Say what this machine has; to open a page, no place elsewhere is asked."""
        local = self.executors.get(LOCAL)
        return [await local.offers()] if local is not None else []

    # --- what people bring ------------------------------------------------------------------

    async def trust(self, session: Session, card: str, sha256: str) -> None:
        """Put a card that came along with a pipeline among the cards: see `trusting.trust`."""
        await trusting.trust(self.cards, session.pipeline, card, sha256)

    def _use(self, catalog: Catalog) -> None:
        for session in self.pipelines.all():
            session.use(catalog)

    def _look_at_runs(self, pipeline_id: str) -> None:
        session = self.pipelines.get(pipeline_id) if self._begun is not None else None
        if session is not None:
            session.following.look()
