"""A column that does not arrive: the check says where it was lost."""

import pytest

from tensorrag.check import NodeFacts
from tensorrag.check.lost import Lost, where_lost
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.types import ColumnSchema, TableSchema

IDS = ("load", "narrow", "train")
PIPELINE = Pipeline(
    nodes={node_id: Node(node_id, node_id) for node_id in IDS},
    edges=(Edge("load", "out", "narrow", "table"), Edge("narrow", "out", "train", "table")),
)


def table(*names: str) -> TableSchema:
    return TableSchema(columns=tuple(ColumnSchema(name=name, kind="number") for name in names))


def facts(arrives: TableSchema) -> dict[str, NodeFacts]:
    return {
        "load": NodeFacts(card="load", title="Load", brief="houses.csv"),
        "narrow": NodeFacts(card="narrow", title="Narrow", inputs={"table": arrives}),
        "train": NodeFacts(card="train", title="Train", inputs={"table": table("size")}),
    }


@pytest.mark.parametrize(
    ("arrives", "says"),
    [
        (table("size", "price"), Lost("It is lost at Narrow.")),
        (table("size"), Lost("Load (houses.csv) has no such column.", never=True)),
        (TableSchema(), Lost()),
    ],
)
def test_it_is_said_where_a_column_was_lost(arrives: TableSchema, says: Lost) -> None:
    assert where_lost(PIPELINE, facts(arrives), "train", "table", "price") == says


def test_nothing_is_said_where_it_is_not_known_or_goes_round() -> None:
    circle = Pipeline(nodes=PIPELINE.nodes, edges=(Edge("train", "out", "train", "table"),))

    assert where_lost(circle, facts(table()), "train", "table", "price") == Lost()
    assert where_lost(PIPELINE, {}, "train", "table", "price") == Lost()
