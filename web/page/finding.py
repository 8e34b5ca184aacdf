"""The command palette of the pages that have no canvas."""

from __future__ import annotations

from nicegui import Client

from web.canvas import Finder
from web.live.sessions import Sessions
from web.page.leads import elsewhere


def find_here(client: Client, sessions: Sessions) -> None:
    """Let ``Ctrl+K`` on the page that is being built find every page, pipeline and sample."""

    async def opened() -> None:
        leads = await elsewhere(sessions, here="")
        with client:
            finder.set_leads(leads)

    finder = Finder(opened)
