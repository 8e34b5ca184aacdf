"""An open pipeline: it lives in the server and outlives every page that shows it.

Pages are views. A gesture changes the document at once and goes to all of them; the check, the
plan (what would run again, and why) and the saving follow behind, each as often as it can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tensorrag.catalog import CardInfo, Catalog
from tensorrag.check import Checked
from tensorrag.check.problems import Problem
from tensorrag.edit.document import Change, Document
from tensorrag.edit.edges import title_of
from tensorrag.edit.history import Version
from tensorrag.edit.words import changes
from tensorrag.errors import RunRefused, TensorRagError
from tensorrag.estimate import Estimate, Total
from tensorrag.pipeline import JsonObject, Node, Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.placement import Needs, Placement, placement_of
from tensorrag.quoting import quoted
from tensorrag.run import Request, Run
from tensorrag.run.budget import lower
from tensorrag.run.found_words import words
from tensorrag.store.findings import Finding
from tensorrag.store.run_entry import RunEntry
from tensorrag.store.unsettled import Unsettled
from tensorrag.store.workspace import Workspace
from web.live.checking import Checking
from web.live.drawing import Drawing, snapshot
from web.live.exporting import export
from web.live.following import Following
from web.live.gestures import only_moved, set_anew, set_by_hand
from web.live.history import History
from web.live.hosting import Hosting
from web.live.migrating import migrations
from web.live.notices import Notices
from web.live.opening import Notice, Opened
from web.live.outside import Outside
from web.live.pipeline_file import Theirs
from web.live.prices import Prices
from web.live.recorded import Recorded
from web.live.runs_here import RunsHere
from web.live.saving import Saving
from web.live.shown import Arrived, Shown
from web.live.stage import Stage
from web.live.stored_table import StoredTable
from web.live.versions import Versions
from web.live.watching import View

__all__ = ["Session", "View"]

MIGRATE = "Bring settings up to date"
ADOPTED: Notice = (
    "Another program changed the file of this pipeline: this is what it wrote.",
    "Undo brings back what was here before.",
)


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
        self._saving = saving
        self._workspace = workspace
        self._hosting = hosting
        self._runs = runs
        self._history = History(workspace, pipeline_id)
        self._checking = Checking(pipeline_id, document, workspace, hosting, self._take_check)
        self._prices = Prices(self._take_prices)
        self._stage = Stage(document, self._checking, self._history, self._prices)
        self._notices = Notices(lambda it: self._stage.tell(lambda view: view.on_warning(*it)))
        self._following = Following(
            pipeline_id, runs, self._history, self._checking, self._stage, self._notices
        )
        self._deleted = False
        self._migrated: set[str] = set()
        self.outside = Outside(saving, lambda: self.watched, self._adopt, self._stage.tell_status)
        """What another program wrote into the file."""
        self.versions = Versions(workspace.pipelines, pipeline_id, document, saving)
        """What the pipeline was before, and what has a name."""
        saving.on_change = self._stage.tell_status
        saving.on_notice = self._notices.say

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
        return self._checking.checked

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the last check found."""
        return self.checked.problems

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that there were at the last check."""
        return self._hosting.secrets

    @property
    def card_memory(self) -> int | None:
        """MiB that a card may use which asks for none, where the settings say so."""
        return self._hosting.card_memory

    @property
    def may_rent(self) -> bool:
        """Whether the settings allow to rent a GPU for cards that name no place."""
        return self._hosting.circumstances.may_rent

    def placements(self) -> dict[str, Placement]:
        """Return where each card would run now, and why, as far as is known of it."""
        facts, cards, pipeline = self.checked.nodes, self.catalog.cards, self.pipeline
        return {
            node.id: placement_of(
                pipeline,
                node,
                facts[node.id].needs if node.id in facts else _needs(cards.get(node.card)),
                self._hosting.circumstances,
            )
            for node in pipeline.nodes.values()
        }

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """What the cards would take and cost that would run at places that are paid."""
        return self._prices.estimates

    @property
    def price(self) -> Total:
        """What they would cost together."""
        return self._prices.total

    @property
    def budget_run(self) -> float | None:
        """US$ that one run may cost, where the settings or the file say so."""
        return lower(self._hosting.budget_run, self.pipeline.settings.get("budget"))

    @property
    def saved(self) -> bool:
        """Whether all changes are on disk."""
        return self._saving.saved

    @property
    def saved_text(self) -> str:
        """``Saved``, ``Saving…`` or ``Not saved``."""
        return self._saving.text

    @property
    def saved_revision(self) -> int:
        """The latest revision that is on disk: no crash can take it away."""
        return self._saving.revision

    @property
    def not_saved(self) -> TensorRagError | None:
        """Why the latest state is not on disk, if it could not be written; it is tried again."""
        return self._saving.trouble

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
        return self._history.run

    @property
    def running(self) -> bool:
        """Whether a run is going on, or about to."""
        return self._following.running

    @property
    def run_status(self) -> str:
        """State of the run that goes on, or of the last one; ``idle`` before the first."""
        return self._following.status

    @property
    def cancelling(self) -> bool:
        """Whether all that the run does is being stopped."""
        return self._following.cancelling

    @property
    def waiting(self) -> list[Run]:
        """The runs that wait until the one that goes on has ended, the next one first."""
        return self._following.waiting

    @property
    def beginning(self) -> int:
        """How many more runs were asked for whose sources are still looked at."""
        return self._following.beginning

    @property
    def strays(self) -> list[Unsettled]:
        """The cards of interrupted runs that go on elsewhere, as in a cloud."""
        return self._following.strays

    @property
    def unsure_strays(self) -> list[Unsettled]:
        """Those that may go on, where nobody answers there."""
        return self._following.unsure

    @property
    def cancelling_strays(self) -> bool:
        """Whether all of them are being stopped."""
        return self._following.cancelling_strays

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return self._stage.watched

    @property
    def idle(self) -> bool:
        """Whether nobody looks, nothing runs, and all is saved."""
        return not self.watched and not self.running and self.saved

    def subscribe(self, view: View) -> Callable[[], None]:
        """Tell a view of everything from now on; returns what ends that."""
        unsubscribe = self._stage.subscribe(view)
        if self._deleted:  # while the page was put together
            view.on_closed()
        else:
            self.on_watched()
        return unsubscribe

    def snapshot(self) -> JsonObject:
        """Return all that the canvas shows."""
        return self._stage.snapshot()

    def runtime(self) -> dict[str, JsonObject]:
        """Return what each card is doing, or did; those that never ran are absent."""
        return self._stage.states

    def node_json(self, node_id: str) -> JsonObject:
        """Return a card as the canvas draws it.

        Raises:
            NodeNotFound: there is none.
        """
        return self._stage.drawing().node(self.pipeline.node(node_id))

    def export(self) -> tuple[str, str]:
        """Return the name and the text of the pipeline's file; cards of one's own come along."""
        return export(self.pipeline, self.catalog, self.id)

    async def drawn(
        self, pipeline: Pipeline, runtime: Mapping[str, JsonObject] | None = None
    ) -> JsonObject:
        """Return all that a canvas shows of a pipeline that this one once was; nothing is run.

        With what the cards of a run did, it is shown as that run left it: problems that a check
        finds today are none of it.
        """
        known = self._workspace.store.peeks
        try:
            checked = await self._hosting.check_known(pipeline, known)
        except TensorRagError:  # it is drawn without what the cards say of themselves
            checked = Checked()
        problems = checked.problems if runtime is None else ()
        drawn = snapshot(Drawing(pipeline, self.catalog, checked.nodes, problems))
        return drawn | {"runtime": dict(runtime or {})}

    def changes_to(self, pipeline: Pipeline) -> list[str]:
        """Say in words what would be changed if it became like this."""
        return changes(self.pipeline, pipeline, self.catalog)

    def changes_since(self, pipeline: Pipeline) -> list[str]:
        """Say in words what was changed since it was like this."""
        return changes(pipeline, self.pipeline, self.catalog)

    # --- editing ----------------------------------------------------------------------------

    def edit(self, ops: list[Any], label: str = "", merge_key: str | None = None) -> Change:
        """Make the edits of one gesture, all or none.

        Raises:
            PipelineError: one is forbidden; nothing has changed.
        """
        before = self.pipeline
        change = self._document.apply(ops, label, merge_key)
        self._checking.chosen(set_by_hand(ops, before, change.after))
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
        self._stage.draw()
        self._checking.kick()

    def replace(self, pipeline: Pipeline, label: str) -> Change:
        """Put another pipeline in the place of this one, as a gesture that can be undone."""
        change = self._put_in_place(pipeline, label)
        self._take_change(change)
        return change

    def bring_back(self, version: Version) -> Change:
        """Make the pipeline what it once was, as a gesture that can be undone."""
        called = quoted(version.name) if version.name else f"the state of {_clock(version.made)}"
        return self.replace(version.pipeline, f"Bring back {called}")

    async def logged(self) -> None:
        """Wait until the latest gesture is on disk: no crash can take it away from then on.

        Raises:
            WorkspaceError: it could not be written; it is tried again.
        """
        await self._saving.logged(self.revision)

    async def written(self) -> None:
        """Wait until the file holds the latest state.

        Raises:
            WorkspaceError: it could not be written; it is tried again.
        """
        await self._saving.in_file(self.revision)

    @property
    def notices(self) -> list[Notice]:
        """What happened to the pipeline that nobody asked for, until somebody has read it."""
        found = self._runs.found.of(self.id)
        return [*self._notices.unread, *(words(each, self._title(each)) for each in found)]

    def noticed(self) -> None:
        """Somebody has read the oldest notice."""
        if self._notices.unread:
            self._notices.read()
            self._stage.tell_status()
        else:
            for finding in self._runs.found.of(self.id)[:1]:
                self._runs.found.read(finding.ticket)

    def unread(self) -> list[str]:
        """Return, in words, the outside sources that nobody has looked at yet."""
        return list(dict.fromkeys(self._checking.unread().values()))

    @property
    def looking(self) -> bool:
        """Whether an outside source is being looked at."""
        return self._checking.looking

    def settings_changed(self) -> None:
        """Check again: there are other secrets, folders or limits."""
        self._checking.look_again()
        self._checking.kick()

    def look_again_at(self, node: str) -> None:
        """Look at what a card reads: somebody chose once more what it is set to already."""
        self._checking.chosen_again(node)

    def look_at_data(self) -> None:
        """Look at them, as if each had been chosen just now."""
        self._checking.chosen(self._checking.unread())
        self._checking.kick()

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

    async def cancel(self, node: str | None = None) -> None:
        """Stop the run that goes on or is about to, or one card of it; if there is none, nothing.

        Raises:
            NodeNotFound: the run has no such node.
        """
        await self._following.cancel(node)

    async def take_back(self, run_id: str) -> None:
        """Cancel a run that waits its turn; nothing happens if it does not."""
        await self._following.take_back(run_id)

    async def cancel_strays(self) -> None:
        """Stop what goes on elsewhere of interrupted runs."""
        await self._following.cancel_strays()

    def look_at_runs(self) -> None:
        """Follow the run that goes on, if it is another than before; a run began, or waits."""
        self._following.look()

    async def look_at_runs_elsewhere(self) -> None:
        """Another process, such as the command line, wrote what it runs: show that too."""
        await self._following.look_elsewhere()

    @property
    def written_elsewhere(self) -> int:
        """Rises with every look at runs of other processes that found something."""
        return self._following.written_elsewhere

    async def runs(self, limit: int = 50) -> list[RunEntry]:
        """Return the latest runs of this pipeline, newest first."""
        return await self._history.runs(limit)

    def events(self) -> list[JsonObject]:
        """Return all that happened in the latest run."""
        return self._history.events

    def run_id(self, node_id: str | None = None) -> str:
        """Return the latest run, or the last one that had this card; empty if there is none."""
        if node_id is None:
            return self._history.run_id
        shown = self._history.shown.get(node_id)
        return shown.run if shown is not None else ""

    def printed_by(self, node_id: str) -> tuple[str, str] | None:
        """Return the run and the node that made a card's result, where it was only reused."""
        shown = self._stage.result(node_id)
        return shown.printed_by if shown is not None else None

    async def past_events(self, run_id: str) -> list[JsonObject]:
        """Return all that happened in a run of before."""
        return await self._history.past_events(run_id)

    async def recorded(self, run_id: str) -> Recorded:
        """Return a run of before as it was: its pipeline, its cards, and what is kept of it.

        Raises:
            RunNotFound: it is forgotten.
        """
        return await self._history.recorded(run_id)

    # --- results ----------------------------------------------------------------------------

    def shown(self, node_id: str) -> JsonObject | None:
        """Return what a card shows of its last run; None if it never ran."""
        shown = self._stage.result(node_id)
        return shown.node if shown is not None else None

    def result(self, node_id: str) -> Shown | None:
        """Return what a card shows of its last run, with what it was made of."""
        return self._stage.result(node_id)

    async def previews(self, key: str) -> dict[str, JsonObject]:
        """Return, by port, what the inspector shows of the result under a key."""
        return await self._history.previews(key)

    async def preview_of(self, came: Arrived, source: Shown | None) -> JsonObject:
        """Return what the inspector shows of a value that came in at a card.

        Args:
            came: the value.
            source: what the card did that it came from.

        Raises:
            TensorRagError: it is no longer kept.
        """
        if source is not None and source.digests.get(came.source_port) == came.digest:
            known = await self.previews(source.key) if source.key is not None else {}
            if came.source_port in known:
                return known[came.source_port]
        return await self._hosting.profile(came.digest)

    def table(self, digest: str) -> StoredTable:
        """Return a stored table, to be looked at."""
        return StoredTable(self._hosting, digest)

    # --- life -------------------------------------------------------------------------------

    async def open(self, opened: Opened) -> None:
        """Find out what earlier runs made, and what happened to the file; then check."""
        await self._history.open()
        self.look_at_runs()
        self._notices.unread += opened.notices
        self._saving.begin()
        await self.outside.look()
        self._stage.show()
        self._checking.kick()

    async def settled(self) -> None:
        """Wait until check, plan, file and states have caught up with what happened."""
        for work in (self._following, self._checking, self._prices, self._saving, self._stage):
            await work.settled()

    async def close(self, *, deleted: bool = False) -> None:
        """Write what is not written yet, unless the pipeline was deleted."""
        if deleted:
            self._deleted = True
            self._stage.tell(lambda view: view.on_closed())
            await self._saving.settled()  # the file that is kept has the last edit, too
            self._saving.stop()
            await self.versions.close()
        await self._checking.close()
        await self._prices.close()
        await self._saving.close()
        await self._stage.settled()

    # --- telling the views ------------------------------------------------------------------

    def _take_change(self, change: Change | None, *, save: bool = True) -> Change | None:
        if change is not None and change:
            self._stage.edit(change)
            if save:
                self._saving.save(change)
            if not only_moved(change):
                self._checking.kick()
            self._stage.tell_status()
        return change

    def _take_check(self) -> None:
        self._migrate()
        pipeline, planned = self.pipeline, self._checking.planned
        pricing = self._hosting.pricing(pipeline, self.checked, self.placements())
        self._prices.ask(pricing, {n: each for n, each in planned.items() if n in pipeline.nodes})
        self._stage.draw()
        self._stage.tell(lambda view: view.on_problems())

    def _take_prices(self) -> None:
        self._stage.draw()
        self._stage.tell_status()

    def _migrate(self) -> None:
        """Write what newer cards make of their old settings, as a gesture that can be undone.

        Once for each card: whoever takes it back wants it so.
        """
        found = migrations(self._checking.checked, self.pipeline)
        new = {node: ops for node, ops in found.items() if node not in self._migrated}
        if not new or not self._checking.is_current:
            return
        self._migrated.update(new)
        titles = [title_of(self.pipeline.node(node), self.catalog) for node in new]
        change = self._document.apply([op for ops in new.values() for op in ops], MIGRATE)
        self._take_change(change)
        said = f"The settings of {', '.join(titles[:5])} were brought up to date"
        self._notices.say(
            (f"{said}: the cards are newer than this pipeline.", "Undo takes it back.")
        )

    def _title(self, finding: Finding) -> str:
        """Return what people call a card, also one that is not in the pipeline any more."""
        node = self.pipeline.nodes.get(finding.node)
        return title_of(node or Node(finding.node, finding.card), self.catalog)

    def _put_in_place(self, pipeline: Pipeline, label: str) -> Change:
        change = self._document.apply([_replacing(pipeline)], label)
        self._checking.not_chosen(set_anew(change.before, change.after))
        return change

    def _adopt(self, pipeline: Pipeline, theirs: Theirs) -> None:
        change = self._put_in_place(pipeline, "Change outside")
        self._saving.accept(change, theirs)
        self._take_change(change, save=False)
        self._notices.say(ADOPTED)


def _needs(card: CardInfo | None) -> Needs:
    """Return what is known of a card's needs before it was checked."""
    return Needs(gpu=card.gpu if card is not None else None)


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M:%S")


def _replacing(pipeline: Pipeline) -> JsonObject:
    return {"op": "replace", "pipeline": to_json(pipeline)}
