"""What makes figures too good, or a model a wrong one, is told before a run, with a mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cards._measuring.intervals import wilson
from cards.compare_models import CompareModels
from cards.cross_validate import CrossValidate
from cards.data_load import DataLoad
from cards.data_split import DataSplit
from cards.evaluate import Evaluate
from cards.group_aggregate import GroupAggregate
from cards.model_define import ModelDefine
from cards.select_columns import SelectColumns
from cards.train import Train
from tensorrag import ParameterError, Table
from tensorrag.catalog import Catalog
from tensorrag.check import check
from tensorrag.check.problems import Problem
from tensorrag.edit.commands import apply
from tensorrag.pipeline import Node, Pipeline
from tensorrag.types import ColumnSchema, Dealt, Provenance, Seen, TableSchema
from tests.cards.leaving import REGISTRY, wired

CATALOG = Catalog(cards={each.info.card: each.info for each in REGISTRY.found.values()}, types={})


def problems(pipeline: Pipeline, node: str) -> list[Problem]:
    return [each for each in check(pipeline, REGISTRY).problems if each.node == node]


def mended(pipeline: Pipeline, problem: Problem) -> Pipeline:
    for op in problem.fix.ops if problem.fix else ():
        pipeline = apply(pipeline, op, CATALOG)
    return pipeline


LOAD = Node("load", "data_load", {"sample_name": "churn"})
RIDGE = Node("model", "model_define", {"model_type": "ridge"})
LEARNT: dict[str, Any] = {"target_column": "monthly_charge"}


def dealt_again(by: str, column: str, card: Node, port: str, more: str = "") -> Pipeline:
    """Split the customers by a column; the train rows go to a card that deals them out again."""
    split = Node("split", "data_split", {"split_by": by, f"{by}_column": column})
    wires = f"load.dataset > split.dataset, split.train_dataset > again.{port}{more}"
    return wired(LOAD, split, RIDGE, card, wires=wires)


VALIDATE = Node("again", "cross_validate", LEARNT)
SEARCH = Node("again", "hyperparameter_search", {**LEARNT, "hyperparameters": [{"name": "alpha"}]})
SPLIT = Node("again", "data_split")
SPEC = ", model.model_spec > again.model_spec"


@pytest.mark.parametrize(
    ("card", "port", "more", "field"),
    [
        (VALIDATE, "dataset", SPEC, "split_by"),
        (SEARCH, "train_dataset", SPEC, "folds_by"),
        (SPLIT, "dataset", "", "split_by"),
    ],
)
@pytest.mark.parametrize(
    ("by", "column", "says"),
    [
        ("group", "contract", "Rows of one contract were kept together when they were split"),
        ("time", "tenure", "Rows were split by time before, by tenure; mixed,"),
    ],
)
def test_rows_that_a_split_kept_apart_are_so_again_by_one_click(
    by: str, column: str, says: str, card: Node, port: str, more: str, field: str
) -> None:
    pipeline = dealt_again(by, column, card, port, more)

    (problem,) = problems(pipeline, "again")

    assert problem.message.startswith(says)
    assert (problem.level, problem.field) == ("warning", field)
    assert problem.fix is not None
    assert problem.fix.label == f"Split by {column}"
    again = mended(pipeline, problem)
    assert again.nodes["again"].params[f"{by}_column"] == column
    assert problems(again, "again") == []


def test_where_rows_are_of_no_group_any_more_nothing_is_said() -> None:
    watched = f"{SPEC}, split.validation_dataset > again.validation_dataset"
    dealt = Dealt(by="group", column="contract")
    columns = (ColumnSchema(name="contract"), ColumnSchema(name="monthly_charge"))
    table = TableSchema(columns=columns, rows=90, provenance=Provenance(dealt=dealt))
    (warned,) = CrossValidate(**LEARNT).concerns({"dataset": table})
    assert isinstance(warned, ParameterError)

    by_validation_rows = dealt_again("group", "contract", SEARCH, "train_dataset", watched)
    one_row_each = table.model_copy(update={"seen": Seen(unlike=("contract",))})
    (aggregated,) = (GroupAggregate(by=[by]).propagate(table) for by in ["contract"])

    assert problems(by_validation_rows, "again") == []
    for told in (one_row_each, aggregated):
        assert list(CrossValidate(**LEARNT).concerns({"dataset": told})) == []


@pytest.mark.parametrize("by", ["group", "time"])
def test_a_column_that_was_renamed_is_offered_by_its_new_name(by: str) -> None:
    split = Node("split", "data_split", {"split_by": by, f"{by}_column": "tenure"})
    rename = Node("rename", "select_columns", {"rename": ["tenure = months"]})
    wires = "load.dataset > split.dataset, split.train_dataset > rename.dataset,"
    wires = f"{wires} rename.dataset > again.dataset{SPEC}"

    (problem,) = problems(wired(LOAD, split, rename, RIDGE, VALIDATE, wires=wires), "again")

    assert problem.fix is not None
    assert problem.fix.label == "Split by months"


def test_a_group_that_was_dropped_has_to_be_kept_first() -> None:
    drop = Node("drop", "select_columns", {"mode": "drop", "columns": ["contract"]})
    split = Node("split", "data_split", {"split_by": "group", "group_column": "contract"})
    wires = "load.dataset > split.dataset, split.train_dataset > drop.dataset,"

    (problem,) = problems(
        wired(
            LOAD, split, drop, RIDGE, VALIDATE, wires=f"{wires} drop.dataset > again.dataset{SPEC}"
        ),
        "again",
    )

    assert problem.message.startswith("Rows of one contract were kept together")
    assert problem.hint.startswith("Keep contract up to here")
    assert problem.fix is None


@pytest.mark.parametrize(
    ("card", "port", "more"),
    [(VALIDATE, "dataset", SPEC), (SEARCH, "train_dataset", SPEC), (SPLIT, "dataset", "")],
)
def test_copies_of_rare_rows_are_kept_together_by_one_click(
    card: Node, port: str, more: str
) -> None:
    def told(method: str) -> tuple[Pipeline, list[Problem]]:
        balance = Node("more", "balance_classes", {"target_column": "churned", "method": method})
        wires = "load.dataset > split.dataset, split.train_dataset > more.dataset,"
        wires = f"{wires} more.dataset > again.{port}{more}"
        split = Node("split", "data_split")
        pipeline = wired(LOAD, split, balance, RIDGE, card, wires=wires)
        return pipeline, problems(pipeline, "again")

    pipeline, (problem,) = told("oversample")

    assert problem.message == (
        "Balance Classes put rows in more than once: dealt out one by one, a model is measured on "
        "copies of rows that it has learnt from."
    )
    again = mended(pipeline, problem)
    assert again.nodes["again"].params["together"] is True
    assert problems(again, "again") == []
    assert told("undersample")[1] == []


@pytest.mark.parametrize(
    ("card", "port"),
    [
        ("train", "train_dataset"),
        ("cross_validate", "dataset"),
        ("hyperparameter_search", "train_dataset"),
    ],
)
def test_a_model_of_numbers_for_two_classes_is_told_of_before_a_run(card: str, port: str) -> None:
    settings: dict[str, Any] = {"target_column": "several_lines"}
    if card == "hyperparameter_search":
        settings["hyperparameters"] = [{"name": "alpha"}]
    wires = f"load.dataset > learns.{port}, model.model_spec > learns.model_spec"

    def told(**more: str) -> tuple[Pipeline, list[Problem]]:
        pipeline = wired(LOAD, RIDGE, Node("learns", card, settings | more), wires=wires)
        return pipeline, problems(pipeline, "learns")

    pipeline, (problem,) = told()
    assert problem.level == "warning"
    assert problem.message == (
        "several_lines has no more than two values, which are classes, and ridge regression "
        "predicts numbers: also between and beyond them."
    )
    assert mended(pipeline, problem).nodes["model"].params["model_type"] == "logistic"
    assert told(task="regression")[1] == []
    assert told(target_column="age")[1] == []


SCALED = (
    "load.dataset > split.dataset, split.train_dataset > scale.dataset,"
    "scale.dataset > train.train_dataset, model.model_spec > train.model_spec,"
)
SCALE = Node("scale", "scale", {"columns": ["bmi"]})


@pytest.mark.parametrize(
    ("card", "port", "model"),
    [
        ("evaluate", "test_dataset", "trained_model"),
        ("explain", "dataset", "trained_model"),
        ("compare_models", "test_dataset", "models"),
    ],
)
def test_rows_prepared_otherwise_than_those_learnt_from_are_told_of(
    card: str, port: str, model: str
) -> None:
    nodes = (
        Node("load", "data_load", {"sample_name": "diabetes"}),
        Node("split", "data_split"),
        SCALE,
        RIDGE,
        Node("train", "train", {"target_column": "progression"}),
        Node("test", "scale", {"columns": ["bmi"]}),
        Node("asks", card),
    )
    wires = f"{SCALED} train.trained_model > asks.{model},"
    through = "split.test_dataset > test.dataset, split.train_dataset > test.fit_on,"

    (problem,) = problems(wired(*nodes, wires=f"{wires} split.test_dataset > asks.{port}"), "asks")
    alike = problems(wired(*nodes, wires=f"{wires}{through} test.dataset > asks.{port}"), "asks")

    assert problem.message == "The train rows went through Scale, and these rows did not."
    assert (problem.port, problem.level) == (port, "warning")
    assert alike == []


def test_of_several_models_the_one_that_learnt_from_other_rows_is_named() -> None:
    nodes = (
        Node("load", "data_load", {"sample_name": "diabetes"}),
        Node("split", "data_split"),
        SCALE,
        RIDGE,
        Node("train", "train", {"target_column": "progression"}, title="On scaled rows"),
        Node("raw", "train", {"target_column": "progression"}),
        Node("asks", "compare_models"),
    )
    wires = (
        f"{SCALED} split.train_dataset > raw.train_dataset, model.model_spec > raw.model_spec,"
        "raw.trained_model > asks.models, train.trained_model > asks.models,"
        "split.test_dataset > asks.test_dataset"
    )

    (problem,) = problems(wired(*nodes, wires=wires), "asks")

    assert problem.message == (
        "The train rows of On scaled rows went through Scale, and these rows did not."
    )


@pytest.mark.parametrize(("card", "port"), [(VALIDATE, "dataset"), (SEARCH, "train_dataset")])
def test_what_was_learnt_from_the_train_rows_is_known_in_each_of_their_folds(
    card: Node, port: str
) -> None:
    nodes = (
        Node("load", "data_load", {"sample_name": "diabetes"}),
        Node("split", "data_split"),
        SCALE,
        RIDGE,
        replace(card, params={**card.params, "target_column": "progression"}),
    )
    wires = f"load.dataset > split.dataset, split.train_dataset > {{}}{SPEC}"
    scaled = f"{wires.format('scale.dataset')}, scale.dataset > again.{port}"

    (problem,) = problems(wired(*nodes, wires=scaled), "again")

    assert problem.message.startswith("Scale has learnt from all of these rows, also from those")
    assert problem.hint.startswith("Connect the table from before Scale")
    assert problems(wired(*nodes, wires=wires.format(f"again.{port}")), "again") == []


def test_of_trials_that_are_measured_on_validation_rows_no_folds_are_spoken_of() -> None:
    nodes = (
        Node("load", "data_load", {"sample_name": "diabetes"}),
        Node("split", "data_split", {"train_ratio": 0.6, "validation_ratio": 0.2}),
        SCALE,
        Node("watched", "scale", {"columns": ["bmi"]}),
        RIDGE,
        replace(SEARCH, params={**SEARCH.params, "target_column": "progression"}),
    )
    wires = (
        "load.dataset > split.dataset, split.train_dataset > scale.dataset,"
        f"scale.dataset > again.train_dataset, split.train_dataset > watched.fit_on{SPEC},"
        "split.validation_dataset > watched.dataset, watched.dataset > again.validation_dataset"
    )

    assert problems(wired(*nodes, wires=wires), "again") == []


def test_validation_rows_are_prepared_as_the_train_rows_are() -> None:
    nodes = (
        Node("load", "data_load", {"sample_name": "diabetes"}),
        Node("split", "data_split", {"train_ratio": 0.6, "validation_ratio": 0.2}),
        SCALE,
        RIDGE,
        Node("train", "train", {"target_column": "progression"}),
    )
    wires = f"{SCALED} split.validation_dataset > train.validation_dataset"

    (problem,) = problems(wired(*nodes, wires=wires), "train")

    assert problem.message == "The train rows went through Scale, and these rows did not."
    assert problem.port == "validation_dataset"


def sales(*cards: Node, then: str) -> Pipeline:
    """Daily sales go through some cards to a split of single rows, and its train rows on."""
    load = Node("load", "data_load", {"sample_name": "daily_sales"})
    split = Node("split", "data_split")
    return wired(load, *cards, split, wires=then)


TO_SPLIT = "load.dataset > made.dataset, made.dataset > split.dataset"


def test_numbers_that_were_made_of_dates_still_tell_the_split_what_came_first() -> None:
    train = Node("train", "train", {"target_column": "sales"})
    pipeline = sales(
        RIDGE,
        train,
        then="load.dataset > split.dataset, split.train_dataset > train.train_dataset,"
        "model.model_spec > train.model_spec",
    )
    assert [each.message for each in problems(pipeline, "train")] == [
        "The feature date is a date; a model takes numbers and categories."
    ]

    pipeline = mended(pipeline, problems(pipeline, "train")[0])

    assert problems(pipeline, "train") == []
    (warning,) = problems(pipeline, "split")
    assert warning.message == (
        "If date_days says when a row came about, a model learns from later rows than some that "
        "it is measured on."
    )
    assert warning.fix is not None
    assert warning.fix.label == "Split by date_days"
    by_time = mended(pipeline, warning)
    assert [problems(by_time, node) for node in ("split", "train")] == [[], []]


def test_parts_of_a_date_warn_of_mixed_times_as_the_date_did() -> None:
    months = Node("made", "dates_to_features")
    pipeline = sales(months, then=TO_SPLIT)

    (warning,) = problems(pipeline, "split")

    assert warning.message.startswith("If date says when a row came about, a model learns from")
    assert warning.level == "warning"
    assert warning.fix is not None
    assert warning.fix.label == "Keep the days of date"
    (now,) = problems(mended(pipeline, warning), "split")
    assert now.fix is not None
    assert now.fix.label == "Split by date_days"


@pytest.mark.parametrize(
    ("card", "params", "warned"),
    [
        ("derive_column", {"name": "month", "formula": "month(date)"}, True),
        ("derive_column", {"name": "twice", "formula": "sales * 2"}, False),
        ("group_aggregate", {"by": ["shop"]}, False),
    ],
)
def test_a_date_of_which_nothing_is_left_is_not_spoken_of(
    card: str, params: dict[str, Any], warned: bool
) -> None:
    made = Node("made", card, params)
    drop = Node("drop", "select_columns", {"mode": "drop", "columns": ["date"]})
    keeps = card != "group_aggregate"
    then = "load.dataset > made.dataset, made.dataset > drop.dataset, drop.dataset > split.dataset"

    pipeline = sales(made, drop, then=then) if keeps else sales(made, then=TO_SPLIT)

    assert [each.code for each in problems(pipeline, "split")] == ["data_concern"] * warned


def test_intervals_of_rows_in_groups_are_of_whole_groups_or_called_too_narrow() -> None:
    diabetes = DataLoad.model_validate({"sample_name": "diabetes"}).run().dataset
    spec = ModelDefine(model_type="ridge").run().model_spec

    def told(split: DataSplit, *, drop: bool = False) -> tuple[str, str]:
        parts = split.run(diabetes)
        train, test = parts.train_dataset, parts.test_dataset
        if drop:
            without = SelectColumns(mode="drop", columns=[str(split.group_column)])
            train, test = (without.run(each).dataset for each in (train, test))
        model = Train(target_column="progression").run(train, None, spec)[0]
        (metrics,) = Evaluate().run(test, model)
        compare = CompareModels()
        made = compare.run(test, model)
        (line,) = made.ranking.arrow.to_pylist()
        assert (line["low"], line["high"]) == metrics.intervals["r2"], "one metric has one interval"
        shown = compare.previews(made)["ranking"].model_dump_json()
        return metrics.caption or "", shown

    by_group = DataSplit(split_by="group", group_column="bmi")
    (said, shown), (alone, _) = told(by_group), told(DataSplit())
    assert "% confidence, bootstrap of " in said
    assert "% confidence, bootstrap)" in alone
    assert not any("wider than told" in each for each in (said, shown, alone))
    few, ranking = told(DataSplit(split_by="group", group_column="age"))
    assert "groups are few: intervals may be wider than told." in few
    assert "wider than told" in ranking
    alike = "Rows of one bmi may be alike: then intervals are wider than told."
    assert all(alike in each for each in told(by_group, drop=True))


def test_intervals_of_classes_in_groups_are_of_whole_groups_in_both_cards() -> None:
    tumours = DataLoad.model_validate({"sample_name": "breast_cancer"}).run().dataset.to_pandas()
    of_clinics = Table.from_pandas(tumours.assign(clinic=tumours["mean_texture"].round()))
    parts = DataSplit(split_by="group", group_column="clinic").run(of_clinics)
    spec = ModelDefine(model_type="logistic").run().model_spec
    model = Train(target_column="diagnosis").run(parts.train_dataset, None, spec)[0]

    (metrics,) = Evaluate().run(parts.test_dataset, model)
    compared = CompareModels(metric="accuracy").run(parts.test_dataset, model)

    assert "% confidence, bootstrap of " in (metrics.caption or "")
    (line,) = compared.ranking.arrow.to_pylist()
    assert (line["low"], line["high"]) == metrics.intervals["accuracy"]
    alone = wilson(round(metrics.values["accuracy"] * line["rows"]), line["rows"])
    assert metrics.intervals["accuracy"] != alone
