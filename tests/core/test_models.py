"""The models that runs have trained: found again, named, kept and deleted."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tensorrag.errors import ModelNotFound, PipelineError
from tensorrag.pipeline import Edge, Node
from tensorrag.run import Run
from tensorrag.store import tidy
from tensorrag.store.journal import Journal
from tensorrag.store.models import stored
from tests.core.diabetes import pipeline
from tests.core.engine import Engine, chain, node


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


async def trained(engine: Engine, alpha: float = 1.0, pipeline_id: str = "d") -> Run:
    run = await engine.run(pipeline(alpha), pipeline_id=pipeline_id)
    assert run.status == "succeeded", run.to_json()
    return run


async def test_a_model_that_was_trained_is_in_the_list_with_all_that_is_known(
    engine: Engine,
) -> None:
    run = await trained(engine)

    [model] = engine.workspace.journal.models.all()
    told = model.to_json()
    output = run.nodes["train"].outputs["trained_model"]
    assert told["name"] == "ridge · progression · Diabetes"
    assert (told["version"], told["task"], told["target"]) == (1, "regression", "progression")
    assert told["features"] == output["schema"]["features"]
    assert told["train"] == output["value"]["train"]
    assert {**told["metrics"], "baseline": told["baseline"]} == (
        run.nodes["evaluate"].outputs["metrics"]["value"]
    )
    assert told["data"]["rows"] + told["measured_rows"] == 442
    assert (told["run"], told["pipeline"]) == (run.id, "d")
    assert stored(model, engine.workspace.store)["state"] == "ready"
    elsewhere = "0" * 64
    assert engine.workspace.journal.models.costs([model.sha256, elsewhere]) == (0.0, None)


@pytest.mark.parametrize(("source", "port"), [("split", "train_dataset"), ("load", "dataset")])
async def test_what_was_measured_on_rows_it_has_learnt_from_does_not_count(
    engine: Engine, source: str, port: str
) -> None:
    edges = [
        replace(edge, source=source, source_port=port)
        if edge.target_port in ("train_dataset", "test_dataset")
        else edge
        for edge in pipeline().edges
    ]
    await engine.run(replace(pipeline(), edges=tuple(edges)), pipeline_id="d")

    [model] = engine.workspace.journal.models.all()
    assert model.to_json()["metrics"] == {}


async def test_what_compare_models_measured_is_told_of_each_model(engine: Engine) -> None:
    others = [
        Node("tree", "model_define", params={"model_type": "decision_tree"}),
        Node("grow", "train", params={"target_column": "progression"}),
        Node("compare", "compare_models"),
    ]
    wires = [
        Edge("split", "train_dataset", "grow", "train_dataset"),
        Edge("tree", "model_spec", "grow", "model_spec"),
        Edge("split", "test_dataset", "compare", "test_dataset"),
        Edge("grow", "trained_model", "compare", "models"),
        Edge("train", "trained_model", "compare", "models"),
    ]
    both = pipeline().with_nodes(*others).with_edges(*wires)
    for _ in range(2):  # the second time, nothing is measured anew
        run = await engine.run(both, pipeline_id="d")
        assert run.status == "succeeded", run.to_json()

        found = [model.to_json() for model in engine.workspace.journal.models.all()]
        told = {model["kind"]: model for model in found}
        assert set(told) == {"decision_tree", "ridge"}
        assert told["decision_tree"]["measured_by"] == {
            "run": run.id, "node": "compare", "card": "compare_models", "folds": False,
        }  # fmt: skip
        assert told["ridge"]["measured_by"]["card"] == "evaluate"
        assert told["decision_tree"]["metrics"]["r2"] < told["ridge"]["metrics"]["r2"]
        assert told["decision_tree"]["baseline"].keys() == told["decision_tree"]["metrics"].keys()
        assert told["decision_tree"]["measured_rows"] == told["ridge"]["measured_rows"]


async def test_a_model_that_is_not_measured_has_the_figures_of_its_cross_validation(
    engine: Engine,
) -> None:
    crossing = Node("cross", "cross_validate", params={"target_column": "progression"})
    wires = [
        Edge("split", "train_dataset", "cross", "dataset"),
        Edge("define", "model_spec", "cross", "model_spec"),
    ]
    run = await engine.run(
        pipeline().without(["evaluate"], []).with_nodes(crossing).with_edges(*wires),
        pipeline_id="d",
    )
    assert run.status == "succeeded", run.to_json()

    [model] = [each.to_json() for each in engine.workspace.journal.models.all()]
    crossed = run.nodes["cross"].outputs["metrics"]["value"]
    assert {**model["metrics"], "baseline": model["baseline"]} == crossed
    assert (model["measured_by"]["card"], model["measured_by"]["folds"]) == ("cross_validate", True)

    await trained(engine)  # an Evaluate measures the very same model
    [model] = [each.to_json() for each in engine.workspace.journal.models.all()]
    assert (model["measured_by"]["card"], model["measured_by"]["folds"]) == ("evaluate", False)


async def test_one_that_was_not_trained_anew_stands_there_once(engine: Engine) -> None:
    for alpha in (1.0, 2.0, 1.0):
        await trained(engine, alpha)

    models = engine.workspace.journal.models.all()
    assert [model.version for model in models] == [2, 1]


async def test_a_model_is_found_by_id_and_the_latest_by_name(engine: Engine) -> None:
    for alpha in (1.0, 2.0):
        await trained(engine, alpha)
    models = engine.workspace.journal.models
    latest, first = models.all()

    assert models.find(first.id) == models.find(first.sha256) == first
    assert models.find("ridge · progression · Diabetes") == latest
    with pytest.raises(ModelNotFound, match='no model "forest"'):
        models.find("forest")


async def test_people_call_it_what_they_like(engine: Engine) -> None:
    await trained(engine)
    models = engine.workspace.journal.models
    [model] = models.all()

    assert models.rename(model.id, "  The one\nthat works ").name == "The one that works"
    assert models.find("The one that works").id == model.id
    with pytest.raises(PipelineError, match="120 letters at most"):
        models.rename(model.id, "long " * 30)
    for odd in ("a\x00b", "\u202egpj", "\u200b"):  # they look like other names, or like none
        with pytest.raises(PipelineError, match="nobody sees"):
            models.rename(model.id, odd)
    assert models.rename(model.id, "").name == "ridge · progression · Diabetes"


async def test_a_deleted_one_comes_back_as_it_was(engine: Engine) -> None:
    await trained(engine)
    models = engine.workspace.journal.models
    [model] = models.all()
    models.pin(model.id, pinned=True)

    models.delete(model.id)
    assert models.all() == []
    assert models.pinned() == set()
    with pytest.raises(ModelNotFound):
        models.find(model.id)
    models.restore(model.id)

    assert [(each.id, each.pinned) for each in models.all()] == [(model.id, True)]


async def test_a_pinned_model_stays_when_the_store_is_full(engine: Engine) -> None:
    for alpha in (1.0, 2.0, 3.0):
        await trained(engine, alpha)
    await engine.run(chain(node("number")), pipeline_id="d")  # none is of the latest run
    workspace = engine.workspace
    latest, second, first = workspace.journal.models.all()
    workspace.journal.models.pin(second.id, pinned=True)
    past(workspace.root, engine)

    tidy.tidy(workspace.store, workspace.journal, cap=1)

    states = [stored(model, workspace.store)["state"] for model in (latest, second, first)]
    assert states == ["gone", "ready", "gone"]
    assert "is gone. Run the card again." in stored(first, workspace.store)["reason"]


def past(root: Path, engine: Engine) -> None:
    """Let everything that is stored be two hours old."""
    with engine.workspace.store.index.write() as connection:
        connection.execute("UPDATE results SET used = used - 7200")
    for path in (root / "store").glob("*/*/*"):
        seen = path.stat()
        os.utime(path, (seen.st_atime, seen.st_mtime - 7200))


async def test_a_damaged_model_says_so(engine: Engine) -> None:
    await trained(engine)
    store = engine.workspace.store
    [model] = engine.workspace.journal.models.all()
    blob = store.blob(store.get(model.sha256).files[0].sha256)
    blob.chmod(0o644)
    blob.write_bytes(b"x" * blob.stat().st_size)

    told = stored(model, store)

    assert told["state"] == "damaged"
    assert "is damaged and was set aside" in told["reason"]


async def test_models_are_listed_again_where_somebody_has_dropped_their_list(
    engine: Engine,
) -> None:
    await trained(engine)
    journal = engine.workspace.journal
    [model] = journal.models.all()
    with journal.database.write() as connection:
        connection.execute("DROP TABLE models")

    [anew] = engine.workspace.mend()

    assert anew.table == "models"
    [again] = journal.models.all()
    assert {**again.to_json(), "made": ""} == {**model.to_json(), "made": ""}


async def test_models_of_a_version_that_did_not_list_them_are_listed(engine: Engine) -> None:
    await trained(engine)
    [model] = engine.workspace.journal.models.all()
    path = engine.workspace.journal.database.path
    engine.workspace.close()
    with sqlite3.connect(path) as before:
        before.execute("DROP TABLE models")
        before.execute("PRAGMA user_version = 4")
    before.close()

    [again] = Journal(path).models.all()

    assert {**again.to_json(), "made": ""} == {**model.to_json(), "made": ""}
