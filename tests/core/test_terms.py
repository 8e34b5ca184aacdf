"""A computation as rows, as far as they can be read from left to right."""

from __future__ import annotations

import random

import pytest

from tensorrag.formula.terms import ALIKE, Term, formula_of, terms


def test_a_computation_is_read_as_rows() -> None:
    assert terms("price / `floor area` * 100") == (
        Term("", "price"),
        Term("/", "floor area"),
        Term("*", None, 100),
    )
    assert terms("(a + b) - -3.5") == (Term("", "a"), Term("+", "b"), Term("-", None, -3.5))
    assert terms(" ") == ()


@pytest.mark.parametrize(
    "text",
    ["a + b * c", "a * b + c", "a - (b + c)", "log(a)", "-a", "a + 'x'", "a > 1", "a +", "a % 2",
     " + ".join("a" * 21)],
)  # fmt: skip
def test_what_is_more_than_rows_can_show_stays_text(text: str) -> None:
    assert terms(text) is None


def test_whatever_rows_are_written_they_read_back_the_same() -> None:
    draw = random.Random(5)
    for _ in range(300):
        signs = ALIKE[draw.choice(list(ALIKE))]
        rows = tuple(
            Term(draw.choice(signs) if at else "", draw.choice(["a", "a b", "not"]))
            if draw.random() < 0.7
            else Term(draw.choice(signs) if at else "", None, draw.choice([0, -3, 1.5, 1e300]))
            for at in range(draw.randint(1, 5))
        )
        assert terms(formula_of(rows)) == rows, formula_of(rows)
