"""What pages about many cards share: the cards by name, their states, and keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tensorrag.edit.edges import title_of
from web.live.session import Session
from web.page.icons import glyph, state
from web.page.markup import Element, Node, button, kbd, li, span, tr, ul
from web.page.markup import td as cell
from web.page.scene.scene import kind_of

LISTED = 200
"""Cards that are named."""


def cards_by_name(session: Session, cards: Sequence[str]) -> Element:
    """List cards; each leads to its own page."""
    catalog, nodes = session.catalog, session.pipeline.nodes
    return ul(".cardlist")[
        [
            li(".row", data_key=f"card-{each}")[
                glyph(kind_of(catalog, catalog.cards.get(nodes[each].card))),
                button(".link.cut", type="button", data_act="focus", data_of=each)[
                    title_of(nodes[each], catalog)
                ],
            ]
            for each in cards[:LISTED]
        ]
    ]


def states_of(session: Session, cards: Iterable[str]) -> Node:
    """Count the states of cards."""
    states = session.stage.states
    counted = Counter(str(states.get(each, {}).get("state") or "idle") for each in cards)
    return [[state(name), span(".num.m2")[f"{count:,}"]] for name, count in sorted(counted.items())]


def with_keys(said: Node, keys: str) -> Element:
    """Write what is done with keys, and these."""
    boxes = [kbd[key] for key in keys.split()]
    return tr[cell[said], cell[span(".row", style="justify-content:flex-end;gap:3px")[boxes]]]
