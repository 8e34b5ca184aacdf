"""Telling classes apart: every model on every sample, as scikit-learn itself does it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn import metrics as sk
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from cards._learning.estimators import CLASSIFIERS, REGRESSORS
from cards._learning.predicting import model_input, probabilities
from cards._measuring.classes import class_pictures
from cards._measuring.classification import Answers, classification_metrics
from cards._measuring.intervals import of_classification
from cards.assert_metrics import AssertMetrics
from cards.compare_models import CompareModels
from cards.data_load import DataLoad
from cards.data_split import DataSplit
from cards.dates_to_features import DatesToFeatures
from cards.evaluate import Evaluate
from cards.model_define import ModelDefine
from cards.predict import Predict
from cards.sample_rows import SampleRows
from cards.train import Train
from sample_data.catalogue import read_catalogue
from tensorrag import EstimatorSpec, InputError, Metrics, Model, ParameterError, Table
from tensorrag.preview import ChartPreview, ConfusionPreview, GroupPreview, ThresholdsPreview
from tensorrag.types.looking import with_seen

SAMPLES = read_catalogue()
CLASSES = [name for name, sample in SAMPLES.items() if sample.task != "regression"]
NUMBERS = [name for name, sample in SAMPLES.items() if sample.task == "regression"]
LEAST = {"digits": 0.75, "churn": 0.55}
"""Bayes takes pixels for bells; of who leaves little can be told, and a guess has 0.5."""
QUICK: dict[str, dict[str, Any]] = {
    "random_forest": {"n_estimators": 10},
    "gradient_boosting": {"max_iter": 10},
}


pytestmark = pytest.mark.usefixtures("one_thread")


@cache
def parts(sample: str) -> tuple[Table, Table]:
    whole = DataLoad.model_validate({"sample_name": sample}).run().dataset
    target = SAMPLES[sample].target if sample in CLASSES else None
    split = DataSplit(stratify_by=target).run(whole)
    return split.train_dataset, split.test_dataset


@cache
def few(sample: str) -> tuple[Table, Table]:
    """The same, of at most 1,000 and 500 rows, with numbers in the place of dates."""
    train, test = parts(sample)
    return drawn(train, 1000), drawn(test, 500)


def drawn(table: Table, rows: int) -> Table:
    some = SampleRows(rows=rows).run(table).dataset
    dated = any(column.kind == "date" for column in some.columns)
    return DatesToFeatures().run(some).dataset if dated else some


def learnt(table: Table, target: str, model_type: str, **params: Any) -> Model:
    settings = {"model_type": model_type} | QUICK.get(model_type, {}) | params
    spec = ModelDefine.model_validate(settings).run().model_spec
    return Train(target_column=target).run(table, None, spec).trained_model


def measured(table: Table, model: Model) -> Metrics:
    return Evaluate().run(table, model).metrics


def guests(rows: int = 200) -> pd.DataFrame:
    """Who comes again: from age with gaps, city, and whether they were new."""
    draw = np.random.default_rng(0)
    age = draw.normal(40, 10, rows)
    city = draw.choice(["Ulm", "Bonn", "Kiel"], rows)
    new = draw.random(rows) < 0.5
    again = age + 20 * (city == "Ulm") + 10 * new + draw.normal(0, 5, rows) > 50
    frame = pd.DataFrame({"age": age, "city": city, "new": new, "again": again})
    frame.loc[::17, "age"] = None
    frame.loc[3::29, "city"] = None
    return frame


# --- as scikit-learn does it --------------------------------------------------------------------


@pytest.mark.parametrize("sample", CLASSES)
@pytest.mark.parametrize("model_type", sorted(CLASSIFIERS))
def test_every_classifier_is_measured_as_scikit_learn_does(sample: str, model_type: str) -> None:
    train, test = few(sample)
    target = SAMPLES[sample].target
    model = learnt(train, target, model_type)

    found = measured(test, model).values

    estimator = model.content["estimator"]
    x = model_input(model.content, model.features, test)
    y = test.to_pandas()[target].to_numpy(dtype=object)
    said = estimator.predict(x)
    truth = {
        "accuracy": sk.accuracy_score(y, said),
        "balanced_accuracy": sk.balanced_accuracy_score(y, said),
    }
    if len(estimator.classes_) > 2:
        truth["macro_f1"] = sk.f1_score(y, said, average="macro")
    else:
        truth["f1"] = sk.f1_score(y, said, pos_label=model.positive)
    if hasattr(estimator, "predict_proba"):
        truth["log_loss"] = sk.log_loss(y, estimator.predict_proba(x), labels=estimator.classes_)
    for name, value in truth.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name
    assert found["balanced_accuracy"] > LEAST.get(sample, 0.85)


@pytest.mark.parametrize("sample", NUMBERS)
@pytest.mark.parametrize("model_type", sorted(REGRESSORS))
def test_every_regressor_is_measured_as_scikit_learn_does(sample: str, model_type: str) -> None:
    train, test = few(sample)
    target = SAMPLES[sample].target
    model = learnt(train, target, model_type, max_depth=4)

    found = measured(test, model)

    x = model_input(model.content, model.features, test)
    y = test.to_pandas()[target].to_numpy(dtype=float)
    said = model.content["estimator"].predict(x)
    assert found.values["r2"] == pytest.approx(sk.r2_score(y, said), rel=1e-9)
    assert found.values["rmse"] == pytest.approx(sk.root_mean_squared_error(y, said), rel=1e-9)
    if sample != "linnerud":  # four test rows tell nothing
        low, high = found.intervals["r2"]
        assert low < found.values["r2"] < high
        assert found.values["rmse"] < found.baseline["rmse"]


def test_a_table_of_numbers_is_fitted_as_by_hand() -> None:
    train, test = parts("breast_cancer")
    model = learnt(train, "diagnosis", "logistic", C=0.5)

    x, y = (train.to_pandas([*model.features]).to_numpy(), train.to_pandas()["diagnosis"])
    by_hand = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000)).fit(x, y)
    rows = test.to_pandas([*model.features]).to_numpy()
    shares = model.content["estimator"].predict_proba(rows)
    assert shares == pytest.approx(by_hand.predict_proba(rows), rel=1e-9)


def test_two_classes_are_measured_by_the_rarer_one() -> None:
    train, test = parts("breast_cancer")
    model = learnt(train, "diagnosis", "naive_bayes")

    metrics = measured(test, model)

    y = test.to_pandas()["diagnosis"] == "malignant"
    x = test.to_pandas([*model.features]).to_numpy(dtype=float)
    shares = model.content["estimator"].predict_proba(x)[:, 1]
    assert (model.classes, model.positive) == (("benign", "malignant"), "malignant")
    assert metrics.values["roc_auc"] == pytest.approx(sk.roc_auc_score(y, shares), rel=1e-9)
    assert metrics.values["average_precision"] == pytest.approx(
        sk.average_precision_score(y, shares), rel=1e-9
    )
    assert metrics.values["brier"] == pytest.approx(sk.brier_score_loss(y, shares), rel=1e-9)


# --- raw rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model_type", sorted(CLASSIFIERS))
def test_categories_gaps_and_flags_are_learnt_from_as_they_are(model_type: str) -> None:
    table = Table.from_pandas(guests())
    model = learnt(table, "again", model_type)

    metrics = measured(Table.from_pandas(guests()), model)

    assert (model.task, model.classes, model.positive) == ("binary", (False, True), True)
    assert "Missing values became the median of the train rows: age (12)." in model.report.notes
    assert metrics.values["accuracy"] > metrics.baseline["accuracy"] + 0.1


def test_categories_that_are_missing_or_new_are_told() -> None:
    """Two train rows have no colour; three test rows have one that no train row had, or a shape."""
    train = pd.DataFrame({"colour": ["red", "blue"] * 19 + [None] * 2, "sold": [True, False] * 20})
    train["shape"] = ["round", "square"] * 20
    test = pd.DataFrame({"colour": ["red", "pink", "pink", "grey"], "sold": [True, False] * 2})
    test["shape"] = ["round", "oval", "round", "round"]
    model = learnt(Table.from_pandas(train), "sold", "logistic")

    assert "Missing categories are taken as one more category: colour (2)." in model.report.notes
    new = "3 rows have a category that no train row had, and that tells the model nothing: colour"
    assert f'{new} ("pink", "grey"), shape ("oval").' in (
        measured(Table.from_pandas(test), model).caption or ""
    )
    assert "no train row had" not in (measured(Table.from_pandas(train), model).caption or "")


@pytest.mark.parametrize("model_type", sorted(REGRESSORS))
def test_numbers_are_learnt_from_categories_and_gaps_too(model_type: str) -> None:
    frame = guests().drop(columns="again").assign(spent=lambda f: f["age"].fillna(40) * 2.5)
    model = learnt(Table.from_pandas(frame), "spent", model_type)

    assert model.task == "regression"
    assert model.report.train["r2"] > 0.5


@pytest.mark.parametrize("model_type", ["logistic", "gradient_boosting"])
def test_who_leaves_is_found_in_the_churn_sample(model_type: str) -> None:
    train, test = parts("churn")

    metrics = measured(test, learnt(train, "churned", model_type))

    assert metrics.values["roc_auc"] > 0.75
    assert "Precision, recall, F1 and the areas are of yes." in str(metrics.caption)
    assert str(metrics.caption).endswith("Synthetic data.")


def test_preparing_is_fitted_on_the_train_rows_and_lies_in_the_model() -> None:
    table, new = Table.from_pandas(guests()), guests(50)
    new.loc[0, "city"] = "Rome"
    model = learnt(table, "again", "logistic")

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    frame = guests().astype({"city": object})
    by_hand = make_pipeline(
        make_column_transformer((numbers, ["age", "new"]), (encoder, ["city"])),
        LogisticRegression(max_iter=1000),
    ).fit(frame[["age", "city", "new"]], frame["again"])

    said = model.content["estimator"].predict_proba(new.astype({"city": object}))
    assert said == pytest.approx(by_hand.predict_proba(new.astype({"city": object})), rel=1e-6)


def test_rows_with_gaps_are_refused_by_a_model_that_has_never_seen_one() -> None:
    train, test = parts("iris")
    frame = test.to_pandas()
    frame.iloc[2, 0] = None

    with pytest.raises(InputError, match="has no value in 1 of the 30 rows"):
        measured(Table.from_pandas(frame), learnt(train, "species", "svm"))


def test_text_without_end_and_dates_can_be_left_out_at_once() -> None:
    frame = guests()
    frame["note"] = [f"guest {number}" for number in range(len(frame))]
    frame["day"] = pd.Timestamp("2026-01-01")
    schema = Table.from_pandas(frame).schema
    spec = ModelDefine(model_type="logistic").propagate()

    with pytest.raises(ParameterError, match="note is free text; a model takes numbers") as wrong:
        Train(target_column="again").propagate(schema, None, spec)

    label = "Leave out 2 columns that are neither numbers nor categories"
    assert wrong.value.fix == (label, ["age", "city", "new"])


def test_the_predict_card_says_the_class() -> None:
    train, test = parts("iris")

    made = Predict().run(test, learnt(train, "species", "logistic")).predictions.to_pandas()

    assert (made["predicted_species"] == made["species"]).mean() > 0.9


# --- the task -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "task"),
    [
        ([0, 1], "binary"),
        (["no", "yes"], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([1, 2, 3, 4], "multiclass"),
        ([*range(30)], "regression"),
        ([0.0, 1.0], "binary"),
        ([0.5, 1.5], "binary"),
        ([0.0, 1.0, 2.0], "multiclass"),
        ([1.5, 2.0, 2.5], "regression"),
        ([each / 1 for each in range(30)], "regression"),
    ],
)
def test_the_target_tells_the_task(target: list[Any], task: str) -> None:
    rows = pd.DataFrame({"x": np.arange(60.0), "y": (target * 60)[:60]})

    assert learnt(Table.from_pandas(rows), "y", "decision_tree").task == task


def test_decimals_that_are_whole_are_classes_as_whole_numbers_are() -> None:
    x = np.random.default_rng(0).normal(size=60)
    whole = pd.DataFrame({"x": x, "y": (x > 0).astype(int)})

    by_hand = learnt(Table.from_pandas(whole), "y", "logistic")
    decimals = learnt(Table.from_pandas(whole.astype(float)), "y", "logistic")

    assert decimals.classes == by_hand.classes == (0, 1)
    assert decimals.positive == by_hand.positive == 1
    test = Table.from_pandas(whole.astype(float))
    assert measured(test, decimals).values == measured(Table.from_pandas(whole), by_hand).values


def test_two_decimals_are_classes_as_they_are_written_in_any_part_of_the_rows() -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "dose": [0.5] * 20 + [1.0] * 20})
    table = Table.from_pandas(frame)
    model = learnt(table, "dose", "logistic")

    assert model.classes == ("0.5", "1")
    assert measured(Table(table.arrow.slice(20), like=table), model).values["accuracy"] == 1
    later = Table.from_pandas(frame[20:].astype({"dose": int}))
    assert measured(later, model).values["accuracy"] == 1


def test_ratings_with_halves_stay_numbers_with_the_reason_unless_classes_are_chosen() -> None:
    stars = [1.0, 1.5, 2.0, 2.5]
    table = Table.from_pandas(pd.DataFrame({"x": np.arange(40.0), "stars": stars * 10}))
    tree, chosen = EstimatorSpec("decision_tree"), Train(target_column="stars")

    before = chosen.footprint({"train_dataset": with_seen(table)})
    assert before is not None
    assert "4 different values, but as decimals they measure something" in before.advice[0]
    assert "Choose classification as the task" in before.advice[0]
    as_classes = chosen.model_copy(update={"task": "classification"}).run(table, None, tree)
    assert as_classes.trained_model.classes == ("1", "1.5", "2", "2.5")


def test_whole_numbers_can_be_predicted_as_numbers_or_as_classes() -> None:
    table = Table.from_pandas(pd.DataFrame({"x": np.arange(40.0), "stars": [1, 2, 3, 4] * 10}))
    tree = ModelDefine(model_type="decision_tree").run().model_spec
    ridge = ModelDefine(model_type="ridge").run().model_spec

    as_number = Train(target_column="stars", task="regression").run(table, None, tree)
    by_a_line = Train(target_column="stars").run(table, None, ridge).trained_model

    assert as_number.trained_model.task == "regression"
    assert by_a_line.task == "regression"
    assert "4 different values and is predicted as a number" in by_a_line.report.notes[0]


def test_a_model_that_cannot_is_told_before_the_run_with_one_that_can() -> None:
    iris, diabetes = parts("iris")[0].schema, parts("diabetes")[0].schema
    ridge, logistic = (
        ModelDefine.model_validate({"model_type": name}).propagate()
        for name in ("ridge", "logistic")
    )

    with pytest.raises(InputError, match="ridge regression predicts numbers") as wrong:
        Train(target_column="species").propagate(iris, None, ridge)
    assert wrong.value.fix == ("Use logistic regression", {"model_type": "logistic"})
    with pytest.raises(InputError, match="logistic regression tells classes apart") as wrong:
        Train(target_column="bmi").propagate(diabetes, None, logistic)
    assert wrong.value.fix == ("Use ridge regression", {"model_type": "ridge"})


def test_a_target_of_one_value_or_of_names_is_refused() -> None:
    frame = guests()

    with pytest.raises(InputError, match="again has only one value here"):
        learnt(Table.from_pandas(frame[frame["again"]]), "again", "logistic")
    empty = Table(Table.from_pandas(frame).arrow.append_column("left", pa.nulls(len(frame))))
    with pytest.raises(InputError, match="left has no value here"):
        learnt(empty, "left", "logistic")
    frame["name"] = [f"guest {number % 201}" for number in range(len(frame))]
    many = pd.concat([frame] * 2).assign(name=[f"guest {n % 201}" for n in range(400)])
    with pytest.raises(ParameterError, match="201 different values; at most 200 classes"):
        learnt(Table.from_pandas(many), "name", "naive_bayes")


# --- honest by default --------------------------------------------------------------------------


def test_classes_far_apart_are_weighed() -> None:
    draw = np.random.default_rng(0)
    rare = np.arange(400) % 20 == 0
    x = draw.normal(size=400) + 1.5 * rare
    table = Table.from_pandas(pd.DataFrame({"x": x, "rare": rare}))

    model = learnt(table, "rare", "logistic")

    assert model.content["estimator"][-1].class_weight == "balanced"
    assert "Classes are 19:1 apart: rare ones were given more weight (balanced)." in (
        model.report.notes
    )
    assert model.report.train["recall"] > 0.7
    assert "naive Bayes gives rare ones no weight" in str(
        learnt(table, "rare", "naive_bayes").report.notes
    )


def test_classes_up_to_ten_to_one_apart_are_taken_as_they_are() -> None:
    rare = np.arange(440) % 11 == 0
    x = np.random.default_rng(0).normal(size=440) + rare

    model = learnt(Table.from_pandas(pd.DataFrame({"x": x, "rare": rare})), "rare", "logistic")

    assert model.content["estimator"][-1].class_weight is None
    assert "more weight" not in " ".join(model.report.notes)


def test_the_dummy_says_the_most_frequent_class_and_its_share() -> None:
    train, test = parts("breast_cancer")

    metrics = measured(test, learnt(train, "diagnosis", "logistic"))

    assert metrics.baseline["accuracy"] == pytest.approx(72 / 114)
    assert metrics.baseline["roc_auc"] == 0.5
    assert "Baseline: always benign, 63 % of the train rows." in str(metrics.caption)
    low, high = metrics.intervals["accuracy"]
    assert low < metrics.values["accuracy"] < high


def test_a_class_that_was_never_seen_counts_as_wrong_and_is_told() -> None:
    train, test = parts("iris")
    two = Table.from_pandas(train.to_pandas().query("species != 'setosa'"))

    metrics = measured(test, learnt(two, "species", "logistic"))

    assert metrics.values["accuracy"] <= 20 / 30
    assert "10 rows are of a class that no train row had" in str(metrics.caption)


def test_who_was_taken_for_whom_adds_up() -> None:
    train, test = parts("wine")

    shown = measured(test, learnt(train, "cultivar", "naive_bayes")).preview()

    assert isinstance(shown, GroupPreview)
    (matrix,) = (item for item in shown.items if isinstance(item, ConfusionPreview))
    assert matrix.classes == ("cultivar_0", "cultivar_1", "cultivar_2")
    assert sum(map(sum, matrix.counts)) == test.num_rows


def test_what_was_measured_is_read_back_as_it_was(tmp_path: Any) -> None:
    train, test = parts("breast_cancer")
    model = learnt(train, "diagnosis", "logistic")
    metrics = measured(test, model)

    meta = metrics.save(tmp_path)
    again = Metrics.load({"metrics.json": tmp_path / "metrics.json"}, meta)

    assert again.preview() == metrics.preview()
    assert again.intervals == metrics.intervals


def test_too_many_columns_of_a_polynomial_are_counted() -> None:
    rows = Table.from_pandas(pd.DataFrame(np.random.default_rng(0).normal(size=(50_000, 30))))

    with pytest.raises(InputError, match=r"degree 6 makes 1,623,159 columns of 29"):
        learnt(rows, "0", "polynomial", degree=6)


def test_more_neighbours_than_rows_are_refused() -> None:
    train, _ = parts("iris")

    with pytest.raises(InputError, match="500 neighbours are more than the 120 train rows"):
        learnt(train, "species", "k_nearest_neighbors", n_neighbors=500)


def test_a_gap_in_numbers_alone_needs_no_frame() -> None:
    frame = pd.DataFrame({"x": [1.0, None, 3.0, 4.0], "y": [1.5, 2.0, 3.1, 4.2]})

    model = learnt(Table.from_pandas(frame), "y", "ridge")

    assert (model.content["takes"], model.content["fills"]) == ("matrix", True)
    filled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), Ridge())
    by_hand = filled.fit(frame[["x"]].to_numpy(), frame["y"])
    assert model.content["estimator"].predict([[np.nan]]) == pytest.approx(
        by_hand.predict([[np.nan]])
    )


def test_metrics_of_train_rows_say_that_they_are() -> None:
    train, _ = parts("iris")

    caption = measured(train, learnt(train, "species", "decision_tree")).caption or ""

    assert caption.startswith("These are train rows: they do not tell how good it is on new ones.")
    assert "With 120 train rows, the accuracy is" in caption
    assert Evaluate().brief({"test_dataset": train.schema}) == "120 train rows"


def test_every_figure_has_an_interval_that_holds_it() -> None:
    train, test = parts("breast_cancer")
    iris, iris_test = parts("iris")

    two = measured(test, learnt(train, "diagnosis", "logistic"))
    three = measured(iris_test, learnt(iris, "species", "logistic"))

    assert {
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
    } <= {*two.intervals}
    assert {"accuracy", "balanced_accuracy", "macro_f1", "log_loss"} <= {*three.intervals}
    for found in (two, three):
        for name, (low, high) in found.intervals.items():
            assert low <= found.values[name] <= high, name


def test_the_interval_of_the_f1_is_that_of_rows_drawn_again() -> None:
    truth, said = np.arange(120) % 3 == 0, np.arange(120) % 4 < 2
    answers = Answers(truth, said, (False, True), positive=True)
    draw = np.random.default_rng(1)
    again = [draw.integers(120, size=120) for _ in range(500)]

    found = of_classification(answers, classification_metrics(answers))[0]

    for name, measure in (("f1", sk.f1_score), ("balanced_accuracy", sk.balanced_accuracy_score)):
        by_hand = np.quantile([measure(truth[at], said[at]) for at in again], (0.025, 0.975))
        assert found[name] == pytest.approx(by_hand, abs=0.02)


def test_the_interval_of_the_average_precision_is_that_of_rows_drawn_again() -> None:
    draw = np.random.default_rng(1)
    truth = np.arange(150) % 3 == 0
    told = np.clip(0.35 + 0.2 * truth + draw.normal(0, 0.2, 150), 0, 1).round(2)
    shares = np.column_stack([1 - told, told])
    answers = Answers(truth, told > 0.5, (False, True), shares, positive=True)
    again = [draw.integers(150, size=150) for _ in range(1000)]

    found = of_classification(answers, classification_metrics(answers))[0]["average_precision"]

    by_hand = np.quantile(
        [sk.average_precision_score(truth[at], told[at]) for at in again], (0.025, 0.975)
    )
    assert found == pytest.approx(by_hand, abs=0.03)


def test_calibration_is_what_was_told_beside_what_really_was() -> None:
    told = np.repeat([0.15, 0.75], 100)
    truth = np.concatenate([np.arange(100) < 40, np.arange(100) < 70])
    shares = np.column_stack([1 - told, told])
    said = Answers(truth, told > 0.5, (False, True), shares, positive=True)

    drawn = [each for each in class_pictures(said) if isinstance(each, ChartPreview)]

    (calibration,) = (each for each in drawn if each.title == "Calibration")
    (model,) = calibration.series
    assert model.x == pytest.approx((0.15, 0.75))
    assert model.y == pytest.approx((0.4, 0.7))


def test_what_rows_of_one_class_cannot_tell_is_undefined_and_not_nought() -> None:
    train, test = parts("breast_cancer")
    benign = Table.from_pandas(test.to_pandas().query("diagnosis == 'benign'"))

    metrics = measured(benign, learnt(train, "diagnosis", "logistic"))

    unknown = {name for name, value in metrics.to_json().items() if value is None}
    assert unknown == {"recall", "f1", "roc_auc", "average_precision"}
    assert "All rows are of the class benign, so Recall, F1, ROC AUC and" in str(metrics.caption)
    assert metrics.face().extra is None  # type: ignore[union-attr]
    with pytest.raises(InputError, match="recall is undefined"):
        AssertMetrics(condition="recall > 0").run(metrics)


def test_r2_of_a_target_that_is_the_same_in_all_rows_is_undefined() -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "y": np.arange(40.0) * 2})
    model = learnt(Table.from_pandas(frame), "y", "linear")

    for rows, why in ((frame.assign(y=5.0), "y is the same"), (frame[:1], "There is a single row")):
        metrics = measured(Table.from_pandas(rows), model)

        told = metrics.to_json()
        assert (told["r2"], told["baseline"]["r2"]) == (None, None)
        assert why in str(metrics.caption)
        assert [item.label for item in metrics.face().items] == ["RMSE"]  # type: ignore[union-attr]
        with pytest.raises(InputError, match="r2 is undefined"):
            AssertMetrics(condition="r2 > 0").run(metrics)


def test_a_model_that_does_not_beat_its_baseline_is_told_so() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=300), "y": draw.normal(size=300)})
    numbers = Table.from_pandas(frame)
    classes = Table.from_pandas(frame.assign(y=draw.random(300) < 0.3))
    other = Table.from_pandas(frame.assign(y=draw.random(300) < 0.3))

    by_heart = measured(
        Table.from_pandas(frame.assign(y=draw.normal(size=300))),
        learnt(numbers, "y", "decision_tree"),
    )
    guesses = measured(other, learnt(classes, "y", "decision_tree"))

    assert str(by_heart.caption).startswith("This model is worse than its baseline: the training")
    assert str(guesses.caption).startswith("This model is worse than its baseline: always False")


def test_codes_that_were_numbers_and_are_text_are_told_in_a_sentence() -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "code": [1, 2] * 20})
    text = Table.from_pandas(frame.assign(code=["01", "02"] * 20))
    numbers, tree = Table.from_pandas(frame), EstimatorSpec("decision_tree")
    model = learnt(numbers, "code", "decision_tree")

    with pytest.raises(InputError, match="code is text here and was whole numbers when"):
        measured(text, model)
    with pytest.raises(InputError, match="code is text here and was whole numbers when"):
        CompareModels().run(text, model)
    with pytest.raises(InputError, match="code is text here and was whole numbers when"):
        Train(target_column="code", task="classification").run(numbers, text, tree)


@pytest.mark.parametrize(
    ("target", "feature", "told"),
    [
        ("price", lambda f: f["price"], "in every train row"),
        ("price", lambda f: f["price"] * 100 + 3, "in every train row"),
        ("price", lambda f: f["price"].where(f["x"] > 0), "wherever it is known"),
        ("price", lambda f: f["price"] + f["x"] / 1000, ""),
        ("kind", lambda f: f["kind"].map({"a": 1, "b": 0}), "in every train row"),
        ("kind", lambda f: f["kind"].str.upper(), "in every train row"),
        ("kind", lambda f: f["kind"].where(f["x"] > -1.5, "a"), ""),
        ("kind", lambda f: f["kind"].where(f["kind"] == "a"), ""),  # one class, the rest unknown
        ("kind", lambda f: f["price"], ""),
    ],
)
def test_a_column_that_is_the_target_by_another_name_is_told(
    target: str, feature: Any, told: str
) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=1500), "price": draw.normal(size=1500)})
    frame["kind"] = np.where(frame["x"] + draw.normal(size=1500) > 0, "a", "b")
    table = Table.from_pandas(frame.assign(same=feature(frame))[["x", "same", target]])

    notes = learnt(table, target, "decision_tree", max_depth=2).report.notes

    assert (f"same tells {target} exactly" in " ".join(notes)) is bool(told)
    assert not told or f"same tells {target} exactly {told}: leave it out" in " ".join(notes)


def test_the_threshold_is_counted_at_every_per_cent() -> None:
    train, test = parts("churn")

    shown = measured(test, model := learnt(train, "churned", "logistic")).preview()

    assert isinstance(shown, GroupPreview)
    (moved,) = (item for item in shown.items if isinstance(item, ThresholdsPreview))
    told = probabilities(model, test)
    assert told is not None
    real = test.to_pandas()["churned"] == "yes"
    assert (moved.positive, moved.negative, len(moved.counts)) == ("yes", "no", 101)
    for at in (0, 35, 50, 100):
        tn, fp, fn, tp = sk.confusion_matrix(real, told[:, 1] >= at / 100).ravel()
        assert moved.counts[at] == (tp, fp, fn, tn)


def test_the_usual_threshold_says_what_the_model_says_also_where_shares_are_tied() -> None:
    truth = np.array(["no", "no", "yes", "yes"])
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.5, 0.5], [0.2, 0.8]])
    said = Answers(
        truth, np.array(["no", "no", "no", "yes"]), ("no", "yes"), shares, positive="yes"
    )

    pictures = class_pictures(said)

    (matrix,) = (each for each in pictures if isinstance(each, ConfusionPreview))
    (moved,) = (each for each in pictures if isinstance(each, ThresholdsPreview))
    tp, fp, fn, tn = moved.counts[50]
    assert matrix.counts == ((tn, fp), (fn, tp)) == ((2, 0), (1, 1))
    assert not moved.positive_first
