"""The part of the settings about rented GPUs: whether one is rented unasked, and up to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tensorrag.rates import dollars
from web.page.markup import Element, Node, a, div, input_, label, span
from web.page.remedies import SET_UP
from web.page.workspace.part import part, wrong

CAP_FIRST = "Say first what a run may cost at most."
"""Why nothing is rented unasked without a cap."""


@dataclass(frozen=True)
class Renting:
    """What of it is set."""

    automatically: bool = False
    budget_run: float | None = None
    """US$ that one run may cost; None: no limit."""
    budget_month: float | None = None
    """US$ that a calendar month may cost; None: no limit."""
    budget_hard: bool = True
    """Whether a run is stopped where a budget is used up."""
    rehearse: bool = True
    """Whether a card is tried here before it is rented for."""
    spent: float = 0.0
    """US$ that this month has cost so far."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """By setting, why what was asked for cannot be."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """By setting, what was refused."""


def renting_part(shown: Renting) -> Element:
    """Draw the part."""
    say = (
        "A card runs on this machine, unless the card, its pipeline or the command line says "
        "otherwise. Nothing is rented before you press Run."
    )
    return part("renting", "Rented GPUs", say)[
        div(".line")[
            div(".sp.s12")["Modal: your account, and what of TensorRag is in it."],
            a(".btn.o", href=SET_UP, data_testid="modal-setup")["Set up Modal"],
        ],
        _automatically(shown),
        wrong(shown.wrong.get("rent_automatically")),
        _budget(shown, "budget_run", "A run may cost at most", shown.budget_run),
        _budget(shown, "budget_month", "A month may cost at most", shown.budget_month),
        _hard(shown),
        _rehearse(shown),
        _spent(shown),
    ]


def _automatically(shown: Renting) -> Element:
    on = shown.automatically and shown.budget_run is not None
    switch = input_(
        ".switch", type="checkbox", role="switch", id="rent_automatically", checked=on,
        data_sets="rent_automatically", aria_describedby="rent_automatically-help",
    )  # fmt: skip
    help_text = "Where this machine has no GPU of its own. A T4, unless the card names another one."
    return div(".line", data_field="rent_automatically")[
        div(".sp")[
            label(".s12.w5", for_="rent_automatically")["Run GPU cards on Modal automatically"],
            div(".cap", id="rent_automatically-help")[help_text],
        ],
        switch,
    ]


def _budget(shown: Renting, name: str, words: str, amount: float | None) -> Node:
    now = "" if amount is None else f"{amount:g}"
    control = input_(
        type="text", inputmode="decimal", id=name, data_sets=name, data_blurs=True,
        value=shown.typed.get(name, now), placeholder="no limit", autocomplete="off",
        aria_invalid="true" if name in shown.wrong else None,
    )  # fmt: skip
    return [
        div(".field.line" + (".bad" if name in shown.wrong else ""))(data_field=name)[
            label(".s12", for_=name)[words],
            div(".inp.short")[control, span(".u.s12")["US$"]],
        ],
        wrong(shown.wrong.get(name)),
    ]


def _hard(shown: Renting) -> Element:
    always = shown.automatically and shown.budget_run is not None
    switch = input_(
        ".switch", type="checkbox", role="switch", id="budget_hard", disabled=always,
        checked=shown.budget_hard or always, data_sets="budget_hard",
        aria_describedby="budget_hard-help",
    )  # fmt: skip
    help_text = (
        "It always holds where GPUs are rented automatically."
        if always
        else "Switched off, you are only told, as you are at 50, 75 and 90 %."
    )
    return div(".line", data_field="budget_hard")[
        div(".sp")[
            label(".s12.w5", for_="budget_hard")["Stop a run when that is used up"],
            div(".cap", id="budget_hard-help")[help_text],
        ],
        switch,
    ]


def _rehearse(shown: Renting) -> Element:
    switch = input_(
        ".switch", type="checkbox", role="switch", id="rehearse", checked=shown.rehearse,
        data_sets="rehearse", aria_describedby="rehearse-help",
    )  # fmt: skip
    help_text = (
        "On one row in a hundred, 2,000 at least, and for one epoch, with all cards that come "
        "after it: a wrong column, shape or type then costs nothing."
    )
    return div(".line", data_field="rehearse")[
        div(".sp")[
            label(".s12.w5", for_="rehearse")["Try a card here before it is rented for"],
            div(".cap", id="rehearse-help")[help_text],
        ],
        switch,
    ]


def _spent(shown: Renting) -> Element:
    """Draw what this month has cost, beside what it may."""
    limit = shown.budget_month
    beside = f" of {dollars(limit)}" if limit is not None else ""
    share = min(100.0, 100 * shown.spent / limit) if limit else 0.0
    return div(".use", data_testid="spent-this-month")[
        limit is not None and div(".bar6")[span(style=f"width:{share:.1f}%")],
        div(".row.s12")[
            span(".num")[f"{dollars(shown.spent)}{beside} this month"],
            span(".sp"),
            span(".m2")["Reckoned here; the bill is the provider's."],
        ],
    ]
