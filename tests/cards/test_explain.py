"""What a model goes by, told as scikit-learn tells it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.metrics import log_loss

from cards._explaining import importance
from cards._learning.estimators import CLASSIFIERS, REGRESSORS
from cards._script.mixing import OF_SUMS, OF_TREES, ORDERS
from cards.explain import Explain
from cards.model_define_gpu import ModelDefineGpu
from cards.train_gpu import TrainGpu
from tensorrag import InputError, Model, ModelSchema, ParameterError, Table
from tensorrag.pipeline import Node
from tensorrag.preview import BarsPreview, Branch, ChartPreview, GroupPreview, Preview, TreePreview
from tensorrag.types import METRICS
from tests.cards.leaving import verified, wired
from tests.cards.test_classification import guests, learnt, parts

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"most_rows": 100, "repeats": 2, "top": 1}


def explained(model: Model, table: Table, **params: Any) -> tuple[Explain.Out, list[Preview]]:
    """Return the tables, and the pictures above the first of them."""
    card = Explain.model_validate(QUICK | params)
    made = card.run(table, model)
    shown = card.previews(made)["importance"]
    assert isinstance(shown, GroupPreview)
    return made, [*shown.items[:-1]]


def caption(pictures: list[Preview]) -> str:
    (bars,) = (each for each in pictures if getattr(each, "title", "") == "Importance")
    assert isinstance(bars, BarsPreview)
    return bars.caption or ""


def spenders(rows: int = 200) -> Table:
    frame = guests(rows).drop(columns="again")
    return Table.from_pandas(
        frame.assign(spent=frame["age"].fillna(40) * 2.5 + 30 * (frame["city"] == "Ulm"))
    )


# --- as scikit-learn does it --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model_type", "metric", "scoring"),
    [
        ("ridge", "r2", "r2"),
        ("ridge", "rmse", "neg_root_mean_squared_error"),
        ("decision_tree", "mae", "neg_mean_absolute_error"),
        ("random_forest", "r2", "r2"),
        ("k_nearest_neighbors", "r2", "r2"),
    ],
)
def test_importance_of_numbers_is_that_of_scikit_learn(
    model_type: str, metric: str, scoring: str
) -> None:
    train, test = parts("diabetes")
    model = learnt(train, "progression", model_type, max_depth=4)

    made, _ = explained(model, test, metric=metric, repeats=3, seed=7, most_rows=5000)

    x = test.to_pandas([*model.features]).to_numpy(dtype=float)
    y = test.to_pandas()["progression"].to_numpy(dtype=float)
    by_hand = permutation_importance(
        model.content["estimator"], x, y, scoring=scoring, n_repeats=3, random_state=7
    )
    assert_same(made.importance, model, by_hand)


def test_a_model_that_is_asked_about_few_rows_at_a_time_tells_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train, test = parts("diabetes")
    model = learnt(train, "progression", "k_nearest_neighbors")

    made, _ = explained(model, test, repeats=3)
    monkeypatch.setattr(importance, "AT_ONCE", 1)
    again, _ = explained(model, test, repeats=3)

    assert again.importance.arrow == made.importance.arrow


@pytest.mark.parametrize(
    ("sample", "target", "model_type", "metric", "scoring"),
    [
        ("iris", "species", "logistic", "accuracy", "accuracy"),
        ("iris", "species", "logistic", "log_loss", "neg_log_loss"),
        ("iris", "species", "random_forest", "accuracy", "accuracy"),
        ("breast_cancer", "diagnosis", "logistic", "roc_auc", "roc_auc"),
    ],
)
def test_importance_of_classes_is_that_of_scikit_learn(
    sample: str, target: str, model_type: str, metric: str, scoring: str
) -> None:
    train, test = parts(sample)
    model = learnt(train, target, model_type)

    made, _ = explained(model, test, metric=metric, repeats=3, seed=7, most_rows=5000)

    x = test.to_pandas([*model.features]).to_numpy(dtype=float)
    y = test.to_pandas()[target].to_numpy(dtype=object)
    by_hand = permutation_importance(
        model.content["estimator"], x, y, scoring=scoring, n_repeats=3, random_state=7
    )
    assert_same(made.importance, model, by_hand)


def assert_same(table: Table, model: Model, by_hand: Any) -> None:
    found = table.to_pandas().set_index("column").loc[[*model.features]]
    assert found["importance"].to_numpy() == pytest.approx(by_hand.importances_mean, rel=1e-9)
    assert found["spread"].to_numpy() == pytest.approx(by_hand.importances_std, rel=1e-9)


@pytest.mark.parametrize("model_type", ["logistic", "random_forest"])
def test_categories_are_mixed_as_they_are(model_type: str) -> None:
    table = Table.from_pandas(guests())
    model = learnt(table, "again", model_type)

    made, _ = explained(model, table, metric="accuracy", repeats=3, most_rows=5000)

    frame = guests()[[*model.features]].astype({"city": object, "new": float})
    by_hand = permutation_importance(
        model.content["estimator"], frame, guests()["again"], scoring="accuracy", n_repeats=3,
        random_state=42,
    )  # fmt: skip
    assert_same(made.importance, model, by_hand)


def test_dependence_is_that_of_scikit_learn() -> None:
    train, test = parts("diabetes")
    model = learnt(train, "progression", "random_forest", max_depth=4)

    made, _ = explained(model, test, dependence_of=["bmi"], most_rows=5000)

    told = made.partial_dependence.to_pandas()
    x = test.to_pandas([*model.features]).to_numpy(dtype=float)
    at, values = model.features.index("bmi"), told["value"].astype(float).to_numpy()
    by_hand = partial_dependence(
        model.content["estimator"], x, [at], custom_values={at: values}, method="brute"
    )
    assert len(values) == 20
    assert told["prediction"].to_numpy() == pytest.approx(by_hand["average"][0], rel=1e-9)


def test_dependence_on_a_category_has_a_bar_for_each_value() -> None:
    table = spenders()
    model = learnt(table, "spent", "decision_tree")

    made, pictures = explained(model, table, dependence_of=["city"])

    told = made.partial_dependence.to_pandas().set_index("value")["prediction"]
    assert set(told.index) == {"Ulm", "Bonn", "Kiel"}
    assert told["Ulm"] == pytest.approx(told["Bonn"] + 30, abs=5)
    assert [each.title for each in pictures if isinstance(each, BarsPreview)][-1] == "spent by city"


# --- every model --------------------------------------------------------------------------------


@pytest.mark.parametrize("model_type", sorted(REGRESSORS | CLASSIFIERS))
def test_every_model_is_explained(model_type: str) -> None:
    table = Table.from_pandas(guests()) if model_type in CLASSIFIERS else spenders()
    target = "again" if model_type in CLASSIFIERS else "spent"
    model = learnt(table, target, model_type)

    made, _ = explained(model, table, metric="auto")

    first = made.importance.to_pandas().iloc[0]
    assert first["column"] in ("age", "city")
    assert first["importance"] > 0.02
    assert (made.coefficients.num_rows > 0) == hasattr(model.content["estimator"][-1], "coef_")


@pytest.mark.parametrize("model_type", ["logistic", "svm", "naive_bayes", "random_forest"])
def test_models_of_several_classes_are_explained(model_type: str) -> None:
    train, test = parts("iris")

    made, pictures = explained(learnt(train, "species", model_type), test)

    assert str(made.importance.to_pandas()["column"][0]).startswith("petal")
    assert set(made.partial_dependence.to_pandas()["of"]) == {"setosa", "versicolor", "virginica"}
    titles = [getattr(each, "title", "") for each in pictures]
    assert ("Coefficients of setosa" in titles) == (model_type == "logistic")
    curve = next(each for each in pictures if isinstance(each, ChartPreview))
    assert curve.y.label == ("share predicted" if model_type == "svm" else "probability")


def test_a_network_is_explained_by_its_answers() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=["a", "b", "c"])
    table = Table.from_pandas(frame.assign(y=3 * frame["b"]))
    spec = ModelDefineGpu(hidden_layers=[8], epochs=30).run().model_spec
    model = TrainGpu(target_column="y").run(table, None, spec).trained_model

    made, _ = explained(model, table)

    assert made.importance.to_pandas()["column"][0] == "b"
    assert made.coefficients.num_rows == 0
    assert made.partial_dependence.to_pandas()["prediction"].is_monotonic_increasing


# --- coefficients -------------------------------------------------------------------------------


def test_coefficients_have_the_names_and_units_of_the_table() -> None:
    table = spenders()
    model = learnt(table, "spent", "linear")

    made, _ = explained(model, table)

    found = made.coefficients.to_pandas().set_index("term")
    assert set(found.index) == {
        *("age", "new", "city = Bonn", "city = Kiel", "city = Ulm", "city is missing")
    }
    assert found["per_unit"]["age"] == pytest.approx(2.5, rel=0.02)
    apart = found["coefficient"]["city = Ulm"] - found["coefficient"]["city = Bonn"]
    assert apart == pytest.approx(30, abs=2)


def test_what_a_lasso_does_not_use_is_named_in_a_sentence() -> None:
    train, test = parts("diabetes")

    _, pictures = explained(learnt(train, "progression", "lasso", alpha=3.0), test)

    (bars,) = (each for each in pictures if getattr(each, "title", "") == "Coefficients")
    assert isinstance(bars, BarsPreview)
    assert str(bars.caption).startswith("Not used, their coefficient is 0: age, s2_ldl")
    sizes = [abs(value or 0) for value in bars.values]
    assert sizes == sorted(sizes, reverse=True)


def test_coefficients_speak_for_the_class_that_is_asked_for() -> None:
    frame = pd.DataFrame({"x": np.arange(60.0), "who": ["rare"] * 20 + ["usual"] * 40})
    table = Table.from_pandas(frame)
    model = learnt(table, "who", "logistic")

    made, _ = explained(model, table)

    assert (model.classes, model.positive) == (("rare", "usual"), "rare")
    assert made.coefficients.to_pandas()["coefficient"][0] < 0


def test_products_of_a_polynomial_are_written_as_such() -> None:
    table = Table.from_pandas(
        pd.DataFrame({"a": [1.0, 2, 3, 5], "b": [2.0, 1, 4, 3], "y": [1.0, 2, 3, 4]})
    )

    made, _ = explained(learnt(table, "y", "polynomial"), table, metric="rmse")

    assert set(made.coefficients.to_pandas()["term"]) == {"a", "b", "a²", "a × b", "b²"}


def test_a_product_of_two_values_of_one_category_is_in_nobodys_way() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"city": ["Bonn", "Ulm"] * 30, "size": draw.normal(size=60)})
    table = Table.from_pandas(frame.assign(y=draw.normal(size=60)))
    model = learnt(table, "y", "polynomial")

    found = explained(model, table)[0].coefficients.to_pandas()

    assert sorted(found["term"]) == [
        "city = Bonn", "city = Bonn²", "city = Ulm", "city = Ulm²",
        "size", "size × city = Bonn", "size × city = Ulm", "size²",
    ]  # fmt: skip
    assert not [note for note in model.report.notes if note.startswith("Not used")]
    lasso = learnt(table, "y", "lasso", alpha=100.0)
    assert lasso.report.notes == ("Not used (coefficient 0): size, city = Bonn, city = Ulm.",)


# --- trees --------------------------------------------------------------------------------------


def tree_of(pictures: list[Preview]) -> TreePreview:
    (tree,) = (each for each in pictures if isinstance(each, TreePreview))
    return tree


def test_the_questions_of_a_tree_are_drawn_in_the_words_of_the_table() -> None:
    table = spenders()

    _, pictures = explained(learnt(table, "spent", "decision_tree", max_depth=2), table)

    root = tree_of(pictures).root
    assert (root.said, root.rows) == ("all rows", 200)
    assert sum(each.rows for each in root.below) == 200
    said = {each.said for each in every(root)}
    assert {"city = Ulm", "city is not Ulm"} <= said
    for less, more in (one.below for one in every(root) if one.below):
        assert isinstance(less.answer, float)
        assert isinstance(more.answer, float)
        assert less.answer < more.answer  # of the young, and of those who are not from Ulm
        assert "≤" in less.said or "is not" in less.said


def every(branch: Branch) -> list[Branch]:
    return [branch, *(one for each in branch.below for one in every(each))]


def test_of_a_forest_the_first_tree_is_drawn_as_deep_as_can_be_read() -> None:
    train, test = parts("breast_cancer")

    _, pictures = explained(learnt(train, "diagnosis", "random_forest"), test)

    tree = tree_of(pictures)
    assert str(tree.caption).startswith("The first of 10 trees; the others differ. Its first 4")
    assert any(each.more for each in every(tree.root))
    assert tree.root.answer == "benign"


# --- honest by default --------------------------------------------------------------------------


def test_it_says_what_importance_does_not_tell() -> None:
    train, test = parts("iris")

    _, pictures = explained(learnt(train, "species", "logistic"), test)

    said = caption(pictures)
    assert "By how much the accuracy, 0.933 with all columns, falls" in said
    assert "share their importance, so each looks small: petal_width and petal_length" in said
    assert said.endswith("It tells what this model goes by, and not what species comes from.")


def test_train_rows_and_drawn_rows_are_said() -> None:
    train, _ = parts("breast_cancer")
    model = learnt(train, "diagnosis", "naive_bayes")

    _, pictures = explained(model, train)

    assert caption(pictures).startswith("These are train rows: what it learnt by heart counts")
    assert "Measured on 100 of 455 rows, drawn at random." in caption(pictures)
    (warned,) = Explain().concerns({"dataset": train.schema})
    assert warned.message.startswith("These are train rows")


def test_the_same_seed_tells_the_same() -> None:
    train, test = parts("breast_cancer")
    model = learnt(train, "diagnosis", "logistic")

    first, again, other = (explained(model, test, seed=seed)[0] for seed in (1, 1, 2))

    assert first.importance.to_pandas().equals(again.importance.to_pandas())
    assert not first.importance.to_pandas().equals(other.importance.to_pandas())


# --- one sentence -------------------------------------------------------------------------------


def test_a_metric_that_is_none_of_the_model_is_refused_before_the_run() -> None:
    train, test = parts("iris")
    model = learnt(train, "species", "logistic")

    with pytest.raises(ParameterError, match="RMSE is no metric of this model"):
        Explain(metric="rmse").propagate(test.schema, model.schema)
    with pytest.raises(ParameterError, match="The model does not use species"):
        Explain(dependence_of=["species"]).propagate(test.schema, model.schema)


def test_rows_of_one_class_have_no_roc_curve_and_are_measured_by_accuracy() -> None:
    train, test = parts("breast_cancer")
    model = learnt(train, "diagnosis", "logistic")
    benign = Table.from_pandas(test.to_pandas().query("diagnosis == 'benign'"))

    with pytest.raises(ParameterError, match="All rows are of one class"):
        explained(model, benign, metric="roc_auc")
    assert "the accuracy" in caption(explained(model, benign, metric="auto")[1])


def test_codes_that_were_numbers_and_are_text_are_told_in_a_sentence() -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "code": [1, 2] * 20})
    model = learnt(Table.from_pandas(frame), "code", "decision_tree")
    text = Table.from_pandas(frame.assign(code=frame["code"].map("0{}".format)))

    with pytest.raises(InputError, match="code is text here and was whole numbers when"):
        explained(model, text)


def test_columns_of_no_rows_or_that_are_not_there_are_refused() -> None:
    train, test = parts("iris")
    model = learnt(train, "species", "logistic")

    with pytest.raises(InputError, match="dataset has no rows"):
        explained(model, Table(test.arrow.slice(0, 0), like=test))
    with pytest.raises(InputError, match="The table lacks petal_width"):
        Explain().propagate(Table(test.arrow.drop(["petal_width"])).schema, model.schema)


def test_every_metric_that_can_be_chosen_is_one() -> None:
    choices = Explain.model_json_schema()["properties"]["metric"]["enum"]

    assert set(choices) - {"auto"} <= METRICS.keys()


# --- very many columns --------------------------------------------------------------------------


def test_what_a_model_does_not_go_by_is_told_without_asking_it() -> None:
    """A lasso and a tree of 2,000 columns go by a few of them: the others matter exactly 0."""
    x = np.random.default_rng(0).normal(size=(120, 2_000))
    frame = pd.DataFrame(x, columns=[f"x{at}" for at in range(2_000)])
    table = Table.from_pandas(frame.assign(y=3 * frame["x7"] + frame["x1990"]))

    for model in (learnt(table, "y", "lasso"), learnt(table, "y", "decision_tree", max_depth=2)):
        made, pictures = explained(model, table, top=0)
        found = made.importance.to_pandas().set_index("column")["importance"]
        assert found.index[0] == "x7"
        assert (found == 0).sum() > 1_900
        assert "Measured on 100 of 120 rows, drawn at random. Columns" not in caption(pictures)


@pytest.mark.parametrize(
    ("model_type", "name", "text"),
    [
        ("logistic", "importance_of_sums", OF_SUMS),
        ("decision_tree", "importance_of_trees", OF_TREES),
        ("random_forest", "importance_of_trees", OF_TREES),
    ],
)
def test_a_script_of_a_model_with_very_many_columns_tells_the_same_in_a_moment(
    model_type: str, name: str, text: str
) -> None:
    """For several classes, where each has a sum of its own; numbers and two are asked alike."""
    train, test = parts("iris")
    model = learnt(train, "species", model_type)
    made, _ = explained(model, test, metric="log_loss", repeats=3, seed=7, most_rows=5000)
    there: dict[str, Any] = {"np": np, "copy": copy}
    exec(ORDERS + "\n\n" + text, there)  # noqa: S102 - as it stands in a script

    x = test.to_pandas([*model.features]).to_numpy()
    y = test.to_pandas()["species"].to_numpy(dtype=object)

    def score(asked: Any, x: Any, y: Any) -> float:
        return -float(log_loss(y, asked.predict_proba(x), labels=asked.classes_))

    steps = model.content["estimator"]
    lost = there[name](steps if len(steps) > 1 else steps[-1], x, y, score, 3, 7)

    found = made.importance.to_pandas().set_index("column").loc[[*model.features]]
    assert found["importance"].to_numpy() == pytest.approx(lost.mean(axis=1), rel=1e-9)
    assert found["spread"].to_numpy() == pytest.approx(lost.std(axis=1), rel=1e-9)


def test_such_scripts_are_tried_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a line, of a forest, and of what is slow all the same."""
    monkeypatch.setattr("cards._script.explaining.OFTEN", 5)
    kinds = {"ridge": {}, "random_forest": {"n_estimators": 5}, "naive_bayes": {}}
    nodes, wires = [Node("load", "data_load", {"source": "sample", "sample_name": "iris"})], ""
    for kind, params in kinds.items():
        target = "petal_width" if kind != "naive_bayes" else "species"
        columns = ["sepal_length", "sepal_width", "petal_length"]
        nodes += [
            Node(f"{kind}_model", "model_define", {"model_type": kind, **params}),
            Node(f"{kind}_train", "train", {"target_column": target, "feature_columns": columns}),
            Node(f"{kind}_explain", "explain", {"repeats": 2, "top": 1, "most_rows": 300},
                 title=f"Explain {kind}"),
        ]  # fmt: skip
        wires += (
            f"load.dataset > {kind}_train.train_dataset, load.dataset > {kind}_explain.dataset,"
            f"{kind}_model.model_spec > {kind}_train.model_spec,"
            f"{kind}_train.trained_model > {kind}_explain.trained_model,"
        )

    verdict, script = verified(wired(*nodes, wires=wires))

    assert verdict.verified, verdict.badge
    assert script.count("def orders_of(") == 1
    assert "= importance_of_sums(" in script
    assert "= importance_of_trees(" in script
    assert "Explain naive_bayes: `permutation_importance` asks the model 6 times" in script


