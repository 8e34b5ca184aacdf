"""Which models fit a table, tried on a few of its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cards._advising.reckoning import gpu_for, limits, trees
from cards._advising.trying import reckoned
from cards._dealing import held_back
from cards._learning.estimators import CLASSIFIERS, REGRESSORS
from cards._learning.task import decide
from cards.advice import Advice
from cards.cross_validate import CrossValidate
from cards.data_split import DataSplit
from cards.hyperparameter_search import HyperparameterSearch
from cards.model_define import ModelDefine
from cards.model_define_gpu import ModelDefineGpu
from cards.train import Train
from cards.train_gpu import TrainGpu
from tensorrag import (
    Card,
    ColumnSchema,
    InputError,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.types import ColumnKind, Dealt, Provenance

pytestmark = pytest.mark.usefixtures("one_thread")


def bent(rows: int = 300) -> pd.DataFrame:
    """A number that no line can tell: a tree can."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": random.uniform(-3, 3, rows), "z": random.normal(size=rows)})
    frame["y"] = frame["x"] ** 2 + random.normal(0, 0.2, rows)
    return frame


def advised(frame: pd.DataFrame, **settings: Any) -> Any:
    table = Advice(target_column="y", **settings).run(Table.from_pandas(frame)).advice
    return table.to_pandas().set_index("model")


def test_models_that_can_tell_come_before_those_that_cannot() -> None:
    found = advised(bent())

    assert set(found.index) == {*REGRESSORS, "neural_network"}
    assert found.loc["gradient_boosting", "rank"] < found.loc["linear", "rank"]
    assert found.loc["polynomial", "score"] > 0.9
    assert found.loc["linear", "score"] < 0.2
    assert found["fits"].all()
    assert (found["seconds"].dropna() >= 0).all()
    assert list(found["rank"]) == list(range(1, len(found) + 1))


def copied(of: int = 60, times: int = 10) -> pd.DataFrame:
    """Cases that stand in several rows each; what is asked for cannot be told from what is there.

    Who knows the case knows the answer.
    """
    random = np.random.default_rng(1)
    cases = pd.DataFrame(
        {"case": range(of), "x": random.normal(size=of), "y": random.normal(size=of)}
    )
    return cases.loc[np.repeat(cases.index, times)].reset_index(drop=True)


def scored(table: Table, **settings: Any) -> pd.Series:
    made = Advice(target_column="y", feature_columns=["x"], **settings).run(table).advice
    return made.to_pandas().set_index("model")["score"].dropna()


def test_rows_that_are_equal_are_not_learnt_from_and_measured_on() -> None:
    """A forest would know each case from its other rows, with an R² near 1."""
    assert scored(Table.from_pandas(copied())).max() < 0.3


def test_groups_that_a_split_kept_together_are_not_learnt_from_and_measured_on() -> None:
    frame = copied()
    frame["visit"] = np.arange(len(frame))  # so that no two rows are equal
    split = DataSplit(split_by="group", group_column="case", seed=3)
    whole = Table.from_pandas(frame)

    assert scored(whole).max() > 0.9
    assert scored(split.run(whole).train_dataset).max() < 0.3


def test_after_a_split_by_time_the_latest_rows_are_measured_on() -> None:
    """Between two days that it knows, a forest can tell what was; not what will be."""
    wandering = np.cumsum(np.random.default_rng(3).normal(size=400))
    whole = Table.from_pandas(pd.DataFrame({"x": range(400), "y": wandering}))
    split = DataSplit(split_by="time", time_column="x")

    assert scored(whole).max() > 0.9
    assert scored(split.run(whole).train_dataset).max() < 0.3


def test_rows_of_one_case_alone_are_refused() -> None:
    frame = copied(of=1).assign(visit=range(10))
    of_one = Provenance(dealt=Dealt(by="group", column="case"))

    with pytest.raises(InputError, match="All rows are of one case, so there are none to measure"):
        Advice(target_column="y").run(Table.from_pandas(frame, provenance=of_one))
    of_one = Provenance(dealt=Dealt(by="time", column="case"))
    with pytest.raises(InputError, match="All rows are of one case, so there are none to measure"):
        Advice(target_column="y").run(Table.from_pandas(frame, provenance=of_one))
    with pytest.raises(InputError, match="All rows are equal, so there are none to measure on"):
        Advice(target_column="y").run(Table.from_pandas(copied(of=1)))


@pytest.mark.parametrize("seed", range(4))
def test_of_a_group_that_is_most_of_the_rows_is_learnt(seed: int) -> None:
    groups = np.repeat([0, 1, 2], [50, 5, 5])

    back = held_back(groups, 15, seed)

    assert len(np.unique(groups[back])) + len(np.unique(groups[~back])) == 3
    assert 0 in groups[~back]
    assert back.any()


