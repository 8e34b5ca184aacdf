from typing import Any

import pytest

from tensorrag.catalog import Notice
from tensorrag.edit import apply
from tensorrag.errors import (
    CycleError,
    DuplicateEdgeError,
    DuplicateNodeError,
    EdgeNotFound,
    NodeNotFound,
    PipelineError,
    PortNotFound,
    PortTakenError,
    PortTypeError,
)
from tensorrag.pipeline import Edge, Node, Pipeline, Position
from tensorrag.pipeline.as_json import to_json
from tensorrag.pipeline.files import loads
from tests.core.small_catalog import CATALOG

Op = dict[str, Any]

START = (
    Pipeline("Start")
    .with_nodes(
        Node("load", "data_load", {"source": "sample"}, Position(0, 0)),
        Node("split", "data_split", {}, Position(232, 0)),
        Node("model", "model_define", {}, Position(232, 200)),
        Node("train", "train", {"seed": 42}, Position(464, 0), title="My training"),
        Node("odd", "not_installed", {"left": 1}),
    )
    .with_edges(Edge("load", "dataset", "split", "dataset"))
)


def edit(*ops: Op, start: Pipeline = START) -> Pipeline:
    for op in ops:
        start = apply(start, op, CATALOG)
    return start


def connect(source: str, target: str) -> Op:
    ends = (*source.split("."), *target.split("."))
    return {"op": "connect", **dict(zip(WIRE, ends, strict=True))}


WIRE = ("source", "source_port", "target", "target_port")


# --- add ------------------------------------------------------------------------------------


def test_add_a_card_where_it_was_dropped() -> None:
    after = edit({"op": "add", "card": "train", "x": 10, "y": 20.126})

    node = after.nodes["train_2"]
    assert node == Node("train_2", "train", {}, Position(10, 20.13), card_version=2)
    assert list(after.nodes)[:-1] == list(START.nodes)


def test_add_without_a_place_goes_to_the_right() -> None:
    assert edit({"op": "add", "card": "join"}).nodes["join"].position == Position(696, 0)
    alone = edit({"op": "add", "card": "join"}, start=Pipeline())
    assert alone.nodes["join"].position == Position()


def test_add_and_wire_in_one_step() -> None:
    wires = [
        {"source": "split", "source_port": "test_dataset", "target_port": "test_dataset"},
        {"source": "train", "source_port": "trained_model", "target_port": "trained_model"},
    ]

    after = edit({"op": "add", "card": "evaluate", "x": 0, "y": 0, "connect": wires})

    assert [edge.source for edge in after.inputs_of("evaluate")] == ["split", "train"]


def test_add_in_front_of_a_card() -> None:
    wire = {"source_port": "model_spec", "target": "train", "target_port": "model_spec"}

    after = edit({"op": "add", "card": "model_define", "x": 0, "y": 0, "connect": wire})

    assert after.inputs_of("train")[0].source == "model_define"


def test_add_a_node_as_it_stands_in_a_file() -> None:
    node = {"card": "train", "params": {"seed": 7}, "retries": 2, "title": "T"}

    after = edit({"op": "add", "node": node})

    added = after.nodes["train_2"]
    assert (added.params, added.retries, added.title) == ({"seed": 7}, 2, "T")


@pytest.mark.parametrize(
    ("op", "error", "says"),
    [
        ({"card": "os.system"}, PipelineError, 'no card "os.system"'),
        ({"card": None}, PipelineError, '"card" must be text'),
        ({}, PipelineError, '"card" must be text'),
        ({"card": "train", "id": "load"}, DuplicateNodeError, '"load" already'),
        ({"card": "train", "id": "../x"}, PipelineError, 'cannot have the id "../x"'),
        ({"card": "train", "id": "__proto__"}, PipelineError, "cannot have the id"),
        ({"card": "train", "id": ""}, PipelineError, "cannot have the id"),
        ({"card": "train", "id": 5}, PipelineError, '"id" must be text'),
        ({"card": "train", "x": float("nan"), "y": 0}, PipelineError, '"position" must be'),
        ({"card": "train", "x": 1e308, "y": 0}, PipelineError, '"position" must be'),
        ({"card": "train", "x": True, "y": 0}, PipelineError, '"position" must be'),
        ({"card": "train", "x": 0}, PipelineError, '"position" must be'),
        ({"card": "train", "params": {"no": 1}}, PipelineError, 'Train has no setting "no"'),
        ({"card": "train", "params": []}, PipelineError, '"params" must be an object'),
        ({"card": "train", "connect": 5}, PipelineError, '"connect" must be a list of objects'),
        ({"card": "train", "connect": {}}, PipelineError, "must be text"),
        ({"node": 5}, PipelineError, '"node" must be an object'),
        ({"node": {"card": 5}}, PipelineError, 'its "card" must be text'),
        ({"node": {"card": "train", "retries": -1}}, PipelineError, '"retries" must be'),
        ({"node": {"card": "train", "evil": 1}}, PipelineError, '"evil" is unknown'),
        ({"node": {"card": "train", "id": "split"}}, DuplicateNodeError, "already"),
    ],
)
def test_add_refuses(op: Op, error: type[PipelineError], says: str) -> None:
    refused({"op": "add", **op}, error, says)


