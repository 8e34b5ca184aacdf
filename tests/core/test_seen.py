"""What only the rows tell is known while editing: counts, copies of a column, rows that repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cards._learning import untold as leave_out
from cards._learning.rows import examples
from cards.change_kinds import ChangeKinds
from cards.data_split import DataSplit
from cards.filter_rows import FilterRows
from tensorrag import ParameterError
from tensorrag.catalog import Catalog
from tensorrag.check import Checked, check, peek_key
from tensorrag.check.problems import Problem
from tensorrag.check.sights import Sights
from tensorrag.edit.commands import apply
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.registry.finding import Registry
from tensorrag.types import Seen, Table, looking
from tensorrag.types.ids import is_called_id
from tensorrag.types.looking import with_seen
from tests.core.test_check import made

REGISTRY = Registry.load()
CATALOG = Catalog(cards={each.info.card: each.info for each in REGISTRY.found.values()}, types={})


def houses(rows: int = 400) -> pd.DataFrame:
    """Houses with a number, a district by name and by code, and a price in two currencies."""
    random = np.random.default_rng(1)
    district = random.integers(0, 4, rows)
    price = random.normal(300, 50, rows)
    return pd.DataFrame(
        {
            "number": random.permutation(rows) + 1000,
            "sold": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(rows), "D"),
            "district": np.array(["north", "south", "east", "west"])[district],
            "code": district * 7,
            "rooms": random.integers(1, 9, rows),
            "area": random.normal(100, 20, rows),
            "price": price,
            "dollars": (price * 1.25).round(6),
        }
    )


def but(frame: pd.DataFrame, row: int, **values: object) -> pd.DataFrame:
    """The same rows, with other values in one of them."""
    columns = {name: frame[name].tolist() for name in values}
    for name, value in values.items():
        columns[name][row] = value
    return frame.assign(**{name: pd.Series(each, frame.index) for name, each in columns.items()})


def seen(frame: pd.DataFrame) -> Seen:
    found = with_seen(Table.from_pandas(frame)).seen
    assert found is not None
    return found


def look_at_first(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more rows than these, have a sample of so many say where to look."""
    monkeypatch.setattr(looking, "WHOLE", rows)
    monkeypatch.setattr(looking, "SAMPLED", rows)


looked_at_first = pytest.mark.parametrize("rows", [100_000, 100])


