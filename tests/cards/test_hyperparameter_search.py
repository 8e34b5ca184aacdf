"""Hyperparameter Search: from settings of a model and rows to better ones."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cards import hyperparameter_search_gpu
from cards._network.training import trained_network
from cards._searching import carrying_out
from cards._searching.apart import Apart, LackOfMemory
from cards._searching.judging import mean_over
from cards._searching.space import Dimension
from cards._searching.study import Study, Trial, Watch
from cards.hyperparameter_search import HyperparameterSearch
from cards.hyperparameter_search_gpu import HyperparameterSearchGpu
from cards.model_define import ModelDefine
from cards.model_define_gpu import ModelDefineGpu
from cards.train import Train
from tensorrag import EstimatorSpec, InputError, ParameterError, Table, TensorRagError
from tensorrag.preview import ChartPreview, GroupPreview, StatsPreview
from tensorrag.progress import Reporter, reporting
from tensorrag.run.reported import reports


def numbers(rows: int = 60, seed: int = 0) -> Table:
    """Twenty features, of which one matters: a strong lasso does better than a weak one."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 20))
    columns = {f"x{at}": x[:, at] for at in range(20)}
    y = 3 * x[:, 0] + rng.normal(size=rows)
    return Table.from_pandas(pd.DataFrame({**columns, "y": y, "day": np.arange(rows)}))


