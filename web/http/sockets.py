"""The lock on sockets: a socket speaks for its own page alone, in a form that can be read.

NiceGUI believes whatever `client_id` a message claims, and what a message lacks becomes a
traceback. Here each message is looked at first; one that no page of ours would send is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from web.http.site import Site

if TYPE_CHECKING:
    from socketio import AsyncServer

MESSAGES = ("event", "javascript_response", "ack", "log")
"""What a page sends over its socket, once it has said which page it is."""
ODD = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
"""How NiceGUI fails on a message that is not whole; errors of our own it has caught before."""

Handler = Callable[..., Any]


def lock_sockets(server: AsyncServer, site: Site, most: int) -> None:
    """Put the lock in front of what NiceGUI does with messages.

    Args:
        server: the server of sockets.
        site: under which address pages reach it. The guard has looked at every Origin already;
            this is the second of two locks.
        most: largest message, in bytes.
    """
    server.eio.cors_allowed_origins = lambda origin, environ: site.own(
        origin, environ.get("HTTP_HOST", "")
    )
    server.eio.max_http_buffer_size = most
    handlers = server.handlers["/"]
    for name in MESSAGES:
        handlers[name] = _for_its_own_page(server, handlers[name])
    handlers["handshake"] = _if_whole(handlers["handshake"])
    handlers["connect"] = _or_refused(handlers["connect"])


def _for_its_own_page(server: AsyncServer, handle: Handler) -> Handler:
    def heard(socket: str, message: object = None, *_: object) -> None:
        page = message.get("client_id") if isinstance(message, dict) else None
        if isinstance(page, str) and page in server.rooms(socket):
            with suppress(*ODD):
                handle(socket, message)

    return heard


def _if_whole(handle: Handler) -> Handler:
    async def heard(socket: str, message: object = None, *_: object) -> bool:
        return isinstance(message, dict) and is_whole(message) and await handle(socket, message)

    return heard


def _or_refused(handle: Handler) -> Handler:
    from socketio.exceptions import ConnectionRefusedError as Refused

    async def heard(socket: str, environ: dict[str, Any], *more: object) -> None:
        try:
            await handle(socket, environ, *more)
        except ODD:
            raise Refused("This is not a page of the editor.") from None

    return heard


def is_whole(handshake: Mapping[str, Any]) -> bool:
    """Tell whether a page says which one it is, and how much it has heard."""
    names = (handshake.get(name) for name in ("client_id", "tab_id", "document_id"))
    heard = handshake.get("next_message_id")
    return all(isinstance(name, str) for name in names) and (
        heard is None or isinstance(heard, int)
    )
