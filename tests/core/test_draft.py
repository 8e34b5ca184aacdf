"""A text is tried out as a file with cards: what is in it, and what is wrong and where."""

from __future__ import annotations

import pytest

from tensorrag.registry.draft import read_draft
from web.live.cards.template import card_template

TEMPLATE = card_template(())


def test_the_template_is_a_whole_card() -> None:
    draft = read_draft(TEMPLATE, "my_card")

    (card,) = draft.cards
    assert draft.faults == ()
    assert (card.card, card.title, card.category) == ("my_card", "My Card", "Data")
    assert [port.name for port in (*card.inputs, *card.outputs)] == ["table", "table"]
    assert "its help" in card.params["properties"]["rows"]["description"]
    assert read_draft(card_template({"my_card"}), "new").cards[0].card == "my_card2"


@pytest.mark.parametrize(
    ("old", "new", "line_of", "said"),
    [
        ("class Out(NamedTuple):", "class Out(NamedTuple:", "class Out", "Invalid syntax"),
        ("Field(100", "Feld(100", "rows: int", "name 'Feld' is not defined"),
        ("table: Table)", "table: Tabel)", "def run", "'Tabel'"),
        ("        table: Table\n", "        table: int\n", "class Out", "no type"),
        ("-> Out:", "-> Table:", "def run", "does not say that it returns Out"),
        ("def propagate(", "def propagat(", "class MyCard", "no propagate"),
        ("self, table: TableSchema)", "self)", "def propagate", "does not take what run takes"),
        ("rows: int", "run: int", "class MyCard", "a parameter cannot be called 'run'"),
    ],
)
def test_a_mistake_is_said_with_its_line(old: str, new: str, line_of: str, said: str) -> None:
    text = TEMPLATE.replace(old, new, 1)
    draft = read_draft(text, "my_card")

    (fault,) = draft.faults
    assert said in fault.message
    assert fault.line is not None
    assert line_of in text.splitlines()[fault.line - 1]


@pytest.mark.parametrize("deep", ["-" * 200_000 + "1", "1" + "+1" * 100_000])
def test_what_is_nested_too_deeply_is_said_in_a_sentence(deep: str) -> None:
    (fault,) = read_draft(f"{TEMPLATE}\nx = {deep}\n", "my_card").faults
    assert fault.message == "Something in it is nested too deeply for Python to read it."


def test_what_ends_the_import_says_where() -> None:
    draft = read_draft(f"{TEMPLATE}\n\nraise SystemExit\n", "my_card")
    assert draft.faults[0].line == len(TEMPLATE.splitlines()) + 3
    assert "ends the process" in draft.faults[0].message

    assert read_draft("", "my_card").faults[0].message == "There is no card in it yet."
    assert read_draft("x = '\ud800'", "x").faults
    assert read_draft("x = 'a\0b'", "x").faults


def test_a_text_that_was_tried_out_is_nowhere_in_use() -> None:
    one = read_draft(TEMPLATE, "my_card")
    other = read_draft(TEMPLATE.replace("Field(100", "Field(200"), "my_card")

    assert one.cards[0].params["properties"]["rows"]["default"] == 100
    assert other.cards[0].params["properties"]["rows"]["default"] == 200
