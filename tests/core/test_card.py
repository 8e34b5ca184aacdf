"""How a card is declared: fields are parameters, the signature of ``run`` has the ports."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pytest
from pydantic import model_validator

from tensorrag import Card, CardError, Column, Field, ParameterError, Table, TableSchema
from tensorrag.catalog import why_not
from tensorrag.describing import describe
from tensorrag.registry.loading import make_card


class TakeRows(Card):
    """Keep the first rows of a table.

    More about it.
    """

    rows: int = Field(10, ge=1, le=100)
    """How many rows to keep."""
    order: Literal["as_is", "sorted"] = "as_is"
    by: Column = Field("", columns_of="table", when={"order": "sorted"}, max_length=1000)

    class Out(NamedTuple):
        table: Table

    def run(self, table: Table, like: Table | None = None) -> Out:
        return self.Out(Table(table.arrow.slice(0, self.rows), like=table))

    def propagate(self, table: TableSchema, like: TableSchema | None = None) -> TableSchema:
        return table

    @model_validator(mode="after")
    def _thirteen(self) -> TakeRows:
        if self.rows == 13:
            raise ParameterError("13 rows bring bad luck.", field="rows", hint="Take 12.")
        return self


def test_a_card_describes_itself() -> None:
    info = describe(TakeRows)

    assert (info.card, info.title) == ("take_rows", "Take Rows")
    assert info.summary == "Keep the first rows of a table."
    assert [(p.name, p.type, p.optional) for p in info.inputs] == [
        ("table", "Table", False),
        ("like", "Table", True),
    ]
    assert [p.name for p in info.outputs] == ["table"]
    rows = info.params["properties"]["rows"]
    assert rows["description"] == "How many rows to keep."
    assert (rows["minimum"], rows["maximum"], rows["default"]) == (1, 100, 10)
    assert info.params["properties"]["by"]["x-columns-of"] == "table"


def test_parameters_that_do_not_matter_are_left_out() -> None:
    assert TakeRows(by="age").active() == {"rows": 10, "order": "as_is"}
    assert TakeRows(by="age", order="sorted").active()["by"] == "age"


@pytest.mark.parametrize(
    ("params", "field", "sentence"),
    [
        ({"rows": 0}, "rows", "Rows must be at least 1, not 0."),
        ({"rows": "many"}, "rows", "Rows must be a whole number, not 'many'."),
        ({"rows": True}, "rows", "Rows must be a whole number, not 'true'."),
        ({"rows": 10**9}, "rows", "Rows must be at most 100, not 1000000000."),
        ({"__proto__": 1}, "__proto__", '"__proto__" is not a parameter of this card.'),
        ({"order": "up"}, "order", "Order must be one of 'as_is' or 'sorted', not 'up'."),
        ({"by": "x" * 1001}, "by", "By takes at most 1,000 characters."),
        ({"color": "red"}, "color", '"color" is not a parameter of this card.'),
        ({"rows": 13}, "rows", "13 rows bring bad luck."),
    ],
)
def test_a_wrong_parameter_is_one_sentence(
    params: dict[str, object], field: str, sentence: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        make_card(TakeRows, params)

    assert (caught.value.field, str(caught.value)) == (field, sentence)


def test_a_port_says_why_it_does_not_fit() -> None:
    table = describe(TakeRows).inputs[0]
    model = table.model_copy(update={"name": "trained_model", "type": "Model", "accepts": ()})

    assert why_not(describe(TakeRows).outputs[0], table) is None
    assert why_not(model, table) == "table takes a Table, not a Model."


def test_a_card_without_a_type_on_a_port_is_refused() -> None:
    class Untyped(Card):
        """Do nothing."""

        class Out(NamedTuple):
            table: Table

        def run(self, table) -> Out:  # type: ignore[no-untyped-def]  # noqa: ANN001
            return self.Out(table)

        def propagate(self, table: TableSchema) -> TableSchema:
            return table

    with pytest.raises(CardError, match="port 'table' has no type"):
        describe(Untyped)


def test_a_parameter_cannot_be_called_like_something_that_cards_have() -> None:
    with pytest.raises(CardError, match="cannot be called 'schema'"):

        class Reserved(Card):
            """Do nothing."""

            schema: str = ""  # type: ignore[assignment]
