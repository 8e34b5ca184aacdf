"""Mistakes are found before anything runs, each on the card and field where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorrag.check import Checked, check, peek_key
from tensorrag.check.problems import Problem
from tensorrag.check.target import likely_target
from tensorrag.edit.commands import apply
from tensorrag.errors import ErrorInfo
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import from_json
from tensorrag.pipeline.room import STEP_X
from tensorrag.placement import Circumstances
from tensorrag.registry.finding import Registry
from tensorrag.run.placing import with_room
from tensorrag.run.plan import cache_key
from tensorrag.types import ColumnSchema, ModelSchema, TableSchema
from tests.core.small_catalog import CATALOG

REGISTRY = Registry.load()


def pipeline(**changes: dict[str, Any]) -> Pipeline:
    """Load → split → train ← model; test rows and model → evaluate; with params changed."""
    nodes: dict[str, dict[str, Any]] = {
        "load": {"card": "data_load"},
        "split": {"card": "data_split"},
        "model": {"card": "model_define"},
        "train": {"card": "train", "params": {"target_column": "MEDV"}},
        "evaluate": {"card": "evaluate"},
    }
    for node_id, change in changes.items():
        nodes[node_id] = {**nodes.get(node_id, {}), **change}
    wires = [
        "load.dataset-split.dataset",
        "split.train_dataset-train.train_dataset",
        "model.model_spec-train.model_spec",
        "split.test_dataset-evaluate.test_dataset",
        "train.trained_model-evaluate.trained_model",
    ]
    return made(nodes, wires)


def made(nodes: dict[str, dict[str, Any]], wires: list[str]) -> Pipeline:
    edges = []
    for wire in wires:
        (source, source_port), (target, target_port) = (end.split(".") for end in wire.split("-"))
        edges.append(
            {
                "source": source,
                "source_port": source_port,
                "target": target,
                "target_port": target_port,
            }
        )
    listed = [{"id": node_id, **node} for node_id, node in nodes.items()]
    return from_json({"nodes": listed, "edges": edges})[0]


def only_problem(of: Pipeline, **peeks: Peek) -> Problem:
    (problem,) = check(of, REGISTRY, peeks).problems
    return problem


def test_a_good_pipeline_has_no_problems_and_knows_its_schemas() -> None:
    checked = check(pipeline(), REGISTRY)

    assert checked.problems == ()
    train = checked.nodes["split"].schemas["train_dataset"]
    assert isinstance(train, TableSchema)
    assert (train.rows, train.provenance.part, train.provenance.synthetic) == (
        40_000,
        "train",
        True,
    )
    model = checked.nodes["train"].schemas["trained_model"]
    assert isinstance(model, ModelSchema)
    assert len(model.features or ()) == 13
    assert checked.nodes["train"].brief == "MEDV · 13 features"
    assert checked.nodes["evaluate"].brief == "10,000 test rows"


def test_a_target_that_is_not_there_names_the_nearest_and_offers_it() -> None:
    problem = only_problem(pipeline(train={"params": {"target_column": "MEDIAN"}}))

    assert (problem.code, problem.node, problem.field) == (
        "column_missing",
        "train",
        "target_column",
    )
    assert problem.message == ("Target column MEDIAN is not in train_dataset; did you mean MEDV?")
    assert problem.fix is not None
    assert problem.fix.label == "Use MEDV"


@pytest.mark.parametrize(
    ("changes", "code", "node", "field"),
    [
        ({"train": {"params": {}}}, "column_empty", "train", "target_column"),
        (
            {"train": {"params": {"target_column": "MEDV", "feature_columns": ["RM", "ROOMS"]}}},
            "column_missing",
            "train",
            "feature_columns",
        ),
        (
            {"train": {"params": {"target_column": "MEDV", "feature_columns": ["MEDV"]}}},
            "parameter_invalid",
            "train",
            "feature_columns",
        ),
        ({"split": {"params": {"train_ratio": 0.5}}}, "parameter_invalid", "split", "train_ratio"),
        ({"split": {"params": {"seed": -1}}}, "parameter_invalid", "split", "seed"),
        ({"split": {"params": {"stratify_by": "NO"}}}, "column_missing", "split", "stratify_by"),
        ({"model": {"params": {"layers": 3}}}, "parameter_invalid", "model", "layers"),
        ({"load": {"params": {"source": "upload"}}}, "parameter_invalid", "load", "upload"),
        ({"load": {"card": "data_laod"}}, "card_unknown", "load", None),
        ({"load": {"params": {"sample_name": "iris"}}}, "column_missing", "train", "target_column"),
    ],
)
def test_a_wrong_setting_is_found_where_it_is(
    changes: dict[str, Any], code: str, node: str, field: str | None
) -> None:
    problem = only_problem(pipeline(**changes))

    assert (problem.code, problem.node, problem.field) == (code, node, field)


@pytest.mark.parametrize(
    ("wires", "code", "sentence"),
    [
        ([], "input_missing", "Nothing is connected to dataset."),
        (["load.dataset-split.data"], "port_unknown", 'Data Split has no input "data".'),
        (["load.rows-split.dataset"], "port_unknown", 'Data Load has no output "rows".'),
        (["gone.dataset-split.dataset"], "edge_dangling", 'A wire ends at "gone"'),
        (
            ["load.dataset-split.dataset", "load.dataset-split.dataset"],
            "edge_duplicate",
            "This wire is there twice.",
        ),
        (
            ["load.dataset-split.dataset", "split.test_dataset-split.dataset"],
            "port_taken",
            "dataset takes one wire and has several.",
        ),
        (["model.model_spec-split.dataset"], "port_type", "takes a Table, not a model definition."),
        (["split.test_dataset-split.dataset"], "cycle", "in a circle: split → split."),
    ],
)
def test_a_wrong_wire_is_found(wires: list[str], code: str, sentence: str) -> None:
    nodes = {
        "load": {"card": "data_load"},
        "model": {"card": "model_define"},
        "split": {"card": "data_split"},
    }

    problems = check(made(nodes, wires), REGISTRY).problems

    assert sentence in next(p for p in problems if p.code == code).message


@pytest.mark.parametrize(
    ("cut", "label"),
    [
        ("load.dataset-split.dataset", "Connect Data Load"),  # its own parts would make a circle
        ("split.test_dataset-evaluate.test_dataset", "Connect Data Split (test_dataset)"),
        ("train.trained_model-evaluate.trained_model", "Connect Train"),
    ],
)
def test_a_missing_wire_is_offered_where_one_is_meant(cut: str, label: str) -> None:
    problems = check(pipeline().without(edges=[cut]), REGISTRY).problems
    missing = next(problem for problem in problems if problem.code == "input_missing")
    assert missing.fix is not None
    assert missing.fix.label == label

    two = {"load": {"card": "data_load"}, "more": {"card": "data_load"}}
    (unsure,) = check(made({**two, "split": {"card": "data_split"}}, []), REGISTRY).problems
    assert unsure.fix is None


def test_a_card_that_may_cost_money_says_so_with_a_way_out() -> None:
    changed = pipeline(train={"run_on": "modal"})
    (problem,) = check(changed, REGISTRY).problems
    assert (problem.code, problem.level, problem.node) == ("runs_elsewhere", "info", "train")
    assert problem.message == "This card runs on Modal, which may cost money."
    assert problem.fix is not None
    (op,) = problem.fix.ops
    mended = apply(changed, op, CATALOG)
    assert mended.node("train").run_on == "local"

    for here in ({"run_on": "local"}, {"run_on": "modal", "enabled": False}):
        codes = {each.code for each in check(pipeline(train=here), REGISTRY).problems}
        assert "runs_elsewhere" not in codes


def test_a_pipeline_that_may_cost_money_says_so_once() -> None:
    to_modal = {"op": "settings", "settings": {"run_on": "modal"}}
    changed = apply(pipeline(), to_modal, CATALOG)
    (problem,) = check(changed, REGISTRY).problems
    assert (problem.code, problem.level, problem.node) == ("runs_elsewhere", "info", None)
    assert problem.message == "Its cards run on Modal, which may cost money."
    assert problem.fix is not None
    (op,) = problem.fix.ops
    mended = apply(changed, op, CATALOG)
    assert check(mended, REGISTRY).problems == ()


def test_a_network_that_fits_no_t4_says_so_before_anything_is_rented() -> None:
    wide = {"card": "model_define_gpu", "params": {"hidden_layers": [16384] * 5}}
    gpu = {"card": "train_gpu", "params": {"target_column": "MEDV"}, "run_on": "modal"}
    changed = pipeline(model=wide, train=gpu)

    problems = check(changed, REGISTRY).problems

    (problem,) = [p for p in problems if p.code == "does_not_fit"]
    assert (problem.level, problem.node, problem.field) == ("warning", "train", "gpu")
    assert "about 18.2 GB" in problem.message  # 16 bytes a parameter, and 1 GB
    assert "T4 has 15.0 GB" in problem.message
    assert problem.fix is not None
    (op,) = problem.fix.ops
    mended = check(apply(changed, op, CATALOG), REGISTRY)
    assert not [p for p in mended.problems if p.code == "does_not_fit"]
    known = mended.nodes["train"].footprint
    assert known is not None
    assert known.parameters == 1_074_053_121  # 14 × 16384 + 4 × 16385 × 16384 + 16385


def test_it_says_so_too_where_the_gpu_is_rented_because_the_settings_allow_it() -> None:
    """Nobody asked for a GPU by name, so nobody chose one with enough memory."""
    wide = {"card": "model_define_gpu", "params": {"hidden_layers": [16384] * 5}}
    gpu = {"card": "train_gpu", "params": {"target_column": "MEDV"}}
    changed = pipeline(model=wide, train=gpu)
    checked = check(changed, REGISTRY)

    def wrong(*, may_rent: bool, local_gpu: bool = False) -> list[str | None]:
        now = Circumstances(may_rent=may_rent, local_gpu=local_gpu)
        known = with_room(changed, checked, now)
        return [p.node for p in known.problems if p.code == "does_not_fit"]

    assert wrong(may_rent=True) == ["train"]
    assert wrong(may_rent=True, local_gpu=True) == wrong(may_rent=False) == []


def test_a_circle_marks_its_wires_and_the_rest_is_still_checked() -> None:
    nodes = {f"split{i}": {"card": "data_split", "params": {"seed": -i}} for i in range(3)}
    wires = [
        "split0.train_dataset-split1.dataset",
        "split1.train_dataset-split2.dataset",
        "split2.train_dataset-split0.dataset",
    ]

    checked = check(made(nodes, wires), REGISTRY)

    assert [p.edge for p in checked.problems if p.code == "cycle"] != []
    assert [p.node for p in checked.problems if p.code == "parameter_invalid"] == [
        "split1",
        "split2",
    ]


def test_what_a_look_at_a_file_found_flows_on() -> None:
    upload = pipeline(load={"params": {"source": "upload", "upload": "sha256:00"}})
    found = REGISTRY.get("data_load")
    key = peek_key(found, found.card(source="upload", upload="sha256:00"))  # type: ignore[call-arg]
    seen = TableSchema(columns=(ColumnSchema(name="price", kind="number"),), rows=10)

    problem = only_problem(upload, **{key: Peek(schemas=(seen,))})
    assert (problem.code, problem.field) == ("column_missing", "target_column")

    wrong = Peek(error=ErrorInfo(type="X", message="rooms.csv is empty."), field="upload")
    problem = only_problem(upload, **{key: wrong})
    assert (problem.code, problem.field) == ("source_unreadable", "upload")
    assert problem.message == "rooms.csv is empty."


def test_a_bypassed_card_passes_its_table_on() -> None:
    checked = check(pipeline(split={"enabled": False}), REGISTRY)

    assert {problem.code for problem in checked.problems} == {"rows_seen"}
    passed = checked.nodes["split"].schemas["test_dataset"]
    assert isinstance(passed, TableSchema)
    assert passed.rows == 50_000


def test_nothing_is_refused_while_the_table_is_unknown() -> None:
    unread = pipeline(load={"params": {"source": "path", "path": "somewhere.csv"}})

    assert check(unread, REGISTRY).problems == ()


def test_an_entry_that_is_no_card_is_named_and_can_be_removed() -> None:
    odd = from_json({"nodes": [{"id": "load", "card": "data_load", "retries": "often"}, 7]})[0]

    problems = check(odd, REGISTRY).problems

    assert {(p.code, p.node, p.field) for p in problems} == {
        ("entry_unusable", None, None),
        ("entry_unusable", "load", "retries"),
    }


BROKEN = """
from typing import NamedTuple

