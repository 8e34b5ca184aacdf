"""Logs as people read them: searched while they type, copied, downloaded, or over the whole page.

The lines themselves are fetched by the browser as they come into view (``static/page/log.js``), so
that a hundred thousand of them cost no more than a hundred.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from nicegui import ui

from web.live.session import Session
from web.page.actions import Action, Data, text
from web.page.closing import close_button
from web.page.icons import icon
from web.page.markup import Element, Node, a, b, button, div, input_, span
from web.page.panel import Act, Panel
from web.page.scene.scene import titles

WAITING = "What it prints appears here while it runs."


def last_line(events: Sequence[Mapping[str, Any]], node: str | None = None) -> int:
    """Return the number of the last event that told of something printed; 0 if there is none."""
    logged = (
        e["seq"] for e in reversed(events) if e["type"] == "log" and node in (None, e["node"])
    )
    return int(next(logged, 0))


def log_view(
    run: str,
    node: str | None = None,
    *,
    seen: int = 0,
    names: Mapping[str, str] | None = None,
    nothing: str = WAITING,
    title: str | None = "",
    bare: bool = False,
) -> Element:
    """Show the log of a run, or of one card of it.

    Args:
        run: its id; before the first run there is nothing but ``nothing``.
        node: the card; without one, each line says whose it is.
        seen: number of the last event that is known: the lines are fetched again when it rises.
        names: what the cards are called, by node.
        nothing: what stands there when nothing was printed.
        title: of it over the whole page; None offers no such thing.
        bare: the lines alone.
    """
    if not run:
        return div(".quiet")[nothing]
    place = f"/nodes/{quote(node, safe='')}" if node is not None else ""
    source = f"/api/runs/{quote(run, safe='')}{place}/log"
    return Element("log-view")(
        src=source, seen=seen, nothing=nothing, data_key=source,
        names=json.dumps(names or {}) if node is None else None,
    )[
        not bare and _bar(run, node, source, title),
        div(".lines", data_own=True, tabindex="0", role="log", aria_label="Lines of the log"),
    ]  # fmt: skip


def reused_log(run: str, node: str, number: int | None = None) -> Node:
    """Show what was printed when a result was made that was only reused since.

    Args:
        run: the run that made it.
        node: the card that did.
        number: of the run, where it is one of this pipeline.
    """
    where: Node = "a run of another pipeline"
    if number is not None:
        where = button(".link", type="button", data_act="past_run", data_of=run)[f"run {number}"]
    return [
        div(".sec.t11.m2", data_testid="reused-log")[
            "Its result was reused. This was printed when it was made, in ", where, "."
        ],
        log_view(run, node, nothing="It printed nothing."),
    ]  # fmt: skip


def search_field() -> Element:
    """Offer to look for a text; the browser does it."""
    field = input_(
        type="search", placeholder="Search the log", aria_label="Search the log", data_local=True,
        autocomplete="off", spellcheck="false", maxlength="200",
    )  # fmt: skip
    return div(".search")[icon("search", ".s"), field]


def copy_button() -> Element:
    """Offer to copy all lines that were found."""
    return _tool("copy", "copy", "Copy these lines")


def download_link(source: str, name: str) -> Element:
    """Offer all lines as a file, whatever is looked for."""
    title = "Download the whole log as text"
    return a(
        ".btn.i.sml", href=source, download=name, title=title, aria_label=title,
        data_log="download",
    )[icon("import", ".s")]  # fmt: skip


def _bar(run: str, node: str | None, source: str, title: str | None) -> Element:
    name = f"{run}.{node}.txt" if node is not None else f"{run}.txt"
    return div(".logbar")[
        search_field(),
        span(".count.u.num", data_own=True),
        _tool("end", "down", "Go to the end and follow it"),
        copy_button(),
        download_link(source, name),
        title is not None and button(
            ".btn.i.sml", type="button", data_act="open_log", data_of=node, data_in=run,
            data_title=title, title="Open over the whole page",
            aria_label="Open over the whole page",
        )[icon("expand", ".s")],
    ]  # fmt: skip


def _tool(does: str, drawing: str, title: str) -> Element:
    return button(".btn.i.sml", type="button", data_log=does, title=title, aria_label=title)[
        icon(drawing, ".s")
    ]


class OpenLog:
    """The log that a tab has open over the whole page, if any."""

    def __init__(self, session: Session, act: Act) -> None:
        self._session, self._act = session, act
        self._place = ui.element("div")
        self._panel: Panel | None = None
        self._of: tuple[str, str | None, str] = ("", None, "")
        self.actions: dict[str, Action] = {"open_log": self._open, "close_log": self._close}

    def show(self) -> None:
        """Show what was printed since."""
        if self._panel is not None:
            self._panel.show(self._content())

    def _open(self, data: Data) -> None:
        """Open the log of a run, of one card of it if one is named, under a title."""
        self._close({})
        self._of = text(data, "in"), text(data, "of") or None, text(data, "title")[:100]
        with self._place:
            self._panel = Panel("section", self._content(), act=self._act).classes(
                "sheetview printed"
            )
            self._panel.props.update({"aria-label": "Log", "data-testid": "log-sheet"})

    def _close(self, _: Data) -> None:
        if self._panel is not None:
            self._panel.delete()
            self._panel = None

    def _content(self) -> Node:
        run, node, title = self._of
        history, names = self._session.history, titles(self._session)
        current = run == (history.run_of(node) if node else history.run_id)
        seen = last_line(history.events, node) if current else 0
        return [
            div(".hh")[
                close_button("log"),
                b(style="font-size:15px")[names.get(node, node) if node else title or "Log"],
                span(".m2")["log"] if node else None,
                span(".mono.m3")[run],
            ],
            log_view(run, node, seen=seen, names=names, title=None,
                     nothing="Nothing was printed."),
        ]  # fmt: skip
