"""The palette on the page: what is looked for in it, and adding what was found."""

from __future__ import annotations

from typing import Any

from web.live.session import Session
from web.page.actions import Action, Data, text
from web.page.editor.palette import SEARCH_FIELD, first_found, palette
from web.page.edits.edits import Edits
from web.page.markup import Node
from web.page.panel import Act, Panel

LONGEST = 100
"""Characters of a search that are looked at."""


class Palette:
    """The cards beside the canvas of one tab."""

    def __init__(self, session: Session, edits: Edits, act: Act) -> None:
        self._session, self._edits, self._act = session, edits, act
        self._query = ""
        self.actions: dict[str, Action] = {
            "search": self._search,
            "add_found": self._add_found,
            "palette_search": lambda _: self._panel.run_method("focusOn", SEARCH_FIELD),
        }

    def build(self) -> None:
        """Put it on the page."""
        self._panel = Panel("nav", self._content(), act=self._act).classes("pal")
        self._panel.props.update({"data-testid": "palette", "aria-label": "Cards"})

    def show(self) -> None:
        """Show the cards that there are now."""
        self._panel.show(self._content())

    def _content(self) -> Node:
        return palette(self._session.catalog, self._query, self._session.id)

    def _search(self, data: Data) -> None:
        self._query = text(data, "value")[:LONGEST]

    def _add_found(self, data: Data) -> Any:
        found = first_found(self._session.catalog, text(data, "value")[:LONGEST])
        return self._edits.actions["add_card"]({"card": found.card}) if found else None
