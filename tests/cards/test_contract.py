"""What holds for every card, ours and those of packs. A new card is tested by existing."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tensorrag.card import Card, describe
from tensorrag.perform import perform
from tensorrag.registry.finding import Found, Registry
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.types import Schema, Table, Value

CARDS = Registry.load().found
"""Every installed card; a card is only here if it could be described."""

each_card = pytest.mark.parametrize("found", CARDS.values(), ids=CARDS.keys())


@cache
def rows() -> Table:
    """A few hundred rows of the sample that everything else is shown with."""
    table = CARDS["data_load"].card().run().dataset  # type: ignore[attr-defined]
    return Table(table.arrow.slice(0, 400), like=table)


@cache
def value_of(kind: type[Value]) -> Value:
    """Make a value of a type with the card that makes it."""
    if kind is Table:
        return rows()
    maker = next(found.card for found in CARDS.values() if _makes(found.card, kind))
    card = ready(maker)
    return card.run(*(value_of(p.type) for p in maker.inputs()))[0]  # type: ignore[attr-defined, no-any-return]


def _makes(card: type[Card], kind: type[Value]) -> bool:
    """Whether a card makes such a value of others, and does not only pass it on."""
    return card.outputs()[0].type is kind and kind not in [port.type for port in card.inputs()]


def ready(card: type[Card]) -> Card:
    """A card as a user would set it up for the sample: its column is the target."""
    quick = {"target_column": "MEDV", "epochs": 2}
    usual = {name: quick[name] for name in quick if name in card.model_fields}
    return card(**usual | CHOSEN.get(card.id, {}))


CHOSEN: dict[str, dict[str, Any]] = {
    "assert_metrics": {"condition": "r2 > -100"},
    "assert_table": {"condition": "RM > 0", "complete": ["MEDV"]},
    "balance_classes": {"target_column": "CHAS"},
    "change_kinds": {"category_columns": ["RAD"], "integer": ["TAX"]},
    "derive_column": {"formula": "TAX / RM"},
    "filter_rows": {"condition": "RM > 6 and CHAS == 0"},
    "hyperparameter_search_gpu": {"hyperparameters": [{"name": "learning_rate"}], "trials": 2},
    "hyperparameter_search": {"hyperparameters": [{"name": "standardize"}], "trials": 3},
    "group_aggregate": {"by": ["RAD"], "spread": True, "least": True},
    "join": {"on": ["CRIM", "RM"]},
    "lag_features": {
        "time_column": "CRIM",
        "group_column": "TAX",
        "columns": ["MEDV", "CHAS"],
        "means": [3],
    },
    "sort_rows": {"columns": ["CHAS", "RM"]},
}
"""What must be chosen in cards that do nothing by themselves."""


@each_card
def test_what_propagate_says_holds_after_the_run(found: Found) -> None:
    card = ready(found.card)
    inputs = [value_of(port.type) for port in found.card.inputs()]

    said = card.propagate(*(value.schema for value in inputs))  # type: ignore[attr-defined]
    made = card.run(*inputs)  # type: ignore[attr-defined]

    schemas = said if isinstance(said, tuple) else (said,)
    assert len(schemas) == len(made)
    for before, value in zip(schemas, made, strict=True):
        assert_holds(before, value.schema)


def assert_holds(said: Schema, true: Schema) -> None:
    """Every fact that was stated is true; what was not known may be anything."""
    facts, truth = said.model_dump(), true.model_dump()
    assert facts.keys() == truth.keys()
    assert as_far_as_known(truth, facts) == facts


def as_far_as_known(truth: Any, facts: Any) -> Any:
    """Leave out of the truth, columns included, what the facts leave open.

    Of missing values, they say how many there can be at most.
    """
    if facts is None or type(facts) is not type(truth):
        return facts if facts is None else truth
    if isinstance(facts, dict):
        known = {name: as_far_as_known(truth[name], fact) for name, fact in facts.items()}
        few = facts.get("missing") is not None and truth["missing"] <= facts["missing"]
        return known | ({"missing": facts["missing"]} if few else {})
    if isinstance(facts, tuple) and len(facts) == len(truth):
        return tuple(map(as_far_as_known, truth, facts))
    return truth


@each_card
def test_nothing_is_claimed_about_what_is_not_known(found: Found) -> None:
    blank = [port.type.schema_type() for port in found.card.inputs()]

    ready(found.card).propagate(*blank)  # type: ignore[attr-defined]


@each_card
def test_the_card_and_each_parameter_explain_themselves(found: Found) -> None:
    info = describe(found.card)

    assert info.summary.endswith(".")
    for name, field in info.params["properties"].items():
        assert field.get("description"), f"{info.card}.{name} has no docstring"


@each_card
def test_defaults_are_within_their_own_bounds(found: Found) -> None:
    defaults = ready(found.card).model_dump()

    assert found.card.model_validate(defaults).model_dump() == defaults


@each_card
def test_what_is_shown_is_json(found: Found) -> None:
    card = ready(found.card)
    made = card.run(*(value_of(port.type) for port in found.card.inputs()))  # type: ignore[attr-defined]

    face = card.face(made)
    previews = card.previews(made)

    assert face is not None
    assert set(previews) == {port.name for port in found.card.outputs()}
    for shown in (face, *previews.values()):
        json.dumps(shown.model_dump(mode="json"), allow_nan=False)


BARE = """
import json, sys
from tensorrag.store.place import Place
from tensorrag.perform import perform
from tensorrag.task import Task
tasks, place = json.loads(sys.stdin.read())
place = Place.model_validate(place)
print(json.dumps({card: perform(Task.from_json(task), place) for card, task in tasks.items()}))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    return Place(store=folder / "store", uploads=folder, base=folder)


@pytest.fixture(scope="module")
def elsewhere(place: Place) -> dict[str, Any]:
    """What each card makes in a process that has loaded nothing else: one for all of them."""
    tasks = {card_id: task_of(found, place).to_json() for card_id, found in CARDS.items()}
    ran = subprocess.run(
        [sys.executable, "-c", BARE],
        input=json.dumps([tasks, place.model_dump(mode="json")]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    *_, last = ran.stdout.splitlines()  # before it, what cards print
    answers: dict[str, Any] = json.loads(last)
    return answers


def task_of(found: Found, place: Place) -> Task:
    store = Store(place.store)
    return Task(
        kind="run",
        card=found.info.card,
        entry=found.info.entry,
        params=ready(found.card).active(),
        inputs={p.name: (store.put(value_of(p.type)).digest,) for p in found.card.inputs()},
    )


@each_card
def test_the_card_runs_in_a_bare_process(
    found: Found, place: Place, elsewhere: dict[str, Any]
) -> None:
    there = elsewhere[found.info.card]
    here = perform(task_of(found, place), place)

    assert there["pid"] != here["pid"]
    assert [p.name for p in found.card.outputs()] == list(there["outputs"])
    for port, output in here["outputs"].items():
        assert there["outputs"][port]["schema"] == output["schema"]
        assert isinstance(Store(place.store).load(output["sha256"]), Value)
