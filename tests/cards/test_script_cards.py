"""Every built-in card writes itself as Python that makes the table which the card makes."""

from __future__ import annotations

import json
import math
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from tensorrag import Metrics, Table
from tensorrag.leaving import Written
from tensorrag.leaving.as_python import python
from tensorrag.leaving.comparing import Verdict, compare
from tensorrag.leaving.figures import column_figures
from tensorrag.leaving.verifying import OURS
from tensorrag.leaving.written import Outcome
from tensorrag.pipeline import Node, Pipeline
from tensorrag.sources import Sources, looking_in
from tests.cards.leaving import REGISTRY, Values, files_of, outputs, ran, wired, written

pytestmark = pytest.mark.timeout(900)  # all cases run before the first test

HOUSES = Node("houses", "data_load", {"source": "path", "path": "houses.csv"})
VISITS = Node("visits", "data_load", {"source": "path", "path": "visits.csv"})
CITIES = Node("cities", "data_load", {"source": "path", "path": "cities.csv"})
FLATS = Node("flats", "data_load", {"source": "path", "path": "flats.csv"})
OF_FLATS = {"target_column": "paid", "feature_columns": ["size", "floor"]}
AFTER_SPLIT = "houses.dataset > split.dataset, split.test_dataset > card.dataset,"
FITTED = f"{AFTER_SPLIT} split.train_dataset > card.fit_on"
SPLIT = Node("split", "data_split", {"seed": 3})
ONE = "houses.dataset > card.dataset"


def formula(text: str) -> tuple[Any, ...]:
    return "derive_column", {"formula": text, "name": "new"}


def condition(text: str) -> tuple[Any, ...]:
    return "filter_rows", {"condition": text}


PREDICTED = (
    f"{AFTER_SPLIT} split.train_dataset > train.train_dataset,"
    "model.model_spec > train.model_spec, train.trained_model > card.trained_model"
)
NUMBERS = {"target_column": "size_m2", "feature_columns": ["rooms", "id"]}


def network(params: dict[str, Any], learnt: dict[str, Any] = NUMBERS) -> Pipeline:
    model, train = Node("model", "model_define_gpu", params), Node("train", "train_gpu", learnt)
    return wired(HOUSES, SPLIT, model, train, Node("card", "predict"), wires=PREDICTED)


def searched(model: dict[str, Any], params: dict[str, Any], gpu: str = "") -> Pipeline:
    """Search, train the best on the same rows, and ask it about others."""
    learnt = {**NUMBERS, **params}
    wanted = {name: learnt[name] for name in NUMBERS}
    return wired(
        HOUSES,
        Node("split", "data_split", {"train_ratio": 0.6, "validation_ratio": 0.4, "test_ratio": 0}),
        Node("model", f"model_define{gpu}", model),
        Node("search", f"hyperparameter_search{gpu}", learnt),
        Node("train", f"train{gpu}", wanted),
        Node("card", "predict"),
        wires="houses.dataset > split.dataset, split.train_dataset > search.train_dataset,"
        "split.validation_dataset > card.dataset, model.model_spec > search.model_spec,"
        "search.best_model_spec > train.model_spec, split.train_dataset > train.train_dataset,"
        "train.trained_model > card.trained_model"
        + (", split.validation_dataset > search.validation_dataset" if gpu else ""),
    )


def compared_and_explained(
    one: dict[str, Any],
    other: dict[str, Any],
    learnt: dict[str, Any],
    choice: str = "",
    explained: str = "train0.trained_model",
) -> Pipeline:
    """Train two models, compare them, explain one, and ask the better one."""
    return wired(
        HOUSES,
        SPLIT,
        *(
            node
            for at, spec in enumerate((one, other))
            for node in (
                Node(f"model{at}", "model_define", spec),
                Node(f"train{at}", "train", learnt),
            )
        ),
        Node("compare", "compare_models", {"choice": choice}),
        Node("explain", "explain", {"repeats": 3}),
        Node("card", "predict"),
        wires=f"{AFTER_SPLIT} split.test_dataset > explain.dataset,"
        "split.train_dataset > train0.train_dataset, split.train_dataset > train1.train_dataset,"
        "model0.model_spec > train0.model_spec, model1.model_spec > train1.model_spec,"
        "train0.trained_model > compare.models, train1.trained_model > compare.models,"
        f"split.test_dataset > compare.test_dataset, {explained} > explain.trained_model,"
        "compare.best_model > card.trained_model",
    )


