"""Lag Features: each row sees what was before it, and nothing that is not known yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from cards.cross_validate import CrossValidate
from cards.data_split import DataSplit
from cards.dates_to_features import DatesToFeatures
from cards.evaluate import Evaluate
from cards.hyperparameter_search import HyperparameterSearch
from cards.lag_features import LagFeatures
from cards.model_define import ModelDefine
from cards.train import Train
from sample_data.pipeline_files import pipeline_path
from tensorrag import Card, InputError, Model, ParameterError, Table
from tensorrag.pipeline import Edge
from tensorrag.pipeline.files import load
from tests.cards.leaving import verified
from tests.cards.test_contract import assert_holds


def shops(days: int = 6) -> Table:
    """Two shops, the latest day first; of each day, the second sells a hundred more."""
    dates = pd.date_range("2026-01-01", periods=days)
    rows = [(date, shop, day + 100 * (shop == "b"), day % 2 == 0)
            for day, date in enumerate(dates) for shop in "ab"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["date", "shop", "sales", "open"])
    return Table.from_pandas(frame[::-1])


def looked_back(table: Table, **settings: Any) -> pd.DataFrame:
    card = LagFeatures(**{"time_column": "date", "columns": ["sales"], **settings})

    made = card.run(table).dataset

    assert_holds(card.propagate(table.schema), made.schema)
    return made.to_pandas()


def test_each_shop_has_a_past_of_its_own_in_the_order_of_time() -> None:
    found = looked_back(shops(), group_column="shop", lags=[2], means=[3], horizon=2)

    ours = found[found["shop"] == "b"]
    assert ours["sales"].tolist() == [104, 105]
    assert ours["sales_lag_2"].tolist() == [102, 103]
    assert ours["sales_mean_3"].tolist() == [101, 102]  # of 100 to 102: 103 is not known yet
    assert found["date"].is_monotonic_increasing


def test_what_comes_later_changes_nothing() -> None:
    settings = {"group_column": "shop", "lags": [2], "means": [2], "horizon": 2}
    before = looked_back(shops(8), **settings)

    changed = shops(8).to_pandas()
    late = changed["date"] >= "2026-01-07"
    changed.loc[late, "sales"] = -1
    after = looked_back(Table.from_pandas(changed), **settings)

    told = ["sales_lag_2", "sales_mean_2"]
    known = before["date"] < "2026-01-09"  # two days ahead of what was changed
    assert (before.loc[known, told] == after.loc[known, told]).all(axis=None)


def test_the_first_rows_are_left_out_or_have_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"group_column": "shop", "columns": ["sales", "open"], "lags": [1, 4]}

    assert len(looked_back(shops(), **settings)) == 4
    assert "8 of 12 rows have no such past and are left out." in capsys.readouterr().out

    kept = looked_back(shops(), keep=True, **settings)
    assert len(kept) == 12
    assert kept["sales_lag_4"].isna().sum() == 8
    assert set(kept["open_lag_1"].dropna()) == {True, False}


def test_rows_that_are_not_evenly_apart_are_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table.from_pandas(pd.DataFrame({"date": [1, 2, 3, 5, 6], "sales": range(5)}))

    looked_back(table, lags=[1])

    assert "not evenly apart in date: 1 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2026-01-01", periods=12, freq="MS"),  # of 28 to 31 days
        [step * 0.1 for step in range(12)],  # no two steps are equal to the last bit
    ],
)
def test_months_and_fractions_are_evenly_apart(
    times: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    looked_back(Table.from_pandas(pd.DataFrame({"date": times, "sales": range(12)})), lags=[1])

    assert "not evenly apart" not in capsys.readouterr().out


def test_a_lag_that_is_named_twice_is_told_once() -> None:
    found = looked_back(shops(), group_column="shop", lags=[1, 1], means=[2, 2])

    once = looked_back(shops(), group_column="shop", lags=[1], means=[2])
    pd.testing.assert_frame_equal(found, once)


def refusal(table: Table, **settings: Any) -> tuple[str, Any]:
    card = LagFeatures(**{"time_column": "date", "columns": ["sales"], **settings})
    with pytest.raises((ParameterError, InputError)) as caught:
        card.run(table)
    return caught.value.message, getattr(caught.value, "fix", None)


def test_a_lag_that_is_not_known_yet_is_refused_with_a_way_out() -> None:
    said, fix = refusal(shops(), lags=[1, 7, 14], horizon=7)

    assert said == "What was 1 row before is not known yet 7 rows ahead."
    assert fix == ("Look back 7 and more", [7, 14])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lags": [1]}, "6 rows have the same date as another"),
        ({"time_column": ""}, "No column to order the rows by"),
        ({"time_column": "shop"}, "shop is text, which has no order in time."),
        ({"columns": []}, "No column whose past"),
        ({"lags": []}, "Nothing is told of the past."),
        ({"columns": ["shop"], "means": [2]}, "A rolling mean needs numbers; shop is text."),
        ({"group_column": "shop", "lags": [6]}, "12 rows are too few to look 6 rows back."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(settings: dict[str, Any], said: str) -> None:
    assert said in refusal(shops(), **settings)[0]


def test_too_few_rows_are_told_before_a_run() -> None:
    card = LagFeatures(time_column="date", columns=["sales"], lags=[12])

    with pytest.raises(InputError, match="12 rows are too few to look 12 rows back"):
        card.propagate(shops().schema)


def concerns_of(split: DataSplit, **lags: Any) -> list[ParameterError]:
    """What Data Split says of rows with lags whose dates have become numbers."""
    lagged = LagFeatures(time_column="date", columns=["sales"], **lags).propagate(shops().schema)
    dated = DatesToFeatures(days=True).propagate(lagged)
    return [each for each in split.concerns({"dataset": dated}) if isinstance(each, ParameterError)]


@pytest.mark.parametrize(
    "split",
    [
        DataSplit(),
        DataSplit(stratify_by="shop"),
        DataSplit(split_by="time", time_column="date_days"),
        DataSplit(shuffle=False),
    ],
)
def test_a_split_that_mixes_times_or_leaves_no_gap_is_told_so_and_mended(split: DataSplit) -> None:
    """Rows ahead: 7. The outcome of the 6 last train rows is not known yet for the first test."""
    (concern,) = concerns_of(split, group_column="shop", lags=[7], horizon=7)

    assert concern.fix is not None
    assert concern.field is not None
    mended = {**split.active(), **concern.also, concern.field: concern.fix[1]}
    by_time = DataSplit(**mended)
    assert (by_time.split_by, by_time.time_column, by_time.gap) == ("time", "date_days", 6)
    assert concerns_of(by_time, group_column="shop", lags=[7], horizon=7) == []


@pytest.mark.parametrize(
    ("card", "port"),
    [
        (CrossValidate(target_column="sales"), "dataset"),
        (HyperparameterSearch(target_column="sales"), "train_dataset"),
        (CrossValidate(target_column="sales", split_by="time", time_column="date"), "dataset"),
    ],
)
def test_folds_that_mix_times_or_leave_no_gap_are_mended_as_a_split_is(
    card: Card, port: str
) -> None:
    lagged = LagFeatures(time_column="date", columns=["sales"], lags=[7], horizon=7)
    known = {port: lagged.propagate(shops().schema)}

    (concern,) = card.concerns(known)

    assert isinstance(concern, ParameterError)
    assert concern.fix is not None
    assert concern.field is not None
    mended = card.model_copy(update={**concern.also, concern.field: concern.fix[1]})
    assert mended.model_dump()["gap"] == 6
    assert list(mended.concerns(known)) == []


def test_one_row_ahead_needs_no_gap() -> None:
    assert concerns_of(DataSplit(split_by="time", time_column="date_days"), lags=[1]) == []
    assert concerns_of(DataSplit(shuffle=False), lags=[1]) == []


def test_of_two_horizons_the_farther_one_asks_for_the_gap() -> None:
    far, near = (
        LagFeatures(time_column="date", columns=["sales"], lags=[lag], horizon=ahead)
        for lag, ahead in [(7, 7), (1, 1)]
    )

    assert near.propagate(far.propagate(shops().schema)).provenance.ahead == 7


def trained(frame: pd.DataFrame) -> tuple[Table, Model]:
    table = Table.from_pandas(frame)
    spec = ModelDefine().run().model_spec
    return table, Train(target_column="sales").run(table, None, spec).trained_model


def test_a_model_that_knows_less_than_last_week_is_told_so() -> None:
    week = [float(day % 7) for day in range(70)]
    table, model = trained(pd.DataFrame({"day": range(70), "sales": week, "last_week": week}))
    line = Train(target_column="sales", feature_columns=["day"]).run(
        table, None, ModelDefine().run().model_spec
    ).trained_model  # fmt: skip

    metrics = Evaluate(baseline_column="last_week").run(table, line).metrics

    assert metrics.baseline["r2"] == 1
    assert metrics.caption is not None
    assert "worse than its baseline: last_week as it stands is closer" in metrics.caption
    assert Evaluate().run(table, model).metrics.baseline["r2"] == 0


def test_the_sample_forecasts_better_than_last_week_and_its_script_says_the_same() -> None:
    sample = load(pipeline_path("forecast")).pipeline
    others = ("boosting", "train_boosting", "compare")
    nodes = {name: node for name, node in sample.nodes.items() if name not in others}
    best = Edge("train_ridge", "trained_model", "evaluate", "trained_model")
    edges = [edge for edge in sample.edges if {edge.source, edge.target} <= nodes.keys()]
    pipeline = replace(sample, nodes=nodes, edges=(*edges, best))

    verdict, text = verified(pipeline)

    assert verdict.verified, verdict
    assert '.groupby(ordered["shop"], dropna=False).shift(7)' in text
    assert 'AsItStands("sales_lag_7")' in text
