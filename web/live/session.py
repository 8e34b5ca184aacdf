"""An open pipeline: it lives in the server and outlives every page that shows it.

Pages are views. A gesture changes the document at once and goes to all of them; the check, the
plan (what would run again, and why) and the saving follow behind, each as often as it can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.check import Checked
from tensorrag.check.problems import Problem
from tensorrag.edit.document import Change, Document
from tensorrag.errors import RunRefused
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.placement import Placement
from tensorrag.run import Request, Run
from tensorrag.run.budget import lower
from tensorrag.store.workspace import Workspace
from web.live.checking.checking import Checking
from web.live.checking.gestures import only_moved, set_by_hand
from web.live.checking.migrating import Migrating
from web.live.checking.prices import Prices
from web.live.following import Following
from web.live.hosting import Hosting
from web.live.keeping.exporting import export
from web.live.keeping.opening import Opened
from web.live.keeping.outside import Outside
from web.live.keeping.saving import Saving
from web.live.keeping.versions import Versions
from web.live.notices import Notices
from web.live.replacing import Replacing
from web.live.results import Results
from web.live.runs.history import History
from web.live.runs.runs_here import RunsHere
from web.live.showing import as_it_was
from web.live.showing.stage import Stage
from web.live.showing.watching import View

__all__ = ["Session", "View"]


class Session:
    """One open pipeline."""

    def __init__(
        self,
        pipeline_id: str,
        document: Document,
        saving: Saving,
        workspace: Workspace,
        hosting: Hosting,
        runs: RunsHere,
    ) -> None:
        self.id = pipeline_id
        self.on_watched: Callable[[], None] = lambda: None
        """Called when somebody begins to look."""
        self._document = document
        self._workspace = workspace
        self._runs = runs
        self.saving = saving
        """What of it is on disk."""
        self.hosting = hosting
        """Who checks it, and what decides where its cards run."""
        self.history = History(workspace, pipeline_id)
        """Its runs of before."""
        self.prices = Prices(self._take_prices)
        """What its cards would cost."""
        self.checking = Checking(pipeline_id, document, workspace, hosting, self._take_check)
        """What is wrong with it, and which sources are still to be looked at."""
        self._migrating = Migrating(document)
        self.stage = Stage(document, self.checking, self.history, self.prices)
        """What a canvas shows of it."""
        self.notices = Notices(
            pipeline_id,
            document,
            runs.found,
            lambda it: self.stage.tell(lambda view: view.on_warning(*it)),
            self.stage.tell_status,
        )
        """What happened to it that nobody asked for."""
        self.versions = Versions(
            workspace.pipelines, pipeline_id, document, saving, self.checking.results_of
        )
        """What the pipeline was before, and what has a name."""
        self.following = Following(
            pipeline_id, runs, self.history, self.checking, self.stage, self.notices,
            self.versions.ran,
        )  # fmt: skip
        """Its run that goes on, those that wait, and those that were cut off."""
        self.results = Results(self.stage, self.history, hosting)
        """What its cards made."""
        self._deleted = False
        self.replacing = Replacing(
            document,
            self.checking,
            saving,
            self.notices,
            self._take_change,
            lambda change: self._take_change(change, save=False),
        )
        """Puts another pipeline in its place."""
        self.outside = Outside(
            saving, lambda: self.watched, self.replacing.adopt, self.stage.tell_status
        )
        """What another program wrote into the file."""
        saving.on_change = self.stage.tell_status
        saving.on_notice = self.notices.say

    # --- what there is ----------------------------------------------------------------------

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline as it is now."""
        return self._document.pipeline

    @property
    def revision(self) -> int:
        """Rises with every change."""
        return self._document.revision

    @property
    def catalog(self) -> Catalog:
        """The cards that there are."""
        return self._document.catalog

    @property
    def checked(self) -> Checked:
        """The last check; it may be a moment behind the pipeline."""
        return self.checking.checked

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the last check found."""
        return self.checked.problems

    async def problems_now(self) -> tuple[Problem, ...]:
        """Wait until the last edit is checked, and return what was found."""
        await self.checking.caught_up()
        return self.problems

    @property
    def budget_run(self) -> float | None:
        """US$ that one run may cost, where the settings or the file say so."""
        return lower(self.hosting.budget_run, self.pipeline.settings.get("budget"))

    @property
    def undo_label(self) -> str:
        """What `undo` would take back; empty if there is nothing."""
        return self._document.undo_label

    @property
    def redo_label(self) -> str:
        """What `redo` would make again; empty if there is nothing."""
        return self._document.redo_label

    @property
    def run(self) -> Run | None:
        """The run that is going on, or the last one of this server."""
        return self.history.run

    @property
    def running(self) -> bool:
        """Whether a run is going on, or about to."""
        return self.following.running

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return self.stage.watched

    @property
    def idle(self) -> bool:
        """Whether nobody looks, nothing runs, and all is saved."""
        return not self.watched and not self.running and self.saving.saved

    def subscribe(self, view: View) -> Callable[[], None]:
        """Tell a view of everything from now on; returns what ends that."""
        unsubscribe = self.stage.subscribe(view)
        if self._deleted:  # while the page was put together
            view.on_closed()
        else:
            self.on_watched()
        return unsubscribe

    async def drawn(
        self, pipeline: Pipeline, runtime: Mapping[str, JsonObject] | None = None
    ) -> JsonObject:
        """Return all that a canvas shows of a pipeline that this one once was."""
        peeks = self._workspace.store.peeks
        return await as_it_was.drawn(self.hosting, peeks, self.catalog, pipeline, runtime)

    def placements(self) -> dict[str, Placement]:
        """Return where each card would run now, and why, as far as is known of it."""
        return self.hosting.placements(self.pipeline, self.catalog, self.checked)

    def export(self) -> tuple[str, str]:
        """Return the name and the text of the pipeline's file; cards of one's own come along."""
        return export(self.pipeline, self.catalog, self.id)

    # --- editing ----------------------------------------------------------------------------

    def edit(self, ops: list[Any], label: str = "", merge_key: str | None = None) -> Change:
        """Make the edits of one gesture, all or none.

        Raises:
            PipelineError: one is forbidden; nothing has changed.
        """
        before = self.pipeline
        change = self._document.apply(ops, label, merge_key)
        self.checking.chosen(set_by_hand(ops, before, change.after))
        self._take_change(change)
        return change

    def undo(self) -> Change | None:
        """Take the last gesture back; None if there is none."""
        return self._take_change(self._document.undo())

    def redo(self) -> Change | None:
        """Make the gesture again that was taken back last; None if there is none."""
        return self._take_change(self._document.redo())

    def use(self, catalog: Catalog) -> None:
        """Take up a changed set of cards."""
        self._document.catalog = catalog
        self.stage.draw()
        self.checking.kick()

    # --- running ----------------------------------------------------------------------------

    async def start(
        self,
        until: str | Sequence[str] | None = None,
        no_cache: bool = False,
        on: str | None = None,
        gpu: str | None = None,
        branch: str | None = None,
    ) -> Run:
        """Begin a run of the pipeline as it is now; where one goes on, it waits for its end.

        Raises:
            PipelineHasErrors: there are errors in what would run; carries them.
            NodeNotFound: there is no node to stop at.
            RunRefused: the pipeline was deleted.
        """
        self.refuse_if_deleted()
        request = Request(
            self.pipeline, self.id, until=until, branch=branch, no_cache=no_cache, on=on, gpu=gpu
        )
        return await self._runs.begin(request)

    def refuse_if_deleted(self) -> None:
        """Let nothing begin of a pipeline that is gone.

        Raises:
            RunRefused: it was deleted.
        """
        if self._deleted:
            raise RunRefused(
                "This pipeline was deleted.", hint="The list of pipelines brings it back."
            )

    # --- life -------------------------------------------------------------------------------

    async def open(self, opened: Opened) -> None:
        """Find out what earlier runs made, and what happened to the file; then check."""
        await self.history.open()
        self.following.look()
        self.notices.unread += opened.notices
        self.saving.begin()
        await self.outside.look()
        self.stage.show()
        self.checking.kick()

    async def settled(self) -> None:
        """Wait until check, plan, file and states have caught up with what happened."""
        for work in (self.following, self.checking, self.prices, self.saving, self.stage):
            await work.settled()

    async def close(self, *, deleted: bool = False) -> None:
        """Write what is not written yet, unless the pipeline was deleted."""
        if deleted:
            self._deleted = True
            self.stage.tell(lambda view: view.on_closed())
            await self.saving.settled()  # the file that is kept has the last edit, too
            self.saving.stop()
            await self.versions.close()
        await self.checking.close()
        await self.prices.close()
        await self.saving.close()
        await self.stage.settled()

    # --- telling the views ------------------------------------------------------------------

    def _take_change(self, change: Change | None, *, save: bool = True) -> Change | None:
        if change is not None and change:
            self.stage.edit(change)
            if save:
                self.saving.save(change)
            if not only_moved(change):
                self.checking.kick()
            self.stage.tell_status()
        return change

    def _take_check(self) -> None:
        migrated = self._migrating.take(self.checked) if self.checking.is_current else None
        if migrated is not None:
            change, notice = migrated
            self._take_change(change)
            self.notices.say(notice)
        pipeline, planned = self.pipeline, self.checking.planned
        pricing = self.hosting.pricing(pipeline, self.checked, self.placements())
        self.prices.ask(pricing, {n: each for n, each in planned.items() if n in pipeline.nodes})
        self.stage.draw()
        self.stage.tell(lambda view: view.on_problems())

    def _take_prices(self) -> None:
        self.stage.draw()
        self.stage.tell_status()
