"""A pipeline leaves as plain Python that gives the same figures without TensorRag."""

from __future__ import annotations

import ast
import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from tensorrag import Card, CardError, Model, Table, TableSchema
from tensorrag.describing import describe
from tensorrag.leaving.as_python import python
from tensorrag.leaving.bundle import unpacked
from tensorrag.leaving.comparing import compare
from tensorrag.leaving.composing import compose
from tensorrag.leaving.notebook import notebook
from tensorrag.leaving.verifying import tried
from tensorrag.leaving.written import Outcome
from tensorrag.pipeline import Node, Pipeline
from tensorrag.registry.finding import Found, Registry
from tensorrag.sources import Sources, looking_in
from tensorrag.task import Task
from tests.cards.leaving import (
    REGISTRY,
    Values,
    files_of,
    judged,
    ran,
    verified,
    wired,
    written,
)

FIVE = (
    "load.dataset > split.dataset, split.train_dataset > train.train_dataset,"
    "model.model_spec > train.model_spec, train.trained_model > evaluate.trained_model,"
    "split.test_dataset > evaluate.test_dataset"
)


def five(sample: str, target: str, model: str, **split: Any) -> tuple[Node, ...]:
    return (
        Node("load", "data_load", {"source": "sample", "sample_name": sample}),
        Node("split", "data_split", split),
        Node("model", "model_define", {"model_type": model}),
        Node("train", "train", {"target_column": target}),
        Node("evaluate", "evaluate"),
    )


def test_five_cards_give_the_same_figures_in_a_clean_process() -> None:
    nodes = five("iris", "species", "random_forest", stratify_by="species")
    verdict, script = verified(wired(*nodes, wires=FIVE))

    assert verdict.verified, verdict.badge
    assert verdict.same >= 8
    assert "tensorrag" not in script.replace("by TensorRag", "").lower()
    assert max(map(len, script.splitlines())) <= 110
    ast.parse(script)


def test_a_script_without_its_data_says_which_file_to_copy(tmp_path: Path) -> None:
    load = Node("load", "data_load", {"source": "sample", "sample_name": "iris"})
    pipeline = wired(load, wires="")
    script = tmp_path / "script.py"
    script.write_text(python(written(pipeline, ran(pipeline))))

    done = subprocess.run(
        [sys.executable, "-I", script], capture_output=True, text=True, check=False
    )

    said = f"iris.csv is not in {tmp_path / 'data'}: copy it there, then run again.\n"
    assert (done.returncode, done.stderr) == (1, said)
    [start, *_] = code_of(notebook(written(pipeline, ran(pipeline))))
    with pytest.raises(SystemExit, match=r"^iris\.csv is not in data: copy it there, then run"):
        exec(start, {})  # noqa: S102


