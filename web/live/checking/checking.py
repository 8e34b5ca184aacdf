"""Follows a document: what is wrong with it, and what would run again and why."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from tensorrag.check import Checked
from tensorrag.check.problems import Problem
from tensorrag.edit.document import Document
from tensorrag.errors import PipelineError, TensorRagError
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.run.plan import Planned, plan
from tensorrag.run.sights import sights_of
from tensorrag.store.workspace import Workspace
from tensorrag.types.schema import Schema
from tensorrag.types.seen import Seen
from web.live.coalesced import Coalesced
from web.live.hosting import Hosting, stored
from web.live.own_uploads import own_uploads

MOST_UNASKED = 20
"""Uploads that are looked at by themselves while a pipeline is open; more wait to be chosen."""

log = logging.getLogger(__name__)


class Checking:
    """Checks and plans a document after every change, as often as that can be done.

    Outside sources are looked at only where somebody chose one just now; otherwise what was seen
    before is used. Opening a file reads nothing that it points to, but what was uploaded here.
    """

    def __init__(
        self,
        pipeline_id: str,
        document: Document,
        workspace: Workspace,
        hosting: Hosting,
        tell: Callable[[], None],
    ) -> None:
        """``tell`` is called when `checked` and `planned` are new."""
        self.checked = Checked()
        """The last check; empty before the first."""
        self._of: Pipeline | None = None
        self.planned: dict[str, Planned] = {}
        """What is to be expected of each node; empty where that cannot be told."""
        self._id = pipeline_id
        self._document = document
        self._workspace = workspace
        self._hosting = hosting
        self._tell = tell
        self._peeks: dict[str, Peek] = {}
        self._sights: dict[str, dict[str, Seen]] = {}
        """What was seen of the results that the last plan found."""
        self._anew: set[str] = set()
        """Peek keys of what is to be looked at again: what is stored of them may be of before."""
        self._chosen: set[str] = set()
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._tried: set[str] = set()
        """Peek keys of uploads that were looked at unasked: once each, whatever came of it."""
        self._work = Coalesced(self._check)

    def kick(self) -> None:
        """Check soon; returns at once."""
        self._work.kick()

    def chosen(self, nodes: Iterable[str]) -> None:
        """Take note that somebody set these nodes just now: their sources may be looked at."""
        self._chosen.update(nodes)

    def chosen_again(self, node: str) -> None:
        """Look again at what a node reads, though it is set as it was."""
        facts = self.checked.nodes.get(node)
        if facts is not None and facts.peek_key is not None:
            self._peeks.pop(facts.peek_key, None)
            self._anew.add(facts.peek_key)
        self._chosen.add(node)
        self.kick()

    def not_chosen(self, nodes: Iterable[str]) -> None:
        """Take note that they became what they are without anybody here having set them."""
        self._chosen.difference_update(nodes)

    @property
    def is_current(self) -> bool:
        """Whether the last check was of the pipeline as it is now."""
        return self._of is self._document.pipeline

    @property
    def looking(self) -> bool:
        """Whether an outside source is being looked at."""
        return bool(self._looks)

    def unread(self) -> dict[str, str]:
        """Return the nodes whose sources nobody has looked at: by id, how each names its source.

        Those of which everything is known anyway are left out, and those that are wrong as it is.
        """
        wrong = {p.node for p in self.checked.problems if p.level == "error" and p.field}
        return {
            node_id: facts.brief or facts.title
            for node_id, facts in self.checked.nodes.items()
            if facts.peek_key is not None
            and facts.peek_key not in self._peeks
            and node_id not in wrong
            and not all(_known(schema) for schema in facts.schemas.values())
        }

    def look_at_unread(self) -> None:
        """Look at them, as if each had been chosen just now."""
        self.chosen(self.unread())
        self.kick()

    def look_again(self) -> None:
        """Forget what was seen at outside sources: a run has looked since."""
        self._peeks.clear()

    async def caught_up(self) -> None:
        """Wait until the last change is checked."""
        await self._work.settled()

    async def settled(self) -> None:
        """Wait until the last change is checked, and chosen sources have been looked at."""
        while self._work.busy or self._looks:
            await self._work.settled()
            await asyncio.gather(*self._looks.values())

    async def results_of(self, pipeline: Pipeline) -> frozenset[str]:
        """Return the digests of what is stored of a pipeline, as it is now or was once."""
        try:
            peeks = self._workspace.store.peeks
            checked = await self._hosting.check_known(pipeline, peeks)
        except TensorRagError as error:
            log.warning("A version could not be checked: %s", error.message)
            return frozenset()
        planned = await asyncio.to_thread(self._plan, pipeline, checked)
        done = [each for each in planned.values() if each.state == "done"]
        return frozenset(digest for each in done for digest in each.outputs.values())

    async def close(self) -> None:
        """Check nothing more."""
        for look in self._looks.values():
            look.cancel()
        await self._work.close()

    async def _check(self) -> None:
        pipeline = self._document.pipeline
        try:
            checked, planned = await self._checked(pipeline)
        except TensorRagError as error:
            log.warning("A check failed: %s %s", error.message, error.hint)
            self.checked = self.checked.model_copy(update={"problems": (_unchecked(error),)})
            self._tell()
            return
        self.planned = planned
        self.checked, self._of = self._while_looking(checked), pipeline
        self._tell()

    async def _checked(self, pipeline: Pipeline) -> tuple[Checked, dict[str, Planned]]:
        """Check and plan; once more where other results than before tell what they hold."""
        checked = await self._known(pipeline)
        planned = await asyncio.to_thread(self._plan, pipeline, checked)
        sights = sights_of(planned)
        if sights != self._sights:
            self._sights = sights
            checked = await self._hosting.check(pipeline, self._peeks, sights)
        return checked, planned

    async def _known(self, pipeline: Pipeline) -> Checked:
        """Check with what was seen at sources; that of results may be out of date."""
        checked = await self._hosting.check(pipeline, self._peeks, self._sights)
        wanted = _peek_keys(checked)
        unseen = wanted - self._peeks.keys() - self._anew
        found = await asyncio.to_thread(stored, self._workspace.store.peeks, unseen)
        if found:
            self._peeks.update(found)
            checked = await self._hosting.check(pipeline, self._peeks, self._sights)
        self._peeks = {key: peek for key, peek in self._peeks.items() if key in wanted}
        self._look_at(self._chosen | await self._own(checked), checked)
        return checked

    async def _own(self, checked: Checked) -> set[str]:
        """Return the nodes that read an upload which nobody knows any more."""
        new = _peek_keys(checked) - self._peeks.keys() - self._tried
        found = await asyncio.to_thread(own_uploads, checked, new, self._workspace.uploads)
        own = dict(list(found.items())[: MOST_UNASKED - len(self._tried)])
        self._tried.update(own)
        return set(own.values())

    def _look_at(self, nodes: set[str], checked: Checked) -> None:
        for node_id in nodes & checked.nodes.keys():
            key = checked.nodes[node_id].peek_key
            if key is not None and key not in self._peeks and key not in self._looks:
                self._looks[key] = asyncio.create_task(self._look(key, checked, node_id))

    async def _look(self, key: str, checked: Checked, node_id: str) -> None:
        try:
            seen = await self._hosting.look([checked.nodes[node_id]])
            self._peeks.update(seen)
            self._anew.discard(key)
            readable = {key: peek for key, peek in seen.items() if peek.error is None}
            await asyncio.to_thread(self._store, readable)
        except TensorRagError as error:
            log.warning("A look at an outside source failed: %s", error.message)
        finally:
            del self._looks[key]
            self.kick()

    def _while_looking(self, checked: Checked) -> Checked:
        """Keep what was detected before until the next look is done: nothing on the page jumps."""
        before = self.checked.nodes
        looking = {
            node: facts.model_copy(update={"details": before[node].details})
            for node, facts in checked.nodes.items()
            if facts.peek_key in self._looks and node in before
        }
        return checked.model_copy(update={"nodes": {**checked.nodes, **looking}})

    def _store(self, peeks: dict[str, Peek]) -> None:
        for key, peek in peeks.items():
            self._workspace.store.peeks.put(key, peek)

    def _plan(self, pipeline: Pipeline, checked: Checked) -> dict[str, Planned]:
        """Look up what is stored already. In a thread: this reads the databases."""
        try:
            return plan(
                pipeline,
                checked,
                self._workspace.store,
                self._workspace.journal.previous(self._id),
                catalog=self._document.catalog,
            )
        except PipelineError:  # a circle: nothing would run
            return {}


def _peek_keys(checked: Checked) -> set[str]:
    return {facts.peek_key for facts in checked.nodes.values() if facts.peek_key is not None}


def _known(schema: Schema | None) -> bool:
    """Tell whether the columns of a table are known; of anything else, whether it is."""
    return schema is not None and getattr(schema, "columns", ()) is not None


def _unchecked(error: TensorRagError) -> Problem:
    """Say that nothing is known of the pipeline as it is now; a run checks for itself."""
    return Problem(
        code="not_checked",
        level="warning",
        message=f"This could not be checked: {error.message}",
        hint=error.hint or "Change something, and it is checked again.",
    )
