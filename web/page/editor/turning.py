"""What a tab is turned to: a card, a field of it, a tab of the inspector; and the way there."""

from __future__ import annotations

from nicegui import Client, ui

from tensorrag.pipeline.keys import MAX_TITLE
from web.live.session import Session
from web.live.sessions import Sessions
from web.page import leads
from web.page.actions import Action, Data, text, texts
from web.page.board.board import Board
from web.page.edits.edits import Edits
from web.page.inspector.head import TABS
from web.page.inspector.inspector import Inspector
from web.page.past.runs import PastRuns
from web.page.sources import view as sources


class Turning:
    """The actions that change nothing but what is looked at, by name."""

    def __init__(
        self,
        client: Client,
        sessions: Sessions,
        session: Session,
        edits: Edits,
        board: Board,
        inspector: Inspector,
        past: PastRuns,
    ) -> None:
        self._client, self._sessions, self._session = client, sessions, session
        self._edits, self._board, self._inspector, self._past = edits, board, inspector, past
        self.actions: dict[str, Action] = {
            "select": self._selected,
            "composite": self._composite,
            "inside": self._inside,
            "focus": self._focus,
            "go": self._go,
            "to_setting": self._to_setting,
            "to_limit": self._to_limit,
            "tab": self._tab,
            "port": self._port,
            "seek_columns": self._seek_columns,
            "leads": self._leads,
            "edit_source": self._edit_source,
        }

    def _selected(self, data: Data) -> None:
        """Follow what is selected on the canvas."""
        self._edits.selected = text(data, "of") or None
        of, composite = self._edits.selected, text(data, "composite") or None
        self._inspector.show(of, composite=composite, several=texts(data, "nodes"))

    def _composite(self, data: Data) -> None:
        """Turn from a card in a composite back to that."""
        self._inspector.show(None, composite=text(data, "of") or None)

    def _inside(self, data: Data) -> None:
        """Turn to a card in a composite, which stays as it is on the canvas."""
        if text(data, "of") in self._session.pipeline.nodes:
            self._inspector.show(text(data, "of"))

    def select(self, node: str) -> None:
        """Turn to a card."""
        if node in self._session.pipeline.nodes:
            self._edits.selected = node
            self._board.focus(node)
            self._inspector.show(node)

    def _focus(self, data: Data) -> None:
        """Turn to a card, on the canvas that is seen."""
        if self._past.canvas is not None:
            self._past.canvas.focus(text(data, "of"))
        else:
            self.select(text(data, "of"))

    def added(self, node: str) -> None:
        """Turn to a card that is new here, to set it."""
        self.select(node)
        self._inspector.stay(node)

    def corrected(self, node: str, column: str) -> None:
        """Turn to the card that gave a column another kind, and go on from that column there."""
        self.select(node)
        self._inspector.show(node, "columns")
        self._inspector.focus_on_column(column)

    def _to_limit(self, data: Data) -> None:
        """Turn to the field of a limit of a card."""
        node, limit = text(data, "of"), text(data, "param")
        if limit in ("timeout", "memory") and node in self._session.pipeline.nodes:
            self._past.close()
            self.select(node)
            self._inspector.show(node, "settings")
            self._inspector.focus_on(f"limit-{limit}")

    async def _leads(self, _: Data) -> None:
        """Somebody opened the command palette: tell it what is not on the canvas."""
        here = [*leads.of_card(self._inspector.card), *leads.OF_PIPELINE]
        self._board.set_leads(here)
        there = await leads.elsewhere(self._sessions, self._session.id)
        with self._client:
            self._board.set_leads([*here, *there])

    def _edit_source(self, data: Data) -> None:
        """Go to the page on which a card of one's own is written."""
        node = self._session.pipeline.nodes.get(text(data, "of"))
        if node is not None:
            ui.navigate.to(sources.address(node.card, self._session.id))

    def _to_setting(self, data: Data) -> None:
        """Turn to a control in the settings of a card, the first one if none is named."""
        node = text(data, "of")
        if not node:
            self._to_own_setting(text(data, "control"))
            return
        self.select(node)
        self._inspector.show(self._inspector.node, "settings")
        known = [lead["control"] for lead in leads.of_card(self._inspector.card)]
        wanted = text(data, "control") or next(iter(known), "")
        if wanted in known:
            self._inspector.focus_on(wanted)

    def _to_own_setting(self, control: str) -> None:
        """Turn to a setting of the pipeline, which is seen while no card is selected."""
        if any(lead["control"] == control for lead in leads.OF_PIPELINE):
            self._board.select([])
            self._selected({})
            self._inspector.focus_on(control)

    def _tab(self, data: Data) -> None:
        if text(data, "tab") in TABS:
            self._inspector.show(self._inspector.node, text(data, "tab"))

    def _seek_columns(self, data: Data) -> None:
        self._inspector.seek_columns(text(data, "value")[:MAX_TITLE])

    def _port(self, data: Data) -> None:
        self._inspector.port = text(data, "at")

    def _go(self, data: Data) -> None:
        """Turn to where a problem is."""
        self._past.close()
        edge = next((e for e in self._session.pipeline.edges if e.id == text(data, "wire")), None)
        self.select(text(data, "of") or (edge.target if edge else ""))
        self._inspector.show(self._inspector.node, "settings")
        if text(data, "param"):
            self._inspector.focus(text(data, "param"))
