"""The Settings of a card: its parameters, what its inputs are wired to, and its title."""

from __future__ import annotations

from web.page.form.form import form, problem_message
from web.page.icons import glyph, icon
from web.page.markup import (
    Element,
    Node,
    button,
    div,
    h3,
    input_,
    label,
    option,
    p,
    select,
    span,
    table,
    tbody,
    td,
    tr,
)
from web.page.placing.card_place import PLACE_FIELDS, card_place
from web.page.placing.fits import fits
from web.page.prose import prose
from web.page.remedies import edit_source
from web.page.scene.card import Card, Limit, Wire
from web.page.sources.came_along import placeholder

_LIMITS = {"timeout": "Time", "memory": "Memory"}


def settings(card: Card) -> Node:
    """Draw everything that can be set: parameters, inputs, title."""
    placed = {wire.port for wire in card.wires}
    loose = [p for p in card.problems if not p.field and p.port not in placed]
    loose = [p for p in loose if p.code != "card_untrusted"]  # said beside the source
    known = {*_names(card), *PLACE_FIELDS}
    gone = [p for p in card.problems if p.field and p.field not in known]
    return [
        [div(".sec")[problem_message(problem)] for problem in (*loose, *gone)],
        card.broken and div(".sec")[edit_source(card.node)],
        form(card.settings) if card.known else placeholder(card.node, card.came_along, card.params),
        fits(card.fits),
        _inputs(card) if card.wires else None,
        _why(card),
        card_place(card.place) if card.place else None,
        _limits(card) if card.limits else None,
        _titled(card),
    ]


def _names(card: Card) -> set[str]:
    return {spec.name for spec in card.settings.visible()}


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
    there = [
        div(".row.s12", data_key=edge)[
            span(".cut", title=called)[called], _unwire(node, edge, called)
        ]
        for edge, called in wire.wired
        if wire.many
    ]
    chooser = select(
        data_sets="wire", data_of=node, data_at=wire.port, aria_label=named,
        disabled=not wire.options,
    )[options]  # fmt: skip
    return tr(data_input=wire.port)[
        td[span(".row")[glyph(wire.kind), span(".cut")[wire.port]]],
        td[
            there,
            div(".inp.flat", title=wire.detail or None)[chooser, icon("chevron", ".s")],
            wire.detail and div(".t11.m3")[wire.detail],
        ],
    ]


def _unwire(node: str, edge: str, called: str) -> Element:
    says = f"Remove the wire from {called}"
    return button(
        ".x",
        type="button",
        data_act="unwire",
        data_of=node,
        data_edge=edge,
        title=says,
        aria_label=says,
    )[icon("close", ".s")]


def _why(card: Card) -> Node:
    runtime = card.runtime or {}
    reason = runtime.get("reason")
    if card.state != "stale" or not reason or card.errors:
        return None
    return div(".sec.wide")[
        h3["Why it runs again"],
        div(".msg.stale", style="margin-top:0")[
            span(".c-stale")[icon("stale", ".s")],
            div[f"{str(reason)[:1].upper()}{str(reason)[1:]}."],
        ],
    ]


def _limits(card: Card) -> Element:
    return div(".sec.wide")[h3["Limits"], [_limit(card.node, limit) for limit in card.limits]]


def _limit(node: str, limit: Limit) -> Element:
    named, key = f"{_LIMITS[limit.name]} limit", f"limit-{limit.name}"
    control = input_(
        type="text", id=key, data_sets="limit", data_of=node, data_param=limit.name,
        data_kind="number", data_min=0, data_step=max(1, limit.default // 100),
        value="" if limit.value is None else str(limit.value), placeholder=f"{limit.default:,}",
        inputmode="decimal", autocomplete="off", spellcheck="false", aria_describedby=f"{key}-help",
    )  # fmt: skip
    return div(".field", data_limit=limit.name)[
        div(".fl")[label(for_=key)[named], _back(node, limit, named)],
        div(".inp.short")[control, span(".u")[limit.unit]],
        div(".cap", id=f"{key}-help")[limit.help],
    ]


def _back(node: str, limit: Limit, named: str) -> Element:
    """Beside the label: the default, or the way back to it."""
    if limit.value is None:
        return span(".u")["default"]
    word = f"reset to {limit.default:,}"
    return button(
        ".link.u", type="button", data_act="limit", data_of=node, data_param=limit.name,
        aria_label=f"{named}: {word}", title=word,
    )[word]  # fmt: skip


def _paragraphs(help_text: str) -> list[str]:
    """Undo the line breaks of a docstring, except those between paragraphs."""
    return [" ".join(part.split()) for part in help_text.split("\n\n") if part.strip()]


def _titled(card: Card) -> Element:
    field_ = input_(
        type="text", value=card.own_title, placeholder=card.title, maxlength="200",
        data_sets="title", data_of=card.node, data_blurs=True, id="card-title",
        autocomplete="off", spellcheck="false",
    )  # fmt: skip
    return div(".sec.wide")[
        h3["This card"],
        div(".fl.plain")[span["Title"]],
        div(".inp")[field_(aria_label="Title of this card")],
        card.differs and p(".cap.help")["Another version came along; the one here is used."],
        [p(".cap.help")[prose(paragraph)] for paragraph in _paragraphs(card.help)],
    ]
