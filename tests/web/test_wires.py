"""What the settings of a card call the outputs that its inputs can be wired to."""

from __future__ import annotations

from tensorrag.check import NodeFacts
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.types import ColumnSchema, ModelSchema, TableSchema
from tests.web.desk import Desk
from web.page.scene.wires import outputs_called, schema_words, wires_of

THREE = Pipeline("Three models").with_nodes(
    *(Node(id=name, card="train") for name in ("one", "two", "three")),
    Node(id="mine", card="train", title="My forest"),
    Node(id="compare", card="compare_models"),
)


def trained(node: str, kind: str) -> NodeFacts:
    return NodeFacts(card="train", title=node, schemas={"trained_model": ModelSchema(name=kind)})


async def test_outputs_of_cards_of_one_name_are_told_apart(desk: Desk) -> None:
    known = {"one": trained("one", "random_forest")}
    known |= {name: trained(name, "ridge") for name in ("two", "three", "mine")}

    called = outputs_called(THREE, desk.sessions.catalog, known)

    assert list(called.values())[:4] == [
        "Train · random forest",
        "Train · ridge",
        "Train · ridge 2",
        "My forest",
    ]
    assert called["compare.ranking"] == "Compare Models: ranking"


async def test_an_input_of_many_wires_lists_them_and_offers_the_others(desk: Desk) -> None:
    wire = Edge("two", "trained_model", "compare", "models")
    session = await desk.open(THREE.with_edges(wire))
    info = session.catalog.cards["compare_models"]

    wires = wires_of(session, session.pipeline.nodes["compare"], info, ())

    (models,) = (each for each in wires if each.port == "models")
    assert models.wired == [(wire.id, "Train 2")]
    assert [called for _, called in models.options] == ["Train", "Train 3", "My forest"]


def test_of_a_table_only_what_is_known_is_told() -> None:
    columns = tuple(ColumnSchema(name=name) for name in "abc")

    assert schema_words(TableSchema(rows=40_000, columns=columns)) == "40,000 × 3"
    assert schema_words(TableSchema(columns=columns)) == "3 columns"
    assert schema_words(TableSchema(rows=1)) == "1 row"
    assert schema_words(TableSchema()) == ""