ONE_TABLE: dict[str, tuple[Any, ...]] = {
    "select": ("select_columns", {"columns": ["city", "price"], "rename": ["price = cost"]}),
    "drop": ("select_columns", {"mode": "drop", "columns": ["sold"]}),
    "sort": ("sort_rows", {"columns": ["city", "price"]}),
    "sort down": ("sort_rows", {"columns": ["rooms"], "descending": True}),
    "sample": ("sample_rows", {"rows": 20}),
    "sample by value": ("sample_rows", {"size": "share", "share": 0.3, "stratify_by": "city"}),
    "balance": ("balance_classes", {"target_column": "grade"}),
    "balance up": ("balance_classes", {"target_column": "grade", "method": "oversample"}),
    "kinds": ("change_kinds", {"category_columns": ["rooms"], "number": ["size"]}),
    "kinds, missing": (
        "change_kinds",
        {"binary": ["garden"], "integer": ["size"], "date": ["city"], "unreadable": "missing"},
    ),
    "group": (
        "group_aggregate",
        {"by": ["city"], "total": True, "least": True, "most": True, "spread": True,
         "distinct": True},
    ),
    "group by two": ("group_aggregate", {"by": ["grade", "rooms"], "columns": ["price"]}),
    "impute": ("impute", {}),
    "impute mean": ("impute", {"strategy": "mean", "columns": ["price", "rooms"]}),
    "impute frequent": ("impute", {"strategy": "most_frequent"}),
    "impute constant": ("impute", {"strategy": "constant", "value": "nowhere"}),
    "scale": ("scale", {"columns": ["price", "rooms"]}),
    "one-hot": ("encode", {"columns": ["city", "grade"]}),
    "ordinal": ("encode", {"method": "ordinal", "columns": ["grade"], "order": ["low", "high"]}),
    "ordinal by alphabet": ("encode", {"method": "ordinal", "columns": ["city"]}),
    "target": ("encode", {"method": "target", "columns": ["city"], "target_column": "price"}),
    "dates": ("dates_to_features", {"day_of_year": True, "days": True}),
    "dates kept": ("dates_to_features", {"hour": True, "keep": True}),
    "lags": (
        "lag_features",
        {"time_column": "id", "columns": ["rooms", "garden", "city", "sold"], "lags": [1, 3, 1]},
    ),
    "lags by group": (
        "lag_features",
        {"time_column": "id", "group_column": "city", "columns": ["price", "rooms"], "lags": [2],
         "means": [3], "horizon": 2},
    ),
    "lags with gaps": (
        "lag_features",
        {"time_column": "id", "group_column": "grade", "columns": ["garden"], "means": [2],
         "keep": True},
    ),
    "assert": (
        "assert_table",
        {"condition": "rooms > 0 or price is missing", "complete": ["id"], "unique": ["id"]},
    ),
    "compute": formula("(price + 10) / rooms - 2 * -rooms"),
    "no finite result": formula("price / (rooms - 3) + log(rooms - 2)"),
    "constants without a result": formula("rooms + max(1 / 0, 2) + coalesce(log(0), 1 % 0, price)"),
    "nothing but a constant without a result": formula("1 / 0"),
    "compared with what has no result": condition("not (price > 1 / 0) or 1 / 0 is missing"),
    "remainder and power": formula("price % 7 + rooms ^ 2"),
    "power of constants": formula("price * (-2) ^ 2 + min(rooms, 9 ^ 9 ^ 9 ^ 9) + (2 > 1)"),
    "functions": formula("round(sqrt(abs(price)), 1) + max(rooms, price / 100, 2) + min(rooms, 3)"),
    "if": formula("if(price > 500 and garden, price, 0)"),
    "if of text": formula("if(city == 'Rome', upper(city), 'else')"),
    "coalesce": formula("coalesce(price, rooms * 100)"),
    "text": formula("concat(text(rooms), ' ', lower(city), replace(grade, 'l', 'L'))"),
    "length": formula("length(trim(city)) + 1"),
    "parts of dates": formula("year(sold) * 100 + month(sold) + weekday(sold) / 10"),
    "days between": formula("days_between('2024-01-01', sold)"),
    "condition as a column": formula("not (price > 500)"),
    "more": condition("price > 500"),
    "not more": condition("not (price > 500)"),
    "not equal": condition("city != 'Rome'"),
    "not in": condition("city not in ('Rome', 'Oslo') and garden"),
    "not both": condition("not (price > 300 and contains(city, 'o'))"),
    "missing": condition("price is missing or sold >= '2024-06-01'"),
    "flags": condition("not garden or rooms in (2, 3)"),
    "always": condition("1 < 2"),
    "split": ("data_split", {"validation_ratio": 0.2, "test_ratio": 0.2, "train_ratio": 0.6}),
    "split in order": ("data_split", {"shuffle": False}),
    "split by number": ("data_split", {"stratify_by": "id"}),
    "split in three by value": (
        "data_split",
        {"stratify_by": "grade", "validation_ratio": 0.2, "test_ratio": 0.2, "train_ratio": 0.6},
    ),
    "split by group": ("data_split", {"split_by": "group", "group_column": "city"}),
    "split by group, with equal shares": (
        "data_split",
        {"split_by": "group", "group_column": "sold", "stratify_by": "price",
         "validation_ratio": 0.2, "test_ratio": 0.2, "train_ratio": 0.6},
    ),
    "split by time": (
        "data_split",
        {"split_by": "time", "time_column": "rooms", "validation_ratio": 0.2, "test_ratio": 0.2,
         "train_ratio": 0.6},
    ),
    "split by time with a gap": (
        "data_split", {"split_by": "time", "time_column": "id", "gap": 2},
    ),
}  # fmt: skip
"""By name, a card and its parameters, set upon the table of houses."""
SEVERAL: dict[str, Pipeline] = {
    "split, equal rows together": wired(
        HOUSES,
        Node("few", "select_columns", {"columns": ["city", "grade", "rooms", "garden"]}),
        Node("card", "data_split", {"together": True}),
        wires="houses.dataset > few.dataset, few.dataset > card.dataset",
    ),
    "split by value, equal rows together": wired(
        HOUSES,
        Node("few", "select_columns", {"columns": ["city", "grade", "rooms", "garden"]}),
        Node("card", "data_split",
             {"together": True, "stratify_by": "city", "validation_ratio": 0.2, "test_ratio": 0.2,
              "train_ratio": 0.6}),
        wires="houses.dataset > few.dataset, few.dataset > card.dataset",
    ),
    "dates with points": wired(
        VISITS,
        Node("card", "dates_to_features", {"hour": True, "keep": True}),
        wires="visits.dataset > card.dataset",
    ),
    "impute by train rows": wired(
        HOUSES, SPLIT, Node("card", "impute", {"columns": ["price"]}), wires=FITTED
    ),
    "scale by train rows": wired(
        HOUSES, SPLIT, Node("card", "scale", {"method": "robust", "columns": ["price"]}),
        wires=FITTED,
    ),
    "scale to 0 and 1": wired(
        HOUSES, SPLIT, Node("card", "scale", {"method": "min_max", "columns": ["price"]}),
        wires=FITTED,
    ),
    "encode by train rows": wired(
        HOUSES, SPLIT, Node("card", "encode", {"columns": ["city"]}), wires=FITTED
    ),
    "target by train rows": wired(
        HOUSES,
        SPLIT,
        Node(
            "card", "encode", {"method": "target", "columns": ["city"], "target_column": "price"}
        ),
        wires=FITTED,
    ),
    "concatenate": wired(
        HOUSES, CITIES, Node("card", "concatenate"),
        wires="houses.dataset > card.tables, cities.dataset > card.tables",
    ),
    "concatenate what both have": wired(
        HOUSES, CITIES, Node("card", "concatenate", {"lacking": "leave_out"}),
        wires="houses.dataset > card.tables, cities.dataset > card.tables",
    ),
    **{
        f"join {how}": wired(
            HOUSES, CITIES, Node("card", "join", {"on": ["city"], "how": how}),
            wires="houses.dataset > card.left, cities.dataset > card.right",
        )
        for how in ("left", "inner", "outer")
    },
    "predict numbers": wired(
        HOUSES,
        SPLIT,
        Node("model", "model_define", {"model_type": "ridge"}),
        Node("train", "train", {"target_column": "size_m2", "feature_columns": ["rooms", "city"]}),
        Node("card", "predict"),
        wires=PREDICTED,
    ),
    "predict classes": wired(
        HOUSES,
        SPLIT,
        Node("model", "model_define", {"model_type": "decision_tree"}),
        Node("train", "train", {"target_column": "grade", "feature_columns": ["price", "garden"]}),
        Node("evaluate", "evaluate"),
        Node("assert", "assert_metrics", {"condition": "accuracy > 0.1 and not (f1 < 0)"}),
        Node("card", "predict"),
        wires=f"{PREDICTED},"
        "train.trained_model > evaluate.trained_model, split.test_dataset > evaluate.test_dataset,"
        "evaluate.metrics > assert.metrics",
    ),
    "predict classes from a share": wired(
        HOUSES,
        SPLIT,
        Node("model", "model_define", {"model_type": "logistic"}),
        Node("train", "train", {"target_column": "grade", "feature_columns": ["price", "garden"]}),
        Node("card", "predict", {"threshold": 0.2}),
        wires=PREDICTED,
    ),
    "network": network({"hidden_layers": [8, 4], "epochs": 3}),
    "network of classes": network(
        {"hidden_layers": [8], "epochs": 3},
        {"target_column": "grade", "feature_columns": ["price", "city", "rooms"]},
    ),
    "network of many classes": network(
        {"hidden_layers": [8], "epochs": 3, "dropout": 0.0},
        {"target_column": "rooms", "feature_columns": ["price", "garden"]},
    ),
    "profile": wired(HOUSES, Node("card", "profile"), wires=ONE),
    "advice": wired(
        HOUSES,
        Node("card", "advice", {"target_column": "grade", "feature_columns": ["rooms", "city"]}),
        wires=ONE,
    ),
    "cross-validate": wired(
        HOUSES,
        Node("model", "model_define", {"model_type": "ridge"}),
        Node("card", "cross_validate", {**NUMBERS, "folds": 3, "repeats": 2}),
        wires=f"{ONE}, model.model_spec > card.model_spec",
    ),
    "advice on numbers": wired(
        HOUSES,
        Node("card", "advice", {"target_column": "size_m2", "feature_columns": ["price", "city"]}),
        wires=ONE,
    ),
    "advice on so few rows that not every model can learn": wired(
        HOUSES,
        Node("few", "sample_rows", {"rows": 5}),
        Node("card", "advice", {"target_column": "grade", "feature_columns": ["price"]}),
        wires="houses.dataset > few.dataset, few.dataset > card.dataset",
    ),
    "advice on classes that are decimals, without parting groups": wired(
        FLATS,
        Node("split", "data_split", {"split_by": "group", "group_column": "house"}),
        Node("card", "advice", OF_FLATS),
        wires="flats.dataset > split.dataset, split.train_dataset > card.dataset",
    ),
    "advice on the latest rows": wired(
        FLATS,
        Node("split", "data_split", {"split_by": "time", "time_column": "house"}),
        Node("card", "advice", {"target_column": "size", "feature_columns": ["floor", "paid"]}),
        wires="flats.dataset > split.dataset, split.train_dataset > card.dataset",
    ),
    "cross-validate classes that are decimals": wired(
        FLATS,
        Node("model", "model_define", {"model_type": "svm"}),
        Node("card", "cross_validate", {**OF_FLATS, "folds": 3}),
        wires="flats.dataset > card.dataset, model.model_spec > card.model_spec",
    ),
    "search by classes that are decimals": wired(
        FLATS,
        Node("model", "model_define", {"model_type": "decision_tree"}),
        Node("card", "hyperparameter_search",
             {**OF_FLATS, "trials": 3, "hyperparameters": [{"name": "max_depth"}]}),
        wires="flats.dataset > card.train_dataset, model.model_spec > card.model_spec",
    ),
    "explain categories by name": compared_and_explained(
        {"model_type": "ridge"},
        {"model_type": "linear"},
        {"target_column": "size_m2", "feature_columns": ["rooms", "city"]},
    ),
    "explain products by name": compared_and_explained(
        {"model_type": "polynomial"}, {"model_type": "linear"}, NUMBERS
    ),
    "cross-validate a deep network of classes": wired(
        HOUSES,
        Node("model", "model_define_gpu",
             {"model_type": "deep_neural_network", "hidden_layers": [4], "epochs": 2}),
        Node("card", "cross_validate_gpu",
             {"target_column": "grade", "feature_columns": ["size_m2", "city"], "folds": 2}),
        wires=f"{ONE}, model.model_spec > card.model_spec",
    ),
    "cross-validate by group": wired(
        HOUSES,
        Node("model", "model_define", {"model_type": "logistic"}),
        Node(
            "card",
            "cross_validate",
            {"target_column": "grade", "feature_columns": ["price", "city"], "folds": 3,
             "split_by": "group", "group_column": "city"},
        ),
        wires=f"{ONE}, model.model_spec > card.model_spec",
    ),
    "cross-validate, equal rows together": wired(
        HOUSES,
        Node("few", "select_columns", {"columns": ["city", "grade", "rooms", "garden"]}),
        Node("model", "model_define", {"model_type": "naive_bayes"}),
        Node(
            "card",
            "cross_validate",
            {"target_column": "grade", "folds": 3, "together": True, "repeats": 2},
        ),
        wires="houses.dataset > few.dataset, few.dataset > card.dataset,"
        "model.model_spec > card.model_spec",
    ),
    "cross-validate by time after a gap": wired(
        HOUSES,
        Node("model", "model_define", {"model_type": "ridge"}),
        Node("card", "cross_validate",
             {**NUMBERS, "folds": 2, "split_by": "time", "time_column": "rooms", "gap": 1}),
        wires=f"{ONE}, model.model_spec > card.model_spec",
    ),
    "cross-validate by time": wired(
        HOUSES,
        Node("model", "model_define", {"model_type": "naive_bayes"}),
        Node(
            "card",
            "cross_validate",
            {"target_column": "garden", "feature_columns": ["rooms", "size_m2"], "folds": 3,
             "split_by": "time", "time_column": "id"},
        ),
        wires=f"{ONE}, model.model_spec > card.model_spec",
    ),
    "cross-validate a network": wired(
        HOUSES,
        Node("model", "model_define_gpu", {"hidden_layers": [4], "epochs": 2}),
        Node("card", "cross_validate_gpu", {**NUMBERS, "folds": 2}),
        wires=f"{ONE}, model.model_spec > card.model_spec",
    ),
    "search": searched(
        {"model_type": "ridge"}, {"hyperparameters": ["alpha", "standardize"], "trials": 14}
    ),
    "search a grid": searched(
        {"model_type": "decision_tree"},
        {"hyperparameters": ["max_depth", "min_samples_leaf"], "sampler": "grid",
         "grid_points": 3, "metric": "mae", "together": True},
    ),
    "search several at once": searched(
        {"model_type": "logistic"},
        {"hyperparameters": ["C"], "trials": 7, "parallel": 3, "metric": "roc_auc",
         "target_column": "grade", "feature_columns": ["rooms", "size_m2"]},
    ),
    "search a network": searched(
        {"hidden_layers": [4], "epochs": 3},
        {"hyperparameters": ["learning_rate", "activation"], "trials": 9, "sampler": "random"},
        gpu="_gpu",
    ),
    "compare and explain": compared_and_explained(
        {"model_type": "lasso"}, {"model_type": "decision_tree"}, NUMBERS
    ),
    "compare and explain classes": compared_and_explained(
        {"model_type": "svm", "C": 50.0},
        {"model_type": "logistic"},
        {"target_column": "grade", "feature_columns": ["rooms", "size_m2", "city"]},
        explained="compare.best_model",
    ),
    "compare and explain several classes": compared_and_explained(
        {"model_type": "logistic"},
        {"model_type": "svm"},
        {"target_column": "rooms", "feature_columns": ["size_m2", "garden"]},
        explained="compare.best_model",
    ),
    "compare and take a certain one": compared_and_explained(
        {"model_type": "svm"},
        {"model_type": "naive_bayes"},
        {"target_column": "grade", "feature_columns": ["rooms", "id"]},
        choice="naive bayes",
    ),
    "deep network": network(
        {"model_type": "deep_neural_network", "hidden_layers": [6], "epochs": 3,
         "activation": "tanh"}
    ),
}  # fmt: skip
CASES = {
    name: wired(HOUSES, Node("card", card, params), wires=ONE)
    for name, (card, params) in ONE_TABLE.items()
} | SEVERAL
LOOSE = dict.fromkeys((name for name in CASES if "network" in name), 1e-6)
"""How far the figures of networks may differ, which predict in single precision."""