def test_classifiers_are_tried_where_classes_are_told_apart() -> None:
    frame = bent().assign(y=lambda rows: np.where(rows["y"] > 2, "far", "near"))

    card = Advice(target_column="y")
    made = card.run(Table.from_pandas(frame))

    found: Any = made.advice.to_pandas().set_index("model")
    assert set(found.index) == {*CLASSIFIERS, "neural_network"}
    assert set(found["metric"]) == {"accuracy"}
    assert "tells no probabilities" in found.loc["svm", "reason"]
    assert "100–200 trees for 300 rows" in found.loc["random_forest", "reason"]
    assert "a T4 is enough" in found.loc["neural_network", "reason"]
    assert (
        "estimates for this machine and one core" in card.previews(made)["advice"].model_dump_json()
    )


def test_a_model_that_cannot_be_fitted_is_last_with_the_reason() -> None:
    """Five neighbours need five rows."""
    found = advised(bent(5))

    assert not found.loc["k_nearest_neighbors", "fits"]
    assert "5 neighbours are more than" in found.loc["k_nearest_neighbors", "reason"]


def test_time_is_reckoned_from_two_samples() -> None:
    once = 2.0  # what takes as long for any number of rows
    line = [(1_000, once + 1.0), (4_000, once + 4.0)]
    square = [(1_000, once + 1.0), (4_000, once + 16.0)]

    assert reckoned(line, 50_000, 1.0) == pytest.approx(once + 50.0)
    assert reckoned(square, 50_000, 2.0) == pytest.approx(once + 2_500.0)
    assert reckoned([(800, 0.3)], 800, 1.0) == 0.3
    assert reckoned([(1_000, 2.0), (4_000, 1.9)], 40_000, 1.0) > 1.9  # a slow first one


def test_limits_are_said_before_they_hurt() -> None:
    assert limits("svm", 100_000, 10) == ("", True)
    said, fits = limits("svm", 100_001, 10)
    assert not fits
    assert "square of the rows, and 100,001" in said
    assert limits("polynomial", 506, 13)[0] == "Degree 2 makes 104 columns of 13: 0 MB."
    said, fits = limits("polynomial", 1_000_000, 200)
    assert not fits
    assert "20,300 columns of 200: 151.2 GB, which is too much" in said
    assert "ridge is steadier" in limits("linear", 50, 40)[0]
    assert trees(506) == "100–200 trees for 506 rows."


def test_the_cheapest_gpu_that_is_enough_is_named() -> None:
    small, needed = gpu_for(13, 1, 50_000)
    large, more = gpu_for(500, 1, 10_000_000)

    assert small == "T4"
    assert large not in (None, "T4")
    assert needed < 2 * 2**30 < 16 * 2**30 < more
    assert gpu_for(13, 500, 10_000_000)[1] > gpu_for(13, 1, 10_000_000)[1] + 500 * 4 * 10_000_000


def test_columns_are_held_against_the_table_before_a_run() -> None:
    schema = Table.from_pandas(bent()).schema

    assert Advice(target_column="y").propagate(schema).names is not None
    with pytest.raises(ParameterError, match='no column "price"'):
        Advice(target_column="price").propagate(schema)


def expected(rows: int | None, width: int, **model: Any) -> tuple[tuple[str, ...], list[str]]:
    """What Train tells of a model before it runs, after target and features, and warns of."""
    columns = [ColumnSchema(name=f"x{at}", kind="number") for at in range(width)]
    target = ColumnSchema(name="y", kind="number")
    schemas: dict[str, Schema] = {
        "train_dataset": TableSchema(columns=(*columns, target), rows=rows),
        "model_spec": ModelDefine.model_validate(model).propagate(),
    }
    card = Train(target_column="y")
    told = card.footprint(schemas)
    return told.advice[2:] if told else (), [each.message for each in card.concerns(schemas)]


def test_what_a_model_makes_of_a_table_is_told_before_it_is_trained() -> None:
    cubes = expected(506, 30, model_type="polynomial", degree=3)
    assert cubes == (("Degree 3 makes 5,455 columns of 30: 21 MB.",), [])
    products = expected(506, 30, model_type="polynomial", degree=3, interaction_only=True)
    assert products[0] == ("Degree 3 makes 4,525 columns of 30: 17 MB.",)
    unknown = expected(None, 30, model_type="polynomial")
    assert unknown == (("Degree 2 makes 495 columns of 30.",), [])
    assert expected(506, 30, model_type="random_forest")[0] == ("100–200 trees for 506 rows.",)
    assert expected(506, 30, model_type="ridge") == ((), [])


def test_what_will_not_fit_is_warned_of() -> None:
    (said,), (warned,) = expected(1_000_000, 30, model_type="polynomial", degree=3)

    assert said == warned == "Degree 3 makes 5,455 columns of 30: 40.6 GB, which is too much."
    assert "takes hours" in expected(200_000, 30, model_type="svm")[1][0]