def refused(op: Any, error: type[PipelineError], says: str, start: Pipeline = START) -> None:
    with pytest.raises(error) as caught:
        edit(op, start=start)
    message = caught.value.message
    assert says in message
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert "\n" not in message


# --- move, remove ---------------------------------------------------------------------------


def test_move_cards() -> None:
    after = edit({"op": "move", "positions": {"load": {"x": 5, "y": 6}, "split": {"x": 1, "y": 2}}})

    assert after.nodes["load"].position == Position(5, 6)
    assert after.nodes["model"] is START.nodes["model"]
    assert after.edges is START.edges


def test_moving_to_the_same_place_changes_nothing() -> None:
    assert edit({"op": "move", "positions": {"load": {"x": 0, "y": 0}}}) is START
    assert edit({"op": "move", "positions": {}}) is START


@pytest.mark.parametrize(
    ("positions", "error", "says"),
    [
        (None, PipelineError, '"positions" must be an object'),
        ({"gone": {"x": 0, "y": 0}}, NodeNotFound, 'no card "gone"'),
        ({"load": {"x": float("nan"), "y": 0}}, PipelineError, "must be a number"),
        ({"load": {"x": 1}}, PipelineError, '"position" must be'),
        ({"load": {"x": "1", "y": 1}}, PipelineError, '"position" must be'),
        ({"load": [1, 2]}, PipelineError, '"position" must be'),
        ({"load": {"x": 10**6 + 1, "y": 0}}, PipelineError, '"position" must be'),
        ({1: {"x": 1, "y": 0}}, PipelineError, "has a key that is no text"),
    ],
)
def test_move_refuses(positions: Any, error: type[PipelineError], says: str) -> None:
    refused({"op": "move", "positions": positions}, error, says)


def test_remove_takes_the_wires_along() -> None:
    after = edit({"op": "remove", "nodes": ["split"]})

    assert "split" not in after.nodes
    assert after.edges == ()


def test_remove_a_wire_alone() -> None:
    for op in (
        {"op": "remove", "edges": ["load.dataset-split.dataset"]},
        {"op": "disconnect", "id": "load.dataset-split.dataset"},
    ):
        after = edit(op)
        assert after.edges == ()
        assert after.nodes == START.nodes


@pytest.mark.parametrize(
    ("op", "error", "says"),
    [
        ({"op": "remove", "nodes": ["gone"]}, NodeNotFound, 'no card "gone"'),
        ({"op": "remove", "nodes": ["load"], "edges": ["a"]}, EdgeNotFound, 'no wire "a"'),
        ({"op": "remove", "nodes": "load"}, PipelineError, '"nodes" must be a list of texts'),
        ({"op": "remove", "nodes": [["load"]]}, PipelineError, '"nodes" must be'),
        ({"op": "disconnect", "id": "a.b-c.d"}, EdgeNotFound, 'no wire "a.b-c.d"'),
        ({"op": "disconnect"}, PipelineError, '"id" must be text'),
    ],
)
def test_remove_refuses(op: Op, error: type[PipelineError], says: str) -> None:
    refused(op, error, says)


# --- connect --------------------------------------------------------------------------------


def test_connect_what_fits() -> None:
    after = edit(connect("split.train_dataset", "train.train_dataset"))

    assert after.edges[-1] == Edge("split", "train_dataset", "train", "train_dataset")
    assert after.nodes is START.nodes


