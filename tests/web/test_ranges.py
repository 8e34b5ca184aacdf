"""What a search varies, in the form: names and ranges of the model that is connected."""

from __future__ import annotations

from typing import Any

import pytest

from cards.hyperparameter_search import HyperparameterSearch
from tensorrag.describing import params_schema
from tensorrag.types import Hyperparameter
from web.page.form.content import Form, Tunable
from web.page.form.fields import field_specs
from web.page.form.form import form
from web.page.form.ranges import tuned
from web.page.markup import html

ALPHA = Hyperparameter(name="alpha", value=1.0, low=0.001, high=10, least=0, above=True)
KERNEL = Hyperparameter(name="kernel", value="rbf", choices=("rbf", "linear", "poly"))
MODEL = (ALPHA, KERNEL)


def drawn(value: Any, tunable: Tunable = MODEL) -> str:
    specs = field_specs(params_schema(HyperparameterSearch))
    tune = [spec for spec in specs if spec.kind == "hyperparameters"]
    known = {"model_spec": tunable}
    return html(form(Form("n", tune, {"hyperparameters": value}, tunable=known)))


def test_what_the_connected_model_has_is_offered_by_name() -> None:
    page = drawn([])

    assert 'data-hyperparameter="alpha"' in page
    assert "is rbf" in page
    assert 'data-what="low"' not in page  # a range is shown once it is chosen


def test_a_chosen_one_shows_its_range_or_its_choices() -> None:
    page = drawn([{"name": "alpha", "high": 5}, "kernel"])

    assert 'value="0.001"' in page
    assert 'value="5"' in page
    assert 'data-what="choice poly"' in page


def test_without_a_model_nothing_is_offered_and_nothing_is_lost() -> None:
    page = drawn([{"name": "alpha"}], None)

    assert "Connect a model" in page
    assert "Do not vary alpha" in page


def test_one_that_the_model_does_not_have_can_be_taken_out() -> None:
    assert "chip bad" in drawn([{"name": "depth"}])


CHANGES: list[tuple[Any, str, str, Any, Any]] = [
    ([], "alpha", "on", True, [{"name": "alpha"}]),
    (["alpha"], "alpha", "on", False, []),
    ([{"name": "gone"}], "gone", "on", False, []),
    ([], "made up", "on", True, []),
    (["alpha"], "alpha", "low", "0.1", [{"name": "alpha", "low": 0.1}]),
    ([{"name": "alpha", "low": 0.1}], "alpha", "low", "", [{"name": "alpha"}]),
    ([{"name": "alpha", "low": 0.1}], "alpha", "low", "0.001", [{"name": "alpha"}]),
    (["alpha"], "alpha", "high", "many", [{"name": "alpha", "high": "many"}]),
    (["alpha"], "alpha", "log", False, [{"name": "alpha", "log": False}]),
    ([{"name": "alpha", "log": False}], "alpha", "log", True, [{"name": "alpha"}]),
    (["kernel"], "kernel", "choice poly", False,
     [{"name": "kernel", "choices": ["rbf", "linear"]}]),
    ([{"name": "kernel", "choices": ["rbf", "linear"]}], "kernel", "choice poly", True,
     [{"name": "kernel"}]),
    (["alpha"], "alpha", "__class__", "x", [{"name": "alpha"}]),
    ("nonsense", "alpha", "on", True, [{"name": "alpha"}]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "name", "what", "raw", "after"), CHANGES)
def test_each_control_changes_what_is_varied(
    value: Any, name: str, what: str, raw: Any, after: Any
) -> None:
    assert tuned(value, MODEL, name, what, raw) == after
