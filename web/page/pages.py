"""The addresses of the page: ``/``, ``/edit/{pipeline_id}`` and ``/edit/new``."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import Client, background_tasks, ui

from sample_data.pipeline_files import sample_pipelines
from tensorrag.errors import TensorRagError
from tensorrag.pipeline import Pipeline, files
from web.live.sessions import Sessions
from web.page import modal_page, theme, trouble
from web.page.actions import Data, text
from web.page.editor import Editor
from web.page.markup import div
from web.page.panel import Panel
from web.page.settings_page import SettingsPage
from web.page.standing import machine
from web.page.start import Own, Sample, Start, owned, start

PICTURES = 60
"""Own pipelines that are drawn on the start page; the files of more are not read."""


def add_pages(sessions: Sessions) -> None:
    """Add every page. Called once, before the server starts."""
    theme.install()
    trouble.install()

    @ui.page("/", favicon=theme.MARK, response_timeout=30)
    async def home(client: Client) -> None:
        theme.dress(theme.title("Pipelines"))
        start = Home(sessions)
        await start.build()
        trouble.hear(client, sessions.troubles, start.say)

    @ui.page("/settings", favicon=theme.MARK)
    async def settings() -> None:
        theme.dress(theme.title("Settings"))
        await SettingsPage(sessions).build()

    @ui.page(modal_page.ADDRESS, favicon=theme.MARK)
    async def modal(client: Client) -> None:
        theme.dress(theme.title("Modal"))
        modal_page.ModalPage(sessions).build(client)

    @ui.page("/edit/new", favicon=theme.MARK)
    async def new(client: Client, sample: str = "") -> None:
        theme.dress(theme.title("New pipeline"))
        Panel("div", div(".blank")["Opening …"])
        # Over the socket, not while loading: looking at an address changes nothing.
        await client.connected()
        await _create(sessions, sample)

    @ui.page("/edit/{pipeline_id}", favicon=theme.MARK, response_timeout=30)
    async def edit(client: Client, pipeline_id: str) -> None:
        await sessions.wait_ready()
        try:
            session = await sessions.open(pipeline_id)
        except TensorRagError as error:
            trouble.refuse(error.message, error.hint)
            return
        theme.dress(theme.title(session.pipeline.name))
        offers = await sessions.offers()
        Editor(sessions, session, machine(offers)).build(client)


async def _create(sessions: Sessions, sample: str) -> None:
    try:
        made = await (sessions.create_sample(sample) if sample else sessions.create())
    except TensorRagError as error:
        trouble.refuse(error.message, error.hint)
        return
    ui.run_javascript(f"window.location.replace('/edit/{made.id}')")


class Home:
    """One tab that shows the start page."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._samples: list[Sample] = []
        self._own: list[Own] = []
        self._query, self._note = "", ""
        self._notices: tuple[str, ...] = ()
        self._asked: Own | None = None

    async def build(self) -> None:
        """Put the page together; pictures of cards follow when the cards are known."""
        await self._load()
        self._panel = Panel("div", self._content(), act=self.act).classes("start")
        if not self._sessions.ready:
            background_tasks.create(self._when_ready(), name="cards for the start page")

    async def _when_ready(self) -> None:
        await self._sessions.wait_ready()
        self._panel.show(self._content())

    async def _load(self) -> None:
        entries = await self._sessions.entries()
        runs = await self._sessions.runs.latest()
        shelf = self._sessions.workspace.pipelines

        def read() -> tuple[list[Sample], dict[str, Pipeline]]:
            found = sample_pipelines().values()
            samples = [Sample(file, files.load(file.path).pipeline) for file in found]
            readable = [entry for entry in entries if not entry.error][:PICTURES]
            return samples, {entry.id: shelf.load(entry.id).pipeline for entry in readable}

        self._samples, pipelines = await asyncio.to_thread(read)
        self._notices = await asyncio.to_thread(self._sessions.workspace.notices)
        self._own = owned(entries, pipelines, runs)

    def say(self, message: str) -> None:
        """Say something that belongs to no pipeline."""
        self._note = message
        self._panel.show(self._content())

    def _content(self) -> Any:
        return start(
            Start(
                self._sessions.catalog,
                self._samples,
                self._own,
                self._query,
                self._note,
                self._notices,
                self._asked,
            )
        )

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        match name:
            case "new":
                await _create(self._sessions, "")
            case "search":
                self._query = text(data, "value")[:100]
            case "note":
                self._note = text(data, "message")
            case "resume":
                await self._resume(text(data, "pipeline"))
            case "ask_delete":
                self._ask(text(data, "pipeline"))
            case "delete":
                await self._delete(text(data, "pipeline"))
        self._panel.show(self._content())

    def _ask(self, pipeline: str) -> None:
        self._asked = next((own for own in self._own if own.entry.id == pipeline), None)
        if self._asked is not None:
            self._panel.show(self._content())
            self._panel.run_method("open", "confirm")

    async def _resume(self, pipeline: str) -> None:
        """Go on with the run that was cut off, and look at it."""
        own = next((own for own in self._own if own.entry.id == pipeline and own.cut_off), None)
        if own is None or own.run is None:
            return
        try:
            await self._sessions.resume(own.run.id)
        except TensorRagError as error:
            name = own.entry.name or pipeline
            self._note = f"{name} could not be resumed. {error.message} {error.hint}".strip()
        else:
            ui.navigate.to(f"/edit/{pipeline}")

    async def _delete(self, pipeline: str) -> None:
        try:
            await self._sessions.delete(pipeline)
        except TensorRagError as error:
            self._note = error.message
        await self._load()