def test_an_input_for_many_takes_many_in_order() -> None:
    after = edit(
        {"op": "add", "card": "join"},
        connect("split.test_dataset", "join.tables"),
        connect("load.dataset", "join.tables"),
    )

    assert [edge.source for edge in after.inputs_of("join")] == ["split", "load"]


@pytest.mark.parametrize(
    ("op", "error", "says"),
    [
        (connect("gone.dataset", "split.dataset"), NodeNotFound, 'no card "gone"'),
        (connect("load.dataset", "gone.dataset"), NodeNotFound, 'no card "gone"'),
        (connect("load.nothing", "split.dataset"), PortNotFound, 'Data Load has no output "noth'),
        (connect("load.dataset", "split.nothing"), PortNotFound, 'Data Split has no input "noth'),
        (connect("split.dataset", "train.train_dataset"), PortNotFound, "no output"),
        (connect("load.dataset", "model.model_spec"), PortNotFound, "no input"),
        (connect("load.dataset", "odd.in"), PortNotFound, '"not_installed" is not installed'),
        (connect("load.dataset", "split.dataset"), DuplicateEdgeError, "connected already"),
        (connect("split.test_dataset", "split.dataset"), PortTakenError, "takes one wire"),
        (connect("load.dataset", "train.model_spec"), PortTypeError, "not a Table"),
        ({"op": "connect", "source": "load"}, PipelineError, "must be text"),
        ({"op": "connect", **{key: [] for key in WIRE}}, PipelineError, "must be text"),
        ({"op": "connect", **dict.fromkeys(WIRE, "x" * 2000)}, PipelineError, "must be text"),
    ],
)
def test_connect_refuses(op: Op, error: type[PipelineError], says: str) -> None:
    refused(op, error, says)


def test_connect_says_that_the_file_of_a_card_is_broken() -> None:
    wrong = Notice(file="odd.py", message="Line 3: invalid syntax.", cards=("not_installed",))
    catalog = CATALOG.model_copy(update={"notices": (wrong,)})

    with pytest.raises(PortNotFound, match=r"cannot be loaded from odd\.py: Line 3"):
        apply(START, connect("load.dataset", "odd.in"), catalog)


def test_the_reason_names_the_card_as_people_see_it_and_what_to_do() -> None:
    with pytest.raises(PortTypeError) as caught:
        edit(connect("load.dataset", "train.model_spec"))

    assert caught.value.message == "My training: model_spec takes a Spec, not a Table."
    assert caught.value.hint == "Connect an output of type Spec."


def test_connect_refuses_a_circle_and_names_it() -> None:
    start = edit({"op": "add", "card": "join", "id": "a"}, {"op": "add", "card": "join", "id": "b"})
    start = edit(connect("a.dataset", "b.tables"), start=start)

    refused(connect("b.dataset", "a.tables"), CycleError, '"a" → "b" → "a"', start)
    refused(connect("a.dataset", "a.tables"), CycleError, '"a" → "a"', start)


# --- settings -------------------------------------------------------------------------------


def test_set_params_merges_and_null_goes_back_to_the_default() -> None:
    after = edit({"op": "set_params", "node": "train", "params": {"target_column": "MEDV"}})
    assert after.nodes["train"].params == {"seed": 42, "target_column": "MEDV"}

    after = edit({"op": "set_params", "node": "train", "params": {"seed": None}}, start=after)
    assert after.nodes["train"].params == {"target_column": "MEDV"}


def test_set_params_keeps_values_that_check_will_complain_about() -> None:
    after = edit({"op": "set_params", "node": "train", "params": {"seed": "not a number"}})

    assert after.nodes["train"].params == {"seed": "not a number"}


def test_set_params_to_the_same_changes_nothing_but_true_is_not_1() -> None:
    assert edit({"op": "set_params", "node": "train", "params": {"seed": 42}}) is START
    one = edit({"op": "set_params", "node": "train", "params": {"seed": 1}})
    true = edit({"op": "set_params", "node": "train", "params": {"seed": True}}, start=one)
    assert true.nodes["train"].params["seed"] is True


