"""What holds for every card, ours and those of packs. A new card is tested by existing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tensorrag.card import Card
from tensorrag.check.sights import still_seen
from tensorrag.describing import describe
from tensorrag.errors import TensorRagError
from tensorrag.perform import perform
from tensorrag.pipeline import Node
from tensorrag.pipeline.files import load
from tensorrag.registry.finding import Found, Registry
from tensorrag.registry.loading import make_card
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.types import Schema, Table, TableSchema, Value
from tensorrag.types.looking import with_seen
from tests.core.test_still_seen import assert_holds as assert_seen

CARDS = Registry.load().found
"""Every installed card; a card is only here if it could be described."""

each_card = pytest.mark.parametrize("found", CARDS.values(), ids=CARDS.keys())


EXAMPLES = load(Path(__file__).parents[2] / "docs" / "every-card.json").pipeline
"""A pipeline that has every built-in card, with the settings that docs/cards.md shows."""

QUICK = {"epochs": 2, "trials": 2}
"""Settings that are enough to tell whether a promise is kept."""


def example(card: type[Card]) -> Node | None:
    """The first node of a card; a card of a pack has none."""
    return next((node for node in EXAMPLES.nodes.values() if node.card == card.id), None)


def ready(card: type[Card]) -> Card:
    """A card as a user would set it up."""
    node = example(card)
    return set_up(card, node.params if node else {"target_column": "progression"})


def set_up(card: type[Card], params: Mapping[str, Any]) -> Card:
    settings = {**params, **QUICK}
    return card(**{name: settings[name] for name in settings if name in card.model_fields})


def given(card: type[Card]) -> Mapping[str, list[Value]]:
    """What runs into a card in its example, by port; what else fits, where it has none."""
    node = example(card)
    return arriving(node) if node else {p.name: [value_of(p.type)] for p in card.inputs()}


def arguments(card: type[Card], values: Mapping[str, list[Any]]) -> list[Any]:
    """The same as `run` takes it: one for each port, None where none arrived, or many."""
    each = [values[port.name] or ([] if port.many else [None]) for port in card.inputs()]
    return [*chain.from_iterable(each)]


def arriving(node: Node) -> Mapping[str, list[Value]]:
    wires = [edge for edge in EXAMPLES.edges if edge.target == node.id]
    return {
        port.name: [
            made_by(edge.source)[edge.source_port]
            for edge in wires
            if edge.target_port == port.name
        ]
        for port in CARDS[node.card].card.inputs()
    }


@cache
def made_by(node_id: str) -> Mapping[str, Value]:
    """The outputs of a node by port; of a sample, a few hundred rows."""
    node = EXAMPLES.node(node_id)
    card = CARDS[node.card].card
    inputs = arguments(card, arriving(node))
    made = set_up(card, node.params).run(*inputs)._asdict()  # type: ignore[attr-defined]
    return {port: value if inputs else few(value) for port, value in made.items()}


def few(value: Value) -> Value:
    return Table(value.arrow.slice(0, 400), like=value) if isinstance(value, Table) else value


def value_of(kind: type[Value]) -> Value:
    made = (value for node_id in EXAMPLES.nodes for value in made_by(node_id).values())
    return next(value for value in made if isinstance(value, kind))


@each_card
def test_what_propagate_says_holds_after_the_run(found: Found) -> None:
    card = ready(found.card)
    inputs = arguments(found.card, given(found.card))

    known = [None if value is None else value.schema for value in inputs]
    said = card.propagate(*known)  # type: ignore[attr-defined]
    made = card.run(*inputs)  # type: ignore[attr-defined]

    schemas = said if isinstance(said, tuple) else (said,)
    assert len(schemas) == len(made)
    looked_at = [with_seen(value) if isinstance(value, Table) else None for value in inputs]
    for before, value in zip(schemas, made, strict=True):
        assert_holds(before, value.schema)
        told = still_seen(card, looked_at, before)
        if isinstance(told, TableSchema) and told.seen is not None:
            assert_seen(told.seen, value)


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


ODD: list[Any] = [
    None, -1, 1e308, float("nan"), 10**60, "", "nope", "two\nlines\u202e", "price >", "ä" * 5000,
    ["nope"], [1, [2]], {"a": 1},
]  # fmt: skip
LEAKED = ("Input should", "validation error", "Traceback", "NoneType", "object at 0x", "^[")
"""What only the program's own words have in them."""


@each_card
def test_whatever_stands_in_a_parameter_is_taken_or_refused_in_a_sentence(found: Found) -> None:
    known = [value and value.schema for value in arguments(found.card, given(found.card))]
    node = example(found.card)
    usual = dict(node.params) if node else {}

    refused = {}
    for name in found.card.model_fields:
        for value in ODD:
            error = why_not(found.card, {**usual, name: value}, known)
            if error is not None:
                refused[name, repr(value)[:40]] = error

    assert refused or not found.card.model_fields
    for error in refused.values():
        assert 0 < len(error.message) < 300, error.message
        assert not set("\n\u202e") & set(error.message), error.message
        assert not any(word in error.message for word in LEAKED), error.message


def why_not(card: type[Card], params: dict[str, Any], known: list[Any]) -> TensorRagError | None:
    try:
        make_card(card, params).propagate(*known)  # type: ignore[attr-defined]
    except TensorRagError as error:
        return error
    return None


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
    made = card.run(*arguments(found.card, given(found.card)))  # type: ignore[attr-defined]

    face = card.face(made)
    previews = card.previews(made)

    assert face is not None
    assert set(previews) == {port.name for port in found.card.outputs()}
    for shown in (face, *previews.values()):
        json.dumps(shown.model_dump(mode="json"), allow_nan=False)


BARE = """
import json, sys
from tensorrag.store.place import Place
from tensorrag.errors import TensorRagError
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
        inputs={
            port: tuple(store.put(value).digest for value in values)
            for port, values in given(found.card).items()
        },
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
