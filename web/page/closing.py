"""The button that closes what lies over the canvas: a table, a plot, a log."""

from __future__ import annotations

from web.page.icons import icon
from web.page.markup import Node, button


def close_button(what: str) -> Node:
    """Return the button that sends ``close_<what>``, as the key Escape does."""
    return button(
        ".btn.i", type="button", data_act=f"close_{what}", aria_label=f"Close the {what}",
        title="Close (Esc)", data_keys="escape",
    )[icon("close")]  # fmt: skip
