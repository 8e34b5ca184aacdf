"""What came from elsewhere: data that nobody has looked at yet, cards that nobody trusts yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorrag.pipeline.came_along import CameAlong
from tensorrag.quoting import quoted, visible
from web.live.session import Session
from web.live.trusting import waiting_cards
from web.page.icons import icon
from web.page.markup import Element, Node, b, button, div, h3, pre, span, table, tbody, td, th, tr
from web.page.wording import plural

NAMED = 2
"""Most sources that the banner names."""
NAME_SHOWN = 40
"""Longest name of a source there, in characters."""
VALUE_SHOWN = 200
"""Longest value of a setting that is shown, in characters."""


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


def placeholder(node: str, came: CameAlong | None, params: Mapping[str, Any]) -> Node:
    """Draw what is known of a card that is not here: the source that came along, its settings."""
    return [_source(node, came) if came is not None else None, _kept(params) if params else None]


def _source(node: str, came: CameAlong) -> Element:
    lines = came.source.splitlines()
    return div(".sec.wide")[
        h3["Its source", span(".u")[f"{plural(len(lines), 'line')} · sha256 {came.sha256[:12]}"]],
        div(".msg.error")[span(".c-error")[icon("failed", ".s")], came.trouble]
        if came.trouble
        else _trust(node, came),
        pre(".source", tabindex="0", data_testid="card-source")[
            "\n".join("\t".join(map(visible, line.split("\t"))) for line in lines)
        ],
    ]


def _trust(node: str, came: CameAlong) -> Node:
    trust = button(
        ".btn.p.sml", type="button", data_act="trust_card", data_testid="trust-card",
        data_of=node, data_sha256=came.sha256,
    )["Trust this card"]  # fmt: skip
    return div(".msg.info")[
        span(".c-idle")[icon("info", ".s")],
        div(".sp")[
            span(".w5")["It came along with this pipeline, and has never run here."],
            div(".m2")["A card is a program: once trusted, it may do whatever you may."],
            div(".fix")[trust],
        ],
    ]


def _kept(params: Mapping[str, Any]) -> Element:
    rows = [
        tr[th(scope="row")[visible(name)], td(".cut")[visible(str(value))[:VALUE_SHOWN]]]
        for name, value in params.items()
    ]
    return div(".sec.wide")[h3["Settings that are kept"], table(".mt")[tbody[rows]]]