def test_a_model_that_must_be_asked_is_asked_about_fewer_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train, test = parts("breast_cancer")
    monkeypatch.setattr("cards._explaining.amount.MOST", 30**2 * 2 * 40)
    monkeypatch.setattr("cards._explaining.amount.FEWEST", 10)

    _, pictures = explained(learnt(train, "diagnosis", "naive_bayes"), test)
    _, of_a_line = explained(learnt(train, "diagnosis", "logistic"), test)

    said = "Measured on 40 of 114 rows, drawn at random. So few, because the model is asked about"
    assert f"{said} each of 30 columns." in caption(pictures)
    assert "Measured on 100 of 114 rows" in caption(of_a_line)


def test_a_model_that_is_asked_very_often_is_told_to_take_long_before_it_does() -> None:
    wide = tuple(f"x{at}" for at in range(3_000))

    (warned,) = Explain().concerns({"trained_model": ModelSchema(name="svm", features=wide)})

    assert "it is asked 15,000 times about up to 222 rows" in warned.message
    assert "fewer repeats" in (warned.hint or "")
    line, few = ModelSchema(name="ridge", features=wide), ModelSchema(features=("x",))
    assert not [*Explain().concerns({"trained_model": line})]
    assert not [*Explain().concerns({"trained_model": few})]
