"""A condition as rows: read from the one grammar, and written so that it reads back the same."""

from __future__ import annotations

import random

import pytest

from tensorrag.formula.clauses import BARE, LISTS, OPERATORS, Clause, Clauses, clauses


def test_a_condition_is_read_as_rows() -> None:
    found = clauses("price > 100 and city in ('Rome', 'O''Hare') and `floor area` is not missing")

    assert found == Clauses(
        (
            Clause("price", ">", (100,)),
            Clause("city", "in", ("Rome", "O'Hare")),
            Clause("floor area", "is not missing"),
        )
    )


def test_any_of_several_and_what_is_simply_so() -> None:
    found = clauses("sold or not garden or contains(city, 'o')")

    assert found is not None
    assert found.word == "or"
    assert [row.operator for row in found.rows] == ["is true", "is not true", "contains"]


@pytest.mark.parametrize(
    "text",
    [
        "a > 1 and b > 2 or c > 3",
        "a > 1 and (b > 2 and c > 3)",
        "not (a > 1)",
        "a > b",
        "5 < a",
        "a + 1 > 2",
        "upper(city) == 'ROME'",
        "a >",
        "1",
        " or ".join(["a > 1"] * 21),
    ],
)
def test_what_is_more_than_rows_can_show_stays_text(text: str) -> None:
    assert clauses(text) is None


def test_nothing_is_no_row() -> None:
    assert clauses("  ") == Clauses()


def test_whatever_rows_are_written_they_read_back_the_same() -> None:
    draw = random.Random(5)
    values: list[int | float | str] = [
        0,
        -3,
        1.5,
        1e300,
        True,
        False,
        "",
        "Rome",
        "it's",
        '"',
        "é 😀",
        "not",
        "and",
        ",",
    ]
    for _ in range(500):
        rows = []
        for _ in range(draw.randint(1, 4)):
            operator = draw.choice(OPERATORS)
            count = 0 if operator in BARE else draw.randint(1, 3) if operator in LISTS else 1
            column = draw.choice(["price", "floor area", "not", "a`b", "größe", "x.y", "1st"])
            rows.append(Clause(column, operator, tuple(draw.choices(values, k=count))))
        word = draw.choice(["and", "or"]) if len(rows) > 1 else "and"
        made = Clauses(tuple(rows), "or" if word == "or" else "and")

        assert clauses(made.text()) == made, made.text()
