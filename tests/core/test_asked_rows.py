"""Rows that somebody asks a model about: what fits is taken, anything else named."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cards.data_load import DataLoad
from tensorrag.asked_rows import MOST_ROWS, as_arrow, columns_of, has_features
from tensorrag.errors import ParameterError
from tensorrag.sources import Sources, looking_in
from tensorrag.types import ColumnKind, ColumnSchema

COLUMNS = (
    ColumnSchema(name="rooms", kind="integer"),
    ColumnSchema(name="river", kind="binary"),
    ColumnSchema(name="town", kind="category"),
)
ROW = {"rooms": 6, "river": True, "town": "Aachen"}


def test_rows_and_columns_say_the_same() -> None:
    rows = columns_of([ROW, ROW | {"rooms": 7}], COLUMNS)
    columns = columns_of({"rooms": [6, 7], "river": [True] * 2, "town": ["Aachen"] * 2}, COLUMNS)

    assert rows == columns
    assert as_arrow(rows, COLUMNS).to_pylist() == [ROW, ROW | {"rooms": 7}]


def test_the_target_may_be_there_and_a_value_may_be_missing() -> None:
    taken = columns_of([ROW | {"rent": 9, "town": None}], COLUMNS, "rent")

    assert taken == {"rooms": [6], "river": [True], "town": [None]}


def test_yes_and_no_may_be_written_in_two_ways_at_once() -> None:
    taken = columns_of([ROW, ROW | {"river": 0}, ROW | {"river": None}], COLUMNS)

    assert as_arrow(taken, COLUMNS)["river"].to_pylist() == [1, 0, None]


FILE = """zip,size,sunny,sold,town
20095,3.5,true,2026-01-31,Hamburg
10115,4,FALSE,2026-02-28 12:30,10115
80331,,,,Bonn
"""


def test_rows_of_a_file_that_are_sent_as_its_text_are_what_is_read_of_the_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "rows.csv").write_text(FILE)
    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        read = DataLoad(source="path", path="rows.csv").run().dataset
    columns = [ColumnSchema(name=each.name, kind=each.kind) for each in read.columns]
    sent = list(csv.DictReader(io.StringIO(FILE)))

    taken = as_arrow(columns_of(sent, columns), columns)

    assert [each.kind for each in columns] == ["integer", "number", "binary", "date", "text"]
    assert taken.to_pylist() == read.arrow.to_pylist()
    assert taken["zip"].type == read.arrow["zip"].type == pa.int64()


@pytest.mark.parametrize(
    ("kind", "sent", "taken"),
    [
        ("integer", ["10115", " 01067 ", "3e2", 4.0, ""], [10115, 1067, 300, 4, None]),
        ("integer", ["3.5", 4], [3.5, 4.0]),
        ("integer", ["9007199254740993"], [2**53 + 1]),
        ("integer", [10**30, 4], [1e30, 4.0]),
        ("number", ["3.5", "-.5", "+4.", 2, None], [3.5, -0.5, 4.0, 2.0, None]),
        ("number", ["80,5", "-0,125", "1234,567", "1,25"], [80.5, -0.125, 1234.567, 1.25]),
        ("integer", ["3,0", "12,5"], [3.0, 12.5]),
        ("binary", ["true", "No", " YES", False], [True, False, True, False]),
        ("binary", ["1", 0, "no"], [1, 0, 0]),
        (
            "category",
            [10115, 3.0, 3.5, True, "Aachen", ""],
            ["10115", "3", "3.5", "true", "Aachen", ""],
        ),
        ("text", [7, None], ["7", None]),
        (
            "date",
            ["31.01.2026", "31.01.26 12:00", "", " "],
            [*map(datetime.fromisoformat, ["2026-01-31", "2026-01-31T12:00"]), None, None],
        ),
    ],
)
def test_what_converts_without_loss_is_taken(
    kind: ColumnKind, sent: list[Any], taken: list[Any]
) -> None:
    columns = (ColumnSchema(name="x", kind=kind),)

    assert as_arrow(columns_of({"x": sent}, columns), columns)["x"].to_pylist() == taken


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "There are no rows."),
        ([ROW] * (MOST_ROWS + 1), "There are 10,001 rows; at most 10,000 are answered at once."),
        ([ROW, 7], "Row 2 is no object."),
        ([{"rooms": 6}], 'The rows lack "river" and 1 more, which the model was trained on.'),
        ([ROW, ROW | {"colour": "red"}], 'Row 2 has "colour", which the model does not take.'),
        ([ROW, {"rooms": 6, "river": True}], 'Row 2 lacks "town", which the model was trained on.'),
        ([ROW | {"colour": 1}], 'The rows have "colour", which the model does not take.'),
        ([ROW, ROW | {"rooms": "six"}], 'Row 2, rooms: "six" is no number.'),
        ([ROW | {"a": 1, "b": 1}], 'The rows have "a" and 1 more, which the model does not take.'),
        ([{}], 'The rows lack "rooms" and 2 more, which the model was trained on.'),
        ([ROW | {"rooms": 10**400}], "Row 1, rooms: "),
        ([ROW | {"rooms": [1]}], 'Row 1, rooms: "[1]" is no number.'),
        ([ROW | {"rooms": True}], 'Row 1, rooms: "true" is no number.'),
        ([ROW | {"town": [3]}], 'Row 1, town: "[3]" is no text.'),
        ([ROW | {"rooms": "1,000"}], 'Row 1, rooms: "1,000" is no number.'),
        ([ROW | {"rooms": "1e999"}], 'Row 1, rooms: "1e999" is no number.'),
        ([ROW | {"rooms": "nan"}], 'Row 1, rooms: "nan" is no number.'),
        ([ROW | {"rooms": "\u0661"}], 'Row 1, rooms: "\u0661" is no number.'),
        ([ROW | {"river": "maybe"}], 'Row 1, river: "maybe" is no yes or no, nor a number.'),
        (ROW, 'Column "rooms" is no list of values.'),
        (
            {"rooms": [1, 2], "river": [1], "town": ["Aachen"]},
            'Column "rooms" has 2 values, "river" has 1.',
        ),
        ("rows", "The rows are no list."),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(rows: Any, sentence: str) -> None:
    with pytest.raises(ParameterError) as refused:
        columns_of(rows, COLUMNS)

    assert refused.value.message.startswith(sentence)
    assert refused.value.hint


@pytest.mark.parametrize(
    "sent", ["1,250", "-100,125", "1,234,567", "1,234.5", "1.234,5", "80,", ","]
)
def test_a_comma_that_may_stand_between_thousands_is_refused_with_what_to_write(sent: str) -> None:
    with pytest.raises(ParameterError) as refused:
        columns_of([{"size": 80.5}, {"size": sent}], [ColumnSchema(name="size", kind="number")])

    assert refused.value.message == f'Row 2, size: "{sent}" is no number.'
    assert refused.value.hint == (
        "size was a number where the model was trained; write one with a decimal point and "
        "nothing between thousands, as 1234.5."
    )


def test_a_time_with_an_offset_is_the_one_in_utc_as_in_a_file() -> None:
    sold = (ColumnSchema(name="sold", kind="date"),)
    times = ["2026-03-28T00:30:00+01:00", "2026-03-28T12:00Z", "2026-03-28 12:00"]

    read = columns_of({"sold": times}, sold)["sold"]

    noon = datetime(2026, 3, 28, 12)
    assert read == [datetime(2026, 3, 27, 23, 30), noon, noon]
    with pytest.raises(ParameterError, match='"20260328" is no date'):
        columns_of({"sold": [20260328]}, sold)
    with pytest.raises(ParameterError, match="no date"):
        columns_of({"sold": ["0001-01-01T00:00+01:00"]}, sold)


def test_of_a_column_and_the_feature_that_is_made_of_it_the_column_is_taken() -> None:
    assert has_features(["sold_days", "rooms"], ["sold", "rooms"], ["sold_days", "rooms"])
    assert not has_features(
        ["sold", "sold_days", "rooms"], ["sold", "rooms"], ["sold_days", "rooms"]
    )
    assert not has_features(["rooms"], ["sold", "rooms"], ["sold_days", "rooms"])
