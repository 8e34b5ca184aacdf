"""What stands in place of a result that is not there yet."""

from typing import Any

import pytest

from tensorrag.check.problems import Problem
from tensorrag.errors import ErrorInfo, ParameterError, SourceChanged, TensorRagError
from web.live.runs.shown import Shown, runtime
from web.page.form.form import problem_message
from web.page.inspector.head import head
from web.page.inspector.outcome import failure, nothing_yet, progress_part
from web.page.markup import html
from web.page.scene.card import Card, Wire

QUEUED = {"state": "queued"}
HALF = {"done": 25, "total": 50, "unit": "epoch"}
KEYS = ("reason", "cached", "seconds", "device", "executor")
INPUT = Wire(port="table", kind=None, value="load.dataset")


def test_a_queued_card_waits_for_others_only_where_it_has_inputs() -> None:
    first = nothing_yet(Card(node="load", title="Load", runtime=QUEUED))
    second = nothing_yet(Card(node="half", title="Half", runtime=QUEUED, wires=[INPUT]))

    assert "It waits for its turn." in str(first)
    assert "It waits for the cards before it, then for its turn." in str(second)


def said_of(reason: str, cost: float | None = None) -> str:
    ended = {"state": "cancelled", "reason": reason, "cost": cost}
    return html(nothing_yet(Card(node="train", title="Train", runtime=ended)))


def test_a_cancelled_card_says_what_it_cost_and_how_it_goes_on() -> None:
    assert "It was cancelled before it had a result." in said_of("cancelled")
    assert "It was cancelled before it had a result. $0.0064 was spent." in said_of(
        "cancelled", 0.0064
    )
    kept = said_of("cancelled: epoch 16 of 50 is kept", 0.0064)
    assert "It was cancelled: epoch 16 of 50 is kept. $0.0064 was spent." in kept
    assert "Resume goes on from there." in kept


def test_an_interrupted_card_says_that_nobody_cancelled_it() -> None:
    assert "It was interrupted: TensorRag ended while it ran." in said_of("interrupted")
    ended = {"state": "cancelled", "reason": "interrupted"}
    named = html(head(Card(node="train", title="Train", runtime=ended)))
    assert "Interrupted" in named
    assert "Cancelled" not in named


def test_a_card_that_a_budget_stopped_leads_to_the_budget() -> None:
    said = said_of("The budget of this run, $0.01, is used up: $0.01 are spent.", 0.01)
    assert said.count("spent") == 1
    assert 'href="/settings"' in said


def test_a_card_that_goes_on_where_it_was_says_so() -> None:
    going_on = {"state": "running", "reason": "continues after epoch 16 of 50", "progress": HALF}
    assert "It continues after epoch 16 of 50." in html(progress_part(going_on))
    assert "continues" not in html(progress_part({**going_on, "reason": "first run"}))


def test_a_curve_that_goes_on_says_which_epochs_it_is_of() -> None:
    curve = [(17.0, 0.4), (18.0, 0.3), (30.0, 0.2)]
    node: dict[str, Any] = {"state": "running", "outputs": {}, "error": None, **dict.fromkeys(KEYS)}
    drawn = runtime(Shown(node, progress={"done": 30, "total": 50}, curve=curve))["progress"]
    assert (drawn["curve_at"], drawn["curve"]) == ([17.0, 18.0, 30.0], [0.4, 0.3, 0.2])


@pytest.mark.parametrize(
    ("error", "act", "said"),
    [
        (ParameterError("No.", field="target_column"), 'data-act="go"', "Change Target column"),
        (SourceChanged("It"), 'data-act="run_node"', "Run it again"),
    ],
)
def test_a_failure_has_a_button_that_does_what_helps(
    error: TensorRagError, act: str, said: str
) -> None:
    told = ErrorInfo.of(error).model_dump(mode="json")
    shown = html(failure(told, "card"))

    assert act in shown
    assert said in shown
    assert said not in html(failure(told))  # of no card, nothing can be done


@pytest.mark.parametrize(
    ("code", "address"),
    [("secret_missing", "/settings#secrets"), ("source_outside", "/settings#folders")],
)
def test_a_problem_that_a_setting_mends_leads_there(code: str, address: str) -> None:
    problem = Problem(code=code, node="n", field="f", message="It is not there.")

    assert address in html(problem_message(problem))


def test_a_result_that_waits_for_room_says_how_much_and_that_nothing_is_paid() -> None:
    full = {"state": "running", "executor": "modal", "waiting": {"needed": 2_900_000}}
    drawn = html(head(Card(node="train", title="Train", runtime=full)))
    assert "Its result, 2.9 MB, waits for room on this disk." in drawn
    assert "nothing is paid while it waits" in drawn
    assert "Waits for room" in drawn
    assert "Running" not in drawn, "its container has ended"
    assert 'href="/settings#results"' in drawn