def test_set_params_does_not_share_what_it_was_given() -> None:
    given = {"seed": [1]}
    after = edit({"op": "set_params", "node": "train", "params": given})

    given["seed"].append(2)

    assert after.nodes["train"].params == {"seed": [1]}


def test_a_setting_of_a_card_that_is_not_installed_can_be_taken_out() -> None:
    after = edit({"op": "set_params", "node": "odd", "params": {"left": None}})

    assert after.nodes["odd"].params == {}


@pytest.mark.parametrize(
    ("op", "error", "says"),
    [
        ({"node": "gone", "params": {}}, NodeNotFound, 'no card "gone"'),
        ({"node": ["train"], "params": {}}, PipelineError, '"node" must be text'),
        ({"node": "train", "params": {"evil": 1}}, PipelineError, 'no setting "evil"'),
        ({"node": "train", "params": {"evil": None}}, PipelineError, 'no setting "evil"'),
        ({"node": "train", "params": {"seed": float("inf")}}, PipelineError, "must be a number"),
        ({"node": "train", "params": {"seed": "\ud800"}}, PipelineError, "half a character"),
        ({"node": "train", "params": {"seed": "x" * 2_000_000}}, PipelineError, "at most"),
        ({"node": "train", "params": {"seed": {1, 2}}}, PipelineError, "no JSON value"),
        ({"node": "train"}, PipelineError, '"params" must be an object'),
    ],
)
def test_set_params_refuses(op: Op, error: type[PipelineError], says: str) -> None:
    refused({"op": "set_params", **op}, error, says)


def test_set_params_refuses_what_is_nested_without_end() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]

    refused(
        {"op": "set_params", "node": "train", "params": {"seed": deep}}, PipelineError, "too deep"
    )


def test_set_node() -> None:
    after = edit(
        {"op": "set_node", "node": "train", "title": None, "enabled": False, "run_on": "modal"},
        {"op": "set_node", "node": "train", "resources": {"gpu": "T4"}, "retries": 1},
    )

    node = after.nodes["train"]
    assert (node.title, node.enabled, node.run_on, node.retries) == (None, False, "modal", 1)
    assert node.resources == {"gpu": "T4"}


def test_set_resources_merges_and_null_takes_out() -> None:
    limited = edit({"op": "set_resources", "node": "train", "resources": {"timeout": 30}})
    both = edit(
        {"op": "set_resources", "node": "train", "resources": {"memory": 2000}}, start=limited
    )
    less = edit(
        {"op": "set_resources", "node": "train", "resources": {"timeout": None}}, start=both
    )

    assert both.nodes["train"].resources == {"timeout": 30, "memory": 2000}
    assert less.nodes["train"].resources == {"memory": 2000}
    assert (
        edit({"op": "set_resources", "node": "train", "resources": {"memory": 2000}}, start=less)
        is less
    )


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ({"timeout": 0}, "The time limit, in seconds, must be a number above 0"),
        ({"timeout": -5}, "must be a number above 0 and at most 2,592,000"),
        ({"timeout": "soon"}, '"soon" is not'),
        ({"timeout": float("nan")}, "must be"),
        ({"timeout": 1e308}, "at most 2,592,000"),
        ({"memory": True}, "The memory limit, in MB, must be"),
        ({"memory": 1 << 25}, "at most 16,777,216"),
        ({"evil": 1}, 'cannot ask for "evil"'),
        ([], "must be an object"),
    ],
)
def test_set_resources_refuses(resources: Any, says: str) -> None:
    refused({"op": "set_resources", "node": "train", "resources": resources}, PipelineError, says)


def test_set_node_to_the_same_changes_nothing() -> None:
    assert edit({"op": "set_node", "node": "train", "enabled": True}) is START


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"title": 5},
        {"title": "x" * 201},
        {"note": []},
        {"enabled": 1},
        {"enabled": "no"},
        {"run_on": "Not a name"},
        {"resources": {"timeout": float("nan")}},
        {"resources": {"memory": -1}},
        {"retries": 11},
        {"retries": True},
        {"cache": None},
        {"card": "os.system"},
        {"id": "other"},
    ],
)
def test_set_node_refuses(values: Op) -> None:
    refused({"op": "set_node", "node": "train", **values}, PipelineError, "must be")


