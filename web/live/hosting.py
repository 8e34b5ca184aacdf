"""What the server asks others to do: cards are described, checked and looked at in processes apart.

No card, and nothing that a card made, is ever loaded in the server itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from tensorrag.catalog import CardInfo, Catalog
from tensorrag.check import Checked, NodeFacts, Sights
from tensorrag.executor import Executor
from tensorrag.peek import Peek
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.placement import Circumstances, Needs, Placement, placement_of
from tensorrag.registry.draft import Draft
from tensorrag.run.hosted import Hosted
from tensorrag.run.placing import has_gpu, with_room
from tensorrag.run.prepare import look
from tensorrag.run.pricing import Pricing
from tensorrag.run.sights import stored_sights
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task

Where = Sequence[tuple[str, str, Any]]
"""Conditions on rows: column, comparison, value."""

LOOKED_AT = 50
"""Pictures of large values that are kept, so that to look again takes no time."""


class Hosting:
    """Asks executors on behalf of the page."""

    def __init__(self, workspace: Workspace, executors: Mapping[str, Executor]) -> None:
        self._executors = executors
        self._hosted = Hosted(executors, workspace.place())
        self._workspace = workspace
        self._seen: dict[tuple[str, int], asyncio.Task[JsonObject]] = {}
        """What large values look like, or will in a moment, the latest last."""
        self.secrets: tuple[str, ...] = ()
        """Names of the secrets that there were at the last check."""
        self.card_memory: int | None = None
        """MiB that a card may use which asks for none, as it was set at the last check."""
        self.budget_run: float | None = None
        """US$ that one run may cost, as it was set at the last check."""
        self.circumstances = Circumstances()
        """What decides where cards run, besides the pipeline, as it was at the last check."""

    async def catalog(self) -> Catalog:
        """Have all cards described."""
        return await self._hosted.catalog()

    async def draft(self, source: str, stem: str) -> Draft:
        """Try out a text as a file with cards, in a worker; no card that is in use changes."""
        task = Task(kind="draft", card=stem, source=source)
        return Draft.model_validate(await self._hosted.ask(task))

    async def check(
        self, pipeline: Pipeline, peeks: Mapping[str, Peek], sights: Sights | None = None
    ) -> Checked:
        """Check a pipeline, given what was seen at sources and of results. No row is read."""
        values = await asyncio.to_thread(self._workspace.settings.values)
        self.secrets, self.card_memory = tuple(sorted(values.secrets)), values.card_memory
        self.budget_run = values.budget_run
        rents = values.rents_automatically
        local_gpu = rents and await has_gpu(self._executors)
        self.circumstances = Circumstances(may_rent=rents, local_gpu=local_gpu)
        checked = await self._hosted.check(pipeline, peeks, self.secrets, sights)
        return with_room(pipeline, checked, self.circumstances)

    def placements(
        self, pipeline: Pipeline, catalog: Catalog, checked: Checked
    ) -> dict[str, Placement]:
        """Return where each card of a pipeline would run, and why, as far as is known of it."""
        facts = checked.nodes
        return {
            node.id: placement_of(
                pipeline,
                node,
                facts[node.id].needs if node.id in facts else _needs(catalog.cards.get(node.card)),
                self.circumstances,
            )
            for node in pipeline.nodes.values()
        }

    def pricing(
        self, pipeline: Pipeline, checked: Checked, placements: Mapping[str, Placement]
    ) -> Pricing:
        """Return what tells the costs of a checked pipeline."""
        spending = self._workspace.journal.spending
        facts, memory = checked.nodes, self.card_memory
        return Pricing(pipeline, facts, placements, self._executors, spending, memory)

    async def check_known(
        self, pipeline: Pipeline, known: Mapping[str, Peek], catalog: Catalog | None = None
    ) -> Checked:
        """Check a pipeline with what was seen before at the sources that it reads.

        Given the cards, with what is known of its results, too.
        """
        checked = await self.check(pipeline, {})
        keys = {facts.peek_key for facts in checked.nodes.values() if facts.peek_key is not None}
        peeks = await asyncio.to_thread(stored, known, keys)
        checked = await self.check(pipeline, peeks) if peeks else checked
        if catalog is None:
            return checked
        store = self._workspace.store
        sights = await asyncio.to_thread(stored_sights, pipeline, checked, store, catalog)
        return await self.check(pipeline, peeks, sights) if sights else checked

    async def look(self, facts: Iterable[NodeFacts]) -> dict[str, Peek]:
        """Look at the outside sources of these nodes, in workers."""
        nodes = {str(index): fact for index, fact in enumerate(facts)}
        place = await asyncio.to_thread(self._workspace.place)  # folders as they are allowed now
        return await look(Checked(nodes=nodes), self._executors, place)

    async def page(
        self, digest: str, offset: int, limit: int, sort: str, where: Where = ()
    ) -> JsonObject:
        """Read rows of a stored table, in a worker."""
        params = {"offset": offset, "limit": limit, "sort": sort, "where": list(where)}
        return await self._hosted.ask(Task(kind="page", params=params, inputs={"table": (digest,)}))

    async def csv(
        self, digest: str, offset: int, sort: str, where: Where = (), **more: Any
    ) -> JsonObject:
        """Write rows of a stored table as CSV, in a worker: a part of them, see `csv_part`."""
        params = {"csv": True, "offset": offset, "sort": sort, "where": list(where), **more}
        return await self._hosted.ask(Task(kind="page", params=params, inputs={"table": (digest,)}))

    async def ask(self, task: Task) -> JsonObject:
        """Have a task done by whichever executor takes its kind."""
        return await self._hosted.ask(task)

    async def profile(self, digest: str, **how: int) -> JsonObject:
        """Draw a stored value, in a worker; ``how`` as a `LaterPreview` says."""
        return await self._hosted.ask(Task(kind="profile", params=how, inputs={"value": (digest,)}))

    async def drawn(self, preview: JsonObject) -> JsonObject:
        """Return a preview of which every part is drawn, also what waited for somebody to look.

        Raises:
            TensorRagError: what it is of is no longer kept.
        """
        match preview:
            case {"kind": "later", "sha256": digest, "last_first": last_first}:
                return await self._drawn_once(digest, last_first)
            case {"kind": "group", "items": items}:
                return {**preview, "items": [await self.drawn(item) for item in items]}
        return preview

    async def _drawn_once(self, digest: str, last_first: int) -> JsonObject:
        """Draw a value once for all who look at it: what a digest names never changes."""
        key = digest, last_first
        look = self._seen.pop(key, None)
        if look is None:
            look = asyncio.create_task(self.profile(digest, last_first=last_first))
            look.add_done_callback(partial(self._forget_failed, key))
        self._seen[key] = look
        while len(self._seen) > LOOKED_AT:
            self._seen.pop(next(iter(self._seen)))
        return await asyncio.shield(look)

    def _forget_failed(self, key: tuple[str, int], look: asyncio.Task[JsonObject]) -> None:
        """Have a picture that could not be drawn be tried again by whoever looks next."""
        failed = look.cancelled() or look.exception() is not None
        if failed and self._seen.get(key) is look:
            del self._seen[key]


def stored(known: Mapping[str, Peek], keys: Iterable[str]) -> dict[str, Peek]:
    """Return what was seen under these keys. In a thread: this reads a database."""
    found = {key: known.get(key) for key in keys}
    return {key: peek for key, peek in found.items() if peek is not None}


def _needs(card: CardInfo | None) -> Needs:
    """Return what is known of a card's needs before it was checked."""
    return Needs(gpu=card.gpu if card is not None else None)