CLEAN = """
import importlib.abc, json, pickle, sys, traceback, warnings
from pathlib import Path

OURS = set(sys.argv[1:])

class NotOurs(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OURS:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NotOurs())
made = {}
for name, text in json.load(open("scripts.json")).items():
    space = {"__name__": "script", "__file__": str(Path("script.py").resolve())}
    try:
        exec(compile(text, name, "exec"), space)
        made[name] = space["main"]()
    except Exception:
        made[name] = traceback.format_exc()
pickle.dump(made, open("made.pickle", "wb"))
print([name for name in sys.modules if name.partition(".")[0] in OURS])
"""


def houses() -> pd.DataFrame:
    draw, day = random.Random(7), date(2024, 1, 1)
    rows = [
        {
            "id": number,
            "price": draw.choice([None, *range(100, 1000, 50)]),
            "rooms": draw.randint(1, 5),
            "size": draw.choice(["1 200", "80", " 95.5", None]),
            "size_m2": round(draw.uniform(20, 200), 2),
            "city": draw.choice(["Rome", "Oslo", "Lima, old", 'the "new" one', None]),
            "sold": draw.choice([None, (day + timedelta(draw.randrange(400))).isoformat()]),
            "garden": draw.choice([True, False]),
            "grade": draw.choice(["low", "high", "high", "high"]),
        }
        for number in range(120)
    ]
    return pd.DataFrame(rows)