def test_a_search_and_cross_validation_tell_it_as_well() -> None:
    table = TableSchema(columns=(ColumnSchema(name="x"), ColumnSchema(name="y")), rows=506)
    spec = ModelDefine(model_type="random_forest").propagate()
    search, crossing = HyperparameterSearch(target_column="y"), CrossValidate(target_column="y")

    told = [
        search.footprint({"train_dataset": table, "model_spec": spec}),
        crossing.footprint({"dataset": table, "model_spec": spec}),
    ]

    assert [each.advice for each in told if each] == [("100–200 trees for 506 rows.",)] * 2


@pytest.mark.parametrize(
    ("values", "told", "task"),
    [
        ([0.5, 1.5, 2.0] * 9, "predicted as a number (regression)", "regression"),
        ([0.0, 1.0, 1.0] * 9, "told apart as two classes (binary classification)", "binary"),
        ([0.5, 1.5, 1.5] * 9, "told apart as two classes (binary classification)", "binary"),
        ([0, 1, 1] * 9, "told apart as two classes (binary classification)", "binary"),
        (["a", "b", "c"] * 9, "told apart as classes", "multiclass"),
        ([3, 4, 5] * 9, "up to 20 different ones are told apart as classes", "multiclass"),
        (list(range(27)), "more are predicted as a number", "regression"),
    ],
)
def test_the_task_is_told_before_a_run_as_the_run_decides_it(
    values: list[Any], told: str, task: str
) -> None:
    table = Table.from_pandas(pd.DataFrame({"x": range(27), "y": values}))

    for card in (Train(target_column="y"), TrainGpu(target_column="y")):
        before = card.footprint({"train_dataset": table.schema})
        assert before is not None
        assert before.advice[0].startswith("y ")
        assert told in before.advice[0]
    assert decide(table, "y", "auto", None).task == task


def test_a_chosen_task_and_a_model_that_can_do_nothing_else_are_the_reason() -> None:
    table = TableSchema(columns=(ColumnSchema(name="y", kind="integer"), ColumnSchema(name="x")))
    spec = ModelDefine(model_type="ridge").propagate()

    by_model = Train(target_column="y").footprint({"train_dataset": table, "model_spec": spec})
    chosen = Train(target_column="y", task="classification").footprint({"train_dataset": table})

    assert by_model is not None
    assert by_model.advice == (
        "y is predicted as a number (regression): ridge regression predicts nothing else.",
    )
    assert chosen is not None
    assert chosen.advice == ("y is told apart as classes: so it is chosen here.",)


def test_columns_that_are_not_learnt_from_are_named_with_the_reason() -> None:
    kinds: dict[str, ColumnKind] = {
        "y": "number", "a": "number", "b": "category", "name": "text", "joined": "date",
    }  # fmt: skip
    table = TableSchema(columns=tuple(ColumnSchema(name=n, kind=kinds[n]) for n in kinds), rows=9)
    spec = ModelDefineGpu().propagate()

    def told(*features: str) -> str:
        card = TrainGpu(target_column="y", feature_columns=list(features))
        known = card.footprint({"train_dataset": table, "model_spec": spec})
        return known.advice[1] if known else ""

    said = "It can be learnt from 2 of the 4 other columns: not from "
    assert told() == said + "name (free text), joined (a date)."
    assert told("a", "b") == said + "name (not chosen), joined (not chosen)."


def test_columns_of_a_kind_that_is_not_known_yet_are_not_promised_to_be_learnt_from() -> None:
    """Of a large file only a part is looked at: a shop may be a category, or free text."""
    y, price, shop, day = (
        ColumnSchema(name="y", kind="number"),
        ColumnSchema(name="price", kind="number"),
        ColumnSchema(name="shop"),
        ColumnSchema(name="day", kind="date"),
    )

    def told(*columns: ColumnSchema) -> str:
        known = Train(target_column="y").footprint({"train_dataset": TableSchema(columns=columns)})
        return known.advice[-1] if known else ""

    said = "It can be learnt from 1 of the "
    assert told(y, price, shop) == (said + "2 other columns; whether from shop, too, a run tells.")
    assert told(y, price, shop, day) == (
        said + "3 other columns: not from day (a date); whether from shop, too, a run tells."
    )
    assert "learnt" not in told(y, shop)


@pytest.mark.parametrize(
    ("card", "port"),
    [
        (Train(target_column="y"), "train_dataset"),
        (CrossValidate(target_column="y"), "dataset"),
        (HyperparameterSearch(target_column="y"), "train_dataset"),
    ],
)
def test_whoever_trains_an_svm_on_very_many_rows_is_warned(card: Card, port: str) -> None:
    svm = ModelDefine(model_type="svm").propagate()

    def warned(rows: int) -> list[str]:
        table = TableSchema(columns=(), rows=rows)
        return [each.message for each in card.concerns({port: table, "model_spec": svm})]

    assert warned(100_000) == []
    (said,) = warned(200_000)
    assert said.startswith("An SVM takes hours to fit 200,000 rows")