@pytest.mark.parametrize(("name", "pack"), [("flats.csv.gz", bytes), ("flats.csv", gzip.compress)])
def test_a_file_is_unpacked_by_what_it_is_not_by_its_name(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(pack(b"rooms,rent\n3,900\n2,600\n"))
    pipeline = wired(Node("load", "data_load", {"source": "path", "path": name}), wires="")

    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        verdict, _ = verified(pipeline)

    assert verdict.verified, verdict.badge


@pytest.mark.parametrize("values", [("0.0", "1.0"), ("0.5", "1.0")])
def test_decimals_that_are_classes_and_codes_that_are_text_are_so_in_the_script(
    tmp_path: Path, values: tuple[str, str]
) -> None:
    zips = ("01067", "80331")
    account = 12345678901234567890
    rows = "".join(
        f"{at},{zips[at % 2]},{account + at % 2},{values[at % 3 > 1]}\n" for at in range(60)
    )
    (tmp_path / "flats.csv").write_text("size,zip,account,paid\n" + rows)
    pipeline = wired(
        Node("load", "data_load", {"source": "path", "path": "flats.csv"}),
        Node("split", "data_split"),
        Node("model", "model_define", {"model_type": "decision_tree"}),
        Node("train", "train", {"target_column": "paid"}),
        Node("evaluate", "evaluate"),
        wires=FIVE,
    )

    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        verdict, script = verified(pipeline)

    assert verdict.verified, verdict.badge
    assert ("int))" in script) == (values[0] == "0.0")
    assert 'dtype=dict.fromkeys(["zip", "account"], str)' in script


@pytest.mark.parametrize("above", ["", "sep=;\n"])
def test_german_numbers_with_marks_between_thousands_are_read_so_in_the_script(
    tmp_path: Path, above: str
) -> None:
    rows = "".join(f"{at}.125,50;{at}.{at % 4}40;{at % 3}\n" for at in range(1, 61))
    (tmp_path / "flats.csv").write_text(above + "price;rent;rooms\n" + rows + "900,25;2.000;1\n")
    pipeline = wired(
        Node("load", "data_load", {"source": "path", "path": "flats.csv"}),
        Node("split", "data_split"),
        Node("model", "model_define", {"model_type": "decision_tree"}),
        Node("train", "train", {"target_column": "rent"}),
        Node("evaluate", "evaluate"),
        wires=FIVE,
    )

    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        verdict, script = verified(pipeline)

    assert verdict.verified, verdict.badge
    assert 'flats["price"] = unmarked(flats["price"], ".", ",")' in script


def test_numbers_of_any_length_in_json_are_text_in_the_script(tmp_path: Path) -> None:
    records = [
        {"account": 10**25 + at if at % 3 else None, "rent": at / 4, "town": "Köln\t'\""}
        for at in range(9)
    ]
    lines = "\n".join(map(json.dumps, records))
    (tmp_path / "flats.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    pipeline = wired(
        Node("load", "data_load", {"source": "path", "path": "flats.jsonl.gz"}),
        Node("filter", "filter_rows", {"condition": "ends_with(account, '4')"}),
        wires="load.dataset > filter.dataset",
    )

    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        verdict, script = verified(pipeline)

    assert verdict.verified, verdict.badge
    assert 'texts=["account"]' in script


EVIL = 'x"""\n\'\'\'\r\nimport os\nos.system("echo")\n# coding: utf-7 \\" {os} \u2028import os'
"""What a stranger could call something: written without care, it becomes code."""


def test_categories_of_pandas_are_plain_values_in_the_script(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"floor": pd.Categorical([3, 5, 4] * 5), "city": pd.Categorical(["Ulm", None, "Bonn"] * 5)}
    )
    frame.to_feather(tmp_path / "flats.feather")
    pipeline = wired(
        Node("load", "data_load", {"source": "path", "path": "flats.feather"}),
        Node("filter", "filter_rows", {"condition": "floor > 3"}),
        wires="load.dataset > filter.dataset",
    )

    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        verdict, _ = verified(pipeline)

    assert verdict.verified, verdict.badge


def test_nothing_that_somebody_typed_becomes_code(tmp_path: Path) -> None:
    (tmp_path / "evil.csv").write_text(f'"{EVIL.replace(chr(34), chr(34) * 2)}",b\n1,2\n3,4\n5,6\n')
    load = Node("load", "data_load", {"source": "path", "path": "evil.csv"}, title=EVIL)
    cards: dict[str, dict[str, Any]] = {
        "select_columns": {"columns": [EVIL], "rename": [f"{EVIL} = b"]},
        "sort_rows": {"columns": [EVIL]},
        "change_kinds": {"text": [EVIL], "date_format": EVIL},
        "filter_rows": {"condition": f"`{EVIL}` == 1 or b == 2"},
        "derive_column": {"formula": f"concat('{EVIL.replace(chr(39), chr(39) * 2)}', text(b))",
                          "name": EVIL + "2"},
        "impute": {"strategy": "constant", "value": EVIL},
        "assert_table": {"complete": [EVIL], "unique": [EVIL]},
        "group_aggregate": {"by": [EVIL]},
        "encode": {"columns": ["b"], "method": "ordinal", "order": ["2", "4", "6", EVIL]},
    }  # fmt: skip
    nodes = [Node(card, card, params, title=EVIL) for card, params in cards.items()]
    wires = ",".join(f"load.dataset > {node.id}.dataset" for node in nodes)
    pipeline = replace(wired(load, *nodes, wires=wires), name=f"# {EVIL}")

    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        script = written(pipeline, ran(wired(load, wires="")))

    assert not script.refusals, script.refusals
    for text in (python(script), "\n".join(code_of(notebook(script)))):
        tree = ast.parse(text.encode())
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        modules = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert "os" not in names | modules
        assert modules <= {"Path", "numpy", "pandas"}


def test_titles_that_differ_in_blanks_alone_give_two_results() -> None:
    load = Node("load", "data_load", {"source": "sample", "sample_name": "iris"})
    cards = [
        Node(name, "sort_rows", {"columns": ["species"]}, title=title)
        for name, title in (("one", "In\n order"), ("two", "In  order"))
    ]
    pipeline = wired(load, *cards, wires=",".join(f"load.dataset > {c.id}.dataset" for c in cards))

    script = written(pipeline, ran(pipeline))

    labels = [outcome.label for outcome in script.outcomes]
    assert labels == ["In order", "In order (two)"]
    returned = next(
        node for node in ast.walk(ast.parse(python(script))) if isinstance(node, ast.Return)
    )
    assert ast.unparse(returned) == "return {'In order': ordered, 'In order (two)': ordered_2}"


