"""What came from elsewhere and waits for a word: data not looked at yet, cards not trusted yet."""

from __future__ import annotations

from collections.abc import Sequence

from tensorrag.quoting import quoted
from web.live.cards.trusting import waiting_cards
from web.live.session import Session
from web.page.icons import icon
from web.page.markup import Element, Node, b, button, div, span

NAMED = 2
"""Most sources that the banner names."""
NAME_SHOWN = 40
"""Longest name of a source there, in characters."""


def waiting(session: Session, dropped: Node = None) -> Node:
    """Say what waits for a word of the person who opened it, first what was dropped just now."""
    off = waiting_cards(session.pipeline, session.catalog)
    nodes = [node.id for node in session.pipeline.nodes.values() if node.card in off]
    parts = [dropped, _cards(nodes) if nodes else None, _data(session)]
    return div(".elsewhere", role="status", data_testid="elsewhere")[parts] if any(parts) else None


def _cards(nodes: Sequence[str]) -> Element:
    what = "1 card came along and is off." if len(nodes) == 1 else f"{len(nodes)} cards are off."
    show = button(".btn.o.sml", type="button", data_act="focus", data_of=nodes[0])
    return _line(what, "Read the source, and trust it if you do.", show["Show the source"])


def _data(session: Session) -> Element | None:
    unread = list(dict.fromkeys(session.checking.unread().values()))
    if not unread or session.running:
        return None
    names = [_end_of(name) for name in unread[:NAMED]]
    more = [f"{len(unread) - NAMED} more"] if len(unread) > NAMED else []
    named = " and ".join([*names, *more])
    if session.checking.looking:
        return _line(f"Looking at {named} …")
    what = f"{named} {'was' if len(unread) == 1 else 'were'} not read yet."
    look = button(".btn.o.sml", type="button", data_act="look_at_data", data_testid="look-at-data")
    return _line(what, "Run reads what it needs.", look["Look at it now"])


def _end_of(name: str) -> str:
    """Quote a name; of a long path, the end says what it is."""
    return quoted(name if len(name) <= NAME_SHOWN else f"…{name[1 - NAME_SHOWN :]}")


def _line(what: str, then: str = "", action: Node = None) -> Element:
    return div(".row")[
        span(".c-idle")[icon("info", ".s")], div(".sp")[b[what], " ", span(".m2")[then]], action
    ]