@looked_at_first
def test_what_rows_hold_is_told_exactly_also_where_a_sample_says_where_to_look(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at_first(rows, monkeypatch)

    found = seen(houses())

    assert found.unlike == ("number",)
    assert found.copies == (("district", "code"), ("price", "dollars"))
    assert {n: found.distinct[n] for n in ("district", "rooms", "price")} == {
        "district": 4, "rooms": 8, "price": 51,
    }  # fmt: skip
    assert found.repeats == 0


@pytest.mark.parametrize("row", [0, 201])
def test_one_row_that_differs_is_enough(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_first(100, monkeypatch)
    found = seen(but(houses(), row, code=99, dollars=1.0, number=houses()["number"].iloc[300]))

    assert (found.copies, found.unlike) == ((), ())


@looked_at_first
def test_columns_that_are_missing_in_other_rows_tell_one_another_no_longer(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at_first(rows, monkeypatch)
    both = but(houses(), 3, price=np.nan, dollars=np.nan)
    assert seen(both).copies_of("price") == ("dollars",)

    one = but(both, 5, dollars=np.nan)
    assert seen(one).copies_of("price") == ()


def test_a_number_far_from_all_others_makes_no_line() -> None:
    """As where -999999999 stands for what was not measured."""
    assert seen(but(houses(), 3, area=-999999999, price=-999999999)).copies_of("price") == ()

    rare = pd.DataFrame({"one": np.r_[np.zeros(50_000), range(60)]})
    assert seen(rare.assign(other=rare["one"] * 2)).copies_of("one") == ()  # zero, mostly
    same = but(houses(), 3, price=-999999999, dollars=-1249999998.75)
    assert seen(same).copies_of("price") == ("dollars",)


def test_what_is_missing_is_no_value() -> None:
    gaps = {"word": ["a", None, "b"] * 9, "number": pd.array([7, None, 9] * 9, "Int64")}

    assert seen(pd.DataFrame(gaps)).distinct == {"word": 2, "number": 2}


def test_rows_that_repeat_are_counted() -> None:
    frame = houses().drop(columns=["number", "sold"])

    assert seen(pd.concat([frame, frame.head(30), frame.head(2)])).repeats == 32


@pytest.mark.parametrize(
    "frame", [houses(0), pd.DataFrame({str(name): [1.0] for name in range(501)})]
)
def test_of_no_rows_and_of_very_many_columns_nothing_is_told(frame: pd.DataFrame) -> None:
    assert with_seen(Table.from_pandas(frame)).seen is None


def test_whole_numbers_are_told_from_one_another_in_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_at_first(1_000, monkeypatch)
    ids = np.random.default_rng(1).permutation(100_000)
    table, usual = Table(pa.table({"id": ids})), pa.default_memory_pool()
    counting = pa.proxy_memory_pool(usual)

    pa.set_memory_pool(counting)
    found = with_seen(table).seen
    pa.set_memory_pool(usual)

    assert found is not None
    assert found.unlike == ("id",)
    most = counting.max_memory()
    assert most is not None
    assert most < 2 * ids.nbytes, "to number them takes 200 bytes each"


def test_texts_of_very_many_rows_are_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"code": [f"c{row}" for row in range(60)]})
    assert seen(frame).unlike == ("code",)

    monkeypatch.setattr(looking, "CELLS", 59)

    assert seen(frame).unlike == ()


def test_odd_columns_are_in_nobodys_way() -> None:
    frame = pd.DataFrame({"list": [[1], [2]] * 10, "huge": [1e308, -1e308] * 10, "n": [None] * 20})

    found = seen(frame)

    assert (found.distinct["huge"], found.repeats) == (2, None)


# --- while editing ------------------------------------------------------------------------------


def check_with(frame: pd.DataFrame, of: Pipeline, sights: Sights | None = None) -> Checked:
    found = REGISTRY.get("data_load")
    peeks = {
        peek_key(found, found.card(**UPLOAD)): Peek(schemas=(with_seen(Table.from_pandas(frame)),))
    }
    return check(of, REGISTRY, peeks, sights=sights)


UPLOAD = {"source": "upload", "upload": "sha256:00"}


NODES: dict[str, dict[str, Any]] = {
    "load": {"card": "data_load", "params": UPLOAD},
    "split": {"card": "data_split", "params": {}},
    "model": {"card": "model_define", "params": {"model_type": "random_forest"}},
}
WIRES = [
    "load.dataset-split.dataset",
    "split.train_dataset-train.train_dataset",
    "model.model_spec-train.model_spec",
]


def pipeline(split: dict[str, Any] | None = None, **train: Any) -> Pipeline:
    nodes = {
        **NODES,
        "split": {"card": "data_split", "params": split or {}},
        "train": {"card": "train", "params": train},
    }
    return made(nodes, WIRES)


def only(checked: Checked, code: str) -> Problem | None:
    found = [each for each in checked.problems if each.code == code]
    assert len(found) <= 1
    return found[0] if found else None


def mended(of: Pipeline, problem: Problem | None) -> Pipeline:
    assert problem is not None
    assert problem.fix is not None
    for op in problem.fix.ops:
        of = apply(of, op, CATALOG)
    return of


LEARNABLE = houses().drop(columns="sold")


@pytest.mark.parametrize(
    ("target", "told"), [("price", "dollars"), ("district", "code"), ("code", "district")]
)
def test_a_feature_that_tells_the_target_is_taken_out_by_one_click(target: str, told: str) -> None:
    of = pipeline(target_column=target)

    problem = only(check_with(LEARNABLE, of), "target_told")

    assert problem is not None
    assert (problem.node, problem.field, problem.level) == ("train", "feature_columns", "warning")
    assert problem.message.startswith(f"{told} tells {target} exactly in every row")
    of = mended(of, problem)
    assert told not in of.node("train").params["feature_columns"]
    assert only(check_with(LEARNABLE, of), "target_told") is None


def test_of_a_card_that_is_bypassed_no_feature_is_said_to_tell_the_target() -> None:
    off = {"op": "set_node", "node": "train", "enabled": False}
    of = apply(pipeline(target_column="price"), off, CATALOG)

    assert only(check_with(LEARNABLE, of), "target_told") is None


def test_a_feature_that_numbers_the_rows_is_said_and_taken_out() -> None:
    of = pipeline(target_column="area")

    problem = only(check_with(LEARNABLE, of), "feature_names_row")

    assert problem is not None
    assert (problem.level, problem.message[:31]) == ("info", "number differs in every row: if")
    assert only(check_with(LEARNABLE, mended(of, problem)), "feature_names_row") is None
    assert only(check_with(LEARNABLE.head(49), of), "feature_names_row") is None  # by chance


def test_whole_numbers_that_a_model_would_round_are_said_and_taken_out() -> None:
    frame = LEARNABLE.assign(order_id=LEARNABLE["number"] + 2**60).drop(columns="number")
    of = pipeline(target_column="area")

    checked = check_with(frame, of)

    problem = only(checked, "feature_rounded")
    assert problem is not None
    assert (problem.level, problem.node, problem.field) == ("warning", "train", "feature_columns")
    assert problem.message.startswith("order_id holds whole numbers beyond 9,007,199,254,740,992: ")
    assert "an id tells a model nothing" in problem.hint
    assert only(checked, "feature_names_row") is None  # one word about a column is enough
    large = check_with(
        LEARNABLE.assign(code=houses()["code"] + 2**60), pipeline(target_column="district")
    )
    assert only(large, "target_told") is not None
    assert only(large, "feature_rounded") is None
    assert only(check_with(frame, mended(of, problem)), "feature_rounded") is None
    alone = only(
        check_with(frame, pipeline(target_column="area", feature_columns=["order_id"])),
        "feature_rounded",
    )
    assert alone is not None
    assert alone.fix is None, "of nothing, nothing is learnt"
    kinds: dict[str, Any] = {"card": "change_kinds", "params": {"text": ["order_id"]}}
    between = {
        "source": "load",
        "source_port": "dataset",
        "target": "split",
        "target_port": "dataset",
    }
    as_text = apply(of, {"op": "add", "id": "kinds", **kinds}, CATALOG)
    as_text = apply(as_text, {"op": "disconnect", "id": "load.dataset-split.dataset"}, CATALOG)
    as_text = apply(as_text, {"op": "connect", **between, "target": "kinds"}, CATALOG)
    as_text = apply(as_text, {"op": "connect", **between, "source": "kinds"}, CATALOG)
    assert only(check_with(frame, as_text), "feature_rounded") is None
    assert only(check_with(LEARNABLE, of), "feature_rounded") is None


@pytest.mark.parametrize("column", ["street", "number"], ids=["text", "whole numbers"])
def test_a_category_of_too_many_values_is_told_before_a_run_and_mended_by_one_click(
    column: str,
) -> None:
    frame = LEARNABLE.assign(street=[f"Road {n}" for n in LEARNABLE["number"] % 251])
    frame = frame[[column, "rooms", "area", "price"]]
    wires = ["load.dataset-kinds.dataset", "kinds.dataset-split.dataset", *WIRES[1:]]

    def of(**kinds: list[str]) -> Pipeline:
        nodes = {**NODES, "kinds": {"card": "change_kinds", "params": kinds}}
        return made(
            {**nodes, "train": {"card": "train", "params": {"target_column": "price"}}}, wires
        )

    as_category = of(category_columns=[column])
    problem = only(check_with(frame, as_category), "feature_many_values")

    assert problem is not None
    assert (problem.level, problem.node, problem.field) == ("warning", "train", "feature_columns")
    assert problem.message.startswith(f"{column} has more than 200 different values")
    with pytest.raises(ParameterError, match="different values; at most 200 can become columns"):
        examples(
            ChangeKinds(category_columns=[column]).run(Table.from_pandas(frame)).dataset,
            "price",
            [],
            classify=False,
        )
    assert only(check_with(frame, mended(as_category, problem)), "feature_many_values") is None
    assert only(check_with(frame, of(integer=["rooms"])), "feature_many_values") is None
    few = frame.assign(**{column: frame[column].where(frame.index < 200, frame[column][0])})
    assert only(check_with(few, as_category), "feature_many_values") is None


def test_before_anybody_looked_nothing_is_said() -> None:
    of = pipeline(target_column="price")

    assert [each.code for each in check(of, REGISTRY).problems] == []


REPEATED = pd.concat([LEARNABLE, LEARNABLE.head(30)]).drop(columns=["dollars", "code"])


@pytest.mark.parametrize("besides", [{}, {"remark": None}], ids=["full", "with an empty column"])
def test_equal_rows_are_put_on_one_side_by_one_click(besides: dict[str, None]) -> None:
    frame = REPEATED.assign(**besides)
    of = pipeline({"stratify_by": "district"}, target_column="price")

    problem = only(check_with(frame, of), "data_concern")

    assert problem is not None
    assert (problem.node, problem.field) == ("split", "together")
    assert problem.message.startswith("30 rows are equal to an earlier one in every column")
    of = mended(of, problem)
    assert of.node("split").params["stratify_by"] == "district"
    assert only(check_with(frame, of), "data_concern") is None
    train, _, test = DataSplit(**of.node("split").params).run(Table.from_pandas(frame))
    assert not set(train.to_pandas()["number"]) & set(test.to_pandas()["number"])


def folding(card: str, split: dict[str, Any] | None = None) -> Pipeline:
    """A card that deals out rows to folds itself, of all rows or of the train rows."""
    gpu = "_gpu" if card.endswith("_gpu") else ""
    port, params = "dataset", {"target_column": "price"} | dict[str, Any]()
    if "search" in card:
        port, varied = "train_dataset", "learning_rate" if gpu else "alpha"
        params |= {"hyperparameters": [varied]}
    nodes: dict[str, dict[str, Any]] = {
        "load": {"card": "data_load", "params": UPLOAD},
        "model": {"card": f"model_define{gpu}", "params": {} if gpu else {"model_type": "ridge"}},
        "folds": {"card": card, "params": params},
    }
    nodes |= {"split": {"card": "data_split", "params": split}} if split is not None else {}
    wires = ["load.dataset-split.dataset", f"split.train_dataset-folds.{port}"]
    wires = wires if split is not None else [f"load.dataset-folds.{port}"]
    return made(nodes, [*wires, "model.model_spec-folds.model_spec"])


def of_equal_rows(checked: Checked) -> Problem | None:
    found = [each for each in checked.problems if each.field == "together"]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("gpu", ["", "_gpu"])
@pytest.mark.parametrize("card", ["cross_validate", "hyperparameter_search"])
def test_equal_rows_are_put_into_one_fold_by_one_click(card: str, gpu: str) -> None:
    of = folding(card + gpu)
    problem = of_equal_rows(check_with(REPEATED, of))

    assert problem is not None
    assert (problem.node, problem.code) == ("folds", "data_concern")
    assert problem.message.startswith("30 rows are equal to an earlier one in every column")
    of = mended(of, problem)
    assert of.node("folds").params["together"] is True
    assert of_equal_rows(check_with(REPEATED, of)) is None


def test_rows_that_a_split_kept_together_may_be_parted_by_folds() -> None:
    of = folding("hyperparameter_search", {"together": True})

    problem = of_equal_rows(check_with(REPEATED, of))

    assert problem is not None
    assert problem.node == "folds"
    assert problem.message.startswith("Up to 30 rows are equal to an earlier one")


def test_rows_that_differ_in_a_column_that_is_left_out_may_be_equal_too() -> None:
    nodes: dict[str, dict[str, Any]] = {
        "load": {"card": "data_load", "params": UPLOAD},
        "less": {"card": "select_columns", "params": {"mode": "drop", "columns": ["number"]}},
        "split": {"card": "data_split"},
    }
    of = made(nodes, ["load.dataset-less.dataset", "less.dataset-split.dataset"])

    problem = of_equal_rows(check_with(REPEATED, of))

    assert problem is not None
    assert problem.message.startswith("At least 30 rows are equal to an earlier one")


def test_of_half_of_the_rows_about_half_of_those_that_repeat_is_expected() -> None:
    half = folding("hyperparameter_search", {"train_ratio": 0.5, "test_ratio": 0.5})
    found = check_with(pd.concat([LEARNABLE, LEARNABLE.head(6)]), half)

    assert [each.node for each in found.problems if each.field == "together"] == ["split"]


def test_with_validation_rows_there_are_no_folds_to_part_equal_rows() -> None:
    split = {"together": True, "train_ratio": 0.6, "validation_ratio": 0.4, "test_ratio": 0}
    of = folding("hyperparameter_search", split)
    ends = {"source": "split", "source_port": "validation_dataset"}
    ends |= {"target": "folds", "target_port": "validation_dataset"}

    assert of_equal_rows(check_with(REPEATED, of)) is not None
    of = apply(of, {"op": "connect", **ends}, CATALOG)
    assert of_equal_rows(check_with(REPEATED, of)) is None


@pytest.mark.parametrize(
    "frame",
    [
        houses()[["district", "rooms"]],  # of so few values, that many are equal by chance
        pd.concat([LEARNABLE, LEARNABLE.head(3)])[["district", "rooms", "area"]],
    ],
)
def test_rows_that_repeat_by_chance_or_seldom_are_not_blamed(frame: pd.DataFrame) -> None:
    assert seen(frame).repeats

    assert check_with(frame, pipeline(target_column="rooms")).problems == ()


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("code", "told apart as 4 classes (multiclass classification): all rows together have 4"),
        ("number", "predicted as a number (regression): all rows together have more than 20"),
    ],
)
def test_how_many_values_the_target_has_says_what_is_learnt(target: str, says: str) -> None:
    footprint = check_with(LEARNABLE, pipeline(target_column=target)).nodes["train"].footprint

    assert footprint is not None
    assert says in " ".join(footprint.advice)


