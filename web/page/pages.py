"""The addresses of the page: ``/``, ``/edit/{pipeline_id}``, ``/cards/{name}`` and others."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from nicegui import Client, ui

from tensorrag.errors import CardError, TensorRagError
from tensorrag.quoting import quoted
from web.live.cards.sources import NEW, Source
from web.live.cards.trusting import waiting_cards
from web.live.session import Session
from web.live.sessions import Sessions
from web.page import theme, trouble
from web.page.compare.page import ComparePage
from web.page.compare.view import ADDRESS
from web.page.editor.editor import Editor
from web.page.finding import find_here
from web.page.logs import server_log
from web.page.markup import div
from web.page.models import view as models_view
from web.page.models.page import ModelsPage
from web.page.panel import Panel
from web.page.placing.machine import machine
from web.page.sources.page import SourcePage
from web.page.sources.python_page import PythonPage
from web.page.sources.untrusted_page import UntrustedPage
from web.page.sources.view import SHEET, card_at
from web.page.start.home import Home
from web.page.workspace import modal_page
from web.page.workspace.page import SettingsPage


def add_pages(sessions: Sessions) -> None:
    """Add every page. Called once, before the server starts."""
    theme.install()
    trouble.install()

    @ui.page("/", favicon=theme.MARK, response_timeout=30)
    async def home(client: Client) -> None:
        theme.dress(theme.title("Pipelines"))
        start = Home(sessions)
        await start.build(client)
        find_here(client, sessions)
        trouble.hear(client, sessions.troubles, start.say)

    @ui.page(ADDRESS, favicon=theme.MARK, response_timeout=30)
    async def compare(client: Client, run: Annotated[list[str] | None, Query()] = None) -> None:
        try:
            await ComparePage(sessions, run or []).build()
        except TensorRagError as error:
            trouble.refuse(error.message, error.hint)
            return
        find_here(client, sessions)
        theme.dress(theme.title("Compare"))

    @ui.page("/settings", favicon=theme.MARK)
    async def settings(client: Client) -> None:
        theme.dress(theme.title("Settings"))
        await SettingsPage(sessions).build()
        find_here(client, sessions)

    @ui.page(models_view.ADDRESS, favicon=theme.MARK, response_timeout=30)
    async def models(client: Client, model: str = "") -> None:
        theme.dress(theme.title("Models"))
        await ModelsPage(sessions, model).build(client)
        find_here(client, sessions)

    @ui.page(modal_page.ADDRESS, favicon=theme.MARK)
    async def modal(client: Client) -> None:
        theme.dress(theme.title("Modal"))
        modal_page.ModalPage(sessions).build(client)
        find_here(client, sessions)

    @ui.page(server_log.ADDRESS, favicon=theme.MARK)
    async def log(client: Client) -> None:
        theme.dress(theme.title("Server log"))
        server_log.build(sessions.workspace.root)
        find_here(client, sessions)

    @ui.page("/cards/{name:path}", favicon=theme.MARK, response_timeout=30)
    async def card(client: Client, name: str, pipeline: str = "") -> None:
        await sessions.wait_ready()
        try:
            session = await sessions.open(pipeline) if pipeline else None
            source = await _source(sessions, name, session)
        except TensorRagError as error:
            trouble.refuse(error.message, error.hint)
            return
        theme.dress(theme.title("New card" if name == NEW else name), SHEET)
        find_here(client, sessions)
        if source is None and session is not None:
            UntrustedPage(sessions, session, card_at(name)).build()
        elif source is not None:
            back = (session.id, session.pipeline.name or session.id) if session else None
            SourcePage(sessions, source, back).build(client)

    @ui.page("/edit/new", favicon=theme.MARK)
    async def new(client: Client, sample: str = "") -> None:
        theme.dress(theme.title("New pipeline"))
        Panel("div", div(".blank")["Opening …"])
        # Over the socket, not while loading: looking at an address changes nothing.
        await client.connected()
        if client.has_socket_connection:  # a page that nobody came to look at is given up
            await _create(sessions, sample)

    @ui.page("/edit/{pipeline_id}/python", favicon=theme.MARK, response_timeout=30)
    async def python(client: Client, pipeline_id: str) -> None:
        await sessions.wait_ready()
        try:
            session = await sessions.open(pipeline_id)
            await PythonPage(sessions, session).build()
        except TensorRagError as error:
            trouble.refuse(error.message, error.hint)
            return
        theme.dress(theme.title(f"{session.pipeline.name} in Python"), SHEET)
        find_here(client, sessions)

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


async def _source(sessions: Sessions, name: str, session: Session | None) -> Source | None:
    """Return the source of a card of one's own; None of one that came along and is not trusted."""
    if name == NEW:
        return await sessions.sources.read(NEW)
    card = card_at(name)
    if session is not None and card in waiting_cards(session.pipeline, sessions.catalog):
        return None
    source = await sessions.sources.read_card(card)
    if not source.there and source.unsaved is None:
        raise CardError(
            f"There is no card {quoted(name)} here.", hint="It was deleted, or the name is wrong."
        )
    return source
