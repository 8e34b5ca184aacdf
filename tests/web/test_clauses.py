"""A condition in the form: the text counts, and rows beside it write it."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

import pytest

from cards.filter_rows import FilterRows
from tensorrag.describing import params_schema
from tensorrag.types import ColumnSchema
from web.page.form import clauses
from web.page.form.clauses import Columns, changed
from web.page.form.content import Form
from web.page.form.fields import field_specs
from web.page.form.form import form
from web.page.markup import html

HOUSES = (
    ColumnSchema(name="price", kind="number"),
    ColumnSchema(name="city", kind="category"),
    ColumnSchema(name="sold on", kind="date"),
    ColumnSchema(name="garden", kind="binary"),
    ColumnSchema(name="odd"),
)


def drawn(condition: str, columns: Columns = HOUSES) -> str:
    specs = field_specs(params_schema(FilterRows))
    return html(form(Form("n", specs, {"condition": condition}, columns={"dataset": columns})))


def test_each_part_of_a_condition_is_a_row_with_what_fits_its_column() -> None:
    page = drawn("price > 100 or city in ('Rome', 'Oslo')")

    assert page.count("data-clause=") == 2
    assert 'value="Rome, Oslo"' in page
    assert "Any of these holds" in page
    first, second = page.split("data-clause=")[1:]
    assert "contains" not in first
    assert "contains" in second


def test_the_columns_are_offered_as_they_are_written_in_a_formula() -> None:
    page = drawn("")

    assert 'data-value="`sold on`"' in page
    assert 'data-completes="f-condition-' in page
    assert "Add a row" in page


def test_what_is_more_than_rows_can_show_is_said_to_be_text() -> None:
    for text in (
        "price > 1 and garden or odd == 2",
        "city in ('Lima, old')",
        "city in ('', 'Rome')",
        "city in (' Rome')",
        "price >",
    ):
        assert "more than rows can show" in drawn(text)
        assert changed(text, HOUSES, 0, "remove", "") == text


def test_without_a_table_there_are_no_rows() -> None:
    assert "Connect a table" in drawn("price > 1", None)
    assert changed("price > 1", None, 0, "remove", "") == "price > 1"


LONG = ", ".join(map(str, range(300)))
CHANGES: list[tuple[str, int, str, Any, str]] = [
    ("", 0, "add", "", "price > 0"),
    ("garden", 0, "add", "", "garden and price > 0"),
    ("price > 1 and garden", 0, "remove", "", "garden"),
    ("price > 1", 0, "remove", "", ""),
    ("price > 1 and garden", 0, "word", "or", "price > 1 or garden"),
    ("price > 1", 0, "value", "2 500.5", "price > 2500.5"),
    ("price > 1", 0, "value", "much", "price > 'much'"),
    ("price > 1", 0, "value", "", "price > 0"),
    ("price > 1", 0, "operator", "in", "price in (1)"),
    ("price in (1)", 0, "value", "1, 2,", "price in (1, 2)"),
    ("price in (1, 2)", 0, "operator", "is missing", "price is missing"),
    ("price is missing", 0, "operator", "<=", "price <= 0"),
    ("price > 1", 0, "column", "city", "city == ''"),
    ("price == 1", 0, "column", "city", "city == '1'"),
    ("price > 1", 0, "column", "garden", "garden"),
    ("price > 1", 0, "column", "sold on", "`sold on` > '1'"),
    ("price != 1", 0, "column", "odd", "odd != 1"),
    ("garden", 0, "column", "sold on", "`sold on` >= '2026-01-31'"),
    ("city == ''", 0, "value", "it's", "city == 'it''s'"),
    ("odd == 1", 0, "value", "true", "odd == true"),
    ("city == ''", 0, "operator", "in", "city in ('')"),
    ("city in ('')", 0, "value", "Rome, Oslo", "city in ('Rome', 'Oslo')"),
    ("price == 1234567890123", 0, "operator", "in", "price in (1234567890123)"),
    ("price == 1", 0, "value", "123456789012345678", "price == 123456789012345678"),
    ("price > 0.1234567890123", 0, "operator", "<", "price < 0.1234567890123"),
    ("price in (1)", 0, "value", "1, 2, " + "3" * 2000, "price in (1)"),
    ("price in (1)", 0, "value", LONG, f"price in ({LONG})"),
    ("price > 1", 7, "remove", "", "price > 1"),
    ("price > 1", 0, "column", "made up", "price > 1"),
    ("price > 1", 0, "operator", "__class__", "price > 1"),
    ("price > 1", 0, "word", "xor", "price > 1"),
]


class Someday(date):
    """A day on which no test can run past midnight."""

    @classmethod
    def today(cls) -> Self:
        return cls(2026, 1, 31)


@pytest.mark.parametrize(("text", "at", "what", "raw", "after"), CHANGES)
def test_each_control_changes_the_text(
    text: str, at: int, what: str, raw: Any, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clauses, "date", Someday)
    assert changed(text, HOUSES, at, what, raw) == after