def test_setting_a_value_replaces_one_of_no_use_from_the_file() -> None:
    start = START.with_nodes(Node("train", "train", extra={"retries": "many", "mood": 1}))

    node = edit({"op": "set_node", "node": "train", "retries": 0}, start=start).nodes["train"]

    assert node.extra == {"mood": 1}


# --- the whole ------------------------------------------------------------------------------


def test_rename() -> None:
    after = edit({"op": "rename", "name": "New"})
    assert (after.name, after.description) == ("New", "")
    assert edit({"op": "rename", "description": "Why"}).description == "Why"
    assert edit({"op": "rename", "name": "Start"}) is START
    refused({"op": "rename"}, PipelineError, "must be")
    refused({"op": "rename", "name": 5}, PipelineError, '"name" must be text')
    refused({"op": "rename", "name": "x" * 201}, PipelineError, '"name" must be text')


def test_settings_merge() -> None:
    after = edit(
        {"op": "settings", "settings": {"run_on": "modal", "seed": 1}},
        {"op": "settings", "settings": {"run_on": None}},
    )

    assert after.settings == {"seed": 1}
    refused({"op": "settings", "settings": {"seed": "x"}}, PipelineError, "The seed must be a")
    refused({"op": "settings"}, PipelineError, '"settings" must be an object')


def test_paste_gives_free_ids_and_keeps_the_wires_between() -> None:
    copied = to_json(START.upto("split"))

    after = edit({"op": "paste", "pipeline": copied, "x": 1000, "y": 500})

    assert list(after.nodes)[-2:] == ["load_2", "split_2"]
    assert after.nodes["load_2"].position == Position(1000, 500)
    assert after.nodes["split_2"].position == Position(1232, 500)
    assert after.edges[-1].id == "load_2.dataset-split_2.dataset"


def test_paste_without_a_place_lands_beside_the_original() -> None:
    after = edit({"op": "paste", "pipeline": to_json(START)})

    assert after.nodes["load_2"].position == Position(40, 40)
    assert len(after.nodes) == 10


def test_paste_drops_wires_to_cards_that_were_not_copied_and_mends_ids() -> None:
    copied = to_json(
        Pipeline()
        .with_nodes(Node("../x", "my_pack/scale"))
        .with_edges(Edge("gone", "a", "../x", "b"))
    )

    after = edit({"op": "paste", "pipeline": copied})

    assert "scale" in after.nodes
    assert after.edges == START.edges


def test_paste_and_replace_refuse_what_is_no_pipeline() -> None:
    for name in ("paste", "replace"):
        refused({"op": name, "pipeline": {"format": "x"}}, PipelineError, "no pipeline")
        refused({"op": name, "pipeline": "text"}, PipelineError, '"pipeline" must be an object')
        refused({"op": name}, PipelineError, '"pipeline" must be an object')


def test_replace() -> None:
    other = Pipeline("Other").with_nodes(Node("a", "train"))

    assert edit({"op": "replace", "pipeline": to_json(other)}) == other


def test_discard_an_entry_of_no_use() -> None:
    text = '{"format": "tensorrag.pipeline", "version": 1, "nodes": [1, 2], "edges": [3]}'
    start = loads(text).pipeline

    after = edit({"op": "discard", "index": 1}, start=start)

    assert [misfit.raw for misfit in after.misfits] == [1, 3]
    for index in (3, -1, True, "0", None):
        refused({"op": "discard", "index": index}, PipelineError, '"index" must be', start)
    refused({"op": "discard", "index": 0}, PipelineError, "no entry")


@pytest.mark.parametrize("op", [None, 5, "move", [], {}, {"op": 5}, {"op": ["move"]}])
def test_what_is_no_edit_is_refused(op: Any) -> None:
    refused(op, PipelineError, 'An edit must be an object with "op"')


@pytest.mark.parametrize("name", ["__class__", "os.system", "", "MOVE", "x" * 1000])
def test_an_unknown_edit_is_refused(name: str) -> None:
    refused({"op": name}, PipelineError, "There is no edit")


def test_a_pipeline_cannot_grow_beyond_what_a_file_may_hold() -> None:
    full = Pipeline().with_nodes(*(Node(f"n{i}", "train") for i in range(5000)))

    refused({"op": "add", "card": "train"}, PipelineError, "5,001 cards", full)
    edit({"op": "remove", "nodes": ["n1"]}, start=full)
