"""Where cards run, in words; and the choice for the whole pipeline, beside Run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorrag.executor import Missing
from tensorrag.gpus import GPUS
from tensorrag.placement import LOCAL, TITLES, Placement, where
from web.live.offered import Offered
from web.page.icons import icon
from web.page.markup import Element, Node, b, button, div, span
from web.page.placing.money import of_run
from web.page.remedies import set_up, with_commands
from web.page.wording import dollars

AUTOMATIC = ""
"""How controls name the choice of no place."""

BEST = "the best device here; nothing is rented"
RENTS = "a GPU on Modal where this machine has none"


@dataclass(frozen=True)
class Rented:
    """A place where GPUs are rented."""

    name: str
    gpus: Sequence[tuple[str, str]] = ()
    """Name and price of each, in words; empty where the price is not known yet."""
    looking: bool = False
    trouble: str = ""
    """Why nothing can be rented there now; empty where something can, or nobody has looked."""
    hint: str = ""
    missing: Missing | None = None
    """What is yet to be set up."""
    prices: str = ""
    """Where the prices are from, and from when."""

    @property
    def title(self) -> str:
        """What people call it."""
        return TITLES.get(self.name, self.name)


@dataclass(frozen=True)
class RunOn:
    """The choice for the whole pipeline."""

    label: str = "This machine · cpu"
    """Where its cards would run now."""
    place: str = AUTOMATIC
    gpu: str = ""
    """The GPU that is chosen for all; empty: the usual one."""
    facts: str = ""
    """This machine in a line."""
    automatic: str = BEST
    rented: Sequence[Rented] = ()
    cap: float | None = None
    """US$ that a run may cost, where the settings say so."""


def rented_places(offered: Offered) -> list[Rented]:
    """Return what can be rented, as far as that is known."""
    return [_rented(name, offered) for name in offered.names]


def _rented(name: str, offered: Offered) -> Rented:
    known = offered.known.get(name)
    trouble, hint, missing = "", "", None
    if known is not None and not known.available:
        trouble, hint, missing = known.reason, known.hint, known.missing
    prices = {gpu: offered.price(name, gpu) for gpu in GPUS}
    gpus = [
        (gpu, f"{dollars(price * 3600)} an hour" if price else "") for gpu, price in prices.items()
    ]
    rates = offered.rates(name)
    said = rates.words if rates is not None else ""
    return Rented(name, gpus, offered.looking, trouble, hint, missing, said)


def label_of(placements: Sequence[Placement], device: str) -> str:
    """Say in a few words where cards run: ``Modal T4``, ``This machine · cpu``."""
    rented = [each for each in placements if each.executor != LOCAL]
    words = dict.fromkeys(each.words for each in rented if each.gpu)
    named = [*(words or dict.fromkeys(each.words for each in rented))]
    here = f"{TITLES[LOCAL]} · {device}"
    if not named:
        return here
    more = f"{named[0]} and others" if len(named) > 1 else named[0]
    return more if len(rented) == len(placements) else f"{more} + this machine"


def ran_on(runtime: Mapping[str, Any]) -> str:
    """Say where a card ran, or runs: ``Modal T4``, ``this machine, cpu``."""
    waiting = runtime.get("waiting") or {}
    executor, device = runtime.get("executor"), runtime.get("device") or waiting.get("gpu")
    if not executor or executor == LOCAL:
        return ", ".join(filter(None, ["this machine" if executor else "", str(device or "")]))
    return where(str(executor), str(device) if device else None)


def spent(cards: Sequence[Mapping[str, Any]], *, running: bool = False) -> str:
    """Say where the cards of a run ran and what that cost: ``$0.0031, Modal T4 + this machine``.

    Args:
        cards: the last that was told of each card which did something.
        running: whether the run goes on.
    """
    rented = [each for each in cards if each.get("executor") != LOCAL]
    if not rented:
        return "No cost, this machine" if cards else "No cost"
    named = {(str(each["executor"]), _gpu_of(each)): None for each in rented}
    # A place without a GPU is named only where none was rented there.
    with_gpu = {executor for executor, gpu in named if gpu}
    words = [where(*each) for each in named if each[1] or each[0] not in with_gpu]
    places = [*words, *(["this machine"] if len(rented) < len(cards) else [])]
    return ", ".join(filter(None, [of_run(rented, running=running), " + ".join(places)]))


def _gpu_of(card: Mapping[str, Any]) -> str | None:
    """Return the GPU that a card ran on, or that will be rented for it."""
    return _gpu_name(card.get("device") or (card.get("estimate") or {}).get("gpu"))


def _gpu_name(device: Any) -> str | None:
    return device if isinstance(device, str) and device in GPUS else None


def run_on(shown: RunOn) -> Node:
    """Draw the choice for the whole pipeline, and the button that opens it."""
    opener = button(
        ".btn.o.chooser", type="button", popovertarget="run-on", aria_haspopup="dialog",
        data_act="look_at_places", data_testid="run-on",
    )  # fmt: skip
    return [
        opener[
            span(".m2", style="font-weight:400")["Run on"], span(".cut")[shown.label],
            icon("chevron", ".s"),
        ],
        # No menu: why a place cannot be had, and what mends that, stands among the rows.
        div(
            ".menu.runon", id="run-on", popover="auto", role="dialog", aria_label="Run on",
            data_arrows=True,
        )[
            _row(shown, AUTOMATIC, "Automatic", shown.automatic),
            _row(shown, LOCAL, TITLES[LOCAL], shown.facts),
            [_place(shown, rented) for rented in shown.rented],
            div(".foot.row")[
                "Nothing is rented until you press Run.",
                span(".sp"),
                shown.cap is not None and span["Cap ", b(".num")[dollars(shown.cap or 0)]],
            ],
        ],
    ]  # fmt: skip


def _row(shown: RunOn, place: str, title: str, detail: str) -> Element:
    return button(
        ".mi.tall", type="button", role="radio", data_item=True, data_act="run_on",
        data_place=place, aria_checked=_is(shown.place == place),
    )[
        icon("check"),
        span(".sp")[div(".w5", style="line-height:18px")[title], div(".s12.m2")[detail]],
        span(".num.m2")["no cost" if place == LOCAL or detail == BEST else None],
    ]  # fmt: skip


def _place(shown: RunOn, rented: Rented) -> Node:
    return div(role="group", aria_label=rented.title)[
        div(".cat")[rented.title],
        trouble(rented),
        [_gpu(shown, rented, gpu, price) for gpu, price in rented.gpus],
        rented.prices and div(".none")[f"Prices: {rented.prices}, with two cores and 4 GiB."],
    ]


def _gpu(shown: RunOn, rented: Rented, gpu: str, price: str) -> Element:
    chosen = shown.place == rented.name and gpu == (shown.gpu or next(iter(GPUS)))
    return button(
        ".mi", type="button", role="radio", data_item=True, data_act="run_on",
        data_place=rented.name, data_gpu=gpu, aria_checked=_is(chosen),
        disabled=bool(rented.trouble) and not chosen,
    )[
        icon("check"),
        span(".w5")[f"{rented.title} {gpu}"],
        span(".s12.m2")[f"{GPUS[gpu]} GB"],
        span(".sp"),
        span(".num.m2.s12")[price],
    ]  # fmt: skip


def trouble(rented: Rented) -> Node:
    """Say why nothing can be rented at a place, and what to do; or that it is being asked."""
    if rented.trouble:
        return div(".msg.info", role="status", data_testid="place-trouble")[
            span(".c-idle")[icon("info", ".s")],
            div(".sp")[
                span(".w5")[rented.trouble],
                div(".m2")[with_commands(rented.hint)],
                set_up(rented.missing),
            ],
        ]
    return rented.looking and div(".none", role="status")[f"Asking {rented.title} …"]


def _is(true: bool) -> str:
    return "true" if true else "false"
