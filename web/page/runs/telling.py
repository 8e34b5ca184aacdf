"""Has the browser say that a long run has ended, where somebody looks elsewhere."""

from __future__ import annotations

from nicegui import Client

from web.live.runs.notifying import Ended, Notifier
from web.page.icons import icon
from web.page.markup import Element, button
from web.page.panel import Panel


def tell_here(client: Client, notifier: Notifier, panel: Panel) -> None:
    """Follow all long runs until this page is closed."""

    def tell(ended: Ended) -> None:
        address = f"/edit/{ended.pipeline}" if ended.pipeline else ""
        with client:
            panel.tell(ended.run, ended.said, address)

    client.on_delete(notifier.listen(tell))


def ask_to_tell() -> Element:
    """Offer that; seen only where the browser has not been asked yet."""
    return button(
        ".link.asks", type="button", data_asks="notify", data_testid="ask-notify",
        title="The browser says it, once you allow that",
    )[icon("bell", ".s"), "Tell me when it has ended"]  # fmt: skip
