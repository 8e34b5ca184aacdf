"""A model measured fold by fold, as scikit-learn does it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cards._folds import folds
from cards.cross_validate import CrossValidate
from cards.cross_validate_gpu import CrossValidateGpu
from cards.data_load import DataLoad
from cards.model_define import ModelDefine
from cards.model_define_gpu import ModelDefineGpu
from cards.scale import Scale
from tensorrag import EstimatorSpec, InputError, Metrics, ParameterError, Table
from tensorrag.errors import RunCancelled
from tensorrag.preview import RowsPreview
from tensorrag.progress import Reporter, reporting
from tensorrag.types import Provenance

pytestmark = pytest.mark.usefixtures("one_thread")


@cache
def sample(name: str) -> Table:
    return DataLoad.model_validate({"sample_name": name}).run().dataset


def spec(model_type: str, **params: Any) -> EstimatorSpec:
    return ModelDefine.model_validate({"model_type": model_type} | params).run().model_spec


def arrays(table: Table, target: str) -> tuple[Any, Any]:
    frame = table.to_pandas()
    x = frame.drop(columns=target).to_numpy(dtype=float)
    return x, frame[target].to_numpy()


def per_fold(metrics: Metrics, label: str) -> list[float]:
    shown = metrics.details[0]
    assert isinstance(shown, RowsPreview)
    at = next(at for at, name in enumerate(shown.columns) if name.split(",")[0] == label)
    return [float(str(row[at])) for row in shown.rows[:-2]]


def test_numbers_are_those_of_scikit_learn() -> None:
    table = sample("diabetes")
    made = CrossValidate(target_column="progression", folds=4).run(table, spec("ridge"))

    x, y = arrays(table, "progression")
    truth = cross_validate(
        make_pipeline(StandardScaler(), Ridge()), x, y.astype(float),
        cv=KFold(4, shuffle=True, random_state=42),
        scoring=["r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"],
    )  # fmt: skip
    assert per_fold(made.metrics, "R²") == pytest.approx(truth["test_r2"], rel=1e-9)
    assert made.metrics.values["r2"] == pytest.approx(truth["test_r2"].mean(), rel=1e-9)
    errors = -truth["test_neg_root_mean_squared_error"]
    assert per_fold(made.metrics, "RMSE") == pytest.approx(errors, rel=1e-9)
    assert made.metrics.values["mae"] == pytest.approx(
        -truth["test_neg_mean_absolute_error"].mean(), rel=1e-9
    )
    low, high = made.metrics.intervals["r2"]
    assert low < made.metrics.values["r2"] < high
    assert made.metrics.baseline["r2"] < 0


@pytest.mark.parametrize(
    ("model_type", "estimator"),
    [
        ("logistic", make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))),
        ("decision_tree", DecisionTreeClassifier(random_state=42)),
    ],
)
@pytest.mark.parametrize("stratify", [True, False])
def test_classes_are_those_of_scikit_learn(model_type: str, estimator: Any, stratify: bool) -> None:
    table = sample("breast_cancer")
    card = CrossValidate(target_column="diagnosis", folds=3, stratify=stratify, repeats=2)

    made = card.run(table, spec(model_type))

    x, y = arrays(table, "diagnosis")
    kind = StratifiedKFold if stratify else KFold
    scores = np.concatenate([
        cross_validate(
            estimator, x, y == "malignant", cv=kind(3, shuffle=True, random_state=seed),
            scoring=["accuracy", "f1", "roc_auc"],
        )["test_f1"]
        for seed in (42, 43)
    ])  # fmt: skip
    assert per_fold(made.metrics, "F1") == pytest.approx(scores, rel=1e-9)
    assert made.predictions.num_rows == table.num_rows


def test_every_row_is_predicted_once_by_a_model_that_had_not_seen_it() -> None:
    """A tree that learns by heart is always right about rows that it has seen."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": np.arange(90.0), "y": random.normal(size=90)})

    made = CrossValidate(target_column="y", folds=3).run(
        Table.from_pandas(frame), spec("decision_tree")
    )

    told = made.predictions.to_pandas()
    assert list(told["x"]) == list(frame["x"])
    assert list(told["fold"].value_counts()) == [30, 30, 30]
    assert (told["predicted_y"] != told["y"]).all()
    for fold, rows in told.groupby("fold"):
        others = told[told["fold"] != fold]
        assert set(rows["predicted_y"]) <= set(others["y"])