def flats() -> pd.DataFrame:
    """Each stands in two rows, in houses of six; paid is 0.5 or 1.5, which are two classes."""
    draw = random.Random(8)
    rows = [
        {"house": at // 3, "size": draw.randint(20, 90), "floor": draw.randint(0, 5)}
        for at in range(60)
    ]
    paid = [{**row, "paid": 1.5 if row["size"] > draw.randint(40, 70) else 0.5} for row in rows]
    return pd.DataFrame([row for row in paid for _ in range(2)])


CITIES_CSV = "city,country,rooms\nRome,Italy,9\nOslo,Norway,8\nOslo,Norge,7\nParis,France,6\n"
VISITS_CSV = """\
came,left,rang,x
05.03.2024,05.03.24,2026-03-28T00:30:00+01:00,1
23.05.2024 18:30,,2026-03-30 12:00:00+0200,2
,7.11.99 06:05:04,2026-03-30T12:00:00Z,3
"""
"""Whoever takes the first number for the month reads the first line, too. The first to ring did so
on the day before in UTC."""


@pytest.fixture(scope="module")
def tried(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Values], dict[str, Any], dict[str, Written]]:
    """Run every case here, and all scripts in one process without TensorRag."""
    folder = tmp_path_factory.mktemp("scripts")
    houses().to_csv(folder / "houses.csv", index=False)
    flats().to_csv(folder / "flats.csv", index=False)
    (folder / "cities.csv").write_text(CITIES_CSV)
    (folder / "visits.csv").write_text(VISITS_CSV)
    values, scripts = {}, {}
    with looking_in(Sources(uploads=folder, base=folder)):
        for name, pipeline in CASES.items():
            values[name] = ran(pipeline)
            scripts[name] = written(pipeline, values[name])
            for file, opener in files_of(pipeline, scripts[name]).items():
                (folder / "data").mkdir(exist_ok=True)
                with opener() as stream:
                    stream.seek(0)
                    (folder / "data" / file).write_bytes(stream.read())
    texts = {name: python(script) for name, script in scripts.items() if not script.refusals}
    (folder / "scripts.json").write_text(json.dumps(texts))
    done = subprocess.run(
        [sys.executable, "-I", "-c", CLEAN, *OURS],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]", "the process has loaded TensorRag"
    return values, pickle.loads((folder / "made.pickle").read_bytes()), scripts  # noqa: S301


