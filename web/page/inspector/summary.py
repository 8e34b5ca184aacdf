"""The pipeline's own summary: what the inspector shows when no card is chosen."""

from __future__ import annotations

from collections import Counter

from web.live.session import Session
from web.page.icons import state
from web.page.inspector.listing import cards_by_name, with_keys
from web.page.markup import (
    Element,
    Node,
    button,
    div,
    h2,
    h3,
    input_,
    label,
    span,
    table,
    tbody,
    td,
    textarea,
    tr,
)
from web.page.wording import plural


def summary(session: Session) -> Node:
    """Draw name, description, cards and the last run."""
    return [
        div(".ih.about-all")[
            h2[session.pipeline.name or "Pipeline without a name"],
            div(".row.s12.ihs.m2")[_counts(session)],
        ],
        _description(session),
        _last_run(session),
        _cards(session),
        _limits(session),
        _keys(),
    ]


def _counts(session: Session) -> str:
    pipeline = session.pipeline
    return f"{plural(len(pipeline.nodes), 'card')} · {plural(len(pipeline.edges), 'wire')}"


def _description(session: Session) -> Element:
    written = textarea(
        id="description", rows="3", maxlength="4000", placeholder="What is this pipeline for?",
        aria_label="Description", data_sets="describe",
    )[session.pipeline.description]  # fmt: skip
    return div(".sec")[h3["Description"], div(".inp.area")[written]]


def _limits(session: Session) -> Element:
    now = session.pipeline.settings.get("timeout")
    control = input_(
        type="text", id="time-limit", data_sets="time_limit", data_kind="number", data_min=0,
        data_step=10, value="" if now is None else str(now), inputmode="decimal",
        autocomplete="off", spellcheck="false", aria_describedby="time-limit-help",
    )  # fmt: skip
    return div(".sec.wide")[
        h3["Limits of each card"],
        div(".field")[
            div(".fl")[label(for_="time-limit")["Time limit"]],
            div(".inp.short")[control, span(".u")["s"]],
            div(".cap", id="time-limit-help")[
                "Empty: the usual one of each card. A card may have its own, in its settings."
            ],
        ],
    ]


def _last_run(session: Session) -> Node:
    if session.following.status == "idle":
        return None
    counted = Counter(str(runtime["state"]) for runtime in session.stage.states.values())
    rows = [tr[td[state(name)], td[f"{count:,}"]] for name, count in sorted(counted.items())]
    return div(".sec.wide")[h3["Cards now"], table(".mt")[tbody[rows]]]


def _cards(session: Session) -> Node:
    cards = list(session.pipeline.nodes)
    return div(".sec.wide")[h3["Cards"], cards_by_name(session, cards)] if cards else None


def _keys() -> Element:
    """Name the keys that lead to all others."""
    keys = (("Find anything", "Ctrl K"), ("Add a card", "/"), ("Run", "Ctrl Enter"))
    rows = [with_keys(name, key) for name, key in keys]
    all_of_them = button(".link", type="button", data_command="shortcuts")["All shortcuts"]
    return div(".sec.wide")[h3["Keyboard"], table(".mt")[tbody[rows]], all_of_them]