from pydantic import model_validator

from tensorrag import Card, MetricsSchema, Table, TableSchema


class Mine(Card):
    \"\"\"A card that somebody is still writing.\"\"\"

    version = 2

    class Out(NamedTuple):
        table: Table

    @classmethod
    def migrate(cls, params, from_version):
        return params

    @model_validator(mode="after")
    def _fits(self):
        return self

    def run(self) -> Out:
        raise NotImplementedError

    def propagate(self):
        return TableSchema()

    def brief(self, schemas):
        return "mine"
"""


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("return TableSchema()", "return 1 / 0", "propagate failed: ZeroDivisionError"),
        ("return TableSchema()", "raise SystemExit", "propagate failed: SystemExit"),
        ("return TableSchema()", "return 'a table'", "it returned a str for table, which is no"),
        ("return TableSchema()", "return MetricsSchema()", "which is no TableSchema"),
        ("return TableSchema()", "return ()", "it returned 0 schemas for 1 outputs"),
        ("return params", "return params['gone']", "It cannot take its parameters: KeyError"),
        ("return self", "return self.gone", "It cannot take its parameters: AttributeError"),
    ],
)
def test_a_broken_card_is_a_problem_of_its_own_and_the_others_are_checked(
    tmp_path: Path, right: str, wrong: str, sentence: str
) -> None:
    (tmp_path / "mine.py").write_text(BROKEN.replace(right, wrong))
    registry = Registry.load(tmp_path)

    checked = check(pipeline(mine={"card": "mine"}), registry)

    (problem,) = checked.problems
    assert (problem.code, problem.node) == ("card_broken", "mine")
    assert sentence in problem.message
    assert checked.nodes["mine"].schemas == {"table": None}
    assert checked.nodes["evaluate"].brief == "10,000 test rows"


@pytest.mark.parametrize("brief", ["return 1 / 0", "return None", "raise SystemExit"])
def test_a_line_on_the_card_that_cannot_be_made_is_in_nobodys_way(
    tmp_path: Path, brief: str
) -> None:
    (tmp_path / "mine.py").write_text(BROKEN.replace('return "mine"', brief))

    checked = check(made({"mine": {"card": "mine"}}, []), Registry.load(tmp_path))

    assert checked.problems == ()


OWN_TYPE = """
from typing import Literal, NamedTuple

