"""The plain parts of the inspector: head, tabs, settings, what runs, what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorrag.catalog import TypeInfo
from tensorrag.problems import Problem
from web.form import Form, form, problem_message
from web.icons import glyph, icon, state
from web.markup import (
    Element,
    Node,
    b,
    button,
    div,
    h2,
    h3,
    input_,
    option,
    select,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.wording import left, number, plural, seconds, words

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
class Card:
    """What the inspector shows of one card."""

    node: str
    title: str
    own_title: str = ""
    """The title that was given to it here; empty where it has its card's."""
    help: str = ""
    kind: TypeInfo | None = None
    known: bool = True
    enabled: bool = True
    runtime: Runtime | None = None
    settings: Form = field(default_factory=lambda: Form(node="", specs=(), params={}))
    wires: Sequence[Wire] = ()
    problems: Sequence[Problem] = ()
    busy: bool = False
    """Whether any run is going on."""

    @property
    def state(self) -> str:
        """What the card does; ``idle`` before its first run."""
        return str((self.runtime or {}).get("state") or "idle")

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
    ]


def _action(card: Card) -> Node:
    if card.state in ("running", "queued") and card.busy:
        return button(".btn.o.sml", type="button", data_act="cancel_card", data_node=card.node)[
            icon("stop", ".s"), "Cancel card"
        ]
    if not card.known or card.busy or card.errors:
        return None
    title = "Run this card, and what it needs"
    return button(
        ".btn.o.sml", type="button", data_act="run_node", data_node=card.node, title=title
    )[icon("play", ".s"), "Run to here"]


def _menu(card: Card) -> Node:
    def item(act: str, word: str, **data: str) -> Element:
        return button(
            ".mi", type="button", role="menuitem", data_act=act, data_node=card.node, **data
        )[word]

    return [
        button(
            ".btn.i.end", type="button", popovertarget="card-menu", aria_label="More",
            title="More", aria_haspopup="menu",
        )[icon("dots")],
        div(".menu.cardmenu", id="card-menu", popover="auto", role="menu", aria_label=card.title)[
            item("bypass", "Run it" if not card.enabled else "Bypass it"),
            item("duplicate", "Duplicate"),
            item("remove", "Delete"),
        ],
    ]  # fmt: skip


def _state(card: Card) -> Node:
    if not card.known:
        return [state("failed", "Not installed"), span(".m2")["· its settings are kept"]]
    if card.errors and card.state not in ("running", "queued"):
        return [
            state("failed", plural(card.errors, "problem")),
            span(".m3")["·"],
            span(".m2.cut")["cannot run until it is fixed"],
        ]
    runtime = card.runtime or {}
    place = [
        {"local": "this machine"}.get(str(runtime.get("executor")), runtime.get("executor")),
        runtime.get("device"),
    ]
    where = ", ".join(str(each) for each in place if each)
    took = "reused" if runtime.get("cached") else seconds(runtime.get("seconds"))
    progress = runtime.get("progress") or {}
    if card.state == "running" and progress:
        took = left(progress.get("left"))
    reason = runtime.get("reason") if card.state not in ("done", "running", "queued") else None
    detail = str(reason) if reason else where
    return [
        state(card.state if card.enabled else "bypassed"),
        detail and [span(".m3")["·"], span(".m2.cut", title=detail)[detail]],
        span(".sp"),
        took and span(".num.m2")[took],
    ]


def tabs(chosen: str, card: Card) -> Node:
    """Draw the tabs of the inspector."""
    return div(".tabs", role="tablist", aria_label=card.title)[
        [
            button(
                type="button", role="tab", data_act="tab", data_tab=name, id=f"tab-{name}",
                aria_selected="true" if name == chosen else "false", aria_controls="tab-panel",
                tabindex="0" if name == chosen else "-1",
            )[name.title(), name == "settings" and _count(card.errors)]
            for name in TABS
        ]
    ]  # fmt: skip


def _count(errors: int) -> Node:
    return span(".tag.error")[errors] if errors else None


# --- settings -----------------------------------------------------------------------------------


def settings(card: Card) -> Node:
    """Draw everything that can be set: parameters, inputs, title."""
    placed = {wire.port for wire in card.wires}
    loose = [p for p in card.problems if not p.field and p.port not in placed]
    gone = [p for p in card.problems if p.field and p.field not in _names(card)]
    return [
        [div(".sec")[problem_message(problem)] for problem in (*loose, *gone)],
        card.known and form(card.settings),
        _inputs(card) if card.wires else None,
        _why(card),
        _titled(card),
    ]


def _names(card: Card) -> set[str]:
    values = card.settings.values()
    return {spec.name for spec in card.settings.specs if spec.active(values)}


def _inputs(card: Card) -> Element:
    return div(".sec.wide")[
        h3["Inputs"],
        table(".mt.wires")[tbody[[_wire(card.node, wire) for wire in card.wires]]],
        [problem_message(problem) for wire in card.wires for problem in wire.problems],
    ]


