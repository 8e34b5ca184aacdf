"""Where one card runs: chosen in its settings, with why, and what it costs there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorrag.check.problems import Problem
from tensorrag.gpus import GPUS
from tensorrag.placement import LOCAL, TITLES, Placement
from web.page.form.form import problem_message
from web.page.icons import icon
from web.page.markup import Element, Node, a, button, div, h3, label, option, select, span
from web.page.placing.where import AUTOMATIC, Rented, trouble
from web.page.wording import dollars, seconds, size

PLACE_FIELDS = frozenset({"run_on", "gpu"})
"""What of a card's problems is said beside these choices."""


@dataclass(frozen=True)
class CardPlace:
    """The choice for one card."""

    node: str
    chosen: str = AUTOMATIC
    """The place that the card itself names."""
    inherited: str = ""
    """Where it runs if it names none, in words."""
    placement: Placement | None = None
    gpu: str = ""
    """The GPU that the card itself names."""
    usual: str = ""
    """The one that is rented if it names none; empty where it uses none."""
    rented: Sequence[Rented] = ()
    wrong: Sequence[Problem] = ()
    """What keeps it from running there."""
    ran: str = ""
    """Where its result was made, in words."""
    price: Sequence[str] = ()
    """What it will cost, or has cost, in sentences."""


def waits_for(node: str, waiting: Mapping[str, Any] | None) -> Node:
    """Say what does not come: a GPU, or room for what it has made."""
    if not waiting:
        return None
    return _for_room(waiting["needed"]) if "needed" in waiting else _for_a_gpu(node, waiting)


def _for_room(needed: int) -> Element:
    """Say that a result is paid for, and where it waits until it fits in here."""
    return div(".msg.stale", role="status", data_testid="waiting")[
        span(".c-stale")[icon("warning", ".s")],
        div(".sp")[
            span(".w5")[f"Its result, {size(needed)}, waits for room on this disk."],
            div(".m2")[
                "Its container has ended: nothing is paid while it waits at Modal. It comes by "
                "itself once there is room. Cancel gives it up."
            ],
            div(".fix")[a(".btn.o.sml", href="/settings#results")["See what is stored here"]],
        ],
    ]


def _for_a_gpu(node: str, waiting: Mapping[str, Any]) -> Element:
    """Say that a GPU does not come, and offer the next one up with its price."""
    what, above, price = waiting.get("gpu") or "container", waiting.get("next"), waiting["price"]
    offer = button(
        ".btn.o.sml", type="button", data_act="take_gpu", data_of=node, data_gpu=above,
        data_testid="take-gpu", title="Ask for it no longer, and run the card on this one",
    )  # fmt: skip
    return div(".msg.info", role="status", data_testid="waiting")[
        span(".c-idle")[icon("queued", ".s")],
        div(".sp")[
            span(".w5")[f"No {what} has come for {seconds(waiting['seconds'])}."],
            div(".m2")["None is free, or one is still being started. It waits on, free of charge."],
            above
            and div(".fix")[offer[f"Run it on {above} · {dollars((price or 0) * 3600)} an hour"]],
        ],
    ]


def card_place(shown: CardPlace) -> Element:
    """Draw where a card runs, on what, and why."""
    placement = shown.placement
    place = next((r for r in shown.rented if placement and r.name == placement.executor), None)
    return div(".sec.wide", data_testid="card-place")[
        h3["Where it runs"],
        _field("run_on", "Run on", _chooser(shown)),
        _field("gpu", "GPU", _gpus(shown, place)) if place and shown.usual else None,
        [problem_message(problem) for problem in shown.wrong],
        trouble(place) if place else None,
        [div(".cap")[sentence] for sentence in _sentences(shown)],
    ]


def _sentences(shown: CardPlace) -> Sequence[str]:
    """Say where it would run and why, and where its result was made."""
    placement = shown.placement
    found = []
    if placement is not None:
        named = placement.words if placement.executor != LOCAL else "this machine"
        found.append(f"It runs on {named}: {placement.why}.")
    if shown.ran:
        found.append(f"Its result was made on {shown.ran}.")
    return [*found, *shown.price]


def _field(name: str, title: str, control: Node) -> Element:
    return div(".field", data_place_field=name)[
        div(".fl")[label(for_=f"card-{name}")[title]],
        div(".inp")[control, icon("chevron", ".s")],
    ]


def _chooser(shown: CardPlace) -> Element:
    choices = [(AUTOMATIC, shown.inherited), (LOCAL, TITLES[LOCAL])]
    choices += [(rented.name, rented.title) for rented in shown.rented]
    if shown.chosen not in dict(choices):
        choices.append((shown.chosen, shown.chosen))
    options = [option(value=v, selected=v == shown.chosen)[text] for v, text in choices]
    return select(id="card-run_on", data_sets="card_run_on", data_of=shown.node)[options]


def _gpus(shown: CardPlace, rented: Rented) -> Element:
    now = shown.gpu or shown.usual
    words = {g: " · ".join(filter(None, [g, f"{GPUS[g]} GB", price])) for g, price in rented.gpus}
    words.setdefault(now, now)
    options = [option(value=gpu, selected=gpu == now)[text] for gpu, text in words.items()]
    return select(id="card-gpu", data_sets="card_gpu", data_of=shown.node)[options]