from tensorrag import Card, Schema, Value


class WordsSchema(Schema):
    type: Literal["Words"] = "Words"
    language: str | None = None


class Words(Value):
    schema_type = WordsSchema

    @property
    def schema(self):
        return WordsSchema(language="en")

    def save(self, folder):
        return {}

    @classmethod
    def load(cls, files, meta):
        return cls()


class Read(Card):
    \"\"\"Read words.\"\"\"

    class Out(NamedTuple):
        words: Words

    def run(self) -> Out:
        return self.Out(Words())

    def propagate(self):
        return WordsSchema(language="en")
"""


def test_schemas_of_types_that_a_pack_brings_keep_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "read.py").write_text(OWN_TYPE)

    checked = check(made({"read": {"card": "read"}}, []), Registry.load(tmp_path))

    assert checked.problems == ()
    elsewhere = Checked.model_validate_json(checked.model_dump_json())  # where Words is unknown
    for known in (checked, elsewhere):
        schema = known.nodes["read"].schemas["words"]
        assert schema is not None
        assert schema.model_dump() == {"type": "Words", "language": "en"}


@pytest.mark.parametrize("train", ["train", "train_gpu"])
def test_dates_that_nobody_chose_become_numbers_before_the_split(train: str) -> None:
    nodes: dict[str, dict[str, Any]] = {
        "load": {
            "card": "data_load",
            "params": {"source": "upload", "upload": "0.sales.csv"},
            "position": {"x": 0, "y": 0},
        },
        "split": {
            "card": "data_split",
            "params": {"split_by": "group", "group_column": "area"},
            "position": {"x": STEP_X, "y": 0},
        },
        "model": {"card": "model_define" if train == "train" else "model_define_gpu"},
        "train": {"card": train, "params": {"target_column": "price"}},
    }
    wires = [
        "load.dataset-split.dataset",
        "split.train_dataset-train.train_dataset",
        "model.model_spec-train.model_spec",
    ]
    sales = made(nodes, wires)
    kinds = {"area": "number", "sold": "date", "price": "number"}
    columns = tuple(ColumnSchema.model_validate({"name": n, "kind": k}) for n, k in kinds.items())
    key = check(sales, REGISTRY).nodes["load"].peek_key or ""
    peeks = {key: Peek(schemas=(TableSchema(columns=columns, rows=90),))}

    problem = next(p for p in check(sales, REGISTRY, peeks).problems if p.node == "train")

    assert problem.message == "The feature sold is a date; a model takes numbers and categories."
    assert problem.fix is not None
    assert problem.fix.label == "Make numbers of dates first"
    mended = sales
    for op in problem.fix.ops:
        mended = apply(mended, op, REGISTRY.catalog())
    assert [edge.source for edge in mended.inputs_of("split")] == ["dates_to_features"]
    placed = [mended.nodes[each].position.x for each in ("load", "dates_to_features", "split")]
    assert [placed[1] - placed[0], placed[2] - placed[1]] == [STEP_X, STEP_X]
    assert not [p for p in check(mended, REGISTRY, peeks).problems if p.level == "error"]

    later: dict[str, Any] = {
        "card": "data_split",
        "params": {"split_by": "time", "time_column": "sold"},
    }
    by_time = check(made(nodes | {"split": later}, wires), REGISTRY, peeks)
    problem = next(p for p in by_time.problems if p.node == "train")
    assert problem.fix is not None
    assert problem.fix.label == "Leave out sold"


@pytest.mark.parametrize(
    ("features", "fixed"),
    [(["RM", "TAXE"], ["RM", "TAX"]), (["TAX", "TAXE"], ["TAX"]), (["RM", "xyz"], ["RM"])],
)
def test_a_feature_that_is_gone_is_replaced_or_removed(
    features: list[str], fixed: list[str]
) -> None:
    params = {"target_column": "MEDV", "feature_columns": features}

    problem = only_problem(pipeline(train={"params": params}))

    assert problem.fix is not None
    assert problem.fix.ops[0]["params"] == {"feature_columns": fixed}


@pytest.mark.parametrize(
    ("offered", "ops"),
    [
        ("('Use 3', 3)", ({"op": "set_params", "node": "mine", "params": {"size": 3}},)),
        ("('Use it', object())", None),
        ("'no pair at all'", None),
    ],
)
def test_a_card_offers_a_value_that_would_do(
    tmp_path: Path, offered: str, ops: tuple[dict[str, Any], ...] | None
) -> None:
    (tmp_path / "mine.py").write_text(f"""
