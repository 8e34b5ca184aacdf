"""Puts the server together: pages, the API, and the guard in front of both."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tensorrag.store.workspace import Workspace
from web.address import address, announce
from web.http import security
from web.server_log import writing

RECONNECT = 30.0
"""Seconds in which a page that lost its connection may come back without a reload."""
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


def run(workspace: Workspace, host: str, port: int, *, show: bool) -> None:
    """Serve until the process is told to end."""
    # Before NiceGUI is imported: it reads this then.
    os.environ["NICEGUI_STORAGE_PATH"] = str(workspace.root / "nicegui")
    with _quick_imports():
        from fastapi import APIRouter
        from nicegui import app, core, ui

        from web.http.docs import add_docs
        from web.http.pipelines import make_api
        from web.live.sessions import Sessions
        from web.page.pages import add_pages

    sessions = Sessions(workspace)
    api, docs = make_api(sessions), APIRouter()
    add_docs(docs, api)
    app.include_router(api)
    app.include_router(docs)
    add_pages(sessions)
    token = None if security.is_loopback(host) else workspace.settings.secret("token")
    app.add_middleware(
        security.Guard,
        names=security.local_names(host),
        token=token,
        cookie=f"tensorrag-{port}",
    )
    # The guard has looked at every Origin already; this is the second of two locks.
    core.sio.eio.cors_allowed_origins = None
    url = address(host, port)

    async def start() -> None:
        await sessions.start()
        path = await sessions.first_page()
        login = f"/?token={token}" if token else ""
        announce(url + login, show=show, path="" if token else path)

    app.on_startup(start)
    app.on_shutdown(sessions.close)
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
            timeout_graceful_shutdown=GRACE,
            server_header=False,
            log_config=None,  # all of it goes to the log of the server
            uvicorn_logging_level="info",
        )