@pytest.mark.parametrize("formula", ["if(1 < 2, petal_width, 0)", "text(10 ^ 20)"])
def test_what_a_constant_would_break_is_refused(formula: str) -> None:
    load = Node("load", "data_load", {"source": "sample", "sample_name": "iris"})
    derive = Node("derive", "derive_column", {"formula": formula})
    pipeline = wired(load, derive, wires="load.dataset > derive.dataset")

    [refusal] = written(pipeline, ran(pipeline)).refusals

    function = formula.partition("(")[0]
    assert refusal.message == f"{function} of a constant cannot be written as Python."


def code_of(text: str) -> list[str]:
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_a_notebook_has_a_cell_for_each_card_and_gives_the_same(tmp_path: Path) -> None:
    pipeline = wired(*five("iris", "species", "naive_bayes"), wires=FIVE)
    values = ran(pipeline)

    whole = json.loads(notebook(written(pipeline, values)))
    code = code_of(json.dumps(whole))

    assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in whole["cells"]}) == len(whole["cells"])
    assert [part.partition("\n")[0] for part in code[1:-1]] == [
        "# Data Load: iris",
        "# Data Split: shuffled · seed 42",
        "# Train: species · 4 features",
        "# Evaluate: 30 test rows",
    ]
    ast.parse("\n".join(code))


def test_what_does_not_run_is_left_out_and_said() -> None:
    load, split, *rest = five("iris", "species", "naive_bayes")
    scale = Node("scale", "scale", enabled=False)
    wires = FIVE.replace("load.dataset > split.dataset", "load.dataset > scale.dataset")
    pipeline = wired(load, scale, split, *rest, wires=f"{wires}, scale.dataset > split.dataset")

    script = written(pipeline, ran_without(pipeline))

    assert script.notes == ("Scale is bypassed, and left out.",)
    assert "permutation(len(iris))" in python(script)


def ran_without(pipeline: Pipeline) -> Values:
    """Run the five cards; none of what is bypassed changes them."""
    return ran(wired(*five("iris", "species", "naive_bayes"), wires=FIVE))


def test_a_card_that_cannot_leave_is_named() -> None:
    class Odd(Card):
        """Do something of one's own."""

        class Out(NamedTuple):
            dataset: Table

        def run(self, dataset: Table) -> Out:
            return self.Out(dataset)

        def propagate(self, dataset: TableSchema) -> TableSchema:
            return dataset

    found = Found(describe(Odd, source="class Odd: …"), Odd)
    registry = Registry({**REGISTRY.found, "odd": found})
    load, *_ = five("iris", "species", "naive_bayes")
    nodes = (load, Node("odd", "odd"), Node("sort", "sort_rows", {"columns": ["species"]}))
    pipeline = wired(*nodes, wires="load.dataset > odd.dataset, odd.dataset > sort.dataset")
    alone = wired(*nodes, wires="load.dataset > odd.dataset, load.dataset > sort.dataset")

    script = compose(pipeline, registry)

    assert compose(alone, registry).notes == (
        "Odd cannot be written as Python, and is left out: nothing is made of what it makes.",
    )
    first, second = script.refusals
    assert first.message == (
        'Odd cannot be written as Python. The card of your own "odd" does not say how.'
    )
    assert second.message == "Sort Rows cannot be written as Python before Odd can."
    with pytest.raises(CardError, match="Odd cannot be written"):
        script.insist()


def test_what_only_a_run_tells_is_asked_for() -> None:
    script = compose(wired(*five("iris", "species", "naive_bayes"), wires=FIVE), REGISTRY)

    assert script.refusals[0].hint == "Run the pipeline once, then export it."


def test_what_ran_otherwise_than_it_is_now_has_to_run_again() -> None:
    pipeline = wired(*five("iris", "species", "naive_bayes"), wires=FIVE)
    script = compose(pipeline, REGISTRY, ran=pipeline.nodes)

    assert script.refusals[0].hint.startswith(
        "It ran, but not as it is now: run the pipeline again"
    )