def classes(rows: int = 80) -> Table:
    """Two classes on either side of a line; ten people of eight rows each."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=rows)
    kind = np.where(x + rng.normal(size=rows) > 0, "yes", "no")
    return Table.from_pandas(pd.DataFrame({"x": x, "kind": kind, "who": np.arange(rows) // 8}))


def spec(model_type: str = "lasso", **params: Any) -> EstimatorSpec:
    return ModelDefine(model_type=model_type, **params).run().model_spec  # type: ignore[arg-type]


def search(**params: Any) -> HyperparameterSearch:
    chosen = {"target_column": "y", "hyperparameters": ["alpha"], "trials": 8}
    return HyperparameterSearch(**{**chosen, **params})


def search_networks(**params: Any) -> HyperparameterSearchGpu:
    return HyperparameterSearchGpu(**params)


def frame(table: Table) -> pd.DataFrame:
    return table.to_pandas()


def test_the_first_trial_has_the_settings_as_they_are_and_the_best_is_passed_on() -> None:
    best, trials = search().run(numbers(), None, spec(alpha=0.001))

    tried = frame(trials)
    assert list(tried) == ["number", "alpha", "r2", "seconds", "state"]
    assert tried["alpha"][0] == 0.001
    assert best.params["alpha"] == tried.sort_values("r2", na_position="first")["alpha"].iloc[-1]
    assert tried["r2"].max() > tried["r2"][0]
    assert Train(target_column="y").run(numbers(), None, best).trained_model.name == "lasso"


def test_a_trial_measures_what_train_measures_on_the_same_rows() -> None:
    train, held_out = numbers(seed=1), numbers(seed=2)

    trials = frame(search(metric="r2").run(train, held_out, spec(alpha=0.1)).trials)
    trained = Train(target_column="y").run(train, held_out, spec(alpha=0.1)).trained_model

    assert f"R² on the validation rows: {trials['r2'][0]:.3f}." in trained.report.notes


def test_of_folds_the_mean_is_told_and_so_far_the_mean_of_those_before() -> None:
    told: list[float] = []

    found = mean_over([3.0, 1.0, 5.0], lambda part: {"r2": part}, "r2", told.append)

    assert found == 3.0
    assert told == [3.0, 2.0, 3.0]


@pytest.mark.parametrize("sampler", ["TPE", "random"])
@pytest.mark.parametrize("parallel", [1, 3])
def test_the_same_seed_tries_the_same(sampler: str, parallel: int) -> None:
    card = search(sampler=sampler, parallel=parallel, seed=7)

    first, again = (frame(card.run(numbers(), None, spec()).trials) for _ in range(2))
    other = frame(search(sampler=sampler, seed=8).run(numbers(), None, spec()).trials)

    assert first.drop(columns="seconds").equals(again.drop(columns="seconds"))
    assert len(first) == 8
    assert list(first["alpha"]) != list(other["alpha"])


def test_a_grid_tries_every_combination() -> None:
    chosen = [{"name": "alpha", "low": 0.01, "high": 1, "log": True}, {"name": "fit_intercept"}]
    card = search(sampler="grid", grid_points=3, hyperparameters=chosen)

    tried = frame(card.run(numbers(), None, spec(alpha=0.5)).trials)[1:]

    assert sorted(set(tried["alpha"])) == [0.01, 0.1, 1.0]
    assert len(tried) == len(tried.drop_duplicates(["alpha", "fit_intercept"])) == 6


def test_classes_are_judged_by_accuracy_or_what_is_chosen() -> None:
    card = search(target_column="kind", hyperparameters=["C"], feature_columns=["x"], trials=3)
    svm = spec("logistic")

    assert "accuracy" in frame(card.run(classes(), None, svm).trials)
    chosen = card.model_copy(update={"metric": "log_loss"})
    best, trials = chosen.run(classes(), None, svm)
    tried = frame(trials)
    assert best.params["C"] == tried.sort_values("log_loss")["C"].iloc[0]


def test_folds_keep_groups_together_and_the_future_out() -> None:
    grouped = search(
        target_column="kind", hyperparameters=["C"], folds_by="group", group_column="who"
    )
    people = frame(classes())["who"].to_numpy()
    for learnt, held in grouped.question(classes(), None).folds(None):
        assert not set(people[learnt]) & set(people[held])

    timed = search(folds_by="time", time_column="day")
    parts = timed.question(numbers(), None).folds(None)
    assert len(parts) == 3
    for learnt, held in parts:
        assert learnt.max() < held.min()


def test_folds_have_their_share_of_each_class() -> None:
    rare = np.array([True] * 6 + [False] * 54)

    for _, held in search().question(numbers(), None).folds(rare):
        assert rare[held].sum() == 2


def test_a_trial_that_is_worse_than_half_of_the_others_is_given_up() -> None:
    """What is judged here is only the number itself, in three steps."""
    judged: list[int] = []

    def judge(values: dict[str, Any], watch: Watch) -> float:
        for step in range(3):
            judged.append(step)
            watch(values["x"])
        return float(values["x"])

    study = Study([Dimension("x", 0, 1)], {"x": 0.9}, higher=True, trials=40, sampler="random")
    done = study.run(judge, workers=1, ready=_nothing, tell=_nothing, look=_nothing)

    states = [trial.state for trial in done]
    assert "pruned" in states[6:]
    assert "pruned" not in states[:5]  # there is nothing yet to be worse than
    assert len(judged) < 3 * 40
    assert all(trial.metric is None for trial in done if trial.state == "pruned")


@pytest.mark.parametrize(("higher", "wanted"), [(True, 1.0), (False, 0.0)])
def test_trials_gather_where_they_are_good(higher: bool, wanted: float) -> None:
    study = Study([Dimension("x", 0, 1)], {"x": 0.5}, higher=higher, trials=40)
    done = study.run(_itself, workers=1, ready=_nothing, tell=_nothing, look=_nothing)

    last = [trial.values["x"] for trial in done[20:]]
    assert abs(np.median(last) - wanted) < 0.25


def test_a_search_that_was_stopped_goes_on_with_the_trials_that_it_had() -> None:
    asked: list[float] = []

    def judge(values: dict[str, Any], watch: Watch) -> float:
        asked.append(values["x"])
        return float(values["x"])

    def tried(before: dict[int, Trial]) -> list[Trial]:
        study = Study([Dimension("x", 0, 1)], {"x": 0.5}, higher=True, trials=15, before=before)
        return study.run(judge, workers=1, ready=_nothing, tell=_nothing, look=_nothing)

    whole = tried({})
    asked.clear()
    resumed = tried({trial.number: trial for trial in whole[:12]})

    assert [trial.values for trial in resumed] == [trial.values for trial in whole]
    assert len(asked) == 3


def test_the_chart_of_a_search_that_goes_on_begins_with_its_first_trial() -> None:
    class Judge:
        metric = "r2"

        def __call__(self, values: Mapping[str, Any], watch: Watch) -> float:
            return float(values["x"])

    def tried(before: dict[int, Trial]) -> list[Trial]:
        told: dict[str, Any] = {"higher": True, "trials": 6, "before": before}
        return carrying_out.tried(Study([Dimension("x", 0, 1)], {"x": 0.5}, **told), Judge(), 1)

    whole, sent = tried({}), list[dict[str, Any]]()
    with reporting(Reporter(sent.append)):
        tried({trial.number: trial for trial in whole[:4]})

    events = [{"node": "search", "type": "progress", "data": data} for data in sent]
    trials = reports(events, "search")["r2"]
    assert [at for at, _ in trials[:4]] == [1, 2, 3, 4]
    assert [value for _, value in trials] == [whole[int(at) - 1].metric for at, _ in trials]


def test_each_trial_is_reported_with_the_best_so_far() -> None:
    said: list[dict[str, Any]] = []
    with reporting(Reporter(emit=said.append)) as reporter:
        reporter.clock = iter(range(10_000)).__next__  # each report is passed on
        search().run(numbers(), None, spec())

    assert [(each["done"], each["total"], each["unit"]) for each in said[-1:]] == [(8, 8, "trial")]
    best = [each["metrics"]["best"] for each in said]
    assert best == sorted(best)
    assert {"r2", "best"} == set(said[0]["metrics"])


def test_what_is_shown_tells_what_the_search_brought_and_that_it_flatters() -> None:
    card = search(hyperparameters=["alpha", "fit_intercept"], trials=20)
    made = card.run(numbers(), None, spec(alpha=0.001))

    shown = card.previews(made)["best_model_spec"]
    assert isinstance(shown, GroupPreview)
    values, course, mattered = shown.items
    assert isinstance(values, StatsPreview)
    assert [each.label for each in values.items] == ["R²", "alpha", "fit_intercept"]
    assert values.items[0].before is not None
    assert isinstance(course, ChartPreview)
    assert "flattered" in str(course.caption)
    assert list(course.series[0].y) == sorted(course.series[0].y)  # type: ignore[type-var]
    assert isinstance(mattered, StatsPreview)
    assert mattered.items[0].label == "alpha"


def test_settings_outside_the_range_are_tried_first_too() -> None:
    forest = spec("random_forest", n_estimators=3)  # without a limit to the depth
    chosen = [{"name": "max_depth", "low": 1, "high": 3}]

    best, trials = search(hyperparameters=chosen, trials=4).run(numbers(), None, forest)

    tried = frame(trials)["max_depth"]
    assert pd.isna(tried[0])
    assert set(tried[1:]) <= {1, 2, 3}
    assert best.params["n_estimators"] == 3


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("lasso", {"hyperparameters": []}, "No hyperparameter is chosen."),
    ("lasso", {"hyperparameters": ["depth"]}, 'The model has no hyperparameter "depth".'),
    ("lasso", {"hyperparameters": ["alpha", "alpha"]}, "alpha is varied twice."),
    ("lasso", {"hyperparameters": [{"name": "alpha", "low": 2, "high": 1}]}, "upside down"),
    ("lasso", {"hyperparameters": [{"name": "alpha", "low": 0, "high": 1}]}, "must be above 0"),
    ("elastic_net", {"hyperparameters": [{"name": "l1_ratio", "high": 2}]}, "must be at most 1"),
    ("elastic_net", {"hyperparameters": [{"name": "l1_ratio", "low": 0, "log": True}]}, "factors"),
    ("random_forest", {"hyperparameters": [{"name": "max_depth", "high": 4.5}]}, "whole number"),
    ("svm", {"hyperparameters": [{"name": "kernel", "choices": ["cubic"]}]}, "cannot be 'cubic'"),
    ("naive_bayes", {"target_column": "z"}, "The model has no hyperparameter that can be varied."),
    ("logistic", {"hyperparameters": ["C"]}, "tells classes apart"),
    ("lasso", {"metric": "accuracy"}, "Accuracy does not measure how well numbers are predicted."),
    ("lasso", {"folds": 20}, "30 rows are too few for 20 folds."),
    ("lasso", {"folds_by": "group"}, "No group column is chosen."),
    ("lasso", {"target_column": "price"}, 'There is no column "price" in the table.'),
    ("elastic_net", {"sampler": "grid", "grid_points": 50,
      "hyperparameters": ["alpha", "l1_ratio"]}, "The grid has 2,500 combinations"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "params", "sentence"), BAD)
def test_what_cannot_work_is_said_before_a_run(
    model: str, params: dict[str, Any], sentence: str
) -> None:
    table = Table.from_pandas(frame(numbers(30)).assign(z=["a", "b"] * 15))
    card = search(**{"feature_columns": ["x0", "x1"], **params})

    with pytest.raises(TensorRagError) as refused:
        card.propagate(table.schema, None, spec(model).schema)
    assert sentence in str(refused.value)
    assert refused.value.hint


def test_the_way_out_of_nothing_chosen_names_what_the_model_has() -> None:
    with pytest.raises(ParameterError) as refused:
        search(hyperparameters=[]).propagate(numbers().schema, None, spec("elastic_net").schema)

    assert refused.value.fix == (
        "Search alpha and l1_ratio",
        [{"name": "alpha"}, {"name": "l1_ratio"}],
    )


def test_where_every_trial_fails_the_first_reason_is_told() -> None:
    neighbours = spec("k_nearest_neighbors", n_neighbors=500)
    chosen = [{"name": "n_neighbors", "low": 400, "high": 600}]

    with pytest.raises(InputError, match=r"Every trial failed\. The first one: 500 neighbours"):
        search(hyperparameters=chosen, trials=3).run(numbers(), None, neighbours)


def test_trials_that_fail_are_told_from_those_that_do_not() -> None:
    chosen = [{"name": "n_neighbors", "low": 1, "high": 600}]

    trials = (
        search(hyperparameters=chosen)
        .run(numbers(), numbers(seed=3), spec("k_nearest_neighbors"))
        .trials
    )

    states = set(frame(trials)["state"])
    assert states == {"complete", "failed"}


def _itself(values: dict[str, Any], watch: Watch) -> float:
    return float(values["x"])


def test_networks_are_searched_as_they_are_trained_and_given_up_by_their_loss() -> None:
    network = ModelDefineGpu(epochs=4, hidden_layers=[4]).run().model_spec
    chosen = ["learning_rate", "dropout"]
    card = search_networks(target_column="y", hyperparameters=chosen, trials=12)

    best, trials = card.run(numbers(), numbers(seed=5), network)

    tried = frame(trials)
    assert (tried["learning_rate"][0], tried["dropout"][0]) == (0.001, 0.2)
    assert "pruned" in set(tried["state"])
    first = tried.sort_values("r2", na_position="first").iloc[-1]
    assert best.trainer.learning_rate == first["learning_rate"]
    assert {layer.params["p"] for layer in best.layers if layer.type == "dropout"} == {
        first["dropout"]
    }


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_networks_that_train_beside_one_another_come_out_as_they_do_in_turn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On two cores each has a process of its own; where there is a GPU, all are trained in one."""
    network = ModelDefineGpu(epochs=4, hidden_layers=[4]).run().model_spec
    chosen = ["learning_rate", "dropout"]
    card = search_networks(target_column="y", hyperparameters=chosen, trials=12, parallel=3)
    processes = trained_in(tmp_path, monkeypatch)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")

    def tried() -> pd.DataFrame:
        trials = card.run(numbers(), numbers(seed=5), network).trials
        return frame(trials).drop(columns="seconds")

    apart = tried()
    assert len(processes()) == 12
    monkeypatch.setattr(hyperparameter_search_gpu, "can_part", lambda: False)
    in_turn = tried()
    assert processes() == {os.getpid()}
    assert apart.equals(in_turn)
    assert "pruned" in set(apart["state"])
    assert card.uses_cores() == 3


