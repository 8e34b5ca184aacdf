"""Measuring on rows that a model has learnt from is found in the graph, and mended by a click."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tensorrag.catalog import Catalog
from tensorrag.check import check, peek_key
from tensorrag.check.problems import Problem
from tensorrag.edit.commands import apply
from tensorrag.peek import Peek
from tensorrag.pipeline import Edge, Node, Pipeline, Position
from tensorrag.registry.finding import Registry
from tensorrag.types import ColumnSchema, TableSchema
from tests.core.test_check import made

REGISTRY = Registry.load()
CATALOG = Catalog(cards={each.info.card: each.info for each in REGISTRY.found.values()}, types={})

NODES: dict[str, dict[str, Any]] = {
    "load": {"card": "data_load"},
    "split": {"card": "data_split"},
    "model": {"card": "model_define"},
    "train": {"card": "train", "params": {"target_column": "MEDV"}},
    "evaluate": {"card": "evaluate"},
}
MODEL = ["model.model_spec-train.model_spec", "train.trained_model-evaluate.trained_model"]
TO_SPLIT = "load.dataset-split.dataset"
AGAIN = {"again": {"card": "data_split"}}
OTHER = {"again": {"card": "data_split", "params": {"seed": 1}}}
TO_AGAIN = "load.dataset-again.dataset"


def seen(of: Pipeline) -> list[Problem]:
    return [each for each in check(of, REGISTRY).problems if each.code == "rows_seen"]


def built(train: str, test: str, /, *wires: str, **more: dict[str, Any]) -> Pipeline:
    """The usual pipeline, with what goes to Train and to Evaluate."""
    ends = [f"{train}-train.train_dataset", f"{test}-evaluate.test_dataset"]
    wired = " ".join([*MODEL, *wires, *ends])
    nodes = {name: node for name, node in (NODES | more).items() if f"{name}." in wired}
    return made(nodes, wired.split())


@pytest.mark.parametrize(
    ("of", "says"),
    [
        (built("split.train_dataset", "split.train_dataset", TO_SPLIT), "These rows are ones"),
        (built("split.train_dataset", "load.dataset", TO_SPLIT), "Some of these rows are ones"),
        (built("load.dataset", "split.test_dataset", TO_SPLIT), "These rows are ones"),
        (built("load.dataset", "load.dataset"), "These rows are ones"),
        (
            built("split.train_dataset", "again.test_dataset", TO_SPLIT, TO_AGAIN, **OTHER),
            "Some of these rows may be ones",
        ),
    ],
)
def test_rows_that_were_learnt_from_are_no_test(of: Pipeline, says: str) -> None:
    (problem,) = seen(of)

    assert (problem.node, problem.port, problem.level) == ("evaluate", "test_dataset", "warning")
    assert problem.message.startswith(f"{says} ")


@pytest.mark.parametrize(
    "of",
    [
        built("split.train_dataset", "split.test_dataset", TO_SPLIT),
        built("split.train_dataset", "split.validation_dataset", TO_SPLIT),
        # the same split once more, and a part of a part
        built("split.train_dataset", "again.test_dataset", TO_SPLIT, TO_AGAIN, **AGAIN),
        built(
            "split.train_dataset",
            "again.test_dataset",
            TO_SPLIT,
            "split.test_dataset-again.dataset",
            **AGAIN,
        ),
        # other data altogether
        built(
            "split.train_dataset",
            "elsewhere.dataset",
            TO_SPLIT,
            elsewhere={"card": "data_load", "params": {"source": "path", "path": "/new.csv"}},
        ),
        # nothing that anybody knows
        built("unknown.rows", "unknown.rows", unknown={"card": "not_here"}),
        built("split.train_dataset", "split.train_dataset", "split.test_dataset-split.dataset"),
        built(
            "split.train_dataset", "split.train_dataset", TO_SPLIT,
            evaluate={"card": "evaluate", "enabled": False},
        ),
    ],
)  # fmt: skip
def test_other_rows_are_never_blamed(of: Pipeline) -> None:
    assert seen(of) == []


def test_the_same_table_loaded_twice_is_one_table() -> None:
    twice = built("load.dataset", "copy.dataset", copy={"card": "data_load"})

    assert [problem.node for problem in seen(twice)] == ["evaluate"]


def test_validation_rows_that_are_train_rows_tell_nothing() -> None:
    wires = (TO_SPLIT, "split.train_dataset-train.validation_dataset")
    (problem,) = seen(built("split.train_dataset", "split.test_dataset", *wires))

    assert (problem.node, problem.port) == ("train", "validation_dataset")
    assert problem.message.endswith("so they tell nothing about new ones.")


@pytest.mark.parametrize(
    ("of", "label"),
    [
        (
            built("split.train_dataset", "split.train_dataset", TO_SPLIT),
            "Measure on the test rows",
        ),
        (built("split.train_dataset", "load.dataset", TO_SPLIT), "Measure on the test rows"),
        (built("load.dataset", "load.dataset"), "Put a Data Split in between"),
        (
            built(
                "split.train_dataset", "split.test_dataset", TO_SPLIT,
                split={"card": "data_split", "enabled": False},
            ),
            "Bypass Data Split no longer",
        ),
    ],
)  # fmt: skip
def test_one_click_mends_it(of: Pipeline, label: str) -> None:
    (problem,) = seen(of)
    assert problem.fix is not None
    assert problem.fix.label == label

    mended = of
    for op in problem.fix.ops:
        mended = apply(mended, op, CATALOG)

    assert check(mended, REGISTRY).problems == ()


SCALED = {
    "scale": {
        "card": "scale",
        "params": {"method": "robust", "columns": ["RM"]},
        "position": {"x": 168, "y": 0},
    },
    "split": {"card": "data_split", "position": {"x": 400, "y": 0}},
}
LAID = ("split", "scale", "scale_2")
SCALED_FIRST = ("load.dataset-scale.dataset", "scale.dataset-split.dataset")


def early(of: Pipeline) -> list[Problem]:
    return [each for each in check(of, REGISTRY).problems if each.code == "fits_before_split"]


def test_what_is_learnt_before_a_split_is_learnt_of_the_test_rows_too() -> None:
    of = built("split.train_dataset", "split.test_dataset", *SCALED_FIRST, **SCALED)
    (problem,) = early(of)
    assert (problem.node, problem.level) == ("scale", "warning")
    assert problem.message.startswith("What it learns, it learns of all rows: Data Split makes")
    assert problem.fix is not None
    assert problem.fix.label == "Put it behind Data Split"

    mended = of
    for op in problem.fix.ops:
        mended = apply(mended, op, CATALOG)

    assert check(mended, REGISTRY).problems == ()
    assert {edge.id for edge in mended.edges} == {
        *MODEL,
        "load.dataset-split.dataset",
        "split.train_dataset-scale.dataset",
        "scale.dataset-train.train_dataset",
        "split.test_dataset-scale_2.dataset",
        "split.train_dataset-scale_2.fit_on",
        "scale_2.dataset-evaluate.test_dataset",
    }
    assert mended.node("scale_2").params == of.node("scale").params
    places = [(mended.node(name).position.x, mended.node(name).position.y) for name in LAID]
    assert places == [(168, 0), (400, 0), (400, -188)]


def test_a_card_put_behind_a_split_lies_on_no_other_and_touches_none() -> None:
    of = built("split.train_dataset", "split.test_dataset", *SCALED_FIRST, **SCALED)
    of = of.with_nodes(Node("above", "data_load", position=Position(420, -190)))
    problem = early(of)[0]
    assert problem.fix is not None

    mended = of
    for op in problem.fix.ops:
        mended = apply(mended, op, CATALOG)

    copy = mended.node("scale_2").position
    others = [node.position for node in mended.nodes.values() if node.id != "scale_2"]
    assert all(abs(copy.x - one.x) >= 184 + 40 or abs(copy.y - one.y) >= 148 + 40 for one in others)
    assert copy.y < mended.node("above").position.y


@pytest.mark.parametrize(
    "of",
    [
        built("split.train_dataset", "split.test_dataset", *SCALED_FIRST, **SCALED)
        .with_nodes(Node("scale", "scale", enabled=False)),
        built(
            "scale.dataset", "split.test_dataset", TO_SPLIT,
            "split.train_dataset-scale.dataset", **SCALED,
        ),
        built("scale.dataset", "scale.dataset", "load.dataset-scale.dataset", **SCALED),
    ],
)  # fmt: skip
def test_what_is_learnt_of_train_rows_or_never_split_is_not_blamed(of: Pipeline) -> None:
    assert early(of) == []


def test_the_card_that_learns_is_blamed_and_not_those_that_pass_it_on() -> None:
    of = built(
        "again.train_dataset", "again.test_dataset", "load.dataset-scale.dataset",
        "scale.dataset-both.tables", "load.dataset-both.tables", "both.dataset-split.dataset",
        "split.train_dataset-again.dataset",
        both={"card": "concatenate"}, **SCALED, **AGAIN,
    )  # fmt: skip

    (problem,) = early(of)

    assert (problem.node, problem.fix) == ("scale", None)


DAYS = TableSchema(
    columns=(
        ColumnSchema(name="MEDV", kind="number"),
        ColumnSchema(name="RM", kind="number"),
        ColumnSchema(name="sold", kind="date"),
    ),
    rows=100,
)


def test_mixing_rows_that_follow_one_another_is_said_and_mended() -> None:
    found = REGISTRY.get("data_load")
    upload = {"source": "upload", "upload": "sha256:00"}
    peeks = {peek_key(found, found.card(**upload)): Peek(schemas=(DAYS,))}
    train = {"target_column": "MEDV", "feature_columns": ["RM"]}
    of = built(
        "split.train_dataset", "split.test_dataset", TO_SPLIT,
        load={"card": "data_load", "params": upload}, train={"card": "train", "params": train},
    )  # fmt: skip

    (problem,) = check(of, REGISTRY, peeks).problems
    assert (problem.node, problem.level, problem.field) == ("split", "warning", "split_by")
    assert problem.fix is not None
    assert problem.fix.label == "Split by sold"
    mended = apply(of, problem.fix.ops[0], CATALOG)

    assert mended.node("split").params == {"split_by": "time", "time_column": "sold"}
    assert check(mended, REGISTRY, peeks).problems == ()


# --- many models on the same rows ---------------------------------------------------------------

SECOND = {"second": {"card": "train", "params": {"target_column": "MEDV"}, "title": "My ridge"}}
COMPARE = {"compare": {"card": "compare_models"}} | SECOND
SECOND_MODEL = ["model.model_spec-second.model_spec", "second.trained_model-compare.models"]


def compared(second: str, rows: str, *wires: str, **more: dict[str, Any]) -> Pipeline:
    """Two models: the first learns from the train rows, the second from what is said."""
    nodes = {name: node for name, node in NODES.items() if name != "evaluate"} | COMPARE | more
    wired = [
        TO_SPLIT, MODEL[0], "split.train_dataset-train.train_dataset",
        "train.trained_model-compare.models", *SECOND_MODEL, f"{second}-second.train_dataset",
        f"{rows}-compare.test_dataset", *wires,
    ]  # fmt: skip
    return made(nodes, wired)


def test_models_are_compared_on_rows_that_none_has_seen() -> None:
    assert seen(compared("split.train_dataset", "split.test_dataset")) == []


def test_the_one_model_that_has_seen_the_rows_is_named() -> None:
    (problem,) = seen(compared("load.dataset", "split.test_dataset"))

    assert (problem.node, problem.port) == ("compare", "test_dataset")
    assert problem.message.startswith("These rows are ones that My ridge has learnt from")


def test_all_models_are_moved_to_the_test_rows_by_one_click() -> None:
    of = compared("split.train_dataset", "split.train_dataset")
    (problem,) = seen(of)

    assert problem.message.startswith("These rows are ones that the model has learnt from")
    assert problem.fix is not None
    for op in problem.fix.ops:
        of = apply(of, op, CATALOG)
    assert seen(of) == []


@pytest.mark.parametrize(("chosen_by", "codes"), [("test", ["rows_chose"]), ("validation", [])])
def test_rows_that_chose_the_model_flatter_it(chosen_by: str, codes: list[str]) -> None:
    of = compared(
        "split.train_dataset",
        f"split.{chosen_by}_dataset",
        "compare.best_model-evaluate.trained_model",
        "split.test_dataset-evaluate.test_dataset",
        evaluate={"card": "evaluate"},
    )

    found = check(of, REGISTRY).problems

    assert [each.code for each in found if each.code.startswith("rows")] == codes


# --- settings that were searched ----------------------------------------------------------------

SEARCH = {
    "search": {
        "card": "hyperparameter_search",
        "params": {"target_column": "MEDV", "hyperparameters": [{"name": "alpha"}]},
    },
    "model": {"card": "model_define", "params": {"model_type": "ridge"}},
    "split": {
        "card": "data_split",
        "params": {"train_ratio": 0.6, "validation_ratio": 0.2, "test_ratio": 0.2},
    },
}


def searched(measured_on: str, *chosen_by: str) -> Pipeline:
    """Settings are searched by some rows, and the model that has them is measured on some."""
    return made(
        NODES | SEARCH,
        [
            TO_SPLIT, "model.model_spec-search.model_spec", MODEL[1],
            "split.train_dataset-search.train_dataset", "split.train_dataset-train.train_dataset",
            *(f"{rows}-search.validation_dataset" for rows in chosen_by),
            "search.best_model_spec-train.model_spec", f"{measured_on}-evaluate.test_dataset",
        ],
    )  # fmt: skip


def flattered(of: Pipeline) -> list[Problem]:
    return [each for each in check(of, REGISTRY).problems if each.code.startswith("rows")]


@pytest.mark.parametrize("part", ["validation", "test"])
def test_rows_that_chose_the_settings_flatter_the_model_until_a_click(part: str) -> None:
    of = searched(f"split.{part}_dataset", f"split.{part}_dataset")
    (problem,) = flattered(of)

    assert (problem.code, problem.node, problem.port) == ("rows_chose", "evaluate", "test_dataset")
    assert problem.message.startswith("Hyperparameter Search chose the model by these rows")
    assert problem.fix is not None
    for op in problem.fix.ops:
        of = apply(of, op, CATALOG)
    assert flattered(of) == []
    assert ("Measure" in problem.fix.label) == (part == "validation")


def test_what_chose_the_settings_is_known_behind_a_card_that_is_bypassed() -> None:
    of = searched("split.test_dataset", "split.test_dataset")
    off = replace(of.nodes["search"], id="off", enabled=False)
    edges = [replace(edge, source="off") if edge.source == "search" else edge for edge in of.edges]
    between = Edge("search", "best_model_spec", "off", "model_spec")
    of = replace(of, nodes={**of.nodes, "off": off}, edges=(*edges, between))

    assert [each.code for each in flattered(of)] == ["rows_chose"]


def test_a_search_that_leaves_the_test_rows_alone_is_no_reason_to_warn() -> None:
    assert flattered(searched("split.test_dataset", "split.validation_dataset")) == []
    assert flattered(searched("split.test_dataset")) == []