def test_a_table_is_verified_by_what_its_columns_hold() -> None:
    load, split, model, train, _ = five("iris", "species", "naive_bayes")
    wires = FIVE.replace("evaluate.test_dataset", "evaluate.dataset").replace("evaluate", "predict")
    pipeline = wired(load, split, model, train, Node("predict", "predict"), wires=wires)
    values = ran(pipeline)
    script = written(pipeline, values)
    text = python(script)
    (outcome,) = script.outcomes
    table = outcome.variable

    assert judged(pipeline, values, script, text).verified
    wrong = [
        f'{table}["petal_length"] += 1e-6',
        f'{table}["petal_width"] = {table}["petal_width"].to_numpy()[::-1]',
        f'{table}.loc[{table}.index[:1], "sepal_width"] = None',
        f'{table}.loc[{table}.index[:1], "species"] = "rose"',
    ]
    spoilt = text.replace(
        "    return {", "".join(f"    {line}\n" for line in wrong) + "    return {"
    )

    verdict = judged(pipeline, values, script, spoilt)

    assert not verdict.verified
    found = {each.partition(" was ")[0].rpartition(": ")[2] for each in verdict.differences}
    assert {
        "mean of petal_length",
        "order of petal_width",
        "missing of sepal_width",
        "digest of species",
    } <= found
    assert not {name for name in found if "sepal_length" in name or name == "mean of petal_width"}


@pytest.fixture
def own_settings_of_torch() -> Iterator[None]:
    """Set torch back to what it was: a script sets it for its whole process."""
    import torch

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.mark.usefixtures("own_settings_of_torch")
@pytest.mark.parametrize(
    ("sample", "target", "model"),
    [
        ("diabetes", "progression", {"activation": "tanh", "batch_size": 17}),
        ("breast_cancer", "diagnosis", {"hidden_layers": [9, 5]}),
        ("wine", "cultivar", {"batch_size": 7, "dropout": 0}),
        ("iris", "species", {"model_type": "deep_neural_network", "batch_size": 7}),
    ],
)
def test_a_script_trains_a_network_to_the_very_same_weights(
    sample: str, target: str, model: dict[str, Any], tmp_path: Path
) -> None:
    load, split, _, _, evaluate = five(sample, target, "ridge")
    define = Node("model", "model_define_gpu", {"epochs": 4, **model})
    train = Node("train", "train_gpu", {"target_column": target})
    pipeline = wired(load, split, define, train, evaluate, wires=FIVE)
    values = ran(pipeline)
    script = written(pipeline, values)
    unpacked(files_of(pipeline, script), tmp_path)
    text = python(script).replace('    return {"Evaluate"', "    return network[-1].module_ or {0")
    space: dict[str, Any] = {"__name__": "script", "__file__": str(tmp_path / "script.py")}

    exec(compile(text, "script.py", "exec"), space)  # noqa: S102
    module = space["main"]()

    trained = values["train", "trained_model"]
    assert isinstance(trained, Model)
    weights = trained.content["weights"]
    assert weights.keys() == module.state_dict().keys()
    for name, found in module.state_dict().items():
        assert (found.numpy() == weights[name]).all(), name


@pytest.mark.parametrize(
    ("r2", "network", "badge"),
    [
        (0.6, False, "Not verified 2026-01-02: Evaluate: r2 was 0.5, is 0.6."),
        (0.500000001, False, "Not verified 2026-01-02: Evaluate: r2 was 0.5, is 0.500000001."),
        (0.500000001, True, "to a relative 1e-6."),
        (0.5000000000001, False, "to a relative 1e-9."),
        (0.50001, True, "Not verified 2026-01-02: Evaluate: r2 was 0.5, is 0.50001."),
    ],
)
def test_a_figure_that_differs_is_named(r2: float, network: bool, badge: str) -> None:
    outcome = Outcome(label="Evaluate", node="e", port="metrics", variable="metrics", metrics=True)
    made = {"e": {"metrics": {"schema": {}, "value": {"r2": 0.5, "baseline": {"r2": 0.0}}}}}
    found = {"results": {"Evaluate": {"metrics": {"r2": r2, "baseline_r2": 0.0}}}, "ours": []}

    verdict = compare([outcome], made, found, digest="", network=network, today=date(2026, 1, 2))

    assert verdict.badge.endswith(badge)
    assert verdict.verified == verdict.badge.startswith("Verified")


@pytest.mark.parametrize(("network", "verified"), [(True, True), (False, False)])
def test_what_a_gpu_trained_may_differ_more_and_the_badge_says_why(
    network: bool, verified: bool
) -> None:
    outcome = Outcome(label="Evaluate", node="e", port="metrics", variable="metrics", metrics=True)
    made = {"e": {"metrics": {"schema": {}, "value": {"r2": 0.5}}}}
    found = {"results": {"Evaluate": {"metrics": {"r2": 0.504}}}, "ours": []}

    verdict = compare([outcome], made, found, digest="", network=network, elsewhere=True)

    assert verdict.verified == verified
    why = "to a relative 1e-2, as another processor rounds otherwise."
    assert verdict.badge.endswith(why) == verified


