"""How a page tells of what nobody thought of: one calm sentence with a reference."""

from __future__ import annotations

from nicegui import Client, app

from web.live.trouble import Say, Troubles, sentence
from web.page import theme
from web.page.markup import a, div, h1
from web.page.panel import Panel


def hear(client: Client, troubles: Troubles, say: Say) -> None:
    """Say on this page what fails in it, and what fails in the server and belongs to no page."""
    client.on_exception(lambda error: say(sentence(error)))
    client.on_delete(troubles.listen(say))


def install() -> None:
    """Show a page that could not be built as one sentence. Called once."""
    app.on_page_exception(_page)


def _page(error: Exception) -> None:
    theme.dress("TensorRag")
    Panel("div", div(".refused")[h1[sentence(error)], a(".btn.o", href="/")["All pipelines"]])