def test_groups_stay_together_and_the_future_is_held_out() -> None:
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"x": random.normal(size=120), "who": np.arange(120) // 6})
    frame["y"] = 2 * frame["x"] + random.normal(size=120)
    frame["day"] = random.permutation(120)
    table = Table.from_pandas(frame)
    usual: dict[str, Any] = {"target_column": "y", "feature_columns": ["x"], "folds": 4}
    ridge = make_pipeline(StandardScaler(), Ridge())

    grouped = CrossValidate(**usual, split_by="group", group_column="who").run(table, spec("ridge"))
    timed = CrossValidate(**usual, split_by="time", time_column="day").run(table, spec("ridge"))

    x, y = frame[["x"]].to_numpy(), frame["y"].to_numpy()
    truth = cross_validate(ridge, x, y, groups=frame["who"], cv=GroupKFold(4), scoring="r2")
    assert per_fold(grouped.metrics, "R²") == pytest.approx(truth["test_score"], rel=1e-9)
    assert grouped.predictions.to_pandas().groupby("who")["fold"].nunique().max() == 1
    order = np.argsort(frame["day"])
    truth = cross_validate(ridge, x[order], y[order], cv=TimeSeriesSplit(4), scoring="r2")
    assert per_fold(timed.metrics, "R²") == pytest.approx(truth["test_score"], rel=1e-9)
    told = timed.predictions.to_pandas()
    assert told["day"].min() == 24  # the earliest fifth was only learnt from
    assert told.sort_values("day")["fold"].is_monotonic_increasing


def test_rows_without_a_group_are_one_group() -> None:
    frame = pd.DataFrame({"x": np.arange(90.0), "y": np.arange(90.0) ** 2})
    frame["who"] = [None if at % 5 == 0 else f"p{at % 7}" for at in range(90)]
    card = CrossValidate(
        target_column="y", feature_columns=["x"], folds=4, split_by="group", group_column="who"
    )

    told = card.run(Table.from_pandas(frame), spec("ridge")).predictions.to_pandas()

    assert told[told["who"].isna()]["fold"].nunique() == 1


@pytest.mark.parametrize("none", [None, np.nan])
def test_rows_without_a_time_are_refused(none: float | None) -> None:
    days = pa.array([none, none, *map(float, range(88))])
    table = Table(pa.table({"x": range(90), "y": range(90), "day": days}))
    card = CrossValidate(target_column="y", split_by="time", time_column="day")

    with pytest.raises(InputError, match="2 rows have no day") as e:
        card.run(table, spec("ridge"))

    assert e.value.hint == "Leave them out first: Filter Rows, day is not missing."


def test_after_a_gap_the_future_is_held_out_as_scikit_learn_does() -> None:
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"x": random.normal(size=120), "day": random.permutation(120)})
    frame["y"] = 2 * frame["x"] + random.normal(size=120)
    card = CrossValidate(
        target_column="y", feature_columns=["x"], folds=4, split_by="time", time_column="day", gap=5
    )

    made = card.run(Table.from_pandas(frame), spec("ridge"))

    earlier = frame.sort_values("day")
    truth = cross_validate(
        make_pipeline(StandardScaler(), Ridge()), earlier[["x"]].to_numpy(), earlier["y"],
        cv=TimeSeriesSplit(4, gap=5), scoring="r2",
    )  # fmt: skip
    assert per_fold(made.metrics, "R²") == pytest.approx(truth["test_score"], rel=1e-9)
    few = Table.from_pandas(frame.assign(day=frame["day"] % 3))
    with pytest.raises(InputError, match=r"3 times in day are too few for 4 folds after a gap of"):
        card.run(few, spec("ridge"))


