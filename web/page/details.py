"""One card as the inspector sees it: what is known of it, its head and its tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorrag.catalog import TypeInfo
from tensorrag.check.problems import Problem
from tensorrag.pipeline.came_along import CameAlong
from tensorrag.rates import dollars
from web.page.card_place import CardPlace, waits_for
from web.page.fits import Fits
from web.page.form.content import Form
from web.page.icons import glyph, icon, state
from web.page.markup import (
    Element,
    Node,
    button,
    div,
    h2,
    span,
)
from web.page.where import ran_on
from web.page.wording import left, plural, seconds

TABS = ("result", "settings", "columns", "log")
Runtime = Mapping[str, Any]


@dataclass(frozen=True)
class Wire:
    """An input of a card, what it is wired to, and what else it could be."""

    port: str
    kind: TypeInfo | None
    value: str | None
    """Output that it is wired to, as ``node.port``; None where it is not."""
    options: Sequence[tuple[str, str]] = ()
    """Outputs that fit, as value and words."""
    detail: str = ""
    optional: bool = False
    many: bool = False
    wired: Sequence[tuple[str, str]] = ()
    """For inputs that take many: edge and words."""
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Limit:
    """What a card may use at most, and what it would be if nothing were said."""

    name: str
    """``timeout`` or ``memory``."""
    value: float | None
    default: int
    unit: str
    help: str


@dataclass(frozen=True)
class Card:
    """What the inspector shows of one card."""

    node: str
    title: str
    own_title: str = ""
    """The title that was given to it here; empty where it has its card's."""
    help: str = ""
    kind: TypeInfo | None = None
    known: bool = True
    own: bool = False
    """Whether its source lies in the workspace."""
    broken: bool = False
    """Whether it is not known because its file is broken."""
    enabled: bool = True
    runtime: Runtime | None = None
    settings: Form = field(default_factory=lambda: Form(node="", specs=(), params={}))
    wires: Sequence[Wire] = ()
    place: CardPlace | None = None
    """Where it runs; None where nothing is known of the card."""
    fits: Fits | None = None
    """How much room it takes; None where nobody knows."""
    limits: Sequence[Limit] = ()
    problems: Sequence[Problem] = ()
    came_along: CameAlong | None = None
    """Its source, where that came along with the pipeline and is not trusted."""
    differs: bool = False
    """Whether it came along with another source than the one that is used here."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Its settings as they stand in the file."""
    busy: bool = False
    """Whether any run is going on."""

    @property
    def state(self) -> str:
        """What the card does; ``idle`` before its first run."""
        return str((self.runtime or {}).get("state") or "idle")

    @property
    def stopping(self) -> bool:
        """Whether it is being stopped."""
        return bool((self.runtime or {}).get("cancelling"))

    @property
    def errors(self) -> int:
        """How many things keep it from running."""
        return sum(problem.level == "error" for problem in self.problems)


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