def trained_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[int]]:
    """Write down which processes train networks; returns what tells those since the last time."""

    def traced(*args: Any, **named: Any) -> Any:
        (folder / str(os.getpid())).touch()
        return trained_network(*args, **named)

    monkeypatch.setattr("cards._searching.networks.trained_network", traced)

    def processes() -> set[int]:
        found = list(folder.iterdir())
        for path in found:
            path.unlink()
        return {int(path.name) for path in found}

    return processes


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_where_memory_runs_out_trials_go_on_one_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trial that dies because two are there is made again alone, and tells no step twice."""

    class Hungry:
        metric = "r2"

        def __call__(self, values: Mapping[str, Any], watch: Watch) -> float:
            if not values:
                return 0.0
            (tmp_path / str(os.getpid())).touch()
            watch(1.0)
            while len(list(tmp_path.iterdir())) < 2:  # until the other one is there, too
                time.sleep(0.01)
            if values["dies"] and not (tmp_path / "again").exists():
                (tmp_path / "again").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            watch(2.0)
            return float(values["x"])

    judge, heard = Apart(Hungry(), 2), list[list[float]]([[], []])
    judge({}, heard[0].append)  # the first is judged here
    with ThreadPoolExecutor(2) as pool:
        asked = [{"x": 3, "dies": True}, {"x": 4, "dies": False}]
        found = list(pool.map(judge, asked, [each.append for each in heard]))

    assert found == [3.0, 4.0]
    assert heard == [[1.0, 2.0], [1.0, 2.0]]
    assert capsys.readouterr().out == (
        "Memory ran out with 2 trials at a time: from here on there is one at a time. "
        "Give the card more memory, or choose fewer.\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_a_trial_that_lacks_memory_alone_fails_with_what_to_do() -> None:
    class Greedy:
        metric = "r2"

        def __call__(self, values: Mapping[str, Any], watch: Watch) -> float:
            if values:
                raise MemoryError
            return 0.0

    judge = Apart(Greedy(), 2)
    judge({}, lambda value: None)  # the first is judged here

    with pytest.raises(LackOfMemory, match="MemoryError"):
        judge({"x": 1}, lambda value: None)


def test_networks_that_tell_classes_apart_are_judged_fold_by_fold() -> None:
    network = ModelDefineGpu(epochs=2, hidden_layers=[4], dropout=0).run().model_spec
    assert "dropout" not in [each.name for each in network.tunable or ()]
    chosen = [{"name": "activation", "choices": ["relu", "tanh"]}]
    card = search_networks(
        target_column="kind", feature_columns=["x"], sampler="grid", hyperparameters=chosen
    )

    best, trials = card.run(classes(), None, network)

    assert list(frame(trials)["activation"]) == ["relu", "relu", "tanh"]
    assert best.layers[1].type in ("relu", "tanh")


def _nothing() -> None:
    pass
