"""Where cards run, as the page says it and as people choose it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from executors.modal_prices import PRICE_PAGE
from tensorrag.executor import Offer, Offers
from tensorrag.footprint import Footprint
from tensorrag.pipeline import Pipeline
from tensorrag.placement import Placement
from tensorrag.rates import Rates
from tests.core.engine import InProcess, node
from tests.web.desk import Desk
from tests.web.test_actions import Hands
from web.live.offered import Offered
from web.page.markup import html
from web.page.placing.fits import Fits, fits
from web.page.placing.where import RunOn, label_of, ran_on, rented_places, run_on, spent
from web.page.runs.course import places as taking_part
from web.page.wording import dollars

HERE, T4, CPU = Placement("local"), Placement("modal", "T4"), Placement("modal")


@pytest.mark.parametrize(
    ("placements", "words"),
    [
        ([], "This machine · cpu"),
        ([HERE, HERE], "This machine · cpu"),
        ([T4, CPU], "Modal T4"),
        ([CPU], "Modal"),
        ([HERE, T4], "Modal T4 + this machine"),
        ([T4, Placement("modal", "L4")], "Modal T4 and others"),
    ],
)
def test_the_button_says_where_the_cards_run(placements: list[Placement], words: str) -> None:
    assert label_of(placements, "cpu") == words


def told(executor: str, device: str, cost: float | None = None) -> dict[str, Any]:
    return {"executor": executor, "device": device, "cost": cost}


def test_the_strip_says_where_they_ran_and_what_that_cost() -> None:
    here, there = told("local", "cpu"), told("modal", "T4", 0.0031)
    assert spent([here]) == "No cost, this machine"
    assert spent([here, there]) == "$0.0031, Modal T4 + this machine"
    assert spent([there, told("modal", "cpu", 0.001)]) == "$0.0041, Modal T4"
    assert (ran_on(here), ran_on(there)) == ("this machine, cpu", "Modal T4")


def test_the_strip_counts_from_the_start_what_is_yet_to_be_paid() -> None:
    def event(node: str, state: str, device: str | None, **more: Any) -> dict[str, Any]:
        at = {"executor": "modal", "device": device, "seconds": None, "cached": False, **more}
        return {"type": "node", "node": node, "data": {"state": state, **at}}

    most = {"cost": None, "most": 0.13, "rate": 0.0002}
    load = event("load", "running", "cpu", cost=0.001, estimate={**most, "gpu": None})
    train = event("train", "queued", None, cost=0.0, estimate={**most, "gpu": "T4"})
    reused = event("split", "queued", None, executor="local")
    going_on = taking_part([load, train, reused])
    assert spent(going_on, running=True) == "$0.001 of at most $0.26, Modal T4"
    stopped = event("train", "cancelled", None, cost=0.0, estimate={**most, "gpu": "T4"})
    assert spent(taking_part([load, stopped])) == "$0.001 (at most $0.13), Modal"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.7164, "$0.72"),
        (6.3, "$6.30"),
        (0.0, "$0.00"),
        (0.00312, "$0.0031"),
        (0.000123, "$0.0001"),
        (0.000011, "<$0.0001"),
    ],
)
def test_money_is_written_without_noise(value: float, written: str) -> None:
    assert dollars(value) == written


class Elsewhere(InProcess):
    """Another place, which counts how often it is asked."""

    asked = 0
    rates: Rates | None = None
    answer = Offers(executor="modal", available=False, reason="Nobody is in.", hint="Go in.")

    async def offers(self) -> Offers:
        self.asked += 1
        return self.answer


async def test_other_places_are_asked_when_somebody_looks() -> None:
    modal = Elsewhere(name="modal")
    offered = Offered({"local": InProcess(), "modal": modal})
    before = html(run_on(RunOn(rented=rented_places(offered))))
    assert modal.asked == 0
    assert "disabled" not in before

    await offered.look()
    shut = html(run_on(RunOn(rented=rented_places(offered))))
    assert "Nobody is in." in shut
    assert "Go in." in shut
    assert "disabled" in shut

    modal.rates = PRICE_PAGE  # its prices are told all the same
    shut = html(run_on(RunOn(rented=rented_places(offered))))
    assert "$0.93 an hour" in shut
    assert "Prices: Modal&#x27;s price page, 1 Aug 2026" in shut

    t4 = Offer(device="T4", label="Modal · T4", price=0.0002)
    modal.answer = Offers(executor="modal", available=True, offers=(t4,))
    await offered.look()
    assert "$0.72 an hour" in html(run_on(RunOn(rented=rented_places(offered))))


async def test_a_choice_is_an_edit_that_can_be_taken_back(desk: Desk) -> None:
    pipeline = Pipeline("One").with_nodes(node("model_define_gpu"), node("train_gpu"))
    session = await desk.open(pipeline)
    hands = Hands(session)

    def places() -> list[str]:
        return [each.words for each in session.placements().values()]

    assert places() == ["This machine", "This machine"]
    hands("run_on", place="modal", gpu="A10")
    assert dict(session.pipeline.settings) == {"run_on": "modal", "gpu": "A10"}
    assert places() == ["Modal", "Modal A10"]
    hands("card_run_on", of="train_gpu", value="local")
    assert places() == ["Modal", "This machine"]
    hands("card_run_on", of="train_gpu", value="")
    hands("card_gpu", of="train_gpu", value="L4")
    assert places() == ["Modal", "Modal L4"]
    hands("card_gpu", of="train_gpu", value="A10")  # as all of them: nothing is to be written
    assert dict(session.pipeline.nodes["train_gpu"].resources) == {}
    hands("run_on", place="", gpu="")
    hands("undo")
    assert places() == ["Modal", "Modal A10"]
    hands("time_limit", value="90")
    assert session.pipeline.settings["timeout"] == 90
    hands("time_limit", value="soon")
    assert "The time limit, in seconds, must be a number above 0" in hands.said[-1]
    hands("time_limit", value="nan")
    assert '"nan" is not' in hands.said[-1]
    hands("time_limit", value="1,5")
    assert session.pipeline.settings["timeout"] == 1.5
    hands("time_limit", value="1,500")
    assert session.pipeline.settings["timeout"] == 1500
    hands("time_limit", value="")
    assert "timeout" not in session.pipeline.settings
    hands("card_gpu", of="train_gpu", value="<b>")
    hands("card_run_on", of="train_gpu", value="../x")
    hands("run_on", place="modal", gpu="V100")
    assert hands.said != []
    assert session.pipeline.settings.get("gpu") is None


def test_a_card_says_whether_it_fits_into_its_gpu() -> None:
    small = Footprint(parameters=12_161, memory=640_000_000, sent=4_500_000, how="An estimate.")
    told = text(fits(Fits(small, "T4")))
    assert "12,161" in told
    assert "about 0.6 of 15 GB (T4)" in told
    assert "at most about 4.5 MB" in told
    assert told.endswith("An estimate.")
    assert "too much" in text(fits(Fits(small.model_copy(update={"memory": 10**11}), "H100")))
    assert "To send" not in text(fits(Fits(small)))  # nothing is sent on this machine
    assert fits(None) is None


def test_what_is_expected_of_a_model_is_told_where_nothing_has_to_fit() -> None:
    told = text(fits(Fits(Footprint(advice=("100–200 trees for 506 rows.",)))))
    assert told == "What to expect 100–200 trees for 506 rows."
    beside = text(fits(Fits(Footprint(parameters=13, advice=("y is a number.",)))))
    assert beside.startswith("What to expect y is a number.")
    assert beside.endswith("13")
    assert text(fits(Fits(Footprint()))) == ""


def text(node: Any) -> str:
    return re.sub(r"<[^>]*>", " ", html(node)).replace("  ", " ").strip()
