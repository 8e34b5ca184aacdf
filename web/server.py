"""Puts the server together: pages, the API, and the guard in front of both."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tensorrag.errors import TensorRagError, WorkspaceError
from tensorrag.store.settings import Settings
from tensorrag.store.workspace import Workspace
from web.address import address, announce
from web.http.door import Door
from web.http.security import MAX_BODY, Guard
from web.http.site import Site
from web.server_log.writing import writing

if TYPE_CHECKING:
    from web.live.sessions import Sessions

RECONNECT = 30.0
"""Seconds in which a page that lost its connection may come back without a reload."""
PING, PONG = 5.0, 30.0
"""Seconds between two signs of life to a page, and seconds in which it must answer: together
they are how long a page takes to notice that nobody is there. It notices at once when a server
ends, and soon when nobody answers to a gesture; and a page that a busy machine lets wait for half a
minute is no reason to part."""
LOOK = 1.0
"""Seconds between two looks at whether the token was replaced."""
CONNECTIONS = 500
"""Connections that there may be at once, sockets aside; the next one hears 503."""
COMPRESSION = 5
"""Of what is sent: nearly all that 9 saves, in half of its time, in which nobody else is served."""
GRACE = 3
"""Seconds that open streams get when the server ends."""


@contextmanager
def _quick_imports() -> Iterator[None]:
    """Import without what costs a fifth of the time and serves nothing here.

    The websocket library would load aiohttp for its client, which it can do without; and the
    collector would go through modules again and again that are there to stay.
    """
    gc.disable()
    absent = "aiohttp" not in sys.modules
    if absent:
        sys.modules["aiohttp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules["aiohttp"]
        gc.freeze()
        gc.enable()


def assemble(workspace: Workspace) -> Sessions:
    """Put pages and the API together, not guarded yet. Once in a process.

    Returns:
        What they all stand on.
    """
    # Before NiceGUI is imported: it reads this then.
    os.environ["NICEGUI_STORAGE_PATH"] = str(workspace.root / "nicegui")
    with _quick_imports():
        from fastapi import APIRouter
        from nicegui import app

        from web.http.api import make_api
        from web.http.docs import add_docs
        from web.live.sessions import Sessions
        from web.page.pages import add_pages

    sessions = Sessions(workspace)
    api, docs = make_api(sessions), APIRouter()
    add_docs(docs, api)
    app.include_router(api)
    app.include_router(docs)
    add_pages(sessions)
    return sessions


def run(
    workspace: Workspace,
    host: str,
    port: int,
    *,
    site: Site,
    locked: bool,
    show: bool,
    is_here: Callable[[], bool],
) -> None:
    """Serve until the process is told to end.

    Args:
        workspace: what is served.
        host: the address to listen on.
        port: the port to listen on.
        site: under which address people reach it.
        locked: whether they must show the token of the workspace.
        show: whether to open a browser.
        is_here: tells whether the workspace is still where it was.

    Raises:
        TensorRagError: it could not begin, or the workspace was moved or deleted meanwhile.
    """
    sessions = assemble(workspace)
    from nicegui import app, core, ui
    from starlette.middleware.gzip import GZipMiddleware

    from web.http.patience import Patient
    from web.http.sockets import lock_sockets

    door = _door(workspace, site, port) if locked else None
    _guard(app, site, door)
    lock_sockets(core.sio, site, MAX_BODY)
    url = site.origin or address(host, port)
    following: list[asyncio.Task[None]] = []
    failed: list[Exception] = []

    async def start() -> None:
        following.append(asyncio.create_task(_end_without(is_here, app.shutdown)))
        core.sio.eio.ping_interval, core.sio.eio.ping_timeout = PING, PONG
        try:
            await sessions.start()
        except Exception as error:  # what listens and never answers would be worse than none
            failed.append(error)
            app.shutdown()
            return
        path = await sessions.first_page()
        if door is None:
            announce(url, show=show, opens=url + path)
            return
        following.append(asyncio.create_task(_follow_token(workspace.settings, door)))
        # The browser gets no token: what it is called with stands in the list of processes.
        announce(f"{url}/?token={door.token}", show=show, opens=url + path)

    async def stop() -> None:
        for task in following:
            task.cancel()
        await sessions.close()

    def compressed(app: Any) -> GZipMiddleware:
        return GZipMiddleware(app, compresslevel=COMPRESSION)

    app.on_startup(start)
    app.on_shutdown(stop)
    with writing(workspace, sessions.troubles):
        ui.run(
            host=host.strip("[]"),
            port=port,
            title="TensorRag",
            show=False,
            reload=False,
            tailwind=False,
            reconnect_timeout=RECONNECT,
            show_welcome_message=False,
            endpoint_documentation="none",
            gzip_middleware_factory=compressed,
            timeout_graceful_shutdown=GRACE,
            server_header=False,
            log_config=None,  # all of it goes to the log of the server
            uvicorn_logging_level="info",
            # It would believe whoever connects from here; the guard knows better whom to trust.
            proxy_headers=False,
            ws_max_size=MAX_BODY,
            http=Patient,
            limit_concurrency=CONNECTIONS,
        )
        if failed:
            raise failed[0]
    if not is_here():
        raise WorkspaceError(
            f"The workspace {workspace.root} was moved or deleted, so the server has ended.",
            hint="Start it again with --workspace and the folder as it is called now.",
        )


def _door(workspace: Workspace, site: Site, port: int) -> Door:
    token = workspace.settings.secret("token")
    return Door(token, cookie=f"tensorrag-{port}", secure=site.origin is not None)


def _guard(app: Any, site: Site, door: Door | None) -> None:
    """Put the guard in front of everything, whatever is added to the app later."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Guard(build(), site=site, door=door)


async def _end_without(is_here: Callable[[], bool], end: Callable[[], None]) -> None:
    """End the server when its folder is gone: another one may begin there, and not know of it."""
    while await asyncio.to_thread(is_here):
        await asyncio.sleep(LOOK)
    end()


async def _follow_token(settings: Settings, door: Door) -> None:
    """Take up the token that `tensorrag token --rotate` wrote, in another process."""
    while True:
        await asyncio.sleep(LOOK)
        with suppress(TensorRagError):
            token = await asyncio.to_thread(settings.get, "token")
            if isinstance(token, str) and token != door.token:
                door.rotate(token)
