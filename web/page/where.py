"""Where cards run: chosen for the whole pipeline beside Run, for one card in its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorrag.check.problems import Problem
from tensorrag.executor import Missing
from tensorrag.gpus import GPUS
from tensorrag.placement import LOCAL, TITLES, Placement, where
from web.live.offered import Offered
from web.page.form import problem_message
from web.page.icons import icon
from web.page.markup import Element, Node, b, button, div, h3, label, option, select, span
from web.page.money import of_run
from web.page.remedies import set_up, with_commands
from web.page.wording import dollars, seconds

AUTOMATIC = ""
"""How controls name the choice of no place."""

PLACE_FIELDS = frozenset({"run_on", "gpu"})
"""What of a card's problems is said beside these choices."""

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
    rates = known.rates if known is not None else None
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


# --- beside Run -----------------------------------------------------------------------------


def run_on(shown: RunOn) -> Node:
    """Draw the choice for the whole pipeline, and the button that opens it."""
    opener = button(
        ".btn.o.chooser", type="button", popovertarget="run-on", aria_haspopup="menu",
        data_act="look_at_places", data_testid="run-on",
    )  # fmt: skip
    return [
        opener[
            span(".m2", style="font-weight:400")["Run on"], span(".cut")[shown.label],
            icon("chevron", ".s"),
        ],
        div(".menu.runon", id="run-on", popover="auto", role="menu", aria_label="Run on")[
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
        ".mi.tall", type="button", role="menuitemradio", data_act="run_on", data_place=place,
        aria_checked=_is(shown.place == place),
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
        ".mi", type="button", role="menuitemradio", data_act="run_on", data_place=rented.name,
        data_gpu=gpu, aria_checked=_is(chosen), disabled=bool(rented.trouble) and not chosen,
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


def waits_for(node: str, waiting: Mapping[str, Any] | None) -> Node:
    """Say that a GPU does not come, and offer the next one up with its price."""
    if not waiting:
        return None
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


# --- in the settings of a card --------------------------------------------------------------


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
