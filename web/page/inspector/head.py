"""The head of a card in the inspector: its title, how it stands, what can be done; and the tabs."""

from __future__ import annotations

from tensorrag.rates import dollars
from web.page.icons import glyph, icon, state
from web.page.markup import (
    Element,
    Node,
    button,
    div,
    h2,
    span,
)
from web.page.placing.card_place import waits_for
from web.page.placing.where import ran_on
from web.page.scene.card import Card, Runtime
from web.page.wording import left, plural, seconds

TABS = ("result", "settings", "columns", "log")


def head(card: Card) -> Node:
    """Draw title, state, device and time, and what can be done with the card."""
    return div(".ih")[
        div(".row")[
            glyph(card.kind),
            h2(title=card.title)[card.title],
            span(".sp"),
            _action(card),
            _menu(card),
        ],
        div(".row.s12.ihs")[_state(card)],
        not card.stopping and waits_for(card.node, (card.runtime or {}).get("waiting")),
    ]


def _action(card: Card) -> Node:
    if card.state in ("running", "queued") and card.busy:
        return button(
            ".btn.o.sml", type="button", data_act="cancel_card", data_of=card.node,
            disabled=card.stopping, title="It is being stopped" if card.stopping else None,
        )[icon("stop", ".s"), "Cancel card"]  # fmt: skip
    if not card.known or card.busy or card.errors:
        return None
    title = "Run to here: this card, and what it needs"
    return button(".btn.o.sml", type="button", data_act="run_node", data_of=card.node, title=title)[
        icon("play", ".s"), "Run"
    ]


def _menu(card: Card) -> Node:
    def item(act: str, word: str, testid: str | None = None) -> Element:
        return button(
            ".mi", type="button", role="menuitem", data_act=act, data_of=card.node,
            data_testid=testid,
        )[word]  # fmt: skip

    return [
        button(
            ".btn.i.end", type="button", popovertarget="card-menu", aria_label="More",
            title="More", aria_haspopup="menu",
        )[icon("dots")],
        div(".menu.cardmenu", id="card-menu", popover="auto", role="menu", aria_label=card.title)[
            item("bypass", "Run it" if not card.enabled else "Bypass it"),
            item("duplicate", "Duplicate"),
            (card.own or card.broken) and item("edit_source", "Edit source", testid="edit-source"),
            item("remove", "Delete"),
        ],
    ]  # fmt: skip


def _state(card: Card) -> Node:
    if not card.known:
        here = "Broken file" if card.broken else "Not installed"
        word = "Not trusted yet" if card.came_along else here
        return [state("failed", word), span(".m2")["· its settings are kept"]]
    if card.errors and card.state not in ("running", "queued"):
        return [
            state("failed", plural(card.errors, "problem")),
            span(".m3")["·"],
            span(".m2.cut")[
                f"cannot run until {'it is' if card.errors == 1 else 'they are'} fixed"
            ],
        ]
    runtime = card.runtime or {}
    where = ran_on(runtime)
    took = "reused" if runtime.get("cached") else seconds(runtime.get("seconds"))
    progress = runtime.get("progress") or {}
    no_room = card.state == "running" and bool(runtime.get("waiting"))
    if card.stopping or no_room:
        took = ""
    elif card.state == "running" and progress:
        took = left(progress.get("left"))
    interrupted = card.state == "cancelled" and runtime.get("reason") == "interrupted"
    reason = runtime.get("reason") if card.state not in ("done", "running", "queued") else None
    said = reason and reason not in (card.state, "interrupted")
    detail = str(reason).removeprefix("cancelled: ") if said else where
    named = "interrupted" if interrupted else card.state if card.enabled else "bypassed"
    return [
        state("queued", "Waits for room")
        if no_room and not card.stopping
        else state("stopping" if card.stopping else named),
        detail and [span(".m3")["·"], span(".m2.cut", title=detail)[detail]],
        span(".sp"),
        [span(".num.m2")[each] for each in (_cost(runtime), took) if each],
    ]


def _cost(runtime: Runtime) -> str:
    """Say what it has cost, once that is known; while it runs, a bar shows it."""
    cost = runtime.get("cost")
    return dollars(cost) if cost and runtime.get("state") != "running" else ""


def tabs(chosen: str, card: Card) -> Node:
    """Draw the tabs of the inspector."""
    return div(".tabs", role="tablist", aria_label=card.title)[
        [
            button(
                type="button", role="tab", data_act="tab", data_tab=name, data_of=card.node,
                id=f"tab-{name}",
                aria_selected="true" if name == chosen else "false", aria_controls="tab-panel",
                tabindex="0" if name == chosen else "-1",
            )[name.title(), name == "settings" and _count(card.errors)]
            for name in TABS
        ]
    ]  # fmt: skip


def _count(errors: int) -> Node:
    return span(".tag.error")[errors] if errors else None
