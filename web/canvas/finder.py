"""``Finder``: the command palette of a page without a canvas."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from nicegui import ui


class Finder(ui.element, component="finder.js", esm={"tensorrag-canvas": "dist"}):
    """Opens with ``Ctrl+K``, or a control with ``data-command="palette"``.

    What can be done on the page it knows from the page's own controls.
    """

    def __init__(self, on_opened: Callable[[], Awaitable[None]]) -> None:
        """``on_opened`` is called every time it opens, and answers with `set_leads`."""
        super().__init__()
        self.on("opened", on_opened, args=[])

    def set_leads(self, leads: Iterable[Mapping[str, Any]]) -> None:
        """Say where it can lead besides the page."""
        self.run_method("setLeads", list(leads))
