"""Assert Metrics and Assert Table: a run fails where something does not hold, and says what."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cards.assert_metrics import AssertMetrics
from cards.assert_table import AssertTable
from tensorrag import InputError, Metrics, MetricsSchema, ParameterError, Table
from tensorrag.cli import executing, main
from tensorrag.pipeline import Edge, Node, Pipeline, files
from tensorrag.types import Task
from tests.core.engine import InProcess

MEASURED = Metrics({"r2": 0.41, "rmse": 5.0}, {"r2": 0.0, "rmse": 9.0}, task="regression", rows=90)
TABLE = Table.from_pandas(pd.DataFrame({"id": [1, 2, 2], "price": [10.0, None, -3.0]}))


@pytest.mark.parametrize("condition", ["r2 > 0.4", "rmse < baseline_rmse and not r2 > 1", "1 < 2"])
def test_metrics_that_are_good_enough_are_passed_on(condition: str) -> None:
    assert AssertMetrics(condition=condition).run(MEASURED).metrics is MEASURED


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("r2 >= 0.8", "It does not hold that r2 >= 0.8: r2 is 0.41."),
        (
            "rmse < baseline_rmse / 2",
            "It does not hold that rmse < baseline_rmse / 2: rmse is 5, baseline_rmse is 9.",
        ),
        ("accuracy > 0.5", "accuracy was not measured; there is r2, rmse."),
    ],
)
def test_metrics_that_are_not_say_what_they_are(condition: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        AssertMetrics(condition=condition).run(MEASURED)

    assert refused.value.message == says


@pytest.mark.parametrize("condition", ["", "r2", "r3 > 1", "r2 >"])
def test_what_is_no_condition_is_refused_before_a_run(condition: str) -> None:
    with pytest.raises(ParameterError):
        AssertMetrics(condition=condition).propagate(MEASURED.schema)


@pytest.mark.parametrize(
    ("task", "condition", "mended"),
    [
        ("binary", "r2 > 0", "accuracy > baseline_accuracy"),
        ("multiclass", "accuracy > 0.5 and baseline_rmse > 1", "accuracy > baseline_accuracy"),
        ("regression", "f1 > 0.5", "r2 > baseline_r2"),
    ],
)
def test_a_metric_that_no_model_of_the_task_has_is_told_before_a_run(
    task: Task, condition: str, mended: str
) -> None:
    measured = MetricsSchema(task=task)

    with pytest.raises(ParameterError, match="is not measured of a model that") as refused:
        AssertMetrics(condition=condition).propagate(measured)

    assert refused.value.fix == (f"Ask for {mended}", mended)
    assert AssertMetrics(condition=mended).propagate(measured) is measured


@pytest.mark.parametrize(
    ("expects", "says"),
    [
        ({"least_rows": 4}, "There are 3 rows, fewer than 4."),
        ({"complete": ["id", "price"]}, "price has no value in 1 of 3 rows."),
        ({"unique": ["id"]}, "1 rows repeat id of another row."),
        (
            {"condition": "price > 0"},
            "It does not hold that price > 0 in 2 of 3 rows, row 2 first.",
        ),
    ],
)
def test_a_table_that_is_not_as_expected_says_where(expects: dict[str, object], says: str) -> None:
    with pytest.raises(InputError) as refused:
        AssertTable.model_validate(expects).run(TABLE)

    assert refused.value.message == says


def test_a_table_that_is_as_expected_is_passed_on() -> None:
    card = AssertTable(
        condition="price is missing or price < 11",
        least_rows=3,
        complete=["id"],
        unique=["id", "price"],
    )

    assert card.run(TABLE).dataset is TABLE


def test_a_pipeline_is_a_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(executing, "open_executors", lambda folder: {"local": InProcess()})
    pipeline = Pipeline(
        nodes={
            "load": Node("load", "data_load", {"sample_name": "diabetes"}),
            "expect": Node("expect", "assert_table", {"condition": "age > 20"}),
        },
        edges=(Edge("load", "dataset", "expect", "dataset"),),
    )
    file = tmp_path / "expectations.json"
    files.save(pipeline, file)

    assert main(["run", str(file), "--workspace", str(tmp_path / "workspace")]) == 1
    assert "It does not hold that age > 20 in " in capsys.readouterr().err
