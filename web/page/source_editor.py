"""The element in which a card is written: NiceGUI's package of CodeMirror, in our own look.

The browser tells the whole text whenever somebody paused; the server says when it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.elements.codemirror import codemirror  # noqa: F401 — makes its package known to pages
from nicegui.events import GenericEventArguments

from tensorrag.registry.draft import Fault
from web.page.actions import Data

MOST = 2_000_000
"""Characters of a text that is listened to; more is no source."""


class SourceEditor(ui.element, component="source_editor.js"):
    """A text in Python that somebody writes."""

    def __init__(self, text: str, label: str, on_typed: Callable[[str, int], Any]) -> None:
        """Show a text.

        Args:
            text: what is there at first.
            label: what it is, for those who listen.
            on_typed: called with the whole text and its number, which `kept` gives back.
        """
        super().__init__()
        self.props.update({"text": text, "label": label})
        self._on_typed = on_typed
        self.on("typed", self._typed)

    def take(self, text: str) -> None:
        """Replace the text: it is not what was typed any more."""
        self.run_method("take", text)

    def kept(self, number: int) -> None:
        """Say that the text of this number cannot be lost any more."""
        self.run_method("keep", number)

    def mark_faults(self, faults: Sequence[Fault]) -> None:
        """Mark the lines where something is wrong; empty unmarks all."""
        self.run_method("mark", [fault.model_dump() for fault in faults if fault.line])

    def go_to(self, line: int, column: int | None) -> None:
        """Put the cursor there."""
        self.run_method("goTo", line, column or 1)

    def _typed(self, event: GenericEventArguments) -> Any:
        said: Data = event.args if isinstance(event.args, dict) else {}
        text, number = said.get("text"), said.get("number")
        if isinstance(text, str) and len(text) <= MOST and isinstance(number, int):
            return self._on_typed(text.encode("utf-8", "replace").decode(), number)
        return None
