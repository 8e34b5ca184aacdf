"""The page of one pipeline: top bar, palette, canvas, inspector and strip, around one session.

What is seen lives in the session, which every tab shares. What is only looked at (the selected
card, an open tab, a search) lives in the Editor, one per tab.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import Client, background_tasks, ui

from tensorrag.errors import TensorRagError
from tensorrag.pipeline import JsonObject
from web.live.session import Session, View
from web.live.sessions import Sessions
from web.page import theme, trouble
from web.page.actions import Data, text
from web.page.board.board import Board
from web.page.editor.palette_part import Palette
from web.page.editor.redrawing import Redrawing
from web.page.editor.run_actions import RunActions
from web.page.editor.strip_part import RunStrip
from web.page.editor.top_bar import top_bar, top_bar_of
from web.page.editor.turning import Turning
from web.page.edits.edits import Edits
from web.page.inspector.inspector import Inspector
from web.page.logs.view import OpenLog
from web.page.markup import Node
from web.page.panel import Panel
from web.page.past.history import Histories
from web.page.past.runs import PastRuns
from web.page.placing.machine import Machine
from web.page.plots.view import Plot, Plots
from web.page.remedies import MODAL, SET_UP
from web.page.sweeps.view import Sweeps
from web.page.tables.view import Tables

IN_SETTINGS = frozenset(
    {"set", "reset", "wire", "unwire", "title", "limit", "uploading", "card_run_on", "card_gpu"}
)
"""Actions that happen in the settings of a card."""


class Editor(View):
    """One tab that shows a pipeline."""

    def __init__(self, sessions: Sessions, session: Session, machine: Machine) -> None:
        self.sessions, self.session, self.machine = sessions, session, machine
        self.edits = Edits(
            session,
            self._say,
            lambda node: self.turning.added(node),
            lambda nodes: self.board.select(nodes),
            lambda node, column: self.turning.corrected(node, column),
        )
        self.past = PastRuns(
            sessions, session, self._say, self.act, self.refresh, lambda tab: self.strip.turn(tab)
        )
        self.strip = RunStrip(session, self.past, sessions.notifier, self.act)
        self.palette = Palette(session, self.edits, self.act)
        self.runs = RunActions(
            sessions,
            session,
            self.edits.places,
            self.past,
            self._say,
            self._begun,
            lambda: self.strip.turn("problems"),
            self.refresh,
        )
        self._name = session.pipeline.name
        self._runs_seen: object = None
        self._redrawing = Redrawing(self._show, lambda: session.running)
        self._actions: dict[str, Callable[[Data], Any]] = {
            **self.edits.actions,
            **self.past.actions,
            **self.runs.actions,
            **self.strip.actions,
            **self.palette.actions,
            "export": self._export,
            "note": lambda data: self._say(text(data, "message"), ""),
            "close_note": lambda _: self._say("", ""),
            "close_notice": lambda _: self.session.notices.read(),
            "take_theirs": lambda _: self.session.outside.take(),
            "keep_mine": lambda _: self.session.outside.keep_mine(),
            "open_table": self._open_table,
            "open_plot": self._open_plot,
            "sweep": self._open_sweep,
            "look_at_data": lambda _: self.session.checking.look_at_unread(),
            "deploy": lambda _: self._deploy(),
            "trust_card": self._trust_card,
        }

    # --- building ---------------------------------------------------------------------------

    def build(self, client: Client) -> None:
        """Put the page together, and follow the session until the tab is closed."""
        self.client = client
        with ui.element("div").classes("app") as app:
            self._top = Panel("header", self._top_bar(), act=self.act).classes("top")
            self.palette.build()
            self.board = Board(self.sessions, self.session, self.edits, self.act)
            self.inspector = Inspector(
                self.session,
                self.act,
                lambda node: self.edits.settings.uploading.get(node),
                self.sessions.offered,
                lambda: self.edits.kinds.doubt,
            )
            self.strip.build(client)
        self._tables = Tables(self.act)
        with app:
            self.past.put(self.inspector, self._tables)
        self.turning = Turning(
            client,
            self.sessions,
            self.session,
            self.edits,
            self.board,
            self.inspector,
            self.past,
        )
        self._sweeps = Sweeps(self.sessions, self.session, self.edits, self.act)
        self._plots = Plots(lambda: self.session.pipeline.name, self.act)
        self._log = OpenLog(self.session, self.act)
        self._histories = Histories(self.session, self.act, self.edits.own)
        self._actions |= (
            self.turning.actions
            | self._tables.actions
            | self._plots.actions
            | self._sweeps.actions
            | self._log.actions
            | self._histories.actions
        )
        self._actions |= self.board.actions
        self.inspector.refresh()
        stop = [self.session.subscribe(self), self.sessions.cards.listen(lambda _: self.refresh())]
        loop = background_tasks.create(self._redrawing.go_on(client), name="page of a pipeline")
        client.on_delete(lambda: ([unsubscribe() for unsubscribe in stop], loop.cancel()))
        background_tasks.create(self.past.load(), name="past runs")
        trouble.hear(client, self.sessions.troubles, lambda message: self._say(message, ""))

    # --- showing ----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the latest, soon: many changes at once are shown once."""
        self._redrawing.soon()

    def _show(self) -> None:
        self._top.show(self._top_bar())
        if self._name != self.session.pipeline.name:
            self._name = self.session.pipeline.name
            ui.page_title(theme.title(self._name))
        self.palette.show()
        self.board.show()
        self._histories.refresh()
        self.strip.show()
        self._log.show()
        self.inspector.refresh()

    def _top_bar(self) -> Node:
        return top_bar(top_bar_of(self.session, self.machine, self.sessions.offered))

    # --- what the session tells -------------------------------------------------------------

    def on_patch(self, revision: int, ops: list[JsonObject]) -> None:
        """The document changed."""
        self.board.patch(revision, ops)
        self.refresh()

    def on_runtime(self, states: dict[str, JsonObject | None]) -> None:
        """Cards changed their state."""
        self.board.set_runtime(states)
        self.refresh()

    def on_problems(self) -> None:
        """A check arrived."""
        self.refresh()

    def on_status(self) -> None:
        """Saved, undo, redo, or a run began or ended."""
        waiting = [run.id for run in self.session.following.waiting]
        seen = (
            self.session.history.run_id,
            self.session.following.status,
            self.session.running,
            waiting,
            self.session.following.written_elsewhere,
        )
        if seen != self._runs_seen:
            self._runs_seen = seen
            background_tasks.create(self.past.load(), name="past runs")
        self.refresh()

    def on_run_event(self, event: JsonObject) -> None:
        """Something happened in the run."""
        self.refresh()

    def on_warning(self, message: str, hint: str) -> None:
        """Something happened that nobody asked for."""
        self.refresh()

    def on_closed(self) -> None:
        """The pipeline was deleted."""
        with self.client:
            ui.navigate.to("/")

    # --- what people do ---------------------------------------------------------------------

    def act(self, name: str, data: Data) -> Awaitable[None] | None:
        """Do what a control says; unknown actions are not heard."""
        action = self._actions.get(name)
        if self.past.canvas is not None:
            action = self.past.canvas.actions.get(name, action)
            if name == "go" or name in self.edits.actions:  # nobody edits what they do not see
                self.past.close()
        if action is None:
            return None
        if name in IN_SETTINGS:
            self.inspector.stay(text(data, "of"))
        result = action(data)
        self.refresh()
        return self._done(result) if asyncio.iscoroutine(result) else None

    async def _done(self, doing: Awaitable[None]) -> None:
        """Show what came of something that takes a while."""
        await doing
        self.refresh()

    def _say(self, message: str, hint: str) -> None:
        self.board.say(message, hint)

    def _deploy(self) -> None:
        """Put TensorRag into the account at Modal, and turn to the page that shows it."""
        self.sessions.setting_up.begin(MODAL)
        ui.navigate.to(SET_UP)

    async def _trust_card(self, data: Data) -> None:
        node = self.session.pipeline.nodes.get(text(data, "of"))
        if node is None:
            return
        try:
            await self.sessions.trust(self.session, node.card, text(data, "sha256"))
        except TensorRagError as error:
            self._say(error.message, error.hint)

    def _export(self, _: Data) -> None:
        name, content = self.session.export()
        ui.download.content(content, name, "application/json")

    def _begun(self) -> None:
        """Show the run that has just begun."""
        self.past.close()
        self.inspector.look()
        self.strip.begun()

    def _open_table(self, data: Data) -> None:
        self.inspector.open_table(self._tables, text(data, "of"), text(data, "at"))

    async def _open_sweep(self, data: Data) -> None:
        found, card = self.edits.settings.spec(data), self.inspector.card
        if found is not None and card is not None and card.node == found[0]:
            await self._sweeps.open(card, found[1])

    def _open_plot(self, data: Data) -> None:
        plot = data.get("plot")
        if isinstance(plot, Plot):  # it comes from a part of this page, never from the browser
            self._plots.open(plot)
