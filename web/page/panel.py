"""Panel: a part of the page as markup, and the actions that people take in it.

Python writes the whole part anew whenever something changed; the browser changes only what
differs, so that focus, scroll position and a half-typed word stay where they are. Controls say
what they mean: ``data-act="undo"`` on a button, ``data-param`` on a field. An action arrives
here as plain data from outside, and whoever handles it validates it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from web.page.markup import Node, html

Act = Callable[[str, dict[str, Any]], Any]


class Panel(ui.element, component="panel.js", esm={"tensorrag-page": "static/page"}):
    """A part of the page that is written as a whole."""

    def __init__(
        self, tag: str = "div", content: Node = None, *, act: Act | None = None, asks: bool = False
    ) -> None:
        """Write a part.

        Args:
            tag: element that it is.
            content: what is in it.
            act: called with an action's name and its data, both unchecked.
            asks: the grids of the page ask for their rows through this part.
        """
        super().__init__()
        self.props["asks"] = asks
        self._act = act
        self.props["as"] = tag
        self.props["content"] = html(content)
        self._left = False
        self.on("act", self._acted)

    def show(self, content: Node) -> None:
        """Replace what is seen, also what was typed in a field that means what it meant before."""
        written = html(content)
        if written != self.props["content"]:
            self.props["content"] = written
            self.update()
        elif self._left:
            self.run_method("again")
        self._left = False

    def tell(self, run: str, title: str, address: str) -> None:
        """Have the browser say that something has ended, if somebody allowed that."""
        self.run_method("tell", {"run": run, "title": title, "address": address})

    def _acted(self, event: GenericEventArguments) -> Any:
        data = event.args if isinstance(event.args, dict) else {}
        name = data.pop("act", None)
        self._left = self._left or data.get("typing") is False
        return self._act(name, data) if self._act and isinstance(name, str) else None
