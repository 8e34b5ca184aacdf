"""The page of the trained models, as it is drawn."""

from __future__ import annotations

import asyncio
import re
import shlex
from typing import Any

import pytest

from tests.web.desk import Desk
from web.page.markup import html
from web.page.models.box import Chosen, curl, model_box, row_of
from web.page.models.page import ModelsPage
from web.page.models.side_by_side import compared
from web.page.models.view import Models, models_list

MODEL: dict[str, Any] = {
    "id": "0123456789ab",
    "name": "ridge · rent · <b>Rooms</b>",
    "version": 2,
    "pinned": True,
    "task": "regression",
    "target": "rent",
    "features": ["size", "owner's", "sunny"],
    "asks": [
        {"name": "size", "kind": "number", "unit": "m²"},
        {"name": "owner's", "kind": "category", "unit": None},
        {"name": "sunny", "kind": "binary", "unit": None},
    ],
    "example": {"size": 50.5, "owner's": "O'Neil", "sunny": True},
    "parameters": 3,
    "metrics": {"r2": 0.9, "rmse": 12.0},
    "baseline": {"r2": -0.01, "rmse": 80.0},
    "measured_rows": 89,
    "measured_by": {"run": "r", "node": "e", "card": "evaluate"},
    "data": {"source": "rooms.csv", "rows": 353, "synthetic": True},
    "pipeline": "rooms",
    "pipeline_name": "Rooms",
    "made": "2026-01-31T12:00:00.000Z",
    "seconds": 0.2,
    "device": "cpu",
    "size": 2200,
    "state": "ready",
    "reason": None,
}


def words(node: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html(node)).split())


def test_the_list_says_how_good_each_is_and_what_it_learnt_from() -> None:
    drawn = models_list(Models([MODEL]))

    assert "&lt;b&gt;Rooms" in html(drawn), "names are text"
    assert "v2 · pinned rent Regression rooms.csv 353 rows · synthetic" in words(drawn)
    assert "R² 0.90 −0.01" in words(drawn)
    assert 'data-metric="r2" data-value="0.9"' in html(drawn)


def test_where_a_model_was_measured_is_told() -> None:
    compared = MODEL | {"measured_by": {"run": "r", "node": "c", "card": "compare_models"}}

    assert "R² 0.90 −0.01 in Compare Models" in words(models_list(Models([compared])))
    assert " in " not in words(models_list(Models([MODEL])))


def test_one_that_is_gone_says_so_and_is_not_asked() -> None:
    gone = MODEL | {"state": "gone", "size": None, "reason": "It is gone. Run the card again."}

    assert "its file is gone" in words(models_list(Models([gone])))
    box = words(model_box(Chosen(gone, "http://here/")))
    assert "It is gone. Run the card again." in box
    assert "curl" not in box


def test_the_command_is_one_that_a_shell_understands() -> None:
    command = shlex.split(curl(Chosen(MODEL, "http://here/")).replace("\\\n", ""))

    assert command[1] == "http://here/api/models/0123456789ab/predict"
    assert command[-1] == '{"rows": [{"size": 50.5, "owner\'s": "O\'Neil", "sunny": true}]}'


def test_a_form_means_a_row_and_what_is_no_number_is_left_to_the_model() -> None:
    row = row_of(MODEL, {"f0": " 1,000.5 ", "f1": "12", "f2": "no"})

    assert row == {"size": 1000.5, "owner's": "12", "sunny": "no"}
    assert row_of(MODEL, {"f0": "six"}) == {"size": "six", "owner's": None, "sunny": None}


def test_an_answer_stands_beside_its_question() -> None:
    answer = {"predictions": [612.3], "probabilities": None}
    shown = model_box(Chosen(MODEL, "http://here/", answer=answer))

    assert 'data-testid="answer" data-value="612.3"' in html(shown)


def test_while_it_is_asked_no_answer_of_before_stands_there() -> None:
    answer = {"predictions": [612.3], "probabilities": None}
    shown = words(model_box(Chosen(MODEL, "http://here/", asking=True, answer=answer)))

    assert "Predict Predicting …" in shown
    assert "rent 612" not in shown


async def test_of_two_questions_the_later_one_is_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, answers = ModelsPage(desk.sessions), [asyncio.Future[Any](), asyncio.Future[Any]()]
    waiting = iter(answers)
    monkeypatch.setattr(page, "_chosen", Chosen(MODEL, "http://here/"))
    monkeypatch.setattr(page, "_answered", lambda model, data: next(waiting))
    monkeypatch.setattr(page, "_show", lambda: None)

    asked = []
    for _ in answers:
        asked.append(asyncio.create_task(page.act("ask", {})))
        await asyncio.sleep(0)  # it waits for its answer now
    answers[1].set_result({"answer": {"predictions": [2.0]}})
    answers[0].set_result({"answer": {"predictions": [1.0]}})
    await asyncio.gather(*asked)

    assert page._chosen is not None
    assert page._chosen.answer == {"predictions": [2.0]}
    assert not page._chosen.asking


def test_a_question_unlike_all_that_it_learnt_from_is_remarked() -> None:
    answer = {"predictions": [9.0], "probabilities": None, "warnings": ["Row 1, size: 7 is far."]}
    said = words(model_box(Chosen(MODEL, "http://here/", answer=answer)))
    assert " size: 7 is far." in said
    assert "Row 1" not in said, "there is but one"


def test_what_its_features_are_made_of_is_told() -> None:
    made = MODEL | {"made_by": ["Derive Column"], "features": ["each"], "begins": "Join"}
    said = words(model_box(Chosen(made, "http://here/")))
    assert "1 feature, made of 3 columns by Derive Column" in said
    assert "rows are asked for as they come out of Join" in said

    of_other_kinds = MODEL | {"made_by": ["Change Kinds"]}
    assert "3 features, prepared by Change Kinds" in words(
        model_box(Chosen(of_other_kinds, "http://here/"))
    )


def test_side_by_side_the_best_of_each_metric_is_marked() -> None:
    worse = MODEL | {"id": "ba9876543210", "version": 1, "metrics": {"r2": 0.8, "rmse": 20.0}}
    drawn = html(compared([MODEL, worse]))

    assert re.findall(r'data-best="true"><b>([^<]*)', drawn) == ["0.90", "12.0"]
    assert "Choose another one" in words(compared([MODEL]))
    other = worse | {"target": "size"}
    assert "They do not predict the same" in words(compared([MODEL, other]))
