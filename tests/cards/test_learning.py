"""Define, train, evaluate: the linear models, and what cannot be learnt from."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score

from cards._learning import training
from cards._learning.columns import feature_names
from cards._learning.rows import examples
from cards._measuring import regression
from cards.evaluate import Evaluate
from cards.model_define import ModelDefine
from cards.train import Train
from tensorrag import ColumnSchema, InputError, Model, ParameterError, Table


def rooms(rows: int = 400, seed: int = 0) -> Table:
    """Price from size and age, and a column that says nothing."""
    random = np.random.default_rng(seed)
    size, age, noise = random.normal(size=(3, rows))
    price = 100 + 30 * size - 5 * age + random.normal(size=rows)
    return Table.from_pandas(
        pd.DataFrame({"size": size, "age": age, "noise": noise, "price": price})
    )


def trained(table: Table, **params: object) -> Model:
    spec = ModelDefine.model_validate(params).run().model_spec
    return Train(target_column="price").run(table, None, spec).trained_model


@pytest.mark.parametrize("model_type", ["linear", "ridge", "lasso"])
def test_every_linear_model_beats_the_dummy_on_new_rows(model_type: str) -> None:
    model = trained(rooms(), model_type=model_type, alpha=0.1)

    metrics = Evaluate().run(rooms(seed=1), model).metrics

    assert metrics.values["r2"] > 0.99
    assert metrics.baseline["r2"] < 0.01
    assert metrics.values["rmse"] < metrics.baseline["rmse"] / 10


def test_the_model_is_scikit_learns_own() -> None:
    table = rooms()
    frame, target = table.to_pandas(["size", "age", "noise"]), table.to_pandas()["price"]

    model = trained(table, model_type="ridge", alpha=2.0, standardize=False)

    reference = Ridge(alpha=2.0).fit(frame.to_numpy(), target)
    assert model.content["estimator"][-1].coef_ == pytest.approx(reference.coef_)
    assert model.report.train["r2"] == pytest.approx(
        r2_score(target, reference.predict(frame.to_numpy()))
    )
    assert model.report.train["mae"] == pytest.approx(
        mean_absolute_error(target, reference.predict(frame.to_numpy()))
    )


@pytest.mark.parametrize("part", [90, 1000])
def test_of_very_many_train_rows_some_are_measured_on_and_that_is_told(
    part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "MEASURED", 100)
    monkeypatch.setattr(regression, "PART", part)  # of rows that the line is fitted to at once
    table = rooms(rows=400)
    frame, price = table.to_pandas(["size", "age", "noise"]).to_numpy(), table.to_pandas()["price"]

    model = trained(table, model_type="ridge")

    line = LinearRegression().fit(frame, price).predict(frame[::4])
    ours = model.content["estimator"].predict(frame[::4])
    assert model.report.train["r2"] == pytest.approx(r2_score(price[::4], ours))
    assert model.report.baselines["linear"]["r2"] == pytest.approx(r2_score(price[::4], line))
    assert "Measured on one in 4 of the 400 train rows." in model.report.notes


def test_one_that_is_slow_to_predict_is_measured_on_the_first_rows_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "LOOKED_AT", 100)
    table = rooms(rows=400)
    frame, price = table.to_pandas(["size", "age", "noise"]).to_numpy(), table.to_pandas()["price"]

    model = trained(table, model_type="k_nearest_neighbors")

    ours = model.content["estimator"].predict(frame[:100])
    assert model.report.train["r2"] == pytest.approx(r2_score(price[:100], ours))
    assert "Measured on the first 100 train rows, as it is slow to predict." in model.report.notes


def test_gaps_in_numbers_of_half_precision_are_filled_and_counted() -> None:
    half = pa.array(np.array([1, np.nan, 3, 4], dtype=np.float16))

    model = trained(Table(pa.table({"size": half, "price": [1.0, 2.0, 3.0, 5.0]})))

    assert any(note.endswith("train rows: size (1).") for note in model.report.notes)


def test_a_feature_of_very_many_categories_is_refused_and_left_out_by_one_click() -> None:
    towns = pa.table({"size": np.arange(201.0), "town": [f"town {n}" for n in range(201)],
                      "price": np.arange(201.0)})  # fmt: skip
    table = Table(towns, columns=[ColumnSchema(name="town", kind="category")])

    with pytest.raises(ParameterError, match="town has 201 different values; at most 200") as told:
        trained(table)

    assert told.value.fix == ("Leave out town", ["size"])


def test_what_is_learnt_from_lies_column_by_column_as_in_the_table() -> None:
    found = examples(rooms(), "price", [], classify=False).x

    assert found.flags.f_contiguous


def test_a_lasso_names_the_features_it_does_not_use() -> None:
    model = trained(rooms(), model_type="lasso", alpha=1.0)

    assert model.report.notes == ("Not used (coefficient 0): noise.",)


def test_standardised_features_are_shrunk_alike_whatever_their_units() -> None:
    in_metres = rooms().to_pandas()
    in_millimetres = in_metres.assign(size=1000 * in_metres["size"])
    alike, apart = (
        [
            trained(Table.from_pandas(frame), model_type="lasso", standardize=standardize)
            for frame in (in_metres, in_millimetres)
        ]
        for standardize in (True, False)
    )

    r2 = [[model.report.train["r2"] for model in models] for models in (alike, apart)]
    assert r2[0][0] == pytest.approx(r2[0][1])
    assert r2[1][0] != pytest.approx(r2[1][1])


def test_validation_rows_are_measured_on() -> None:
    spec = ModelDefine().run().model_spec

    model = Train(target_column="price").run(rooms(), rooms(seed=1), spec).trained_model

    assert model.report.notes[0].startswith("R² on the validation rows: 0.99")


def test_a_value_that_is_no_number_is_named_with_its_row() -> None:
    frame = rooms(10).to_pandas().astype({"age": "object"})
    frame.loc[3, "age"] = "old"

    frame["age"] = [f"{age} years" for age in frame["age"]]

    with pytest.raises(ParameterError, match="The feature age is free text; a model takes num"):
        trained(Table.from_pandas(frame))


def test_the_mean_is_written_without_an_exponent() -> None:
    frame = rooms().to_pandas()
    frame["price"] += 1e6 - frame["price"].mean()
    table = Table.from_pandas(frame)

    metrics = Evaluate().run(table, trained(table)).metrics

    assert "the training mean, 1,000,000." in str(metrics.preview())


def test_features_that_are_no_numbers_can_be_left_out_at_once() -> None:
    frame = rooms(10).to_pandas()
    frame["city"] = [f"Ulm {number}" for number in range(10)]
    schema = Table.from_pandas(frame).schema
    fit = [name for name in schema.names or () if name not in ("price", "city")]

    with pytest.raises(ParameterError) as wrong:
        feature_names(schema, "price", ())
    assert wrong.value.fix == ("Leave out city", fit)

    frame["street"] = frame["city"]
    with pytest.raises(ParameterError) as wrong:
        feature_names(Table.from_pandas(frame).schema, "price", ())
    assert wrong.value.fix == (
        "Leave out 2 columns that are neither numbers nor categories",
        fit,
    )

    with pytest.raises(ParameterError) as wrong:
        feature_names(schema, "price", ("city",))
    assert wrong.value.fix is None


@pytest.mark.parametrize(
    ("value", "rows", "sentence"),
    [
        (None, range(10), "Column age has no value in all rows."),
        (float("inf"), [4, 5], "Column age holds no finite number in 2 of the 10 rows."),
        (1e200, [4], "Column age holds numbers beyond 1e+150, whose squares no computer holds."),
    ],
)
def test_what_is_no_usable_number_is_told(
    value: float | None, rows: Iterable[int], sentence: str
) -> None:
    frame = rooms(10).to_pandas()
    frame.loc[list(rows), "age"] = value

    with pytest.raises(InputError) as caught:
        trained(Table.from_pandas(frame))

    assert str(caught.value) == sentence


def test_a_feature_that_stands_twice_is_refused() -> None:
    card = Train(target_column="price", feature_columns=["size", "size"])

    with pytest.raises(ParameterError, match="size stands twice among the features") as caught:
        card.propagate(rooms().schema, None, ModelDefine().run().model_spec.schema)

    assert caught.value.field == "feature_columns"
    assert caught.value.fix == ("Take it out once", ["size"])


def test_the_target_among_the_features_is_refused_and_taken_out_by_one_click() -> None:
    spec = ModelDefine().run().model_spec
    card = Train(target_column="price", feature_columns=["size", "price"])

    with pytest.raises(ParameterError, match="the model would know the answer"):
        card.run(rooms(), None, spec)
    with pytest.raises(ParameterError, match="the model would know the answer") as caught:
        card.propagate(rooms().schema, None, spec.schema)

    assert caught.value.field == "feature_columns"
    assert caught.value.fix == ("Leave out price", ["size"])


def test_rows_without_a_feature_cannot_be_measured_on() -> None:
    model = trained(rooms())
    without = Table.from_pandas(rooms().to_pandas(["size", "noise", "price"]))

    with pytest.raises(InputError, match="The table lacks age"):
        Evaluate().propagate(without.schema, model.schema)


def test_errors_above_a_hundred_are_written_without_an_exponent() -> None:
    frame = rooms().to_pandas()
    frame["price"] = frame["price"] * 1000
    table = Table.from_pandas(frame)

    shown = str(Evaluate().run(table, trained(table)).metrics.preview())

    assert re.search(r"within ±[\d,]+\.", shown)
    assert "e+" not in shown
