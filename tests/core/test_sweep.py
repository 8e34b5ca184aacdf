"""A field tried with several values: what is tried, what came of it, and which was best."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import PipelineError, RunNotFound
from tensorrag.run import Run
from tensorrag.run.sweep import Sweep, best, field_of, last_of, metrics_of, tried, values_of
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import runs_of
from tests.core.engine import Engine, chain, node

SUM = chain(node("number", value=3), node("add", amount=4))


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("0.1, 0.2,0.3", ["0.1", "0.2", "0.3"]),
        ("ridge", ["ridge"]),
        ("20..100 by 20", ["20", "40", "60", "80", "100"]),
        ("0..1", ["0", "0.25", "0.5", "0.75", "1"]),
        ("0.1..0.3 by 0.1", ["0.1", "0.2", "0.3"]),
        ("3..1 by -1", ["3", "2", "1"]),
        ("../a.csv, ../b.csv", ["../a.csv", "../b.csv"]),
        ("a..b", ["a..b"]),
        ("", []),
    ],
)
def test_values_are_a_list_or_a_range(written: str, values: list[str]) -> None:
    assert values_of(written) == values


@pytest.mark.parametrize("written", ["1..b", "1..2 by 0", "1..9 by -1", "0..1e9 by 1", "1..nan"])
def test_a_range_that_nobody_can_go_through_is_one_sentence(written: str) -> None:
    with pytest.raises(PipelineError, match="is no range of 1 to 100 values"):
        values_of(written)


def test_each_value_is_tried_once_and_not_too_many() -> None:
    assert Sweep.new("p", "a", "b", [1, 2.0, 2, 1]).values == (1, 2)
    assert repr(Sweep.new("p", "a", "b", [1, True, 0, False]).values) == "(1, True, 0, False)"
    for count in (0, 101):
        with pytest.raises(PipelineError, match="tries 1 to 100 values"):
            Sweep.new("p", "a", "b", range(count))


async def test_a_run_for_each_value_says_which_sweep_it_is_of(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    sweep = Sweep.new("sum", "add", "amount", [1, 5, 9])
    for request in sweep.requests(SUM, {"number.value": 10}):
        executors = {"local": engine.executor}
        run = Run(request, engine.workspace, executors, engine.catalog, engine.check)
        await run.start()
        assert await run.wait() == "succeeded"
        assert engine.workspace.journal.record(run.id)["sweep"] == sweep.id
        assert engine.number(run, "add") == 10 + request.values["add.amount"]

    assert engine.ran == ["number", "add", "add", "add"]  # what is the same was run once
    journal = engine.workspace.journal
    found = tried(journal, "sum", "add.amount", sweep.id)
    assert [(each.value, each.status) for each in found] == [
        (1, "succeeded"), (5, "succeeded"), (9, "succeeded"),
    ]  # fmt: skip
    assert last_of(journal, "sum", "add.amount") == sweep.id
    assert last_of(journal, "sum", "number.value") == sweep.id
    assert last_of(journal, "other", "add.amount") == ""
    assert journal.runs(10, "sum") == []


def noted(journal: Journal, value: Any, outputs: dict[str, Any], **node: Any) -> None:
    """A run of a sweep that ended, as the journal has it."""
    run = begun(journal, value, "succeeded")
    shown = {"state": "done", "error": None, "outputs": outputs, **node}
    journal.append(run, [], nodes={"evaluate": (shown, None)})


def test_a_run_that_was_resumed_stands_once_in_its_place(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    first, second = (begun(journal, value, status="interrupted") for value in (1, 2))
    again = begun(journal, 1, status="failed", parent=first)
    last = begun(journal, 1, status="succeeded", parent=again)

    found = tried(journal, "p", "train.rate", "s")

    assert [(each.run, each.value) for each in found] == [(last, 1), (second, 2)]
    assert found[0].status == "succeeded"


def test_a_sweep_is_found_by_its_id_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    sweep = Sweep.of_field("p", "add.amount", "1, 2.5, true, ridge")
    assert sweep.values == (1, 2.5, True, "ridge")
    settings = {"add.amount": 9, "number.value": 3}
    request = sweep.requests(SUM, settings)[0].to_json()
    journal.create_run({}, pipeline_id=runs_of("p"), request=request)

    assert field_of(journal, "p", sweep.id) == "add.amount"
    for of, wanted in (("p", "gone"), ("other", sweep.id)):
        with pytest.raises(RunNotFound, match="has no sweep"):
            field_of(journal, of, wanted)
    with pytest.raises(PipelineError, match="names no field"):
        Sweep.of_field("p", "amount", [1])


def begun(journal: Journal, value: Any, status: str, parent: str | None = None) -> str:
    """A run of a sweep, as the journal has it; says which."""
    request = {"sweep": "s", "values": {"train.rate": value}, "parent": parent}
    run = journal.create_run({}, pipeline_id=runs_of("p"), request=request, parent=parent)
    journal.append(run, [], status=status, finished=1.0)
    return run


def metrics(**values: Any) -> dict[str, Any]:
    return {"metrics": {"type": "Metrics", "sha256": "…", "value": values}}


def test_the_best_is_the_highest_or_the_lowest_as_the_metric_has_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    for value, r2, rmse in ((0.1, 0.5, 3.0), (0.2, 0.8, 2.5), (True, 0.7, 2.0)):
        noted(journal, value, metrics(r2=r2, rmse=rmse, baseline={"r2": 0.0}))
    noted(journal, "odd", metrics(r2=None, rmse="much", baseline=None))
    noted(journal, None, {}, error={"message": "It is no good."})

    found = tried(journal, "p", "train.rate", "s")

    assert [each.value for each in found] == [0.1, 0.2, True, "odd", None]
    assert metrics_of(found) == ["r2", "rmse"]
    assert best(found, "r2") == found[1]
    assert best(found, "rmse") == found[2]
    assert best(found, "accuracy") is None
    assert found[0].baseline == {"r2": 0.0}
    assert found[-1].problem == "It is no good."
