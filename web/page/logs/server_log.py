"""The page of the server's log: what it did and what went wrong, found by level and by text."""

from __future__ import annotations

from pathlib import Path

from web.page.bar_buttons import finder_button, settings_link, theme_button
from web.page.icons import MARK, icon
from web.page.logs.view import copy_button, download_link, search_field
from web.page.markup import Element, Node, a, button, div, h1, header, span
from web.page.panel import Panel
from web.server_log.writing import path_in

ADDRESS = "/log"
SOURCE = "/api/log"
NOTHING = "Nothing was logged yet. What the server does, and what goes wrong, appears here."
LEVELS = (
    ("", "All", "Every entry"),
    ("warning", "Warnings", "Warnings and errors"),
    ("error", "Errors", "Errors alone"),
)


def build(root: Path) -> None:
    """Put the page together: the browser fetches the lines, as they come into view."""
    Panel("div", [_header(path_in(root)), _log()]).classes("logpage")


def _header(path: Path) -> Element:
    return header(".top")[
        a(".home", href="/", title="All pipelines")[MARK, span(".crumb")["Pipelines"]],
        span(".slash", aria_hidden="true")["/"],
        h1(style="font-weight:600")["Server log"],
        span(".mono.m3.cut.at", title=f"Where it lies: {path}")[str(path)],
        span(".sp"),
        finder_button(),
        settings_link(),
        theme_button(),
    ]


def _log() -> Element:
    return Element("server-log")(src=SOURCE, nothing=NOTHING, data_testid="server-log")[
        div(".logbar")[search_field(), _levels(), span(".count.u.num", data_own=True), _tools()],
        div(".lines", data_own=True, tabindex="0", role="log", aria_label="Lines of the log"),
    ]


def _levels() -> Element:
    """Offer the least that an entry must be."""
    return div(".seg", role="group", aria_label="Which entries")[
        [
            button(
                type="button", data_level=level, title=title,
                aria_pressed="true" if not level else "false",
            )[word]
            for level, word, title in LEVELS
        ]
    ]  # fmt: skip


def _tools() -> Node:
    return [
        button(".btn.o.sml.follow", type="button", data_log="follow", data_testid="follow")[
            icon("pause", ".s"), icon("play", ".s"), span(".word")["Pause"]
        ],
        copy_button(),
        download_link(SOURCE, "server.log"),
    ]
