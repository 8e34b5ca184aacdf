"""Trained models on the same rows, ranked, and one of them handed on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.metrics import r2_score

from cards._comparing.called import names
from cards._comparing.ranking import ranked
from cards._comparing.telling import costs_preview, sentence
from cards._measuring import resampling
from cards._measuring.classification import Answers, classification_metrics
from cards._measuring.resampling import Drawing
from cards.compare_models import CompareModels
from cards.data_load import DataLoad
from cards.data_split import DataSplit
from cards.evaluate import Evaluate
from cards.model_define import ModelDefine
from cards.train import Train
from tensorrag import InputError, Model, ParameterError, Table
from tensorrag.costs import costing
from tensorrag.perform import perform
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.titles import titled
from tensorrag.types import Provenance, TrainingReport
from tensorrag.types.schema import Dealt

pytestmark = pytest.mark.usefixtures("one_thread")


@cache
def parts(sample: str) -> tuple[Table, Table]:
    split = DataSplit().run(DataLoad.model_validate({"sample_name": sample}).run().dataset)
    return split.train_dataset, split.test_dataset


@cache
def learnt(sample: str, target: str, model_type: str, **params: Any) -> Model:
    spec = ModelDefine.model_validate({"model_type": model_type} | params).run().model_spec
    return Train(target_column=target).run(parts(sample)[0], None, spec).trained_model


def of_diabetes(*kinds: str, **params: Any) -> list[Model]:
    return [learnt("diabetes", "progression", kind, **params) for kind in kinds]


def ranking(table: Table) -> Any:
    return table.to_pandas().set_index("model")


def test_the_best_one_comes_first_and_goes_on() -> None:
    models, test = of_diabetes("svm", "ridge", "decision_tree"), parts("diabetes")[1]

    best, table = CompareModels().run(test, *models)

    found = ranking(table)
    assert list(found.index) == ["ridge", "decision tree", "svm"]
    assert list(found["rank"]) == [1, 2, 3]
    assert best is models[1]
    for name, model in zip(["svm", "ridge", "decision tree"], models, strict=True):
        metrics = Evaluate().run(test, model).metrics
        alone, dummy = metrics.values, metrics.baseline
        assert {k: found.loc[name, k] for k in alone} == pytest.approx(alone, rel=1e-12)
        assert {k: found.loc[name, f"baseline_{k}"] for k in dummy} == pytest.approx(dummy)
        assert found.loc[name, "bytes"] > 1000
        assert found.loc[name, "seconds_per_1000_rows"] > 0
    assert found.loc["ridge", "low"] < found.loc["ridge", "r2"] < found.loc["ridge", "high"]


@pytest.mark.parametrize(("metric", "first"), [("mae", "a"), ("rmse", "b"), ("auto", "b")])
def test_errors_rank_from_the_smallest(metric: str, first: str) -> None:
    """One is mostly right and sometimes far off; the other always a little off."""
    y = np.repeat([0.0, 100.0], [190, 10])
    rows = Table.from_pandas(pd.DataFrame({"x": np.zeros(200), "y": y}))

    with titled({"models": ("a", "b")}):
        card = CompareModels.model_validate({"metric": metric})
        table = card.run(rows, always(0.0), always(y.mean())).ranking

    assert next(iter(ranking(table).index)) == first


def always(number: float) -> Model:
    """A model that says the same of every row."""
    estimator = DummyRegressor(strategy="constant", constant=number).fit([[0.0]], [number])
    content = {"estimator": estimator, "takes": "matrix", "dummy": 0.0}
    report = TrainingReport(device="cpu", seconds=1.0, train={})
    return Model(
        framework="sklearn", name="linear", task="regression", features=["x"], target="y",
        content=content, report=report,
    )  # fmt: skip


def test_of_each_model_its_metrics_are_told_beside_those_of_its_dummy() -> None:
    models, test = of_diabetes("ridge", "linear"), parts("diabetes")[1]
    card = CompareModels()

    first, _ = card.judged(card.run(test, *models))["models"]

    alone = Evaluate().run(test, models[0]).metrics
    assert first["rows"] == test.num_rows
    assert first["metrics"]["baseline"] == pytest.approx(alone.baseline)


def test_a_lead_that_may_be_chance_is_called_noise() -> None:
    models, test = of_diabetes("linear", "ridge", "svm"), parts("diabetes")[1]
    card = CompareModels()

    made = card.run(test, *models)

    assert dict(ranking(made.ranking)["within_noise"]) == {
        "linear": True, "ridge": True, "svm": False,
    }  # fmt: skip
    said = card.previews(made)["ranking"].model_dump_json()
    assert "lead over ridge is within noise" in said
    assert said.count("Within noise of the best.") == 1
    assert "★ linear" in said
    assert "Baseline: −0.009." in said
    assert "within its interval" not in said


def line(model: str, bytes_: int, seconds: float, *, close: bool = True) -> dict[str, Any]:
    """A row of a ranking."""
    told = {"model": model, "within_noise": close, "bytes": bytes_}
    return {**told, "seconds_per_1000_rows": seconds, "metric": "r2", "value": 0.5, "low": None,
            "baseline": None}  # fmt: skip


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([line("lasso", 900, 0.0009)], "over lasso is within noise: on other rows it may lead."),
        (
            [line("forest", 10**6, 0.1), line("lasso", 900, 0.0009)],
            "over forest and lasso is within noise: on other rows one of them may lead.",
        ),
        ([line("stump", 400, 0.001)], "noise: stump, which is smaller, is as good a choice."),
        (
            [line("forest", 10**6, 0.1), line("stump", 400, 0.0004)],
            "noise: stump, which is smaller and predicts faster, is as good a choice.",
        ),
        (
            [line("stump", 400, 0.002), line("mean", 800, 0.0001)],
            "noise: stump and mean, each of which is smaller or predicts faster, are as good a "
            "choice.",
        ),
        ([line("stump", 10, 0.0, close=False)], "Its lead over all others is more than noise."),
    ],
)
def test_a_lighter_model_is_as_good_a_choice_where_there_is_one(
    others: list[dict[str, Any]], said: str
) -> None:
    assert sentence([line("ridge", 1000, 0.001), *others], None).endswith(said)


def test_a_best_model_that_may_be_no_better_than_the_baseline_is_told_of() -> None:
    models, test = of_diabetes("linear", "ridge"), parts("diabetes")[1]
    few = Table(test.arrow.slice(0, 5))

    made = CompareModels().run(few, *models)

    best = ranking(made.ranking).iloc[0]
    assert best["low"] < best["baseline"] < best["value"]
    said = CompareModels().previews(made)["ranking"].model_dump_json()
    assert "That lies within its interval: more rows would tell whether it is better." in said


def test_the_ranking_is_no_part_of_a_split_and_still_says_that_rows_were_learnt_from() -> None:
    models, learnt_from = of_diabetes("linear", "ridge"), parts("diabetes")[0]
    card = CompareModels()

    made = card.run(learnt_from, *models)

    assert learnt_from.provenance.part == "train"
    assert made.ranking.provenance.part is None
    assert "These are train rows" in card.previews(made)["ranking"].model_dump_json()


def test_what_training_cost_is_told_where_it_is_known() -> None:
    models, test = of_diabetes("linear", "ridge", "svm"), parts("diabetes")[1]
    card = CompareModels()

    with costing({"models": (0.31, 0.0, None)}):
        made = card.run(test, *models)

    assert dict(ranking(made.ranking)["train_cost"].dropna()) == {"linear": 0.31, "ridge": 0.0}
    shown = costs_preview(made.ranking.arrow.to_pylist())
    assert [row[:1] + row[2:3] for row in shown.rows] == [
        ("linear", "$0.31"), ("ridge", "$0.00"), ("svm", "–"),
    ]  # fmt: skip
    assert "no cost is known of a model that was trained elsewhere" in (shown.note or "")


@pytest.mark.parametrize("metric", ["accuracy", "recall", "roc_auc", "f1", "r2", "rmse"])
def test_a_metric_has_the_interval_that_evaluate_tells(metric: str) -> None:
    sample, target, kind = (
        ("diabetes", "progression", "ridge")
        if metric in ("r2", "rmse")
        else ("breast_cancer", "diagnosis", "logistic")
    )
    model, test = learnt(sample, target, kind), parts(sample)[1]

    card = CompareModels.model_validate({"metric": metric})
    found = ranking(card.run(test, model).ranking).iloc[0]

    alone = Evaluate().run(test, model).metrics
    assert (found["low"], found["high"]) == alone.intervals[metric]
    assert found["value"] == alone.values[metric]


def test_a_lead_is_surer_than_the_metrics_are() -> None:
    """Both intervals overlap widely, and one is still better on nearly every draw of rows."""
    random = np.random.default_rng(1)
    truth = random.normal(0, 10, 300)
    noise = random.normal(0, 5, 300)
    one = resampling.of_numbers("mse", truth, truth + noise)
    two = resampling.of_numbers("mse", truth, truth + 1.1 * noise)

    drawn = resampling.all_of([one, two], Drawing.of(300), areas=False)

    first, second = (resampling.middle(drawn[:, at]) for at in (0, 1))
    lead = resampling.middle(drawn[:, 1] - drawn[:, 0])
    assert first is not None
    assert second is not None
    assert lead is not None
    assert first[1] > second[0]
    assert lead[0] > 0


def test_a_lead_on_a_few_groups_is_less_sure_than_one_on_as_many_rows() -> None:
    """Each of 40 homes is in 30 rows, with its one rent."""
    homes = np.repeat(np.arange(40), 30)
    rents = np.random.default_rng(0).normal(size=40)[homes]
    frame = pd.DataFrame({"x": np.zeros(1200), "home": homes, "y": rents})

    def width(dealt: Dealt | None) -> float:
        rows = Table.from_pandas(frame, provenance=Provenance(dealt=dealt))
        second = ranked([always(0.0), always(1.0)], ["a", "b"], rows, "mse").models[1]
        assert second.sure is not None
        return second.sure[1] - second.sure[0]

    assert width(Dealt(by="group", column="home")) > 4 * width(None)  # √30 times as wide


def test_intervals_are_those_of_drawing_rows_one_by_one() -> None:
    random = np.random.default_rng(2)
    truth = random.normal(0, 10, 120)
    predicted = truth + random.normal(0, 6, 120)
    by_hand = [
        r2_score(truth[rows], predicted[rows]) for rows in random.integers(120, size=(2000, 120))
    ]

    of = resampling.of_numbers("r2", truth, predicted)
    drawn = resampling.all_of([of], Drawing.of(120), areas=False)

    assert resampling.middle(drawn[:, 0]) == pytest.approx(
        tuple(np.quantile(by_hand, (0.025, 0.975))), abs=0.03
    )


def test_a_draw_without_any_spread_tells_nothing() -> None:
    """A row drawn over and over leaves nothing to explain: R² is unknown, not beyond all bounds."""
    truth = np.array([0.1, 0.7, 1.9])

    of = resampling.of_numbers("r2", truth, truth + 0.5)
    same, all_ = of(np.array([[3.0, 0, 0], [1, 1, 1]]))

    assert np.isnan(same)
    assert all_ == pytest.approx(r2_score(truth, truth + 0.5))


def test_f1_is_unknown_where_no_row_of_a_draw_is_or_is_called_positive() -> None:
    truth = np.array(["no", "yes"], dtype=object)
    shares = np.array([[1.0, 0], [0, 1]])
    said = Answers(truth, truth, ("no", "yes"), shares, positive="yes")

    none, both = resampling.of_classes("f1", said)(np.array([[2.0, 0], [1, 1]]))

    assert np.isnan(none)
    assert both == 1


CLASSES = ("accuracy", "balanced_accuracy", "log_loss")
TWO = ("precision", "recall", "f1", "roc_auc", "average_precision", "brier")


@pytest.mark.parametrize("rows", [150, 5_000])
@pytest.mark.parametrize(
    ("count", "metric"),
    [*((2, name) for name in (*CLASSES, *TWO)), *((3, name) for name in (*CLASSES, "macro_f1"))],
)
def test_each_row_drawn_once_gives_the_metric_itself(rows: int, count: int, metric: str) -> None:
    random = np.random.default_rng(3)
    classes = ("no", "yes", "perhaps")[:count]
    truth = np.array(random.choice(classes, rows), dtype=object)
    shares = random.dirichlet(np.ones(count), rows).round(2)  # rounded: some are equal
    told = np.array([classes[at] for at in shares.argmax(axis=1)], dtype=object)
    said = Answers(truth, told, classes, shares, positive="yes" if count == 2 else None)

    once = np.ones((1, min(rows, resampling.GROUPS)))

    assert resampling.of_classes(metric, said)(once)[0] == pytest.approx(
        classification_metrics(said)[metric], rel=1e-9
    )


def test_a_chosen_one_goes_on_though_another_is_better() -> None:
    models, test = of_diabetes("ridge", "svm"), parts("diabetes")[1]

    made = CompareModels(choice="svm").run(test, *models)

    assert made.best_model is models[1]
    assert list(ranking(made.ranking).index) == ["ridge", "svm"]


def test_models_are_called_as_their_cards_are() -> None:
    assert names(["", "My tree", "", ""], ["ridge", "decision_tree", "ridge", None]) == [
        "ridge", "My tree", "ridge 2", "model",
    ]  # fmt: skip
    models, test = of_diabetes("ridge", "svm"), parts("diabetes")[1]
    card = CompareModels(choice="the steady one")

    with titled({"models": ("the steady one", "")}):
        made = card.run(test, *models)
        offered = card.offers({"models": [model.schema for model in models]})

    assert list(ranking(made.ranking).index) == ["the steady one", "svm"]
    assert offered == {"models": ["the steady one", "svm"]}


def test_the_model_that_goes_on_is_the_very_one_that_came(tmp_path: Path) -> None:
    place = Place(store=tmp_path / "store", uploads=tmp_path, base=tmp_path)
    store = Store(place.store)
    came = [store.put(model).digest for model in of_diabetes("svm", "ridge")]
    test = store.put(parts("diabetes")[1]).digest

    made = perform(
        Task(
            kind="run",
            entry="cards.compare_models:CompareModels",
            inputs={"test_dataset": (test,), "models": tuple(came)},
            titles={"models": ("", "the steady one")},
        ),
        place,
    )

    assert made["outputs"]["best_model"]["sha256"] == came[1]
    assert made["face"]["lines"][0] == "the steady one"


def test_different_questions_are_refused() -> None:
    ridge, other = of_diabetes("ridge")[0], learnt("diabetes", "bmi", "ridge")
    logistic, test = learnt("breast_cancer", "diagnosis", "logistic"), parts("diabetes")[1]

    with pytest.raises(InputError, match="ridge predicts progression and ridge 2 predicts bmi"):
        CompareModels().run(test, ridge, other)
    with pytest.raises(InputError, match="logistic predicts diagnosis"):
        CompareModels().propagate(test.schema, ridge.schema, logistic.schema)
    with pytest.raises(InputError, match="No model is connected"):
        CompareModels().run(test)
    with pytest.raises(InputError, match=r"lacks (diagnosis|mean_radius)"):
        CompareModels().run(test, logistic)


def test_a_metric_of_another_task_and_a_name_that_is_gone_are_told() -> None:
    models, test = of_diabetes("ridge"), parts("diabetes")[1]

    with pytest.raises(ParameterError, match="These models predict numbers: F1 is not measured"):
        CompareModels(metric="f1").run(test, *models)
    with pytest.raises(ParameterError, match='called "lasso"') as told:
        CompareModels(choice="lasso").propagate(test.schema, models[0].schema)
    assert told.value.fix == ("Take the best one", "")


def test_what_cannot_be_measured_of_a_model_is_told() -> None:
    test = parts("breast_cancer")[1]
    models = [learnt("breast_cancer", "diagnosis", kind) for kind in ("logistic", "svm")]

    with pytest.raises(InputError, match="Log loss cannot be measured of svm"):
        CompareModels(metric="log_loss").run(test, *models)
    found = ranking(CompareModels(metric="roc_auc").run(test, *models).ranking)
    assert np.isnan(found.loc["svm", "log_loss"])
    assert found["roc_auc"].min() > 0.98