@pytest.mark.parametrize("name", CASES)
def test_the_script_makes_what_the_card_makes(
    name: str, tried: tuple[dict[str, Values], Mapping[str, Any], dict[str, Written]]
) -> None:
    values, made, scripts = tried
    assert not scripts[name].refusals, scripts[name].refusals
    assert not isinstance(made[name], str), f"{python(scripts[name])}\n{made[name]}"

    tolerance = LOOSE.get(name, 1e-9)
    for outcome in scripts[name].outcomes:
        value, found = values[name][outcome.node, outcome.port], made[name][outcome.label]
        if not outcome.compared:
            assert isinstance(value, Table)
            known, told = in_common(outcome.port, value.to_pandas(), found)
            assert known
            assert told == pytest.approx(known, rel=tolerance)
        elif isinstance(value, Metrics):
            known = value.values | {f"baseline_{k}": v for k, v in value.baseline.items()}
            assert {name: found[name] for name in known} == pytest.approx(known, rel=tolerance)
        else:
            assert isinstance(value, Table)
            assert list(compared(value.to_pandas(), found, tolerance, outcome.timed)) == []
            verdict = judged(outcome, value, found, network=name in LOOSE)
            assert verdict.verified, verdict.badge
    assert made[name]


def in_common(
    port: str, made: pd.DataFrame, found: pd.DataFrame
) -> tuple[dict[Any, float], dict[Any, float]]:
    """Name what both a card and a script that shows it otherwise tell, in the same order."""
    if port == "statistics":
        of = {"missing": "missing", "distinct": "distinct", "mean": "mean", "q25": "25%"}
        numbers = made[made["kind"].isin(["integer", "number"])].set_index("column")
        return (
            {(row, name): numbers.loc[row, name] for row in numbers.index for name in of},
            {(row, name): found.loc[row, of[name]] for row in numbers.index for name in of},
        )
    if port == "coefficients":
        return dict(zip(made["term"], made["coefficient"], strict=True)), dict(found[0])
    if port in ("ranking", "advice"):
        value = "value" if port == "ranking" else "score"
        tried = made.dropna(subset=value)
        return dict(zip(tried["model"], tried[value], strict=True)), dict(
            found[tried["metric"].iloc[0]].dropna()
        )
    assert port == "partial_dependence"
    places = zip(made["column"], made["value"].map(as_text), made["of"], strict=True)
    labels = list(dict.fromkeys(made["of"]))
    told = {
        (column, as_text(at), label): answer
        for (column, at), row in zip(found.index.tolist(), found.to_numpy(), strict=True)
        for label, answer in zip(labels, row, strict=True)
    }
    return dict(zip(places, made["prediction"], strict=True)), told


