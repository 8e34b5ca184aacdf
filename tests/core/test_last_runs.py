"""How every pipeline ran last: read for all of them at once, from the journal alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tensorrag.pipeline import Edge, Pipeline, Position
from tensorrag.pipeline.as_json import to_json
from tensorrag.store.journal import Journal
from tensorrag.store.last_runs import Score, last_runs, scores_of
from tensorrag.store.shelf import Shelf
from tensorrag.store.spending import Charge, Work
from tensorrag.store.workspace import Workspace
from tests.core.engine import node


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def measured(*, on: str | None = None, **value: Any) -> dict[str, Any]:
    output = {"type": "Metrics", "sha256": "0" * 64, "schema": {"part": on}, "value": value}
    return {"card": "evaluate", "state": "done", "outputs": {"metrics": output}}


def ran(journal: Journal, pipeline: str, *shown: dict[str, Any], status: str = "succeeded") -> str:
    run = journal.create_run({"pipeline": {}}, pipeline_id=pipeline, name=pipeline)
    nodes = {f"evaluate_{at}": (each, None) for at, each in enumerate(shown)}
    journal.append(run, [], nodes=nodes, status=status)
    return run


def test_the_last_run_of_each_pipeline_has_its_metric_beside_the_baseline(
    journal: Journal,
) -> None:
    ran(journal, "houses", measured(r2=0.2, baseline={"r2": 0.0}))
    last = ran(journal, "houses", measured(r2=0.87, rmse=3.1, baseline={"r2": -0.01}))
    ran(journal, "digits", measured(accuracy=0.9, baseline={"accuracy": 0.1}))

    found = last_runs(journal)

    assert found["houses"].entry.id == last
    assert found["houses"].score == Score("r2", 0.87, -0.01)
    assert found["digits"].score == Score("accuracy", 0.9, 0.1)
    assert found["houses"].cost is None


def test_of_several_cards_that_measured_the_best_counts(journal: Journal) -> None:
    ran(journal, "two", measured(r2=0.9, baseline={"r2": 0}), measured(r2=0.6, baseline={"r2": 0}))

    assert last_runs(journal)["two"].score == Score("r2", 0.9, 0)


def test_what_was_measured_on_train_rows_counts_only_where_nothing_else_was(
    journal: Journal,
) -> None:
    ran(journal, "both", measured(r2=0.99, on="train"), measured(r2=0.6, on="test"))
    ran(journal, "learnt", measured(r2=0.98, on="train"), measured(r2=0.99, on="train"))

    found = last_runs(journal)
    assert found["both"].score == Score("r2", 0.6)
    assert found["learnt"].score == Score("r2", 0.99, learnt=True)


def test_every_run_of_a_pipeline_has_its_score(journal: Journal) -> None:
    old = ran(journal, "houses", measured(r2=0.2))
    new = ran(journal, "houses", measured(r2=0.3))
    ran(journal, "digits", measured(accuracy=0.9))

    assert scores_of(journal, "houses", 500) == {old: Score("r2", 0.2), new: Score("r2", 0.3)}
    assert scores_of(journal, "houses", 1) == {new: Score("r2", 0.3)}


def test_a_run_that_measured_nothing_has_no_score_and_one_that_waits_is_not_the_last(
    journal: Journal,
) -> None:
    failed = ran(
        journal, "houses", {"card": "x", "state": "failed", "outputs": {}}, status="failed"
    )
    journal.create_run({}, pipeline_id="houses", name="houses", request={"pipeline": {}})

    (last,) = last_runs(journal).values()

    assert (last.entry.id, last.entry.status, last.score) == (failed, "failed", None)


@pytest.mark.parametrize(
    "value", [{"r2": None}, {"r2": True}, {"r2": "0.9"}, {"mse": 1.0}, [1], "text", None]
)
def test_what_is_no_number_is_no_score(journal: Journal, value: Any) -> None:
    odd = measured()
    odd["outputs"]["metrics"]["value"] = value
    ran(journal, "odd", odd)

    assert last_runs(journal)["odd"].score is None


def test_what_was_rented_is_named_with_its_cost(journal: Journal) -> None:
    run = ran(journal, "far")
    charge = Charge("t1", run, "train", "train_gpu", "modal", "T4", Work(), 0.001, 60.0, 0.0)
    journal.spending.begin(charge)
    journal.spending.end("t1", seconds=10.0, cost=0.01)

    last = last_runs(journal)["far"]

    assert last.entry.rented == (("modal", "T4"),)
    assert last.cost == pytest.approx(0.01)


def test_what_ran_last_is_told_from_what_was_changed_since(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    shelf, journal = workspace.pipelines, workspace.journal
    before = Pipeline("Houses").with_nodes(node("load"), node("split", seed=1), node("alone"))
    before = before.with_edges(Edge("load", "dataset", "split", "dataset"))
    id = shelf.create(before)

    def changed_since(ran: Pipeline, now: Pipeline, **how: str) -> bool:
        shelf.save(id, now)
        record = {"pipeline": to_json(ran), **how}
        journal.create_run(record, pipeline_id=id, name="Houses", status="succeeded")
        (entry,), last = Shelf(shelf.folder).list(), last_runs(journal)[id]
        assert last.ran is not None
        return last.ran.differs(entry.essence)

    moved = before.with_nodes(replace(before.nodes["load"], position=Position(9, 9), title="Mine"))
    assert not changed_since(before, moved)
    assert changed_since(before, before.with_nodes(node("split", seed=2)))
    assert changed_since(before, before.without(edges=[before.edges[0].id]))
    assert changed_since(before, before.with_nodes(replace(node("alone"), enabled=False)))
    assert changed_since(before, before.with_nodes(node("another")))

    part = before.upto("split")
    assert not changed_since(part, before.with_nodes(node("another")), until="split")
    assert changed_since(part, before.with_nodes(node("load", rows=3)), until="split")
