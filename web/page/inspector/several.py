"""Several selected cards: which they are, and what can be done with all of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from web.live.session import Session
from web.page.inspector.listing import cards_by_name, states_of, with_keys
from web.page.markup import Node, button, div, h2, h3, table, tbody

DONE_WITH_ALL = (
    ("duplicate", "Duplicate", "Ctrl D"),
    ("copy", "Copy", "Ctrl C"),
    ("bypass", "Bypass, or switch on again", "B"),
    ("frame", "Frame", "Ctrl G"),
    ("collapse", "Collapse into one card", "Ctrl Shift G"),
    ("remove", "Delete", "Del"),
)
"""Commands of the canvas, what they are called here, and their keys."""


def several_view(session: Session, chosen: Iterable[str]) -> Node:
    """Draw them; nothing where fewer than two are left."""
    cards = [each for each in chosen if each in session.pipeline.nodes]
    if len(cards) < 2:
        return None
    actions = [
        with_keys(button(".link", type="button", data_command=command)[called], keys)
        for command, called, keys in DONE_WITH_ALL
    ]
    return [
        div(".ih")[
            h2[f"{len(cards):,} cards selected"], div(".row.s12.ihs")[states_of(session, cards)]
        ],
        div(".sec.wide")[h3["With all of them"], table(".mt")[tbody[actions]]],
        div(".sec.wide")[h3["Cards"], cards_by_name(session, cards)],
    ]