def _wire(node: str, wire: Wire) -> Element:
    named = f"Input {wire.port}"
    empty = "not connected" if wire.optional else "needs a wire"
    options: list[Node] = [
        option(value="", selected=wire.value is None)[empty if not wire.many else "add a wire"]
    ]
    options += [option(value=v, selected=v == wire.value)[text] for v, text in wire.options]
    chooser = select(
        data_sets="wire", data_node=node, data_port=wire.port, aria_label=named,
        disabled=not wire.options,
    )[options]  # fmt: skip
    return tr(data_input=wire.port)[
        td[span(".row")[glyph(wire.kind), span(".cut")[wire.port]]],
        td[
            div(".inp.flat", title=wire.detail or None)[chooser, icon("chevron", ".s")],
            wire.detail and div(".t11.m3")[wire.detail],
        ],
    ]


def _why(card: Card) -> Node:
    runtime = card.runtime or {}
    reason = runtime.get("reason")
    if card.state != "stale" or not reason:
        return None
    return div(".sec.wide")[
        h3["Why it runs again"],
        div(".msg.stale", style="margin-top:0")[
            span(".c-stale")[icon("stale", ".s")],
            div[f"{str(reason)[:1].upper()}{str(reason)[1:]}."],
        ],
    ]


def _titled(card: Card) -> Element:
    field_ = input_(
        type="text", value=card.own_title, placeholder=card.title, maxlength="200",
        data_sets="title", data_node=card.node, data_blurs=True, id="card-title",
        autocomplete="off", spellcheck="false",
    )  # fmt: skip
    return div(".sec.wide")[
        h3["This card"],
        div(".fl.plain")[span["Title"]],
        div(".inp")[field_(aria_label="Title of this card")],
        card.help and div(".cap.help")[card.help],
    ]


# --- what runs, what failed ---------------------------------------------------------------------


def progress_part(runtime: Runtime) -> Node:
    """Show how far a running card is, and the numbers it reports."""
    progress = runtime.get("progress") or {}
    if not progress:
        return div(".sec.s12.m2")["It has started, and has not reported yet."]
    done, total, unit = progress.get("done"), progress.get("total"), progress.get("unit") or "step"
    named = f"{words(str(unit))} {number(done)}" + (f" of {number(total)}" if total else "")
    share = min(1.0, done / total) if total and isinstance(done, int | float) else None
    return div(".sec.s12")[
        div(".row")[b[named], span(".sp"), span(".num")[_left(progress.get("left"))]],
        share is not None
        and div(
            ".bar6", role="progressbar", aria_valuenow=round(100 * share), aria_valuemin=0,
            aria_valuemax=100, aria_label=named,
        )[span(style=f"width:{100 * share:.1f}%")],
    ]  # fmt: skip


def _left(value: Any) -> Node:
    written = left(value) if isinstance(value, int | float) else ""
    return written and [written.removesuffix(" left"), span(".u")[" left"]]


def numbers_part(now: Mapping[str, float], best: Mapping[str, float]) -> Node:
    """Show what a running card reports: now, and the best so far."""
    if not now:
        return None
    return div(".sec")[
        table(".mt.metrics")[
            thead[
                tr[
                    th(scope="col")[span(".vh")["Figure"]],
                    th(scope="col")["Now"],
                    th(".w74", scope="col")["Best"],
                ]
            ],
            tbody[
                [
                    tr(data_metric=name, data_value=repr(value))[
                        td[metric_words(name)], td(".v")[number(value)], td[number(best.get(name))]
                    ]
                    for name, value in now.items()
                ]
            ],
        ]
    ]


_METRICS = {
    "loss": "Loss, train",
    "validation_loss": "Loss, validation",
    "val_loss": "Loss, validation",
    "r2": "R²",
    "validation_r2": "R² validation",
    "rows_per_second": "Rows per second",
}


def metric_words(name: str) -> str:
    """Write the name of a reported number."""
    return _METRICS.get(name, words(name))


def failure(error: Mapping[str, Any]) -> Element:
    """Say what failed and what to do, the traceback folded away."""
    trace = error.get("traceback")
    return div(".sec")[
        div(".msg.error", role="alert", style="margin-top:0")[
            span(".c-error")[icon("failed", ".s")],
            div(".sp")[
                span(".w5")[str(error.get("message", ""))],
                error.get("hint") and div(".m2")[str(error["hint"])],
            ],
        ],
        trace and details_of("Where it happened", div(".log")[str(trace)]),
    ]


def details_of(word: str, content: Node) -> Element:
    """Fold something away under a word."""
    return Element("details")(".fold")[Element("summary")[word], content]


def nothing_yet(card: Card) -> Element:
    """Say what a result will be, and how to get it."""
    if card.errors:
        return div(".sec.lead")["It has no result: solve its problems first, under Settings."]
    if card.state == "blocked":
        reason = (card.runtime or {}).get("reason")
        return div(".sec.lead")[f"It did not run: {reason}." if reason else "It did not run."]
    if card.state == "queued":
        return div(".sec.lead")["It waits for the cards before it."]
    if card.state == "cancelled":
        return div(".sec.lead")["It was cancelled before it had a result."]
    return div(".sec.lead")[
        "No result yet. ",
        button(".link", type="button", data_act="run_node", data_node=card.node)["Run to here"],
        " shows it.",
    ]
