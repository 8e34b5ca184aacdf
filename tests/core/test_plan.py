"""What would run, and why: the editor's stale marks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tensorrag.check import NodeFacts
from tensorrag.errors import CycleError, NodeNotFound, PipelineError
from tensorrag.pipeline import Pipeline
from tensorrag.plain import JsonObject
from tensorrag.run.plan import Planned, cache_key, plan
from tensorrag.run.prepare import threads, with_params
from tensorrag.run.reasons import change
from tests.core.engine import Engine, chain, node, wire


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


async def planned(engine: Engine, pipeline: Pipeline) -> dict[str, Planned]:
    """Plan a pipeline as the editor does after each edit."""
    peeks = engine.workspace.store.peeks
    checked = await engine.check(pipeline, peeks)
    previous = engine.workspace.journal.previous("numbers")
    return plan(pipeline, checked, engine.workspace.store, previous, catalog=engine.catalog)


def marks(plans: dict[str, Planned]) -> dict[str, str]:
    return {node_id: one.reason or one.state for node_id, one in plans.items()}


def numbers(**amount: Any) -> Pipeline:
    return chain(node("number", value=3), node("add", **amount), node("parity"))


async def test_before_the_first_run_all_is_to_come(engine: Engine) -> None:
    plans = await planned(engine, numbers())

    assert {one.state for one in plans.values()} == {"stale"}
    assert {one.reason for one in plans.values()} == {"first run"}
    assert plans["number"].key is not None
    assert plans["add"].key is None  # its input is not known yet


async def test_after_a_run_all_is_done(engine: Engine) -> None:
    run = await engine.run(numbers())

    plans = await planned(engine, numbers())

    assert {one.state for one in plans.values()} == {"done"}
    result = plans["add"].result
    assert result is not None
    assert result.summary["outputs"] == run.nodes["add"].outputs
    assert result.summary["face"]["kind"] == "table"
    assert result.previews["number"]["rows"] == 1


async def test_the_card_that_was_changed_carries_the_reason(engine: Engine) -> None:
    await engine.run(numbers(amount=1))

    plans = await planned(engine, numbers(amount=2))

    assert marks(plans) == {"number": "done", "add": "amount 1 → 2", "parity": "Add changed"}


async def test_undoing_the_change_undoes_the_marks(engine: Engine) -> None:
    await engine.run(numbers(amount=1))
    await engine.run(numbers(amount=2))

    plans = await planned(engine, numbers(amount=1))

    assert {one.state for one in plans.values()} == {"done"}


async def test_a_title_is_what_the_card_is_called(engine: Engine) -> None:
    await engine.run(numbers(amount=1))
    changed = with_params(numbers(amount=1), {"number.value": 4})
    changed = changed.with_nodes(replace(changed.nodes["number"], title="My number"))

    plans = await planned(engine, changed)

    assert plans["number"].reason == "value 3 → 4"
    assert plans["parity"].reason == "My number changed"


async def test_a_change_of_its_own_comes_before_one_above(engine: Engine) -> None:
    await engine.run(numbers())

    changed = with_params(numbers(), {"number.value": 4, "add.seed": 1})

    assert marks(await planned(engine, changed)) == {
        "number": "value 3 → 4",
        "add": "seed 0 → 1",
        "parity": "Add changed",
    }


async def test_positions_titles_and_notes_change_nothing(engine: Engine) -> None:
    await engine.run(numbers())
    moved = numbers()
    for one in numbers().nodes.values():
        moved = moved.with_nodes(replace(one, title="Other", note="!", run_on=None, retries=3))

    assert {one.state for one in (await planned(engine, moved)).values()} == {"done"}


async def test_a_lost_result_marks_what_is_below_as_well(engine: Engine) -> None:
    await engine.run(numbers())
    index = engine.workspace.store.index
    key = (await planned(engine, numbers()))["add"].key
    with index.write() as connection:
        connection.execute("DELETE FROM results WHERE key = ?", (key,))

    assert marks(await planned(engine, numbers())) == {
        "number": "done",
        "add": "its result is no longer stored",
        "parity": "Add runs again",
    }


async def test_a_bypassed_card_hands_on_what_it_will_get(engine: Engine) -> None:
    await engine.run(numbers())
    bypassed = numbers().with_nodes(replace(node("add"), enabled=False))

    plans = await planned(engine, bypassed)
    assert marks(plans) == {
        "number": "done",
        "add": "bypassed",
        "parity": "input number changed",
    }
    assert plans["add"].outputs == plans["number"].outputs

    changed = with_params(bypassed, {"number.value": 8})
    assert marks(await planned(engine, changed))["parity"] == "Number changed"


async def test_what_a_bypassed_card_cannot_hand_on_blocks(engine: Engine) -> None:
    source = replace(node("number"), enabled=False)

    plans = await planned(engine, chain(source, node("add"), node("parity")))

    assert [one.state for one in plans.values()] == ["bypassed", "blocked", "blocked"]
    assert plans["parity"].blocked_by == "number"
    assert plans["parity"].reason == "Number is bypassed"


async def test_a_card_without_cache_is_done_until_the_next_run(engine: Engine) -> None:
    pipeline = chain(node("number"), replace(node("add"), cache=False))
    await engine.run(pipeline)

    assert {one.state for one in (await planned(engine, pipeline)).values()} == {"done"}


async def test_a_source_that_was_not_looked_at_may_have_changed(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "number.txt"
    file.write_text("4")
    pipeline = chain(node("read_number", path=str(file)))
    await engine.run(pipeline)
    assert marks(await planned(engine, pipeline)) == {"read_number": "done"}

    with engine.workspace.store.index.write() as connection:
        connection.execute("DELETE FROM peeks")

    assert marks(await planned(engine, pipeline)) == {"read_number": "its source may have changed"}


async def test_a_circle_cannot_be_planned(engine: Engine) -> None:
    circle = chain(node("add"), node("parity")).with_edges(wire("parity", node("add")))

    with pytest.raises(CycleError):
        await planned(engine, circle)


FACTS = NodeFacts(
    card="add",
    title="Add",
    version=1,
    source_sha256="s",
    params={"amount": 1},
    libraries=("numpy",),
    inputs={"numbers": None},
)
KEY = cache_key(FACTS, {"numbers": ("a", "b")}, None)


@pytest.mark.parametrize(
    "change",
    [
        {"card": "other"},
        {"version": 2},
        {"source_sha256": "t"},
        {"params": {"amount": 2}},
        {"libraries": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_key_holds_all_that_decides_a_result(change: dict[str, Any]) -> None:
    assert cache_key(FACTS.model_copy(update=change), {"numbers": ("a", "b")}, None) != KEY


def test_the_key_holds_inputs_in_order_and_the_fingerprint() -> None:
    assert cache_key(FACTS, {"numbers": ("a", "b")}, None) == KEY
    assert cache_key(FACTS, {"numbers": ("b", "a")}, None) != KEY
    assert cache_key(FACTS, {"numbers": ("a",)}, None) != KEY
    assert cache_key(FACTS, {"numbers": ("a", "b")}, "etag") != KEY


def test_where_it_runs_and_how_it_is_called_are_outside_the_key() -> None:
    other = {"title": "Sum", "brief": "+ 1", "gpu": "T4", "timeout": 5, "peek_key": "p"}

    assert cache_key(FACTS.model_copy(update=other), {"numbers": ("a", "b")}, None) == KEY


def test_parameters_are_set_by_name() -> None:
    pipeline = with_params(numbers(), {"add.amount": 9, "number.value": None})

    assert pipeline.nodes["add"].params == {"amount": 9}
    assert pipeline.nodes["number"].params == {"value": None}
    with pytest.raises(NodeNotFound):
        with_params(numbers(), {"nothing.amount": 9})
    for name in ("add", ".amount", "add."):
        with pytest.raises(PipelineError, match="names no parameter"):
            with_params(numbers(), {name: 9})


def upload(digest: str, name: str) -> JsonObject:
    """What a result was made of whose card reads an uploaded file."""
    params = {"source": "upload", "upload": f"sha256:{digest * 64}", "upload_name": name}
    return {"card": "load", "version": 1, "source": "", "params": params, "libraries": {}} | {
        "fingerprint": None, "inputs": {}, "key": None, "state": "done",
    }  # fmt: skip


def test_an_upload_is_told_by_what_its_file_is_called() -> None:
    before = upload("a", "flats.csv")

    assert change(before, upload("b", "houses.csv")) == "upload flats.csv → houses.csv"
    assert change(before, upload("b", "flats.csv")) == "upload flats.csv, with other content"
    assert change(before, before) is None


async def test_a_card_gets_the_cores_that_it_makes_use_of_unless_it_is_set(engine: Engine) -> None:
    search = node("search", "hyperparameter_search", parallel=3)
    fewer = replace(search, id="fewer", resources={"cpus": 2})
    checked = await engine.check(Pipeline().with_nodes(search, fewer, node("number")), {})

    given = {one.id: threads(one, checked.nodes[one.id]) for one in (search, fewer)}

    assert given == {"search": 3, "fewer": 2}
    assert checked.nodes["number"].cores == 1
