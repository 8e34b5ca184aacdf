"""What a trained model says of rows that nobody knows the answer of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cards.predict import Predict
from cards.train import Train
from cards.train_gpu import TrainGpu
from tensorrag import EstimatorSpec, InputError, Model, NetworkSpec, ParameterError, Table
from tensorrag.preview import LaterPreview, TablePreview
from tensorrag.types import picked


@pytest.fixture(scope="module")
def rooms() -> Table:
    draw = np.random.default_rng(7)
    size = draw.uniform(20, 90, 200)
    age = draw.uniform(0, 60, 200)
    return Table.from_pandas(pd.DataFrame({"size": size, "age": age, "rent": 12 * size - age}))


@pytest.fixture(scope="module")
def ridge(rooms: Table) -> Model:
    return Train(target_column="rent").run(rooms, None, EstimatorSpec("ridge")).trained_model


def asked(*rows: tuple[float, float]) -> Table:
    return Table.from_pandas(pd.DataFrame(rows, columns=["age", "size"], dtype=float))


def test_the_answer_stands_beside_each_row(ridge: Model) -> None:
    made = Predict().run(asked((10, 50), (40, 80)), ridge).predictions

    frame = made.to_pandas()
    assert list(frame) == ["age", "size", "predicted_rent"]
    assert frame["predicted_rent"].to_numpy() == pytest.approx([590, 920], rel=0.01)


def test_it_is_what_the_estimator_itself_says(rooms: Table, ridge: Model) -> None:
    made = Predict().run(rooms, ridge).predictions.to_pandas()

    says = ridge.content["estimator"].predict(rooms.to_pandas()[["size", "age"]].to_numpy())
    assert made["predicted_rent"].to_numpy() == pytest.approx(says, rel=1e-12)


def test_a_network_answers_as_well(rooms: Table) -> None:
    layers = [{"id": "hidden_1", "type": "linear", "params": {"units": 8}}]
    spec = NetworkSpec(layers, {"epochs": 2})
    model = TrainGpu(target_column="rent").run(rooms, None, spec).trained_model

    made = Predict(prediction_column="guess").run(asked((10, 50)), model).predictions

    assert np.isfinite(made.to_pandas()["guess"][0])


def test_the_answer_is_shown_first_however_large_the_table(
    ridge: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Predict()
    made = card.run(asked((10, 50)), ridge)
    shown = card.previews(made)["predictions"]
    assert isinstance(shown, TablePreview)
    assert [column.name for column in shown.columns] == ["predicted_rent", "age", "size"]

    monkeypatch.setattr(picked, "LARGE", 0)
    made.predictions.stored_as = "ab" * 32

    later = LaterPreview(sha256="ab" * 32, last_first=1)
    assert card.previews(made)["predictions"] == later


def test_no_rows_get_no_answers(ridge: Model) -> None:
    made = Predict().run(asked(), ridge).predictions

    assert (made.num_rows, made.schema.names) == (0, ("age", "size", "predicted_rent"))


def test_a_column_that_is_there_is_never_written_over(rooms: Table, ridge: Model) -> None:
    card = Predict(prediction_column="rent")

    with pytest.raises(ParameterError, match='has a column "rent" already'):
        card.run(rooms, ridge)
    with pytest.raises(ParameterError, match='has a column "rent" already'):
        card.propagate(rooms.schema, ridge.schema)


def test_rows_without_what_it_learnt_from_are_refused_before_the_run(ridge: Model) -> None:
    table = Table.from_pandas(pd.DataFrame({"size": [50.0]}))

    with pytest.raises(InputError, match="lacks age, which the model was trained on") as refused:
        Predict().propagate(table.schema, ridge.schema)
    assert refused.value.port == "dataset"


def test_values_of_another_kind_are_refused_in_a_sentence(ridge: Model) -> None:
    words = Table.from_pandas(pd.DataFrame({"age": ["few", "many"], "size": [30, 40]}))
    with pytest.raises(InputError, match='holds "few" in row 1, which is no number'):
        Predict().run(words, ridge)

    towns = Table.from_pandas(pd.DataFrame({"town": ["A", "B"] * 5, "price": range(10)}))
    spec = EstimatorSpec("ridge", {})
    learnt = Train(target_column="price").run(towns, None, spec).trained_model
    lists = Table.from_pandas(pd.DataFrame({"town": [["A"], ["B"]]}))
    with pytest.raises(InputError, match="Column town holds list"):
        Predict().run(lists, learnt)


def test_a_classifier_names_a_class_and_how_likely_each_is() -> None:
    draw = np.random.default_rng(5)
    hours = draw.uniform(0, 10, 120)
    towns = np.where(draw.random(120) < 0.5, "Aachen", "Bonn")
    passed = np.where(hours + draw.normal(0, 1, 120) > 5, "yes", "no")
    rows = Table.from_pandas(pd.DataFrame({"hours": hours, "town": towns, "passed": passed}))
    spec = EstimatorSpec("logistic")
    model = Train(target_column="passed").run(rows, None, spec).trained_model
    asked = Table.from_pandas(pd.DataFrame({"hours": [1.0, 9.0], "town": ["Bonn", "Nowhere"]}))

    made = Predict().run(asked, model).predictions.to_pandas()
    plain = Predict(shares=False).run(asked, model).predictions

    assert list(made["predicted_passed"]) == ["no", "yes"]
    likely = made[["probability_no", "probability_yes"]].to_numpy()
    assert likely.sum(axis=1) == pytest.approx([1, 1])
    assert likely.argmax(axis=1).tolist() == [0, 1]
    assert plain.schema.names == ("hours", "town", "predicted_passed")
    none = Predict().run(Table(asked.arrow.slice(0, 0), like=asked), model).predictions
    assert none.num_rows == 0


def test_of_two_classes_a_threshold_decides_from_which_share_on() -> None:
    draw = np.random.default_rng(5)
    hours = draw.uniform(0, 10, 120)
    passed = np.where(hours + draw.normal(0, 1, 120) > 5, "yes", "no")
    rows = Table.from_pandas(pd.DataFrame({"hours": hours, "passed": passed}))
    logistic = EstimatorSpec("logistic")
    model = Train(target_column="passed").run(rows, None, logistic).trained_model

    careful = Predict(threshold=0.9).run(rows, model).predictions.to_pandas()
    bare = Predict(threshold=0.9, shares=False).run(rows, model).predictions.to_pandas()
    always = Predict(threshold=0).run(rows, model).predictions.to_pandas()

    sure = careful["probability_yes"] >= 0.9
    assert (careful["predicted_passed"] == np.where(sure, "yes", "no")).all()
    assert 0 < sure.sum() < (careful["probability_yes"] >= 0.5).sum()
    assert list(bare) == ["hours", "passed", "predicted_passed"]
    assert (bare["predicted_passed"] == careful["predicted_passed"]).all()
    assert set(always["predicted_passed"]) == {"yes"}
    brief = Predict(threshold=0.9).brief({"trained_model": model.schema})
    assert brief == "predicted_passed · yes from 90 %"


def test_one_half_is_what_the_model_says_also_where_both_are_as_likely() -> None:
    frame = pd.DataFrame({"room": [1.0, 1, 2, 2], "free": ["no", "yes", "yes", "yes"]})
    rows, tree = Table.from_pandas(frame), EstimatorSpec("decision_tree")
    model = Train(target_column="free").run(rows, None, tree).trained_model

    half = Predict(threshold=0.5).run(rows, model).predictions.to_pandas()

    assert half["probability_yes"].tolist() == [0.5, 0.5, 1, 1]
    assert half["predicted_free"].tolist() == ["no", "no", "yes", "yes"]


def test_a_threshold_needs_two_classes_and_their_shares(ridge: Model, rooms: Table) -> None:
    card = Predict(threshold=0.3)
    with pytest.raises(ParameterError, match="and this model predicts numbers") as refused:
        card.propagate(rooms.schema, ridge.schema)
    assert (refused.value.field, refused.value.fix) == ("threshold", ("Leave it empty", None))

    size, kind = np.arange(60.0), np.repeat(["A", "B", "C"], 20)
    three = Table.from_pandas(pd.DataFrame({"size": size, "kind": kind}))
    logistic, svm = EstimatorSpec("logistic"), EstimatorSpec("svm")
    of_three = Train(target_column="kind").run(three, None, logistic).trained_model
    with pytest.raises(ParameterError, match="and this model knows more than two"):
        card.run(three, of_three)

    two = Table(three.arrow.slice(0, 40))
    silent = Train(target_column="kind").run(two, None, svm).trained_model
    with pytest.raises(ParameterError, match="does not tell how likely they are"):
        card.run(two, silent)
    half = Predict(threshold=0.5).run(two, silent).predictions  # the model decides
    assert half.arrow == Predict().run(two, silent).predictions.arrow


def test_a_feature_that_is_called_as_an_answer_keeps_its_name() -> None:
    draw = np.random.default_rng(0)
    size = draw.uniform(0, 1, 80)
    kind = np.where(size > 0.5, "A", "B")
    frame = pd.DataFrame({"probability_A": size, "kind": kind})
    table = Table.from_pandas(frame)
    model = Train(target_column="kind").run(table, None, EstimatorSpec("logistic")).trained_model

    made = Predict().run(Table.from_pandas(frame[["probability_A"]]), model).predictions.to_pandas()

    assert list(made) == ["probability_A", "predicted_kind", "probability_A_", "probability_B"]
    assert made["probability_A"].tolist() == size.tolist()
    assert (made["probability_A_"] + made["probability_B"]).to_numpy() == pytest.approx(1)
