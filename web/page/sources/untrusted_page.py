"""The page of a card that came along with a pipeline: its source to be read, and to be trusted."""

from __future__ import annotations

from nicegui import ui

from tensorrag.errors import TensorRagError
from tensorrag.quoting import visible
from web.live.cards.trusting import waiting_cards
from web.live.session import Session
from web.live.sessions import Sessions
from web.page.actions import Data, text
from web.page.bar_buttons import finder_button, theme_button
from web.page.markup import Node, div, h1, span
from web.page.panel import Panel
from web.page.sources.came_along import placeholder
from web.page.sources.view import address, way_here


class UntrustedPage:
    """One tab that shows it. Nothing of it runs."""

    def __init__(self, sessions: Sessions, session: Session, card: str) -> None:
        self._sessions, self._session, self._card = sessions, session, card

    def build(self) -> None:
        """Put the page together."""
        back = self._session.id, self._session.pipeline.name or self._session.id
        with ui.element("div").classes("writing"):
            Panel(
                "header",
                [
                    way_here(back),
                    h1(style="font-weight:600")[visible(self._card)],
                    span(".saved")["Not trusted yet"],
                    span(".sp"),
                    finder_button(),
                    theme_button(),
                ],
            ).classes("top")
            self._part = Panel("div", self._source(), act=self._act).classes("sourcepart untrusted")

    def _source(self, wrong: str = "") -> Node:
        came = waiting_cards(self._session.pipeline, self._session.catalog).get(self._card)
        return [wrong and div(".msg.error", role="alert")[wrong], placeholder(self._card, came, {})]

    async def _act(self, name: str, data: Data) -> None:
        """Trust exactly the source that is shown; unknown actions are not heard."""
        if name != "trust_card":
            return
        try:
            await self._sessions.trust(self._session, self._card, text(data, "sha256"))
        except TensorRagError as error:
            self._part.show(self._source(f"{error.message} {error.hint}".strip()))
            return
        ui.navigate.to(address(self._card, self._session.id))
