"""What the page says of money, before, during and after a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tensorrag.estimate import Estimate, Span, Total
from tensorrag.rates import Rates
from tensorrag.run.budget import RAISE
from tests.core.engine import InProcess, chain, node
from tests.web.desk import Desk, on_canvas
from web.live.checking.prices import price_of, short
from web.page.markup import html
from web.page.placing.money import after, before, of_run, on_button, running_part

FIRST = Estimate("T4", 0.0002, 610, 60, "a price page, 1 Aug 2026")
KNOWN = Estimate("T4", 0.0002, 610, 60, "a price page, 1 Aug 2026", Span(42, 34, 50, 3))


def ran(state: str, cost: float | None, expected: Estimate | None) -> dict[str, Any]:
    """A card of a run, as ``run --json`` prints it."""
    return {"state": state, "cost": cost, "estimate": expected and expected.to_json()}


def test_the_first_time_only_a_bound_is_said() -> None:
    assert short(FIRST) == "≤$0.13"  # 670 × 0.0002 = 0.134
    said, start = before(FIRST)
    assert said.startswith("The first time on this GPU: how long it takes is not known.")
    assert "at most $0.13: 610 s, its limit, and 60 s in which its container waits" in said
    assert "at $0.72 an hour (a price page, 1 Aug 2026)" in said
    assert start.startswith("Plus the start of a container")


def test_then_seconds_and_money_are_told_with_their_range() -> None:
    assert short(KNOWN) == "≈$0.0084"  # 42 × 0.0002
    said = before(KNOWN)[0]
    assert "about 42 s (34 s to 50 s) and costs about $0.0084" in said
    assert "told from 3 runs before. Up to $0.012 more for 60 s" in said
    assert before(None) == ()


def test_a_card_that_its_limit_will_stop_says_so_before() -> None:
    span = Span(610, 488, 610, 2, needed=7500)
    said = before(replace(KNOWN, span=span))[0]
    assert "would take about 2 h 05 min, told from 2 runs before" in said
    assert "stopped after 610 s, its limit: raise that, or give it less to do" in said
    said = before(replace(KNOWN, span=replace(span, needed=1e6)))[0]
    assert "would take more than a day" in said


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (Total(0.0084, False, 1), "est. $0.0084"),
        (Total(0.134, True, 2), "at most $0.13"),
        (Total(0, False, 0), None),
    ],
)
def test_the_button_says_what_all_of_it_costs(price: Total, words: str | None) -> None:
    button = on_button(price)
    assert (button is None) == (words is None)
    assert words is None or words in html(button)


def test_a_running_card_says_its_cost_beside_the_estimate() -> None:
    shown = html(running_part(ran("running", 0.004, KNOWN), 0.05))
    for words in ("$0.004 so far", "$0.0084", "$0.72 an hour, by the second", "may cost $0.05"):
        assert words in shown
    assert "at most" in html(running_part(ran("running", 0.004, FIRST), None))
    assert running_part(ran("running", None, None), None) is None


def test_a_running_card_says_that_its_limit_will_stop_it() -> None:
    said = "It will be stopped before it is done: its time limit is 610 s."
    slow = ran("running", 0.1, FIRST) | {"progress": {"left": 120}}  # 500 s so far
    assert said in html(running_part(slow, None))
    assert "stopped" not in html(running_part(slow | {"progress": {"left": 100}}, None))
    assert "stopped" not in html(running_part(slow | {"progress": None}, None))


def test_afterwards_the_actual_stands_beside_the_estimate() -> None:
    assert after(ran("done", 0.0086, KNOWN)) == ("It cost $0.0086; $0.0084 was estimated.",)
    assert after(ran("done", 0.0086, FIRST)) == ("It cost $0.0086; at most $0.13 was expected.",)
    assert after(ran("done", None, None)) == ()
    said = price_of(ran("cancelled", 0.001, KNOWN))
    assert said is not None
    assert said == ("$0.001", "It cost $0.001; $0.0084 was estimated.")
    assert price_of(ran("done", None, None)) is None


def test_a_card_that_cost_nothing_yet_says_what_it_will_cost() -> None:
    waits = price_of(ran("queued", 0.0, FIRST))
    assert waits is not None
    assert waits.text == "≤$0.13"
    assert "a price page, 1 Aug 2026" in waits.title
    begun = price_of(ran("running", 0.0, KNOWN))
    assert begun is not None
    assert begun.text == "≈$0.0084"
    for state in ("failed", "cancelled"):  # it was never sent
        assert price_of(ran(state, 0.0, FIRST)) is None
        assert after(ran(state, 0.0, FIRST)) == ()


def test_a_run_adds_its_cards_up() -> None:
    cards = [ran("done", 0.002, KNOWN), ran("running", 0.001, KNOWN), ran("done", None, None)]
    assert of_run(cards, running=True) == "$0.003 of est. $0.017"
    assert of_run(cards, running=False) == "$0.003 (est. $0.017)"
    assert of_run([*cards, ran("running", 0.1, FIRST)], running=True) == "$0.10 of at most $0.15"
    assert of_run([ran("done", 0.5, None)], running=False) == "$0.50"
    assert of_run([ran("done", None, None)], running=False) == ""


class Paid(InProcess):
    """A place that takes $0.001 a second; every card takes 20 seconds there, as it says itself."""

    rates = Rates(
        gpus={}, core=0.001, gib=0.0, cores=1, memory=1024, source="a list", dated=date(2026, 8, 1)
    )

    async def events(self, handle: str) -> Any:
        async for event in super().events(handle):
            yield event
        yield {"type": "cost", "data": {"cost": 0.02, "seconds": 20.0}}


async def test_a_pipeline_says_what_it_would_cost_and_what_is_left_of_a_budget(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, modal=Paid(name="modal"))
    desk.workspace.settings.set("budget_run", 0.03)
    await desk.start()
    pipeline = chain(node("number"), node("parity"))
    paid = replace(pipeline.nodes["number"], run_on="modal")
    session = await desk.open(pipeline.with_nodes(paid))
    assert session.prices.total == Total(3.6, is_most=True, cards=1)
    assert on_canvas(session, "number")["price"]["text"] == "≤$3.60"
    assert on_canvas(session, "parity")["price"] is None, "it runs here"

    assert await desk.run(session) == "succeeded"
    assert session.stage.states["number"]["price"]["text"] == "$0.02"
    assert session.prices.total.cards == 0, "nothing would run again"
    assert session.notices.all == [
        ("50 % of the budget of this run are used: $0.02 of $0.03.", RAISE),
    ]

    session.edit([{"op": "set_params", "node": "number", "params": {"value": 2}}])
    await session.settled()
    assert on_canvas(session, "number")["price"]["text"] == "≈$0.02"
    assert session.prices.total == Total(0.02, is_most=False, cards=1)
    await desk.sessions.close()