def as_text(value: Any) -> str:
    try:
        return str(float(value))
    except ValueError:
        return str(value)


def judged(outcome: Outcome, before: Table, after: pd.DataFrame, *, network: bool) -> Verdict:
    """Hold tables against one another as whoever verifies does."""
    told = [
        {str(name): column_figures(column) for name, column in frame.items()}
        for frame in (before.to_pandas(), after)
    ]
    answer = {
        "made": {outcome.label: told[0]},
        "results": {outcome.label: {"rows": len(after), "columns": told[1]}},
        "ours": [],
    }
    made = outputs({(outcome.node, outcome.port): before})
    return compare([outcome], made, answer, digest="", network=network)


def compared(
    before: pd.DataFrame, after: pd.DataFrame, tolerance: float, timed: Sequence[str] = ()
) -> Iterator[str]:
    """Name what differs but for durations; flags are 1 and 0, whatever is missing is None."""
    if list(before.columns) != list(after.columns) or len(before) != len(after):
        yield f"{before.shape} {list(before.columns)} became {after.shape} {list(after.columns)}"
        return
    for column in before.columns.difference([*timed]):
        pairs = zip(plain(before[column]), plain(after[column]), strict=True)
        for row, (one, other) in enumerate(pairs):
            numbers = isinstance(one, float) and isinstance(other, float)
            if not (math.isclose(one, other, rel_tol=tolerance) if numbers else one == other):
                yield f"{column}, row {row}: {one!r} became {other!r}"
                break


def plain(column: pd.Series[Any]) -> list[Any]:
    found: list[Any] = []
    for value in column.tolist():
        if pd.isna(value):
            found.append(None)
        elif isinstance(value, date):
            found.append(pd.Timestamp(value))
        else:
            found.append(float(value) if isinstance(value, bool | int | float) else value)
    return found


def test_every_card_writes_itself_and_is_tried_here() -> None:
    used = {node.card for pipeline in CASES.values() for node in pipeline.nodes.values()}
    ours = {n: e for n, e in REGISTRY.found.items() if e.info.entry.startswith("cards.")}

    assert {name for name, each in ours.items() if not hasattr(each.card, "script")} == set()
    assert set(ours) <= used
