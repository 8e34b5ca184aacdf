"""Copy and paste: what goes along, and what stays behind."""

from types import MappingProxyType
from typing import Any

from tensorrag.edit import apply
from tensorrag.edit.clipboard import excerpt
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.pipeline.came_along import came_along
from tests.core.small_catalog import CATALOG

WHOLE = Pipeline(
    "Whole",
    "Described",
    settings={"run_on": "modal"},
    cards={"mine": {"source": "class Mine: ..."}, "unused": {"source": "class Unused: ..."}},
    metadata={"by": "somebody"},
).with_nodes(Node("load", "data_load"), Node("split", "data_split", {"seed": 7}), Node("m", "mine"))
WHOLE = WHOLE.with_edges(
    Edge("load", "dataset", "split", "dataset"), Edge("split", "test_dataset", "m", "in")
)


def paste(copied: Pipeline, into: Pipeline) -> Pipeline:
    return apply(into, {"op": "paste", "pipeline": to_json(copied)}, CATALOG)


def with_cards(pipeline: Pipeline, **cards: Any) -> Pipeline:
    return Pipeline(nodes=pipeline.nodes, edges=pipeline.edges, cards=MappingProxyType(cards))


def test_a_copy_is_the_cards_and_the_wires_between_and_nothing_else_of_the_pipeline() -> None:
    part = excerpt(WHOLE, ["split", "load", "gone"])

    assert part == Pipeline().with_nodes(*[*WHOLE.nodes.values()][:2]).with_edges(WHOLE.edges[0])
    assert excerpt(WHOLE, []) == Pipeline()


def test_the_source_of_a_card_that_came_along_goes_along_and_is_not_trusted_by_that() -> None:
    part = excerpt(WHOLE, ["m"])
    assert list(part.cards) == ["mine"]

    after = paste(part, Pipeline())

    assert came_along(after)["mine"].source == "class Mine: ..."
    assert "mine" not in CATALOG.cards


def test_a_pasted_source_takes_the_place_of_nothing_that_is_here() -> None:
    forged = {"source": "import os"}
    other = with_cards(excerpt(WHOLE, ["load", "m"]), data_load=forged, mine=forged, stray=forged)

    after = paste(other, WHOLE)

    assert after.cards == WHOLE.cards
    assert list(after.nodes)[-2:] == ["load_2", "m_2"]


def test_pasting_what_was_copied_is_as_it_was() -> None:
    after = paste(excerpt(WHOLE, WHOLE.nodes), Pipeline())

    assert [edge.id for edge in after.edges] == [edge.id for edge in WHOLE.edges]
    assert after.nodes["split"].params == {"seed": 7}
