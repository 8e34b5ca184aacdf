"""What is known of the runs of one pipeline: the one that goes on, and what ended before."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from tensorrag.pipeline import JsonObject
from tensorrag.run import Run
from tensorrag.store.run_entry import ONGOING, RunEntry
from tensorrag.store.workspace import Workspace
from web.live.runs import recorded
from web.live.runs.recorded import Recorded
from web.live.runs.shown import Shown, shown_of_run

RUNS_BACK = 20
"""How many runs are searched for the last result of each node."""


class History:
    """The runs of one pipeline, and what each node showed last."""

    def __init__(self, workspace: Workspace, pipeline_id: str) -> None:
        self.run: Run | None = None
        """The run that is going on, or the last one that this server began."""
        self.shown: dict[str, Shown] = {}
        """By node: what it does, or how it last ended."""
        self._workspace = workspace
        self._id = pipeline_id
        self._status = "idle"
        self._run_id = ""
        self._events: list[JsonObject] = []

    @property
    def running(self) -> bool:
        """Whether a run is going on."""
        return self.run is not None and not self.run.ended

    @property
    def status(self) -> str:
        """State of the latest run that has begun, ``idle`` before the first."""
        return self.run.status if self.run is not None else self._status

    @property
    def run_id(self) -> str:
        """The latest run; empty before the first."""
        return self.run.id if self.run is not None else self._run_id

    @property
    def events(self) -> list[JsonObject]:
        """All events of the latest run."""
        return self.run.events if self.run is not None else self._events

    def run_of(self, node_id: str) -> str:
        """Return the last run that had this card; empty if there is none."""
        shown = self.shown.get(node_id)
        return shown.run if shown is not None else ""

    def active(self) -> frozenset[str]:
        """Return the nodes that wait or run just now."""
        if self.run is None or self.run.ended:
            return frozenset()
        return frozenset(node_id for node_id, node in self.run.nodes.items() if not node.ended)

    def take(self, run: Run) -> None:
        """Show a run that has begun."""
        self.run = run
        for node_id in run.nodes:
            self.note(node_id)

    def note(self, node_id: str) -> None:
        """Take up what a node of the run does now."""
        node = self.run.nodes.get(node_id) if self.run is not None else None
        if node is not None and self.run is not None:
            before = self.shown.get(node_id)
            self.shown[node_id] = shown_of_run(node, self.run.id, self.run.pipeline, before)

    async def open(self) -> None:
        """Read how the runs before ended."""
        await asyncio.to_thread(self._read)

    async def look_again(self) -> None:
        """Take up how runs ended that another process began, unless one goes on here."""
        if not self.running:
            read = History(self._workspace, self._id)
            await read.open()
            if read.run_id != self.run_id and not self.running:
                self.run, self.shown = None, read.shown
                self._status, self._run_id, self._events = read._status, read.run_id, read.events

    async def renew(self, run_id: str) -> None:
        """Take up what came afterwards of a run that was cut off."""
        ended = await asyncio.to_thread(self._ends, run_id)
        for node_id, shown in ended.items():
            known = self.shown.get(node_id)
            if known is not None and known.run == run_id:
                self.shown[node_id] = shown

    async def runs(self, limit: int = 50) -> list[RunEntry]:
        """Return the latest runs, newest first."""
        return await asyncio.to_thread(self._workspace.journal.runs, limit, self._id)

    async def past_events(self, run_id: str) -> list[JsonObject]:
        """Return all that happened in a run of before."""
        return await asyncio.to_thread(self._workspace.journal.events, run_id)

    async def recorded(self, run_id: str) -> Recorded:
        """Return a run of before as it was: its pipeline, its cards, and what is kept of it.

        Raises:
            RunNotFound: it is forgotten.
        """
        return await asyncio.to_thread(recorded.read, self._workspace, run_id)

    async def previews(self, key: str) -> dict[str, JsonObject]:
        """Return, by port, what the inspector shows of the result under this key."""
        result = await asyncio.to_thread(self._workspace.store.results.get, key)
        return await asyncio.to_thread(lambda: result.previews) if result is not None else {}

    def _read(self) -> None:
        """Go back through the journal until each node is known. In a thread."""
        journal = self._workspace.journal
        # Those that wait their turn, or belong to another process, are no past yet.
        known = journal.runs(RUNS_BACK, self._id)
        entries = [e for e in known if e.status not in ONGOING and not e.withdrawn]
        if entries:
            self._status, self._run_id = entries[0].status, entries[0].id
            self._events = journal.events(entries[0].id)
        for entry in entries:
            self.shown.update(self._ends(entry.id, besides=self.shown))

    def _ends(self, run: str, besides: Collection[str] = ()) -> dict[str, Shown]:
        """Return how the nodes of a run ended that were tried in it. In a thread."""
        made, nodes = self._workspace.journal.made(run), self._workspace.journal.to_json(run)
        return {
            node_id: self._ended(run, node, made[node_id])
            for node_id, node in nodes["nodes"].items()
            if node_id in made and node_id not in besides
        }

    def _ended(self, run: str, node: JsonObject, made: JsonObject) -> Shown:
        key = made.get("key")
        done = node["state"] == "done" and key is not None
        result = self._workspace.store.results.get(str(key)) if done else None
        face = result.summary["face"] if result is not None else None
        return Shown(node, made, face, run=run)
