"""Runs side by side: what is not the same, what came of it, and whether that is noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import PipelineError, RunNotFound
from tensorrag.run.comparison import Comparison, compare
from tensorrag.run.differences import Difference
from tensorrag.run.noise import pooled
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import runs_of

CARDS = {"load": "data_load", "train": "train_gpu", "evaluate": "evaluate"}
WIRES = (("load", "dataset", "train", "train"), ("train", "model", "evaluate", "model"))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def record(*, seed: int, data: str, torch: str, off: tuple[str, ...], **params: Any) -> Any:
    """What a run notes about itself when it begins."""
    ends = ("source", "source_port", "target", "target_port")
    return {
        "pipeline": {
            "name": "Houses",
            "nodes": [
                {"id": node, "card": card} | ({"enabled": False} if node in off else {})
                for node, card in CARDS.items()
            ],
            "edges": [dict(zip(ends, wire, strict=True)) for wire in WIRES],
        },
        "params": {"load": {"source": "sample"}, "train": {"seed": seed, **params}, "evaluate": {}},
        "cards": {n: {"card": c, "version": 1, "source_sha256": "ab"} for n, c in CARDS.items()},
        "environment": {"python": "3.11", "libraries": {"torch": torch}},
        "fingerprints": {"load": data},
        "seeds": {"train": seed},
    }


def ran(
    journal: Journal, r2: float | None, *, seed: int = 1, data: str = "d1", torch: str = "2.4",
    off: tuple[str, ...] = (), pipeline: str | None = "houses", status: str = "succeeded",
    device: str = "cpu", **params: Any,
) -> str:  # fmt: skip
    """Note a run as an editor does, with what its cards made."""
    noted = record(seed=seed, data=data, torch=torch, off=off, **{"epochs": 5, **params})
    run = journal.create_run(noted, pipeline_id=pipeline, name="Houses")
    model = {"train": {"r2": 0.9}, "history": {"loss": [3.0, 2.0, 1.0 + seed / 10]}}
    metrics = {"r2": r2, "rmse": 3.0, "baseline": {"r2": 0.0, "rmse": 9.0}}
    done = {"state": "done", "seconds": 2.0, "cached": False, "executor": "local"}
    shown: dict[str, Any] = {
        "load": {**done, "device": "cpu", "outputs": {}},
        "train": {**done, "device": device, "outputs": {"m": {"type": "Model", "value": model}}},
        "evaluate": {
            **done,
            "device": "cpu",
            "outputs": {"e": {"type": "Metrics", "value": metrics}} if r2 is not None else {},
        },
    }
    nodes = {node: ({"cost": None, **each}, None) for node, each in shown.items()}
    journal.append(run, [], nodes=nodes, status=status)
    return run


def kinds(compared: Comparison) -> dict[str, tuple[Any, ...]]:
    return {f"{d.kind} {d.node or ''} {d.what}".strip(): d.values for d in compared.differences}


def verdict(compared: Comparison, metric: str = "r2") -> str:
    measure = next(m for m in compared.measures if m.metric == metric and not m.trained)
    return measure.verdicts()[-1]


def test_what_is_not_the_same_is_named_and_the_rest_is_counted(journal: Journal) -> None:
    one = ran(journal, 0.80)
    other = ran(journal, 0.87, data="d2", torch="2.5", epochs=9, dropout=0.1, device="T4")

    compared = compare(journal, [one, other])

    assert kinds(compared) == {
        "parameter train epochs": (5, 9),
        "parameter train dropout": (None, 0.1),
        "data load": ("d1", "d2"),
        "place train": ("local cpu", "local T4"),
        "environment  torch": ("2.4", "2.5"),
    }
    dropout = Difference("parameter", "train", "dropout", (None, 0.1), (False, True))
    assert dropout in compared.differences
    assert compared.same == 2, "source and seed"


def test_a_card_that_is_off_and_a_wire_that_is_gone_are_differences(journal: Journal) -> None:
    one, other = ran(journal, 0.8), ran(journal, 0.8, off=("evaluate",))
    noted = journal.record(other)
    noted["pipeline"]["edges"].pop()
    bare = journal.create_run(noted, pipeline_id="houses", name="Houses")

    found = kinds(compare(journal, [one, bare]))

    assert found["card evaluate"] == ("evaluate", "evaluate, off")
    assert found["wires  train.model-evaluate.model"] == (True, False)


def test_every_metric_stands_beside_the_baseline_with_its_change(journal: Journal) -> None:
    compared = compare(journal, [ran(journal, 0.80), ran(journal, 0.87, epochs=9)])

    r2, rmse, trained = compared.measures
    assert (r2.values, r2.baselines) == ((0.80, 0.87), (0.0, 0.0))
    assert r2.changes()[1] == pytest.approx(0.07)
    assert (rmse.metric, rmse.verdicts()) == ("rmse", ("", "same"))
    assert (trained.node, trained.trained) == ("train", True)
    assert [curve.values for curve in compared.curves] == [((3.0, 2.0, 1.1), (3.0, 2.0, 1.1))]
    assert {each.node: each.seconds for each in compared.durations}["train"] == (2.0, 2.0)


def test_with_three_seeds_a_small_change_is_noise_and_a_large_one_is_not(
    journal: Journal,
) -> None:
    one, *_ = (ran(journal, r2, seed=at) for at, r2 in enumerate((0.80, 0.81, 0.82)))
    little, much = ran(journal, 0.83, epochs=9), ran(journal, 0.95, epochs=10)

    assert verdict(compare(journal, [one, little])) == "noise"
    assert verdict(compare(journal, [one, much])) == "better"
    assert verdict(compare(journal, [much, one])) == "worse"
    noise = compare(journal, [one, much]).measures[0].noise
    assert noise is not None
    assert noise.seeds == 3
    assert noise.spread == pytest.approx(0.01)
    assert noise.band == pytest.approx(4.30 * 2**0.5 * 0.01)


def test_before_three_seeds_nothing_is_called_noise_but_a_seed_alone(journal: Journal) -> None:
    one, seeded = ran(journal, 0.80, seed=1), ran(journal, 0.81, seed=2)
    ran(journal, 0.81, seed=2)  # the same seed again says nothing new
    other = ran(journal, 0.81, epochs=9)

    assert verdict(compare(journal, [one, other])) == "better"
    assert verdict(compare(journal, [one, seeded])) == "seed"


@pytest.mark.parametrize(
    "other", [{"data": "d2"}, {"epochs": 50}, {"status": "failed"}, {"off": ("load",)}]
)
def test_only_runs_that_are_alike_but_for_the_seed_count_as_seeds(
    journal: Journal, other: dict[str, Any]
) -> None:
    one = ran(journal, 0.80, seed=1)
    for seed in (2, 3, 4):
        ran(journal, 0.80 + seed / 100, seed=seed, **other)

    assert all(m.noise is None for m in compare(journal, [one, ran(journal, 0.9)]).measures)


@pytest.mark.parametrize("pipeline", [runs_of("houses"), None])
def test_runs_of_sweeps_and_with_values_of_their_own_count_as_seeds(
    journal: Journal, pipeline: str | None
) -> None:
    one = ran(journal, 0.80, seed=1)
    swept = ran(journal, 0.81, seed=2, pipeline=pipeline)
    ran(journal, 0.82, seed=3, pipeline=pipeline)
    other = ran(journal, 0.83, epochs=9)

    assert verdict(compare(journal, [one, other])) == "noise"
    assert verdict(compare(journal, [swept, other])) == "noise"


def test_a_run_of_a_sweep_leads_to_the_pipeline_that_is_swept(journal: Journal) -> None:
    runs = [ran(journal, 0.8, pipeline=each) for each in (runs_of("houses"), "houses", None)]

    assert [side.home for side in compare(journal, runs).runs] == ["houses", "houses", None]


def test_noise_within_several_groups_is_pooled() -> None:
    noise = pooled([[1.0, 2.0, 3.0], [11.0, 12.0, 13.0], [5.0, 9.0]])

    assert noise is not None
    assert (noise.seeds, noise.spread) == (6, 1.0)
    assert noise.band == pytest.approx(2.78 * 2**0.5)
    assert pooled([[1.0, 2.0]]) is None


def test_runs_that_measured_nothing_or_waited_can_be_compared(journal: Journal) -> None:
    failed = ran(journal, None, status="failed")
    waiting = journal.create_run({}, pipeline_id="houses", name="Houses", request={"pipeline": {}})

    compared = compare(journal, [ran(journal, 0.8), failed, waiting])

    assert compared.measures[0].values == (0.8, None, None)
    assert compared.measures[0].verdicts() == ("", "", "")
    assert json.loads(json.dumps(compared.to_json()))["runs"][2]["status"] == "queued"


def test_what_was_cancelled_has_its_curve_as_far_as_it_came(journal: Journal) -> None:
    whole, cancelled = ran(journal, 0.8), ran(journal, None, status="cancelled")
    progress = [
        {"type": "progress", "node": node, "data": {"done": done, "unit": unit, "metrics": numbers}}
        for node, done, unit, numbers in [
            ("train", 1, "epoch", {"loss": 4.0}), ("train", 3, "epoch", {"loss": 2.5}),
            ("load", 1, "row", {"loss": 9.0}), ("evaluate", 1, "epoch", {"loss": 9.0}),
        ]
    ]  # fmt: skip
    stopped = {"state": "cancelled", "seconds": 1.0, "executor": "local", "outputs": None}
    node = ({"cost": None, "cached": False, "device": "cpu", **stopped}, None)
    journal.append(cancelled, progress, nodes={"train": node})

    (curve,) = compare(journal, [whole, cancelled]).curves

    assert (curve.node, curve.name) == ("train", "loss")
    assert curve.values == ((3.0, 2.0, 1.1), (4.0, None, 2.5))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_two_to_six_runs_are_compared(journal: Journal, count: int) -> None:
    runs = [ran(journal, 0.8) for _ in range(count)]

    with pytest.raises(PipelineError, match=f"{count} runs cannot be compared"):
        compare(journal, runs)


def test_a_run_that_there_is_not_is_said(journal: Journal) -> None:
    with pytest.raises(RunNotFound):
        compare(journal, [ran(journal, 0.8), "gone"])
