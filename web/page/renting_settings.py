"""The part of the settings about rented GPUs: whether one is rented unasked, and up to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from web.page.icons import icon
from web.page.markup import Element, Node, div, h2, input_, label, p, section, span

CAP_FIRST = "Say first what a run may cost at most."
"""Why nothing is rented unasked without a cap."""


@dataclass(frozen=True)
class Renting:
    """What of it is set."""

    automatically: bool = False
    budget_run: float | None = None
    """US$ that one run may cost; None: no limit."""
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
    return section(
        ".part", id="renting", data_testid="settings-renting", aria_labelledby="renting-h"
    )[
        h2(id="renting-h")["Rented GPUs"],
        p(".m2")[say],
        _automatically(shown),
        _wrong(shown, "rent_automatically"),
        _budget(shown),
        _wrong(shown, "budget_run"),
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


def _budget(shown: Renting) -> Element:
    now = "" if shown.budget_run is None else f"{shown.budget_run:g}"
    control = input_(
        type="text", inputmode="decimal", id="budget_run", data_sets="budget_run", data_blurs=True,
        value=shown.typed.get("budget_run", now), placeholder="no limit", autocomplete="off",
        aria_invalid="true" if "budget_run" in shown.wrong else None,
    )  # fmt: skip
    return div(".field.line" + (".bad" if "budget_run" in shown.wrong else ""))(
        data_field="budget_run"
    )[
        label(".s12", for_="budget_run")["A run may cost at most"],
        div(".inp.short")[control, span(".u.s12")["US$"]],
    ]


def _wrong(shown: Renting, name: str) -> Node:
    sentence = shown.wrong.get(name)
    return (
        sentence
        and div(".msg.error", role="alert")[
            span(".c-error")[icon("failed", ".s")], div(".sp")[sentence]
        ]
    )
