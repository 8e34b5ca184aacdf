"""Insert and heal: what becomes of the wires when a card comes between, or goes away."""

from typing import Any

import pytest

from tensorrag.edit import apply
from tensorrag.edit.document import Document
from tensorrag.errors import CycleError, EdgeNotFound, PipelineError, PortTakenError, PortTypeError
from tensorrag.pipeline import Edge, Node, Pipeline
from tests.core.small_catalog import CATALOG


def pipeline(*wires: str) -> Pipeline:
    """Cards are called by their kind, wires as the canvas calls them."""
    ends = [wire.replace("-", ".").split(".") for wire in wires]
    edges = [Edge(source, output, target, input) for source, output, target, input in ends]
    cards = [end for edge in edges for end in (edge.source, edge.target)]
    nodes = [Node(name, name.rstrip("0123456789")) for name in dict.fromkeys(cards)]
    return Pipeline().with_nodes(*nodes).with_edges(*edges)


WIRE = "data_load.dataset-train.train_dataset"
LEARN = pipeline(WIRE, "model_define.model_spec-train.model_spec")


def edit(start: Pipeline, **op: Any) -> list[str]:
    return [edge.id for edge in apply(start, op, CATALOG).edges]


def test_a_card_goes_into_a_wire_where_the_wire_stood() -> None:
    start = LEARN.with_nodes(Node("split", "data_split"))

    assert edit(start, op="splice", node="split", edge=WIRE) == [
        "data_load.dataset-split.dataset",
        "split.train_dataset-train.train_dataset",
        "model_define.model_spec-train.model_spec",
    ]


def test_ports_of_the_same_name_are_taken_first_and_named_ones_before_all() -> None:
    start = pipeline("data_load.dataset-evaluate.test_dataset").with_nodes(Node("s", "data_split"))
    wire = "data_load.dataset-evaluate.test_dataset"
    named = {"input": "dataset", "output": "train_dataset"}

    assert "s.test_dataset-evaluate.test_dataset" in edit(start, op="splice", node="s", edge=wire)
    after = edit(start, op="splice", node="s", edge=wire, **named)
    assert "s.train_dataset-evaluate.test_dataset" in after


def test_a_new_card_is_added_into_a_wire_as_one_step() -> None:
    document = Document(LEARN, CATALOG)

    change = document.apply([{"op": "add", "card": "data_split", "splice": {"edge": WIRE}}])

    assert change.label == "Insert Data Split"
    assert "data_split.train_dataset-train.train_dataset" in [e.id for e in change.after.edges]
    document.undo()
    assert document.pipeline is LEARN


@pytest.mark.parametrize(
    ("op", "error", "says"),
    [
        ({"node": "model", "edge": WIRE}, PortTypeError, "has no free ports that fit"),
        ({"node": "used", "edge": WIRE}, PortTypeError, "has no free ports that fit"),
        ({"node": "odd", "edge": WIRE}, PortTypeError, "has no free ports that fit"),
        ({"node": "split", "edge": "a"}, EdgeNotFound, 'no wire "a"'),
        ({"node": "split"}, PipelineError, '"edge" must be text'),
        (
            {"node": "used", "edge": WIRE, "input": "dataset", "output": "train_dataset"},
            PortTakenError,
            "takes one wire",
        ),
        ({"node": "behind", "edge": WIRE}, CycleError, "in a circle"),
    ],
)
def test_what_does_not_fit_into_a_wire_is_refused(
    op: dict[str, Any], error: type[PipelineError], says: str
) -> None:
    start = LEARN.with_nodes(
        Node("split", "data_split"),
        Node("model", "model_define"),
        Node("odd", "not_installed"),
        Node("used", "data_split"),
        Node("ahead", "join"),
        Node("behind", "join"),
    ).with_edges(
        Edge("ahead", "dataset", "used", "dataset"),
        Edge("behind", "dataset", "ahead", "tables"),
    )
    start = start.with_nodes(Node("data_load", "join"))
    start = start.with_edges(Edge("ahead", "dataset", "data_load", "tables"))
    with pytest.raises(error) as caught:
        edit(start, op="splice", **op)
    assert says in caught.value.message


def test_a_removed_card_leaves_no_gap() -> None:
    start = pipeline(
        "data_load.dataset-data_split.dataset", "data_split.train_dataset-train.train_dataset"
    )

    assert edit(start, op="remove", nodes=["data_split"], heal=True) == [WIRE]
    assert edit(start, op="remove", nodes=["data_split"]) == []


def test_several_removed_cards_in_a_row_leave_no_gap_either() -> None:
    start = pipeline(
        "data_load.dataset-join.tables",
        "join.dataset-data_split.dataset",
        "data_split.train_dataset-train.train_dataset",
        "model_define.model_spec-train.model_spec",
    )

    after = edit(start, op="remove", nodes=["join", "data_split"], heal=True)

    assert after == [WIRE, "model_define.model_spec-train.model_spec"]


def test_the_parts_of_a_split_do_not_all_become_the_whole() -> None:
    start = pipeline(
        "data_load.dataset-data_split.dataset",
        "data_split.test_dataset-evaluate.test_dataset",
        "data_split.train_dataset-train.train_dataset",
    )

    assert edit(start, op="remove", nodes=["data_split"], heal=True) == [WIRE]


def test_what_does_not_fit_is_not_healed() -> None:
    start = pipeline(
        "data_load.dataset-train.train_dataset", "train.trained_model-evaluate.trained_model"
    )

    assert edit(start, op="remove", nodes=["train"], heal=True) == []
    start = pipeline("data_load.dataset-join.tables", "join.dataset-train.train_dataset")
    cut = start.edges[0].id
    assert edit(start, op="remove", nodes=["join"], edges=[cut], heal=True) == []


def test_an_input_of_many_keeps_its_order_and_gets_no_wire_twice() -> None:
    start = pipeline(
        "data_load.dataset-join1.tables",
        "join1.dataset-join.tables",
        "data_load2.dataset-join.tables",
        "data_load.dataset-data_split.dataset",
        "data_split.train_dataset-join.tables",
    )

    assert edit(start, op="remove", nodes=["join1", "data_split"], heal=True) == [
        "data_load.dataset-join.tables",
        "data_load2.dataset-join.tables",
    ]


def test_a_circle_among_removed_cards_heals_to_nothing() -> None:
    start = pipeline(
        "join1.dataset-join2.tables", "join2.dataset-join1.tables", "join2.dataset-join.tables"
    )

    assert edit(start, op="remove", nodes=["join1", "join2"], heal=True) == []


def test_healing_is_asked_for_with_true_or_false() -> None:
    with pytest.raises(PipelineError, match='"heal" must be true or false'):
        edit(LEARN, op="remove", nodes=["train"], heal="yes")