@pytest.mark.parametrize("classes", [True, False])
def test_equal_rows_are_in_one_fold_and_each_has_its_share_of_the_classes(classes: bool) -> None:
    draw = np.random.default_rng(5)
    once = pd.DataFrame({"case": range(200), "y": draw.random(200) < 0.2})
    frame = once.loc[draw.integers(0, 200, 600)]

    parts = folds(
        Table.from_pandas(frame), 5, classes=frame["y"].to_numpy() if classes else None,
        seed=3, together=True,
    )  # fmt: skip

    assert sorted(np.concatenate([held for _, held in parts])) == list(range(600))
    for learnt, held in parts:
        assert len(learnt) + len(held) == 600
        assert not {*frame["case"].iloc[learnt]} & {*frame["case"].iloc[held]}
        assert len(held) == pytest.approx(120, abs=12)
        if classes:
            assert frame["y"].iloc[held].sum() == pytest.approx(frame["y"].sum() / 5, abs=8)
    with pytest.raises(InputError, match="1 different row is too few for 5 folds"):
        folds(Table.from_pandas(frame.assign(case=1, y=0)), 5, together=True)


def test_a_network_is_measured_fold_by_fold_and_says_how_far_it_is() -> None:
    table = sample("iris")
    network = ModelDefineGpu(hidden_layers=[8], epochs=3).run().model_spec
    said: list[dict[str, Any]] = []
    ticks = iter(range(10_000))

    with reporting(Reporter(said.append, clock=lambda: float(next(ticks)))):
        made = CrossValidateGpu(target_column="species", folds=2).run(table, network)

    assert made.metrics.task == "multiclass"
    assert {"probability_setosa", "predicted_species"} <= set(made.predictions.schema.names or ())
    assert {each["unit"] for each in said} == {"fold"}
    assert [each["done"] for each in said][-1] == 2
    assert any(0 < each["done"] < 1 for each in said)


def test_a_stop_is_heard_within_a_fold() -> None:
    network = ModelDefineGpu(hidden_layers=[8], epochs=3).run().model_spec
    reporter = Reporter(lambda _: None, stopping=True)

    with reporting(reporter), pytest.raises(RunCancelled):
        CrossValidateGpu(target_column="species", folds=2).run(sample("iris"), network)


def test_rows_that_were_prepared_before_are_told_of() -> None:
    table = sample("diabetes")
    card = CrossValidate(target_column="progression")
    scaled = Scale(columns=["bmi"]).run(table, None).dataset

    assert list(card.concerns({"dataset": table.schema})) == []
    (concern,) = card.concerns({"dataset": scaled.schema})
    assert concern.message.startswith("Scale has learnt from all of these rows")


def test_times_that_are_mixed_are_told_of() -> None:
    day = pd.date_range("2026-01-01", periods=20)
    table = Table.from_pandas(pd.DataFrame({"day": day, "x": range(20), "y": np.arange(20.0)}))
    usual: dict[str, Any] = {"target_column": "y", "feature_columns": ["x"]}

    (concern,) = CrossValidate(**usual).concerns({"dataset": table.schema})
    assert isinstance(concern, ParameterError)
    assert concern.fix == ("Split by day", "time")
    timed = CrossValidate(**usual, split_by="time", time_column="day")
    assert list(timed.concerns({"dataset": table.schema})) == []

    ahead = table.schema.model_copy(update={"provenance": Provenance(time="day", ahead=3)})
    (near,) = timed.concerns({"dataset": ahead})
    assert isinstance(near, ParameterError)
    assert (near.field, near.fix) == ("gap", ("Leave 2 times out", 2))
    assert list(timed.model_copy(update={"gap": 2}).concerns({"dataset": ahead})) == []


def test_what_cannot_be_folded_is_told() -> None:
    few = Table.from_pandas(pd.DataFrame({"x": range(6), "y": np.arange(6.0)}))
    rare = Table.from_pandas(pd.DataFrame({"x": range(40), "y": ["a"] * 39 + ["b"]}))
    taken = Table.from_pandas(pd.DataFrame({"fold": range(40), "y": np.arange(40.0)}))

    with pytest.raises(InputError, match="6 rows are too few for 5 folds"):
        CrossValidate(target_column="y").run(few, spec("ridge"))
    with pytest.raises(InputError, match="learns from has y b"):
        CrossValidate(target_column="y").run(rare, spec("logistic"))
    with pytest.raises(ParameterError, match='a column "fold" already'):
        CrossValidate(target_column="y").propagate(taken.schema, spec("ridge").schema)
    with pytest.raises(ParameterError, match="No group column is chosen"):
        CrossValidate(target_column="y", split_by="group").run(few, spec("ridge"))
