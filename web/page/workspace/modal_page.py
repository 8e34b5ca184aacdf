"""The page that sets Modal up: it asks Modal because somebody looks, and deploys when asked to."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from nicegui import Client, background_tasks

from web.live.sessions import Sessions
from web.page.actions import Data
from web.page.panel import Panel
from web.page.remedies import MODAL, SET_UP
from web.page.workspace.modal_view import SetUp, modal_setup

ADDRESS = SET_UP
REST = 0.2
"""Seconds between two drawings of what is said."""


class ModalPage:
    """One tab that shows it."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._dirty = asyncio.Event()

    def build(self, client: Client) -> None:
        """Put the page together, and follow what is going on until the tab is closed."""
        self._panel = Panel("div", modal_setup(self._shown()), act=self.act).classes("start")
        stop = self._sessions.setting_up.listen(self._dirty.set)
        following = background_tasks.create(self._follow(client), name="page of Modal")
        client.on_delete(lambda: (stop(), following.cancel()))

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        match name:
            case "look":
                await self._look()
            case "deploy":
                self._sessions.setting_up.begin(MODAL)

    async def _follow(self, client: Client) -> None:
        await client.connected()  # to load a page asks no cloud
        await self._look()
        state = self._sessions.setting_up.state
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), 60)
            self._dirty.clear()
            before, state = state, self._sessions.setting_up.state
            self._show()
            if before != state == "done":
                await self._look()
            await asyncio.sleep(REST)

    async def _look(self) -> None:
        """Ask how it stands."""
        looking = asyncio.ensure_future(self._sessions.offered.look())
        await asyncio.sleep(0)
        self._show()
        await looking
        self._show()

    def _show(self) -> None:
        self._panel.show(modal_setup(self._shown()))

    def _shown(self) -> SetUp:
        offered, setting_up = self._sessions.offered, self._sessions.setting_up
        return SetUp(
            offers=offered.known.get(MODAL),
            looking=offered.looking,
            state=setting_up.state,
            lines=setting_up.lines,
            price=offered.price(MODAL, "T4"),
        )
