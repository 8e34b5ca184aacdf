"""The addresses of the page: ``/``, ``/edit/{pipeline_id}`` and ``/edit/new``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from nicegui import Client, ui

from tensorrag.errors import TensorRagError
from web.live.sessions import Sessions
from web.page import modal_page, theme, trouble
from web.page.compare import ADDRESS
from web.page.compare_page import ComparePage
from web.page.editor import Editor
from web.page.home import Home
from web.page.markup import div
from web.page.panel import Panel
from web.page.settings_page import SettingsPage
from web.page.standing import machine


def add_pages(sessions: Sessions) -> None:
    """Add every page. Called once, before the server starts."""
    theme.install()
    trouble.install()

    @ui.page("/", favicon=theme.MARK, response_timeout=30)
    async def home(client: Client) -> None:
        theme.dress(theme.title("Pipelines"))
        start = Home(sessions)
        await start.build(client)
        trouble.hear(client, sessions.troubles, start.say)

    @ui.page(ADDRESS, favicon=theme.MARK, response_timeout=30)
    async def compare(run: Annotated[list[str] | None, Query()] = None) -> None:
        try:
            await ComparePage(sessions, run or []).build()
        except TensorRagError as error:
            trouble.refuse(error.message, error.hint)
            return
        theme.dress(theme.title("Compare"))

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