# --- rows without a target ------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["price", "district"])
@pytest.mark.parametrize("split", [None, {}, {"split_by": "time", "time_column": "number"}])
@pytest.mark.parametrize("card", ["cross_validate", "hyperparameter_search", "train", "advice"])
def test_rows_without_a_target_are_left_out_by_one_click(
    card: str, split: dict[str, Any] | None, target: str
) -> None:
    gaps = but(LEARNABLE, 3, price=np.nan, district=None)
    classifier: dict[str, Any] = {"model_type": "random_forest"}
    varied = {"hyperparameters": ["n_estimators"]} if "search" in card else {}
    port = "train_dataset" if card in ("train", "hyperparameter_search") else "dataset"
    nodes: dict[str, dict[str, Any]] = {
        "load": {"card": "data_load", "params": UPLOAD},
        "split": {"card": "data_split", "params": split or {}},
        "model": {"card": "model_define", "params": classifier},
        "learns": {"card": card, "params": {"target_column": target, **varied}},
    }
    wires = ["load.dataset-split.dataset", f"split.train_dataset-learns.{port}"]
    wires = wires if split is not None else [f"load.dataset-learns.{port}"]
    wires += ["model.model_spec-learns.model_spec"] * (card != "advice")
    of = made(nodes, wires)

    (problem,) = untold(check_with(gaps, of))

    assert (problem.node, problem.level) == ("learns", "warning")
    assert problem.message == (
        f"Up to 1 row has no {target}, and a run stops at rows without a target."
    )
    of = mended(of, problem)
    (put,) = (node for node in of.nodes.values() if node.card == "filter_rows")
    assert [edge.source for edge in of.inputs_of(put.id)] == ["load"], "before all splits"
    assert untold(check_with(gaps, of)) == []
    kept = FilterRows(**put.params).run(Table.from_pandas(gaps)).dataset
    assert kept.num_rows == len(gaps) - 1


