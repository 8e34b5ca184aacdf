"""One tab that shows the start page: what is done there, and what is read for it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from nicegui import Client, background_tasks, ui

from sample_data.pipeline_files import sample_pipelines
from tensorrag.edit.edges import title_of
from tensorrag.errors import TensorRagError
from tensorrag.pipeline import Node, files
from tensorrag.quoting import quoted
from tensorrag.run.found_words import words
from web.live.sessions import Sessions
from web.page.actions import Data, text
from web.page.panel import Panel
from web.page.runs.telling import tell_here
from web.page.start.owned import SORTS, Own, owned
from web.page.start.view import Sample, Start, start

SHOWN = 25
"""Own pipelines that are drawn at first, and more with every wish for more."""
PROGRESS = 2.0
"""Seconds between two looks at how far runs are."""
KEPT_IN_MIND = 20
"""Deletions of this tab that can be taken back here."""

log = logging.getLogger(__name__)


class Home:
    """The start page of one tab."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._samples: list[Sample] = []
        self._own: list[Own] = []
        self._query, self._sort, self._most = "", SORTS[0], SHOWN
        self._all_samples = False
        self._note, self._renaming = "", ""
        self._notices: tuple[str, ...] = ()
        self._found: list[tuple[str, str]] = []
        self._deleted: list[Own] = []
        """Those that can be brought back here, the latest last."""
        self._compared: set[str] = set()
        """The pipelines whose last runs are to be compared."""
        self._changed = asyncio.Event()

    async def build(self, client: Client) -> None:
        """Put the page together; pictures of cards follow when the cards are known."""
        self._samples = await asyncio.to_thread(_samples)
        await self._load()
        self._panel = Panel("div", self._content(), act=self.act).classes("start")
        tell_here(client, self._sessions.notifier, self._panel)
        stop = self._sessions.runs.listen(self._changed.set)
        loop = background_tasks.create(self._keep_fresh(client), name="start page")
        client.on_delete(lambda: (stop(), loop.cancel()))

    async def _keep_fresh(self, client: Client) -> None:
        """Show what runs do, also in other tabs."""
        if not self._sessions.ready:
            await self._sessions.wait_ready()
            self._changed.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._load()
                with client:
                    self._show()
            except Exception:  # one bad look must not end all that follow
                log.exception("The start page could not be brought up to date.")
            if any(own.running for own in self._own):
                asyncio.get_running_loop().call_later(PROGRESS, self._changed.set)
            await asyncio.sleep(PROGRESS / 8)  # many at once are shown once

    async def _load(self) -> None:
        entries, runs = await asyncio.gather(self._sessions.entries(), self._sessions.runs.last())
        self._notices = await asyncio.to_thread(self._sessions.workspace.notices)
        self._found = self._found_elsewhere({entry.id for entry in entries})
        self._own = owned(entries, runs, self._sessions.runs.current)

    def _found_elsewhere(self, pipelines: set[str]) -> list[tuple[str, str]]:
        """Say what was found of cards whose pipelines are gone: no other page tells of it."""
        catalog, found = self._sessions.catalog, self._sessions.runs.found
        told = []
        for each in found.elsewhere(pipelines):
            title = title_of(Node(each.node, each.card), catalog)
            whose = f"{each.name}: " if each.name else ""
            told.append((each.ticket, whose + " ".join(words(each, title))))
        return told

    def say(self, message: str) -> None:
        """Say something that belongs to no pipeline."""
        self._note = message
        self._show()

    def _show(self) -> None:
        self._panel.show(self._content())

    def _content(self) -> Any:
        return start(
            Start(
                catalog=self._sessions.catalog,
                samples=self._samples,
                all_samples=self._all_samples,
                own=self._own,
                query=self._query,
                sort=self._sort,
                most=self._most,
                note=self._note,
                notices=self._notices,
                found=self._found,
                renaming=self._renaming,
                compared=self._compared,
                deleted=self._deleted[-1] if self._deleted else None,
            )
        )

    # --- what people do: nothing of it is trusted -------------------------------------------

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        own = self._find(text(data, "pipeline"))
        try:
            await self._do(name, data, own)
        except TensorRagError as error:
            whose = f"{own.name}: " if own is not None else ""
            self._note = f"{whose}{error.message} {error.hint}".strip()
        self._show()
        if name == "rename_here":
            self._panel.run_method("select", f"name-{self._renaming}")

    async def _do(self, name: str, data: Data, own: Own | None) -> None:
        match name:
            case "new":
                ui.navigate.to(f"/edit/{(await self._sessions.create()).id}")
            case "read_found":
                self._sessions.runs.found.read(text(data, "ticket"))
                await self._load()
            case "search":
                self._query, self._most = text(data, "value")[:100], SHOWN
            case "sort":
                self._sort = text(data, "value") if text(data, "value") in SORTS else SORTS[0]
            case "all_samples":
                self._all_samples = text(data, "all") == "yes"
            case "more":
                self._most += SHOWN
            case "note":
                self._note = text(data, "message")
            case "imported":
                await self._load()
            case "restore":
                await self._restore()
            case "forget_deleted":
                self._deleted.clear()
            case "resume" if own is not None and own.cut_off and own.last is not None:
                await self._sessions.resume(own.last.entry.id)
                ui.navigate.to(f"/edit/{own.id}")
            case "choose_run" if own is not None:
                (self._compared.add if data.get("value") is True else self._compared.discard)(
                    own.id
                )
            case "rename_here" if own is not None:
                self._renaming = own.id
            case "rename" if own is not None and not data.get("typing"):
                await self._rename(own, text(data, "value").strip()[:200])
            case "duplicate" if own is not None:
                await self._duplicate(own)
            case "delete" if own is not None:
                await self._delete(own)

    def _find(self, pipeline: str) -> Own | None:
        return next((own for own in self._own if own.id == pipeline), None)

    async def _rename(self, own: Own, name: str) -> None:
        """Give a pipeline another name, as a gesture that its editor can undo."""
        self._renaming = ""
        if not name:
            return
        session = await self._sessions.open(own.id)
        if name == session.pipeline.name:
            return
        session.edit([{"op": "rename", "name": name}], f"Rename to {quoted(name)}")
        await session.saving.in_file()
        await self._load()

    async def _duplicate(self, own: Own) -> None:
        made = await self._sessions.duplicate(own.id)
        await self._load()
        self._query, self._renaming = "", made.id
        self._panel.show(self._content())
        self._panel.run_method("select", f"name-{made.id}")

    async def _delete(self, own: Own) -> None:
        await self._sessions.pipelines.delete(own.id)
        self._deleted = [*self._deleted, own][-KEPT_IN_MIND:]
        await self._load()

    async def _restore(self) -> None:
        if self._deleted:
            await self._sessions.pipelines.restore(self._deleted.pop().id)
            await self._load()


def _samples() -> list[Sample]:
    """Read the samples. For a thread."""
    found = sample_pipelines().values()
    return [Sample(file, files.load(file.path).pipeline) for file in found]
