"""What is said of money: before a run on its button, while it goes on, and afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorrag.estimate import Estimate, Total
from tensorrag.rates import dollars
from web.live.checking.prices import estimated
from web.page.markup import Node, b, div, span
from web.page.wording import seconds


def on_button(price: Total) -> Node:
    """Say on Run what all of it will cost; nothing where that is nothing."""
    if not price.cards:
        return None
    words = f"at most {dollars(price.cost)}" if price.is_most else f"est. {dollars(price.cost)}"
    return span(".num.price", data_testid="run-price")[words]


def of_run(nodes: Sequence[Mapping[str, Any]], *, running: bool) -> str:
    """Say what a run costs, beside the estimate: ``$0.004 of est. $0.009``; empty for nothing.

    Args:
        nodes: its cards, as ``tensorrag run --json`` prints them.
        running: whether it goes on.
    """
    paid = [node for node in nodes if node.get("estimate") is not None]
    costs = [node["cost"] for node in nodes if node.get("cost") is not None]
    if not paid:
        return dollars(sum(costs)) if costs else ""
    each = [node["estimate"] for node in paid]
    bound = sum(one["most"] if one["cost"] is None else one["cost"] for one in each)
    word = "at most" if any(one["cost"] is None for one in each) else "est."
    beside = f"{word} {dollars(bound)}"
    return f"{dollars(sum(costs))} of {beside}" if running else f"{dollars(sum(costs))} ({beside})"


def running_part(runtime: Mapping[str, Any], cap: float | None) -> Node:
    """Show what a running card has cost so far, beside the estimate and the price."""
    expected, cost = runtime.get("estimate"), runtime.get("cost")
    if expected is None:
        return None
    spent, bound = cost or 0.0, expected["cost"] or expected["most"]
    word = "est." if expected["cost"] is not None else "at most"
    named = f"{dollars(spent)} so far"
    by_the_hour = f"{dollars(expected['rate'] * 3600)} an hour, by the second."
    limit = f" A run may cost {dollars(cap)}." if cap is not None else ""
    return div(".sec.s12.cost", data_testid="cost-so-far")[
        div(".row")[b(".num")[named], span(".sp"), _beside(bound, word)],
        div(
            ".bar6", role="progressbar", aria_valuenow=round(100 * min(1.0, spent / bound)),
            aria_valuemin=0, aria_valuemax=100, aria_label=named,
        )[span(style=f"width:{min(100.0, 100 * spent / bound):.1f}%")],
        div(".cap")[f"{by_the_hour}{limit}"],
        _too_long(runtime),
    ]  # fmt: skip


def _too_long(runtime: Mapping[str, Any]) -> Node:
    """Say that the time limit of a running card will end it before it is done."""
    expected, left = runtime["estimate"], (runtime.get("progress") or {}).get("left")
    limit = expected.get("limit")  # a run of an older version tells none
    if limit is None or not isinstance(left, int | float):
        return None
    if (runtime.get("cost") or 0.0) / expected["rate"] + left <= limit:
        return None
    return div(".cap")[f"It will be stopped before it is done: its time limit is {limit:g} s."]


def _beside(bound: float, word: str) -> Node:
    if word == "est.":
        return span(".num")[dollars(bound), span(".u")[f" {word}"]]
    return span(".num")[span(".u")[f"{word} "], dollars(bound)]


START = (
    "Plus the start of a container, where none waits: usually 10 to 60 seconds, which no figure "
    "here has in it.",
)
"""What no estimate knows before one was measured."""


def _start(expected: Estimate) -> Sequence[str]:
    """Say what the start of a container takes."""
    if expected.start is None:
        return START
    return (
        f"In that price: {_seconds(expected.start)} in which a container starts, as measured "
        "before; none where one waits already.",
    )


def before(expected: Estimate | None) -> Sequence[str]:
    """Say in sentences what a card will take and cost, and from where that is known."""
    if expected is None:
        return ()
    rate = f"{dollars(expected.rate * 3600)} an hour ({expected.source})"
    idle = f"{expected.idle:g} s in which its container waits for another card"
    if expected.span is None or expected.cost is None:
        tries = f"{expected.tries} tries of " if expected.tries > 1 else ""
        there = "on this GPU" if expected.gpu else "there"
        return (
            f"The first time {there}: how long it takes is not known. It costs at most "
            f"{dollars(expected.most)}: {tries}{expected.limit:g} s, its limit, and {idle}, "
            f"at {rate}.",
            *_start(expected),
        )
    span_ = expected.span
    times = "one run" if span_.runs == 1 else f"{span_.runs} runs"
    if span_.needed is not None:
        return (
            f"It would take {_long(span_.needed)}, told from {times} before, and is "
            f"stopped after {expected.limit:g} s, its limit: raise that, or give it less to do. "
            f"Until then it costs about {dollars(expected.cost)} at {rate}.",
            *_start(expected),
        )
    return (
        f"It takes about {_seconds(span_.seconds)} ({_seconds(span_.low)} to "
        f"{_seconds(span_.high)}) and costs about {dollars(expected.cost)} at {rate}, told from "
        f"{times} before. Up to {dollars(expected.idle * expected.rate)} more for {idle}.",
        *_start(expected),
    )


def after(runtime: Mapping[str, Any] | None) -> Sequence[str]:
    """Say in a sentence what the last run of a card cost, beside the estimate."""
    cost, expected = (runtime or {}).get("cost"), (runtime or {}).get("estimate")
    if not cost:
        return ()
    beside = f"; {estimated(expected)}" if expected is not None else ""
    return (f"It cost {dollars(cost)}{beside}.",)


def _long(value: float) -> str:
    return "more than a day" if value > 86400 else f"about {seconds(value)}"


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 10 else f"{value:,.0f} s"