@pytest.mark.parametrize("name", ["", "`", "x" * 1_976])
def test_rows_without_a_target_of_an_odd_name_are_left_out_too(name: str) -> None:
    gaps = Table(pa.table({name: [1.0, None, 2.0]}))

    (told,) = leave_out.untold(gaps.schema, name, "train_dataset")

    assert told.before is not None
    kept = FilterRows(**told.before[-1]).run(gaps).dataset
    assert kept.num_rows == 2


def test_no_button_offers_what_no_condition_says() -> None:
    name = "x" * 2_000

    (told,) = leave_out.untold(Table(pa.table({name: [1.0, None]})).schema, name, "dataset")

    assert told.before is None
    assert "give the column a shorter name" in (told.hint or "")


def untold(checked: Checked) -> list[Problem]:
    return [each for each in checked.problems if each.field == "target_column"]


def test_a_part_that_was_seen_to_be_full_is_not_said_to_have_gaps() -> None:
    of = pipeline(target_column="price")
    train = Seen(full=("price",))

    checked = check_with(but(LEARNABLE, 3, price=np.nan), of, {"split": {"train_dataset": train}})

    assert untold(checked) == []


# --- rows of one group ----------------------------------------------------------------------------

VISITS = houses().drop(columns=["sold", "code", "dollars"])
VISITS = VISITS.assign(customer_id=VISITS["number"] // 4)


def parted(checked: Checked) -> list[Problem]:
    return [each for each in checked.problems if "Several rows have the same" in each.message]


@pytest.mark.parametrize("rows_each", [4, 1.5], ids=["four rows each", "every other has one"])
def test_rows_of_one_customer_go_to_one_side_by_one_click(rows_each: float) -> None:
    of = pipeline({"stratify_by": "district"}, target_column="price")
    visits = VISITS.assign(customer_id=(VISITS["number"] // rows_each).astype(int))

    (problem,) = parted(check_with(visits, of))

    assert (problem.node, problem.level, problem.field) == ("split", "warning", "split_by")
    assert problem.message.startswith("Several rows have the same customer_id: dealt out one by")
    assert problem.fix is not None
    assert problem.fix.label == "Keep rows of one customer_id together"
    of = mended(of, problem)
    assert parted(check_with(visits, of)) == []
    train, _, test = DataSplit(**of.node("split").params).run(Table.from_pandas(visits))
    assert not set(train.to_pandas()["customer_id"]) & set(test.to_pandas()["customer_id"])


@pytest.mark.parametrize("gpu", ["", "_gpu"])
@pytest.mark.parametrize("card", ["cross_validate", "hyperparameter_search"])
def test_rows_of_one_customer_go_to_one_fold_by_one_click(card: str, gpu: str) -> None:
    of = folding(card + gpu)

    (problem,) = parted(check_with(VISITS, of))

    of = mended(of, problem)
    assert of.node("folds").params["group_column"] == "customer_id"
    assert parted(check_with(VISITS, of)) == []


@pytest.mark.parametrize(
    ("frame", "split"),
    [
        (VISITS.rename(columns={"customer_id": "paid"}), {}),
        (VISITS.assign(customer_id=VISITS["number"]), {}),
        (VISITS.assign(customer_id=VISITS["number"] // 1.25), {}),
        (VISITS.assign(customer_id=VISITS["number"] % 9), {}),
        (VISITS, {"stratify_by": "customer_id"}),
        (VISITS, {"shuffle": False}),
        (VISITS, {"split_by": "time", "time_column": "number"}),
        (VISITS, {"split_by": "group", "group_column": "district"}),
    ],
    ids=[
        "called otherwise", "one row each", "mostly one row each", "few, as classes",
        "in equal shares", "in order", "by time", "by another group",
    ],
)  # fmt: skip
def test_of_columns_that_name_no_groups_and_of_other_splits_nothing_is_said(
    frame: pd.DataFrame, split: dict[str, Any]
) -> None:
    whole = frame.astype({"customer_id": int}) if "customer_id" in frame else frame

    assert parted(check_with(whole, pipeline(split, target_column="price"))) == []


def test_of_rows_that_were_kept_together_nothing_is_said_where_they_are_split_again() -> None:
    whole = {"split_by": "group", "group_column": "customer_id"}
    nodes: dict[str, dict[str, Any]] = {
        "load": {"card": "data_load", "params": UPLOAD},
        "split": {"card": "data_split", "params": whole},
        "again": {"card": "data_split"},
    }
    wires = ["load.dataset-split.dataset", "split.train_dataset-again.dataset"]

    assert parted(check_with(VISITS, made(nodes, wires))) == []


@pytest.mark.parametrize(
    ("ids", "groups"),
    [
        (VISITS["number"] // 4, True),
        (VISITS["number"].where(VISITS["number"] % 3 > 0, 7), False),  # a third have one in common
        ((VISITS["number"] // 4).astype(str), False),  # to tell texts apart would take too long
    ],
    ids=["whole numbers", "mostly alone", "text"],
)
def test_of_very_many_rows_groups_are_told_by_all_rows_of_some_ids(
    ids: pd.Series[Any], groups: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = VISITS.assign(customer_id=ids)
    monkeypatch.setattr(looking, "CELLS", len(VISITS) // 4)

    assert seen(visits).groups == (("customer_id",) if groups else ())


@pytest.mark.parametrize(
    "name", ["id", "Customer ID", "orderId", "ParcelID", "id_patient", "userid"]
)
def test_an_id_is_told_by_its_name(name: str) -> None:
    assert is_called_id(name)


@pytest.mark.parametrize("name", ["paid", "PAID", "grid", "Madrid", "idle", "covid", "price", ""])
def test_what_merely_ends_so_is_no_id(name: str) -> None:
    assert not is_called_id(name)
