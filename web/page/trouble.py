"""How a page tells of what nobody thought of: one calm sentence with a reference."""

from __future__ import annotations

from fastapi.exception_handlers import http_exception_handler
from nicegui import Client, app
from nicegui.page import page
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from web.live.trouble import Say, Troubles, sentence
from web.page import theme
from web.page.markup import a, div, h1, p
from web.page.panel import Panel


def hear(client: Client, troubles: Troubles, say: Say) -> None:
    """Say on this page what fails in it, and what fails in the server and belongs to no page."""
    client.on_exception(lambda error: say(sentence(error)))
    client.on_delete(troubles.listen(say))


def install() -> None:
    """Show a page that could not be built, or is not there, as one sentence. Called once."""
    app.on_page_exception(lambda error: refuse(sentence(error)))
    app.add_exception_handler(404, _not_found)


def refuse(said: str, hint: str | None = None) -> None:
    """Show why there is no page here, and the way to the start."""
    theme.dress("TensorRag")
    back = a(".btn.o", href="/")["All pipelines"]
    Panel("div", div(".refused")[h1[said], hint and p(".m2")[hint], back])


async def _not_found(request: Request, error: Exception) -> Response:
    """Answer for an address that is no page; what an endpoint says is left as it is."""
    if isinstance(error, HTTPException) and request.scope.get("endpoint") not in (None, app):
        return await http_exception_handler(request, error)
    with Client(page(""), request=request) as client:
        refuse("There is nothing at this address.", "It is mistyped, or from another version.")
    return client.build_response(request, 404)
