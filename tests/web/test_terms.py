"""A computation in the form: the text counts, and rows below it write it."""

from __future__ import annotations

from typing import Any

import pytest

from cards.derive_column import DeriveColumn
from tensorrag.describing import params_schema
from tensorrag.types import ColumnSchema
from web.page.form.clauses import Columns
from web.page.form.content import Form
from web.page.form.fields import field_specs
from web.page.form.form import form
from web.page.form.terms import changed
from web.page.markup import html

HOUSES = (
    ColumnSchema(name="city", kind="category"),
    ColumnSchema(name="price", kind="number"),
    ColumnSchema(name="floor area", kind="integer"),
)


def drawn(formula: str, columns: Columns = HOUSES) -> str:
    specs = field_specs(params_schema(DeriveColumn))
    return html(form(Form("n", specs, {"formula": formula}, columns={"dataset": columns})))


def test_columns_that_are_numbers_and_numbers_are_offered() -> None:
    page = drawn("price / 3")

    rows = page.split("data-term=")[1:]
    assert len(rows) == 2
    assert "÷ by" not in rows[0]
    assert "÷ by" in rows[1]
    assert 'value="floor area"' in rows[1]
    assert 'value="city"' not in rows[1]
    assert 'value="3"' in rows[1]
    assert 'value="1234567890123"' in drawn("price / 1234567890123")


def test_what_is_more_than_rows_can_show_is_said_to_be_text() -> None:
    for text in ("log(price)", "price + 2 * price", "price /"):
        assert "more than rows can show" in drawn(text)
        assert changed(text, HOUSES, 0, "remove", "") == text
    assert "Connect a table" in drawn("price", None)


CHANGES: list[tuple[str, int, str, Any, str]] = [
    ("", 0, "add", "", "price"),
    ("price", 0, "add", "", "price + price"),
    ("price / 2", 0, "add", "", "price / 2 / price"),
    ("price / 2", 0, "remove", "", "2"),
    ("price", 0, "remove", "", ""),
    ("price / 2", 1, "sign", "+", "price + 2"),
    ("price / 2 * 3", 2, "sign", "/", "price / 2 / 3"),
    ("price / 2 * 3", 2, "sign", "+", "price / 2 * 3"),
    ("price / 2", 1, "operand", "floor area", "price / `floor area`"),
    ("price", 0, "operand", "", "1"),
    ("price", 0, "operand", "city", "price"),
    ("price / 2", 1, "number", "1 000.5", "price / 1000.5"),
    ("price / 2", 1, "number", "much", "price / 2"),
    ("price / 2", 1, "number", "123456789012345678", "price / 123456789012345678"),
    ("price / 2", 9, "number", "3", "price / 2"),
]


@pytest.mark.parametrize(("text", "at", "what", "raw", "after"), CHANGES)
def test_each_control_changes_the_text(text: str, at: int, what: str, raw: Any, after: str) -> None:
    assert changed(text, HOUSES, at, what, raw) == after
