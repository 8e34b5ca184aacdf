"""Kinds are corrected where columns are looked at: a card behind them does it."""

from __future__ import annotations

from dataclasses import replace

from tensorrag.edit.document import Document
from tensorrag.pipeline import Edge, Node, Pipeline, Position
from tensorrag.registry.finding import Registry
from tensorrag.types import ColumnKind
from web.page.edits.correcting import Output, chosen_by, correcting, output_of
from web.page.tables.kinds import Correctable, Doubt, doubt_of, kind_of

CATALOG = Registry.load().catalog()


def pipeline(*nodes: str, wires: str) -> Pipeline:
    """Cards side by side, by their kinds, wired as ``load.dataset > split.dataset, …``."""
    made = {
        name: Node(name, card, position=Position(232.0 * at, 0))
        for at, (name, card) in enumerate(each.split(":") for each in nodes)
    }
    edges = []
    for wire in wires.split(","):
        (source, out), (target, into) = (end.strip().split(".") for end in wire.split(">"))
        edges.append(Edge(source, out, target, into))
    return Pipeline(name="Flats", nodes=made, edges=tuple(edges))


FLATS = pipeline(
    "load:data_load", "split:data_split", "train:train", "look:profile",
    wires="load.dataset > split.dataset, load.dataset > look.dataset,"
    "split.train_dataset > train.train_dataset",
)  # fmt: skip


def corrected(flats: Pipeline, output: Output, column: str, kind: ColumnKind | None) -> Pipeline:
    """Make the edit that corrects a kind."""
    document = Document(flats, CATALOG)
    document.apply(correcting(flats, output, column, kind, lose=False)[1], "Make it so")
    assert document.pipeline != flats
    return document.pipeline


def test_a_card_is_put_between_the_output_and_all_that_it_leads_to() -> None:
    output = output_of(FLATS, CATALOG, "load")
    assert output == Output("load", "dataset")

    made = corrected(FLATS, output, "rooms", "category")

    assert made.nodes["change_kinds"].params == {"category_columns": ["rooms"]}
    assert {edge.id for edge in made.edges} == {
        "load.dataset-change_kinds.dataset",
        "change_kinds.dataset-split.dataset",
        "change_kinds.dataset-look.dataset",
        "split.train_dataset-train.train_dataset",
    }
    assert [made.nodes[name].position.x for name in ("change_kinds", "split")] == [232, 464]


def test_the_card_that_is_there_already_is_set_and_what_was_found_is_taken_out_again() -> None:
    made = corrected(FLATS, Output("load", "dataset"), "rooms", "category")
    behind = output_of(made, CATALOG, "load")
    assert behind == output_of(made, CATALOG, "change_kinds")
    assert behind == Output("load", "dataset", "change_kinds")

    as_text = corrected(made, behind, "rooms", "text")
    assert chosen_by(as_text.nodes["change_kinds"].params) == {"rooms": "text"}
    assert chosen_by(corrected(as_text, behind, "rooms", None).nodes["change_kinds"].params) == {}


def test_a_bypassed_card_changes_no_kinds_so_another_one_is_put_there() -> None:
    made = corrected(FLATS, Output("load", "dataset"), "rooms", "category")
    bypassed = made.with_nodes(replace(made.nodes["change_kinds"], enabled=False))

    assert output_of(bypassed, CATALOG, "load") == Output("load", "dataset")
    again = corrected(bypassed, Output("load", "dataset"), "rooms", "category")
    assert [edge.source for edge in again.inputs_of("change_kinds")] == ["change_kinds_2"]


def test_parts_of_a_split_have_the_same_kinds() -> None:
    """Of train rows alone, a kind would be another one than of the rows it is measured on."""
    assert output_of(FLATS, CATALOG, "train") == Output("load", "dataset")
    assert output_of(FLATS, CATALOG, "split") == Output("load", "dataset")


def test_a_choice_says_what_was_found_and_what_no_value_can_be() -> None:
    known = Correctable("load", {"built": "date", "rooms": "integer"}, {"rooms": "category"})

    rooms, built = (
        str(kind_of(known, name, None, at)) for at, name in enumerate(("rooms", "built"))
    )

    assert '<option value="category" selected>category' in rooms
    assert "whole number, as it was found" in rooms
    assert '<option value="number" disabled>number: a date is none' in built
    assert str(kind_of(None, "rooms", "integer", 0)) == "whole number"


def test_a_kind_that_does_not_hold_asks_before_anything_is_lost() -> None:
    doubt = Doubt("load", "price", "number", "4 of 240 rows hold no number")
    known = Correctable("load", {"price": "text"}, doubt=doubt)

    assert '<option value="number" selected>' in str(kind_of(known, "price", "text", 0))
    said = str(doubt_of(known, "price", 0))
    assert "4 of 240 rows hold no number" in said
    assert "Keep text" in said
