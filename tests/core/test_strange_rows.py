"""A model answers for anything; whoever asks about what it has never seen is told."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tensorrag import Table
from tensorrag.strange_rows import MOST, warnings

SEEN = {"ranges": {"age": (18.0, 80.0), "always": (3.0, 3.0)}, "values": {"town": ["Bonn", "Köln"]}}
USUAL = {"age": 40.0, "always": 3.0, "town": "Bonn"}


def told(**row: Any) -> list[str]:
    return warnings(Table.from_pandas(pd.DataFrame([USUAL, USUAL | row])), SEEN)


@pytest.mark.parametrize("row", [{}, {"age": 142.0}, {"age": None}, {"town": None}])
def test_what_is_like_the_train_rows_is_not_remarked(row: dict[str, Any]) -> None:
    assert told(**row) == []


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"age": 143.0}, "age: 143 is far outside of what the model has learnt from, 18 to 80."),
        ({"age": -45.0}, "age: -45 is far outside of what the model has learnt from, 18 to 80."),
        ({"always": 4.0}, "always: 4 is far outside of what the model has learnt from, 3 alone."),
        ({"town": "Oslo"}, 'town: "Oslo" is in no row that the model learnt from.'),
    ],
)
def test_what_is_unlike_them_is_named_with_its_place(row: dict[str, Any], sentence: str) -> None:
    assert told(**row) == [f"Row 2, {sentence}"]


def test_of_many_some_are_told_and_all_are_counted() -> None:
    rows = pd.DataFrame([USUAL | {"town": "Oslo"}] * 1000)

    said = warnings(Table.from_pandas(rows), SEEN)

    assert len(said) == MOST + 1
    assert said[-1] == "And 980 more."


def test_a_model_from_before_says_nothing() -> None:
    assert warnings(Table.from_pandas(pd.DataFrame([USUAL])), {}) == []
