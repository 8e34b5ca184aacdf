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
from web.live.cards.unsaved import MOST
from web.page.actions import Data


class SourceEditor(ui.element, component="editor.js"):
    """A text in Python that somebody writes."""

    def __init__(
        self,
        text: str,
        label: str,
        on_typed: Callable[[str, int], Any],
        on_late: Callable[[], Any],
    ) -> None:
        """Show a text.

        Args:
            text: what is there at first.
            label: what it is, for those who listen.
            on_typed: called with the whole text and its number, which `kept` gives back; where
                no page could send it, with more than `MOST` blanks.
            on_late: called when something was typed into a text that `take` had replaced.
        """
        super().__init__()
        self.props.update({"text": text, "label": label, "most": MOST})
        self._on_typed, self._on_late = on_typed, on_late
        self._epoch = 0
        """How often the text was replaced."""
        self.on("typed", self._typed)

    def take(self, text: str) -> None:
        """Replace the text: it is not what was typed any more."""
        self._epoch += 1
        self.run_method("take", text, self._epoch)

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
        if not isinstance(text, str) or not isinstance(number, int):
            return None
        if said.get("epoch") != self._epoch:
            return self._on_late()
        return self._on_typed(text.encode("utf-8", "replace").decode(), number)