from typing import NamedTuple
from tensorrag import Card, Field, ParameterError, Table

class Mine(Card):
    \"\"\"Nothing.\"\"\"

    size: int = Field(1)
    \"\"\"How large.\"\"\"

    class Out(NamedTuple):
        table: Table

    def run(self) -> Out:
        raise NotImplementedError

    def propagate(self):
        raise ParameterError("Too small.", field="size", fix={offered})
""")
    registry = Registry.load(tmp_path)

    (problem,) = check(made({"mine": {"card": "mine"}}, []), registry).problems

    assert problem.message == "Too small."
    assert (problem.fix and problem.fix.ops) == ops


def test_without_a_similar_name_the_usual_column_is_offered() -> None:
    train = {"card": "train_gpu", "params": {"target_column": "price"}}
    nodes: dict[str, dict[str, Any]] = {"load": {"card": "data_load"}, "train": train}
    wires = ["load.dataset-train.train_dataset"]

    problems = check(made(nodes, wires), REGISTRY).problems

    missing = next(p for p in problems if p.code == "column_missing")
    assert missing.message == "Target column price is not in train_dataset; did you mean MEDV?"


def test_a_gpu_that_is_not_to_be_had_and_one_for_nothing_are_found() -> None:
    def gpu(node: str, name: str) -> dict[str, Any]:
        return {node: {"resources": {"gpu": name}}}

    nodes = {"train": {"card": "train_gpu", "run_on": "modal"}, "split": {"card": "data_split"}}
    for name in nodes:
        nodes[name] = {**nodes[name], **gpu(name, "V100")[name]}
    problems = {p.node: p for p in check(made(nodes, []), REGISTRY).problems if "gpu" in p.code}
    assert (problems["train"].code, problems["train"].level) == ("gpu_unknown", "error")
    assert "A100-40GB" in problems["train"].hint
    assert (problems["split"].code, problems["split"].level) == ("gpu_unused", "info")
    fix = problems["train"].fix
    assert fix is not None
    mended = apply(made(nodes, []), fix.ops[0], CATALOG)
    assert "gpu_unknown" not in {p.code for p in check(mended, REGISTRY).problems}


def test_a_card_that_cannot_leave_is_refused_where_it_asks_itself() -> None:
    path = {"source": "path", "path": "a.csv"}
    alone = made({"load": {"card": "data_load", "params": path, "run_on": "modal"}}, [])
    (problem,) = [p for p in check(alone, REGISTRY).problems if p.field == "run_on"]
    assert (problem.code, problem.level) == ("cannot_leave", "error")
    assert "reads a file of this machine" in problem.message


@pytest.mark.parametrize(
    ("columns", "likely"),
    [
        (("row", "Target", "price"), "Target"),
        (("rooms", "y", "label"), "label"),
        (("rooms", "area", "price"), "price"),
        (("alone",), None),
    ],
)
def test_a_likely_target_is_offered(columns: tuple[str, ...], likely: str | None) -> None:
    guess = likely_target(columns)

    assert (guess and guess[0]) == likely


def test_the_likely_target_is_one_click_away_and_says_why() -> None:
    problem = only_problem(pipeline(train={"params": {}}))

    assert problem.hint.endswith("Perhaps MEDV: the last column, where it often stands.")
    assert problem.fix is not None
    assert problem.fix.label == "Use MEDV"


def test_a_table_of_ones_own_in_a_sample_is_offered_its_likely_target() -> None:
    mine = {"source": "upload", "upload": "sha256:00"}
    params = {"stratify_by": "churned"}
    of = pipeline(load={"params": mine}, split={"params": params})
    found = REGISTRY.get("data_load")
    names = ("rooms", "town", "worth")
    schema = TableSchema(columns=tuple(ColumnSchema(name=name) for name in names), rows=90)
    peeks = {peek_key(found, found.card.model_validate(mine)): Peek(schemas=(schema,))}

    (strata,) = check(of, REGISTRY, peeks).problems
    assert strata.fix is not None
    assert (strata.field, strata.fix.label) == ("stratify_by", "Choose none")
    of = apply(of, strata.fix.ops[0], CATALOG)
    (target,) = check(of, REGISTRY, peeks).problems

    assert target.message == "Target column MEDV is not in train_dataset."
    assert target.hint.endswith("Perhaps worth: the last column, where it often stands.")
    assert target.fix is not None
    assert target.fix.label == "Use worth"
    of = apply(of, target.fix.ops[0], CATALOG)
    assert check(of, REGISTRY, peeks).problems == ()


def test_a_column_to_split_by_cannot_be_spared() -> None:
    split = {"params": {"split_by": "group", "group_column": "client"}}

    problem = only_problem(pipeline(split=split))

    assert problem.message == "Group column client is not in dataset."
    assert problem.fix is None


def test_a_target_that_a_card_drops_is_better_kept_than_another_chosen() -> None:
    drop = {"card": "select_columns", "params": {"mode": "drop", "columns": ["MEDV"]}}
    nodes: dict[str, dict[str, Any]] = {
        "load": {"card": "data_load"},
        "drop": drop,
        "train": {"card": "train", "params": {"target_column": "MEDV"}},
    }
    wires = ["load.dataset-drop.dataset", "drop.dataset-train.train_dataset"]

    (problem,) = [p for p in check(made(nodes, wires), REGISTRY).problems if p.field]

    assert problem.hint.startswith("It is lost at Select Columns.")
    assert problem.fix is None


def test_a_model_that_cannot_learn_the_target_is_mended_where_it_is_defined() -> None:
    load = {"params": {"sample_name": "iris"}}
    target = {"params": {"target_column": "species"}}
    changed = pipeline(load=load, train=target)

    (problem,) = check(changed, REGISTRY).problems

    assert (problem.node, problem.port) == ("train", "model_spec")
    assert "told apart as classes, and a linear model predicts numbers" in problem.message
    assert problem.fix is not None
    (op,) = problem.fix.ops
    mended = apply(changed, op, CATALOG)
    assert mended.node("model").params == {"model_type": "logistic"}
    assert check(mended, REGISTRY).problems == ()


def test_a_card_that_asks_knows_what_the_cards_before_it_are_called() -> None:
    nodes: dict[str, dict[str, Any]] = {
        "load": {"card": "data_load"},
        "model": {"card": "model_define", "params": {"model_type": "ridge"}},
        "one": {"card": "train", "params": {"target_column": "MEDV"}, "title": "The steady one"},
        "two": {"card": "train", "params": {"target_column": "MEDV"}},
        "compare": {"card": "compare_models"},
    }
    wires = ["load.dataset-compare.test_dataset"]
    for train in ("one", "two"):
        wires += [f"load.dataset-{train}.train_dataset", f"model.model_spec-{train}.model_spec"]
        wires += [f"{train}.trained_model-compare.models"]

    known = check(made(nodes, wires), REGISTRY).nodes["compare"]
    nodes["one"]["title"] = "The other one"
    renamed = check(made(nodes, wires), REGISTRY).nodes["compare"]

    assert known.titles == {"models": ("The steady one", ""), "test_dataset": ("",)}
    assert known.details == {"models": ["The steady one", "ridge"]}
    assert cache_key(known, {}, None) != cache_key(renamed, {}, None)