@pytest.mark.parametrize(
    ("name", "network", "said"),
    [
        ("roc_auc", True, "to a relative 1e-6, and the ranks of rows that are alike to 1e-2."),
        ("roc_auc", False, "roc_auc was 0.9, is 0.901."),
        ("accuracy", True, "accuracy was 0.9, is 0.901."),
    ],
)
def test_a_network_may_rank_rows_that_are_alike_otherwise(
    name: str, network: bool, said: str
) -> None:
    outcome = Outcome(label="Evaluate", node="e", port="metrics", variable="metrics", metrics=True)
    made = {"e": {"metrics": {"schema": {}, "value": {name: 0.9, "r2": 0.5}}}}
    found = {"results": {"Evaluate": {"metrics": {name: 0.901, "r2": 0.5}}}, "ours": []}

    verdict = compare([outcome], made, found, digest="", network=network)

    assert verdict.badge.endswith(said)


@pytest.mark.parametrize("network", [False, True])
def test_counts_are_the_same_to_the_last_row(network: bool) -> None:
    outcome = Outcome(label="Clean", node="c", port="dataset", variable="dataset", metrics=False)
    many = 10**10
    schema = {"rows": many, "columns": [{"name": "price"}]}
    before = {"missing": 1000, "infinite": many, "mean": 3.0}
    after = {"missing": 1001, "infinite": many + 1, "mean": 3.0}
    answer = {
        "made": {"Clean": {"price": before}},
        "results": {"Clean": {"rows": many - 1, "columns": {"price": after}}},
        "ours": [],
    }

    verdict = compare(
        [outcome], {"c": {"dataset": {"schema": schema}}}, answer, digest="", network=network
    )

    assert not verdict.verified
    assert verdict.differences == (
        "Clean: rows was 10000000000, is 9999999999",
        "Clean: missing of price was 1000, is 1001",
        "Clean: infinite of price was 10000000000, is 10000000001",
    )


@pytest.mark.parametrize(
    ("r2", "mean", "size", "verified"),
    [
        (5e-13, 3e-8, 1000.0, True),  # a mean of thousands that nearly cancel out
        (5e-13, 3e-8, 1.0, False),
        (5e-12, 1e-8, 1000.0, False),
    ],
)
def test_what_is_nearly_zero_is_as_exact_as_what_it_was_reckoned_from(
    r2: float, mean: float, size: float, verified: bool
) -> None:
    outcomes = [
        Outcome(label="Evaluate", node="e", port="metrics", variable="metrics", metrics=True),
        Outcome(label="Clean", node="c", port="dataset", variable="dataset", metrics=False),
    ]
    schema = {"rows": 3, "columns": [{"name": "price"}]}
    made: dict[str, Any] = {
        "e": {"metrics": {"value": {"r2": 0.0}}},
        "c": {"dataset": {"schema": schema}},
    }
    columns = {"price": {"mean": mean, "size": size}}
    answer = {
        "made": {"Clean": {"price": {"mean": 1e-8, "size": size}}},
        "results": {"Evaluate": {"metrics": {"r2": r2}}, "Clean": {"rows": 3, "columns": columns}},
        "ours": [],
    }

    assert compare(outcomes, made, answer, digest="", network=False).verified == verified


def test_where_there_is_nothing_to_compare_nothing_is_verified() -> None:
    verdict = compare([], {}, {"results": {}, "ours": []}, digest="", network=False)

    assert not verdict.verified
    assert "it runs; there are no figures to compare" in verdict.badge


def test_a_script_finds_no_more_there_than_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    script = "def main():\n    import mine\n"

    with pytest.raises(CardError, match="No module named 'mine'"):
        tried(Task(kind="verify", params={"script": script}), {})


def test_a_script_that_loads_tensorrag_fails() -> None:
    script = "def main():\n    import cards\n"

    with pytest.raises(CardError, match="cards is not here: a script runs without it"):
        tried(Task(kind="verify", params={"script": script}), {})


def test_an_assertion_that_does_not_hold_is_said_as_what_it_is() -> None:
    script = "def main():\n    assert 1 > 2, 'It does not hold that r2 > 0.9.'\n"

    with pytest.raises(CardError, match=r"stops at an assertion: .* that r2 > 0\.9\.") as told:
        tried(Task(kind="verify", params={"script": script}), {})
    assert "in the pipeline, too" in told.value.hint
