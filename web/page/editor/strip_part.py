"""The strip on the page: which of its tabs is open, and which run it shows."""

from __future__ import annotations

from dataclasses import replace

from nicegui import Client

from web.live.runs.notifying import Notifier
from web.live.session import Session
from web.page.actions import Action, text
from web.page.markup import Node
from web.page.panel import Act, Panel
from web.page.past.runs import PastRuns
from web.page.runs.standing import strip_of
from web.page.runs.strip import TABS, strip
from web.page.runs.telling import tell_here

ASK_AT = 0.25
"""Of the time after which the end of a run is told: then that is offered."""


class RunStrip:
    """The strip under the canvas of one tab."""

    def __init__(self, session: Session, past: PastRuns, notifier: Notifier, act: Act) -> None:
        self._session, self._past, self._notifier, self._act = session, past, notifier, act
        self._tab = "timeline"
        self.actions: dict[str, Action] = {
            "strip_tab": lambda data: self.turn(text(data, "tab")),
            "problems": lambda _: self.turn("problems"),
        }

    def build(self, client: Client) -> None:
        """Put it on the page, which tells the browser when a long run has ended."""
        self._panel = Panel("section", self._content(), act=self._act).classes("strip")
        self._panel.props["aria-label"] = "Run"
        tell_here(client, self._notifier, self._panel)

    def show(self) -> None:
        """Show how the run goes on."""
        self._panel.show(self._content())

    def turn(self, tab: str) -> None:
        """Turn to a tab, if there is such a one."""
        if tab in TABS:
            self._tab = tab

    def begun(self) -> None:
        """Turn from what kept a run from beginning to the run."""
        if self._tab == "problems":
            self._tab = "timeline"

    def _content(self) -> Node:
        shown = strip_of(self._session, self._tab, self._past.listed, self._past.viewed)
        long = shown.elapsed >= ASK_AT * self._notifier.after
        asks = shown.status == "running" and long and not shown.past
        return strip(replace(shown, chosen=self._past.chosen, asks=asks))
