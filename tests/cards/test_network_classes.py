"""A network tells classes apart as the models of Train do: output, loss and weights by target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn.model_selection import train_test_split

from cards._learning.preparing import pipeline
from cards._learning.rows import examples
from cards._network.preparing import Preparing
from cards.evaluate import Evaluate
from cards.model_define_gpu import ModelDefineGpu
from cards.predict import Predict
from cards.train import Train
from cards.train_gpu import TrainGpu
from tensorrag import (
    ColumnSchema,
    EstimatorSpec,
    InputError,
    Model,
    NetworkSpec,
    ParameterError,
    Table,
    TableSchema,
)
from tensorrag.footprint import Footprint
from tensorrag.preview import ChartPreview, GroupPreview, NetworkPreview


def spec(**params: object) -> NetworkSpec:
    small = {"hidden_layers": [32, 16], "dropout": 0.0, "learning_rate": 0.01, "epochs": 30}
    return ModelDefineGpu.model_validate(small | params).run().model_spec


def trained(table: Table, validation: Table | None = None, **params: object) -> Model:
    card = TrainGpu(target_column="kind")
    return card.run(table, validation, spec(**params)).trained_model


def flowers(load: Any) -> tuple[Table, Table]:
    """A data set of scikit-learn with its classes by name; a third of the rows to test on."""
    found = load()
    names = np.array([f"class {name}" for name in found.target_names])
    columns = [f"x{at}" for at in range(found.data.shape[1])]
    frame = pd.DataFrame(found.data, columns=columns).assign(kind=names[found.target])
    train, test = train_test_split(frame, test_size=1 / 3, random_state=0, stratify=frame["kind"])
    return Table.from_pandas(train), Table.from_pandas(test)


def visitors(rows: int = 400, seed: int = 0, rare: float = 0.5) -> pd.DataFrame:
    """Somebody comes back if young or from Bonn; some ages and towns are not known."""
    draw = np.random.default_rng(seed)
    age, town = draw.uniform(18, 80, rows), draw.choice(["Aachen", "Bonn", "Köln"], rows)
    comes = np.where((age < 40) | (town == "Bonn"), "yes", "no")
    keep = (comes == "no") | (draw.random(rows) < rare)
    frame = pd.DataFrame({"age": age[keep], "town": town[keep], "kind": comes[keep]})
    frame.loc[::9, "age"] = np.nan
    frame.loc[::11, "town"] = None
    return frame


@pytest.mark.parametrize(
    ("load", "bound"),
    [
        (datasets.load_iris, 0.90),
        (datasets.load_wine, 0.93),
        (datasets.load_breast_cancer, 0.93),
        (datasets.load_digits, 0.93),
    ],
)
def test_it_tells_apart_what_a_line_can(load: Any, bound: float) -> None:
    train, test = flowers(load)
    line = Train(target_column="kind").run(train, None, EstimatorSpec("logistic")).trained_model

    model = trained(train, dropout=0.1, epochs=40)

    ours = Evaluate().run(test, model).metrics
    theirs = Evaluate().run(test, line).metrics
    assert ours.values["accuracy"] >= max(bound, theirs.values["accuracy"] - 0.04)
    assert ours.values.keys() == theirs.values.keys()
    assert ours.baseline == theirs.baseline
    assert model.classes == line.classes
    assert model.positive == line.positive


def test_two_classes_have_one_output_and_more_have_one_each() -> None:
    two, _ = flowers(datasets.load_breast_cancer)
    three, _ = flowers(datasets.load_wine)

    binary, multiclass = trained(two, epochs=1), trained(three, epochs=1)

    assert (binary.task, binary.layers) == ("binary", (30, 32, 16, 1))
    assert (multiclass.task, multiclass.layers) == ("multiclass", (13, 32, 16, 3))
    assert picture(binary).layers[-1].label == "output, sigmoid"
    assert picture(multiclass).layers[-1].label == "outputs, softmax"


@pytest.mark.parametrize("text", [True, False])
def test_whole_numbers_of_few_values_are_classes_unless_said_otherwise(text: bool) -> None:
    frame = pd.DataFrame({"x": np.arange(60.0), "kind": np.arange(60) % 3 + 4})
    table = Table.from_pandas(frame.astype({"kind": str}) if text else frame)

    assert trained(table, epochs=1).classes == (("4", "5", "6") if text else (4, 5, 6))
    if not text:
        number = TrainGpu(target_column="kind", task="regression").run(table, None, spec(epochs=1))
        assert number.trained_model.task == "regression"


def test_true_and_false_are_classes() -> None:
    frame = pd.DataFrame({"x": np.linspace(-1, 1, 80)}).assign(kind=lambda f: f["x"] > 0)
    model = trained(Table.from_pandas(frame))

    said = Predict().run(Table.from_pandas(frame[["x"]]), model).predictions.to_pandas()
    assert (model.classes, model.positive) == ((False, True), True)
    assert (said["predicted_kind"] == frame["kind"]).mean() > 0.95


def test_categories_and_gaps_become_what_train_makes_of_them() -> None:
    rows = examples(Table.from_pandas(visitors()), "kind", (), classify=True)
    steps = pipeline(EstimatorSpec("decision_tree"), rows, classify=True, seed=0)[:-1].fit(rows.x)
    new = visitors(seed=1).assign(town=lambda f: f["town"].replace("Köln", "Oslo"))
    asked = examples(Table.from_pandas(new), "kind", (), classify=True)

    ours = Preparing.restored({"preparing": Preparing.of(rows).to_plain()})

    assert np.array_equal(ours.apply(rows.x), steps.transform(rows.x))
    assert np.array_equal(ours.apply(asked.x), steps.transform(asked.x))


def test_it_learns_from_categories_and_gaps_and_says_so() -> None:
    model = trained(Table.from_pandas(visitors()), epochs=40)
    new = visitors(seed=1)

    found = Evaluate().run(Table.from_pandas(new), model).metrics.values["accuracy"]

    assert found > 0.85
    assert "Missing values became the median of the train rows: age" in " ".join(model.report.notes)
    strange = new.assign(town="Oslo", age=np.nan)
    said = Predict().run(Table.from_pandas(strange), model).predictions
    assert said.num_rows == len(new)


def test_a_number_is_predicted_from_categories_too() -> None:
    frame = visitors().drop(columns="kind")
    frame["rent"] = 5.0 * frame["age"].fillna(0) + 200 * (frame["town"] == "Bonn")
    table = Table.from_pandas(frame)

    model = TrainGpu(target_column="rent").run(table, None, spec(epochs=60)).trained_model

    assert model.layers is not None
    assert model.layers[0] == 1 + 4  # age; three towns and none
    assert model.report.train["r2"] > 0.8


@pytest.mark.parametrize(("one_in", "share"), [(20, 1 / 2), (8, 1 / 8)])
def test_rare_classes_weigh_as_much_as_others_and_it_is_said(one_in: int, share: float) -> None:
    noise = np.random.default_rng(0).normal(size=2400)
    kinds = np.where(np.arange(2400) % one_in, "usual", "rare")
    nothing_to_learn = Table.from_pandas(pd.DataFrame({"x": noise, "kind": kinds}))

    model = trained(nothing_to_learn, hidden_layers=[4], epochs=6)

    said = Predict().run(nothing_to_learn, model).predictions.to_pandas()
    assert said["probability_rare"].mean() == pytest.approx(share, abs=0.04)
    weighed = "rare ones were given more weight (balanced)." in " ".join(model.report.notes)
    assert weighed == (one_in > 10)


def test_accuracy_is_watched_beside_the_loss() -> None:
    train, test = flowers(datasets.load_iris)
    strange = test.to_pandas().assign(kind="class nobody knows").iloc[:5]
    seen = Table.from_pandas(pd.concat([test.to_pandas(), strange]))

    model = trained(train, seen, epochs=5)

    history = model.report.history
    assert set(history) == {"loss", "accuracy", "validation_loss", "validation_accuracy"}
    assert {len(curve) for curve in history.values()} == {5}
    without = trained(train, test, epochs=5).report.history
    assert history["validation_loss"] == without["validation_loss"]
    assert model.report.notes[0].startswith("Accuracy on the validation rows: ")
    charts = [part for part in parts(model) if isinstance(part, ChartPreview)]
    assert [chart.title for chart in charts] == ["Learning curve", "Accuracy by epoch"]
    assert charts[0].y.label == "loss (cross-entropy)"


@pytest.mark.parametrize("load", [datasets.load_breast_cancer, datasets.load_wine])
def test_it_comes_back_from_its_files_and_says_the_same(load: Any, tmp_path: Path) -> None:
    train, test = flowers(load)
    one, two = (trained(train, dropout=0.2, epochs=3) for _ in range(2))
    meta = one.save(tmp_path)

    again = Model.load({path.name: path for path in tmp_path.iterdir()}, meta)

    ours, theirs, twin = (Predict().run(test, each).predictions for each in (one, again, two))
    assert ours.arrow.equals(theirs.arrow)
    assert ours.arrow.equals(twin.arrow), "the same seed gives the same network"
    shares = ours.to_pandas().filter(like="probability_")
    assert shares.shape[1] == len(one.classes or ())
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)


def test_what_is_no_target_is_one_sentence() -> None:
    one = Table.from_pandas(pd.DataFrame({"x": [1.0, 2.0], "kind": ["a", "a"]}))
    with pytest.raises(InputError, match="only one value"):
        trained(one)
    many = pd.DataFrame({"x": np.arange(300.0)}).assign(kind=lambda f: "n" + f["x"].astype(str))
    with pytest.raises(ParameterError, match="300 different values"):
        trained(Table.from_pandas(many))
    with pytest.raises(ParameterError, match="regression predicts numbers"):
        TrainGpu(target_column="kind", task="regression").run(one, None, spec())


@pytest.mark.parametrize("large", [1e19, 2.0**53 + 2, 2**64 - 1])
def test_numbers_too_large_to_be_told_apart_are_no_classes(large: float) -> None:
    kind = "uint64" if isinstance(large, int) else "float64"
    frame = pd.DataFrame({"x": np.arange(8.0), "kind": np.array([1, large] * 4, dtype=kind)})
    card = Train(target_column="kind", task="classification")

    with pytest.raises(InputError, match="kind holds whole numbers too large to be told apart"):
        card.run(Table.from_pandas(frame), None, EstimatorSpec("logistic"))


class TestBeforeARun:
    def test_what_the_kind_of_the_target_tells_is_known(self) -> None:
        card = TrainGpu(target_column="kind")
        known = ModelDefineGpu(hidden_layers=[3]).propagate()

        binary = card.propagate(table("binary"), None, known)
        some = card.propagate(table("category"), None, known)

        assert (binary.task, binary.layers, binary.parameters) == ("binary", (2, 3, 1), 13)
        assert (some.task, some.layers, some.parameters) == (None, None, None)

    def test_what_it_takes_at_least_is_estimated_also_of_classes(self) -> None:
        told = TrainGpu(target_column="kind").footprint(
            {
                "train_dataset": table("category"),
                "model_spec": ModelDefineGpu(hidden_layers=[3]).propagate(),
            }
        )
        assert isinstance(told, Footprint)
        assert told.parameters == 13
        assert told.memory is not None


def table(kind: Any) -> TableSchema:
    numbers = [ColumnSchema(name=name, kind="number") for name in ("a", "b")]
    return TableSchema(columns=(*numbers, ColumnSchema(name="kind", kind=kind)), rows=100)


def parts(model: Model) -> tuple[Any, ...]:
    preview = model.preview()
    assert isinstance(preview, GroupPreview)
    return preview.items


def picture(model: Model) -> NetworkPreview:
    return next(part for part in parts(model) if isinstance(part, NetworkPreview))
