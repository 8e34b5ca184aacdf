"""Formulas compute, say what is wrong with them and where, and can do nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from cards._formula.formula import condition, formula
from tensorrag import InputError, ParameterError, Table, TableSchema
from tensorrag.types import ColumnSchema

HOMES = Table.from_pandas(
    pd.DataFrame(
        {
            "price": [100.0, 250.0, None, -4.0],
            "rooms": [1, 2, 3, 4],
            "floor area": [50.0, 0.0, 30.0, 40.0],
            "city": ["Rome", "Oslo", None, "Rome"],
            "sold": [True, False, True, True],
            "seen": [
                dt.datetime(2024, 1, 1),
                dt.datetime(2024, 2, 29),
                None,
                dt.datetime(2025, 1, 1, 13),
            ],
        }
    )
)


def values(text: str) -> list[Any]:
    made: list[Any] = formula(text, HOMES.schema, field="formula").values(HOMES).to_pylist()
    return made


@pytest.mark.parametrize(
    ("text", "computed"),
    [
        ("price / `floor area`", [2.0, None, None, -0.1]),
        ("1 + 2 * 3 ^ 2 - -1", [20.0] * 4),
        ("-rooms ^ 2", [-1.0, -4.0, -9.0, -16.0]),
        ("2 ^ 3 ^ 2", [512.0] * 4),
        ("rooms % 2 == 1", [True, False, True, False]),
        ("-rooms % 3", [2.0, 1.0, 0.0, 2.0]),
        ("log(price)", [pytest.approx(4.60517), pytest.approx(5.52146), None, None]),
        ("price > 0 and not sold", [False, True, False, False]),
        ("price > 0 or sold", [True, True, True, True]),
        ("city in ('Rome', 'Bonn')", [True, False, None, True]),
        ("CITY NOT IN ('Rome')".replace("CITY", "city"), [False, True, None, False]),
        ("city is missing or price is not missing", [True] * 4),
        ('city = "Rome" and rooms <> 4', [True, False, None, False]),
        ("if(rooms >= 3, 'large', 'small')", ["small", "small", "large", "large"]),
        ("coalesce(price, rooms)", [100.0, 250.0, 3.0, -4.0]),
        ("min(price, rooms, 2)", [1.0, 2.0, 2.0, -4.0]),
        ("round(price / 3, 1)", [33.3, 83.3, None, -1.3]),
        ("upper(concat(city, '-', text(rooms)))", ["ROME-1", "OSLO-2", None, "ROME-4"]),
        ("contains(city, 'om') and starts_with(city, 'R')", [True, False, None, True]),
        ("replace(city, 'R', 'D')", ["Dome", "Oslo", None, "Dome"]),
        ("seen >= '2024-02-01'", [False, True, None, True]),
        ("year(seen) * 100 + month(seen)", [202401.0, 202402.0, None, 202501.0]),
        ("weekday(seen)", [1, 4, None, 3]),
        ("hour(seen)", [0, 0, None, 13]),
        ("days_between('2024-01-01', seen)", [0, 59, None, 366]),
        ("sold == true", [True, False, True, True]),
        ("'it''s'", ["it's"] * 4),
    ],
)
def test_it_computes(text: str, computed: list[Any]) -> None:
    assert values(text) == computed


IDS = Table(
    pa.table(
        {
            "id": pa.array([2**53, 2**53 + 1, 1234567890123456789, None], pa.int64()),
            "other": pa.array([2**53 + 1, 2**53 + 1, 1234567890123456788, 1], pa.int64()),
            "long": pa.array([2**64 - 1, 2**64 - 2, 5, None], pa.uint64()),
        }
    )
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("id == 9007199254740993", [False, True, False, None]),
        ("id == other", [False, True, False, None]),
        ("id == 1234567890123456788", [False, False, False, None]),
        ("id > -9223372036854775808", [True, True, True, None]),
        ("id in (1234567890123456789, 5)", [False, False, True, None]),
        ("id in (9007199254740992, 18446744073709551615)", [True, False, False, None]),
        ("long == 18446744073709551614", [False, True, False, None]),
        ("long > 5", [True, True, False, None]),
        ("long > id", [True, True, False, None]),
        ("long in (5, 18446744073709551615)", [True, False, True, None]),
        ("id < 18446744073709551616", [True, True, True, None]),
        ("id != -18446744073709551615", [True, True, True, None]),
    ],
)
def test_whole_numbers_are_compared_to_the_last_digit(text: str, holds: list[bool | None]) -> None:
    assert condition(text, IDS.schema, field="condition").values(IDS).to_pylist() == holds


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("long", [2**64 - 1, 2**64 - 2, 5, None]),
        ("if(id > other, 1, long)", [2**64 - 1, 2**64 - 2, 1, None]),
        ("if(id < 0, long, -1)", [-1, -1, -1, None]),
        ("coalesce(long, other)", [2**64 - 1, 2**64 - 2, 5, 1]),
        (
            "coalesce(id, long, -9223372036854775808)",
            [2**53, 2**53 + 1, 1234567890123456789, -(2**63)],
        ),
        ("text(coalesce(long, -1))", [str(2**64 - 1), str(2**64 - 2), "5", "-1"]),
    ],
)
def test_whole_numbers_are_chosen_as_they_are(text: str, gives: list[Any]) -> None:
    assert formula(text, IDS.schema, field="formula").values(IDS).to_pylist() == gives


def test_whole_numbers_that_no_column_holds_together_are_told() -> None:
    made = formula("coalesce(long, -1)", IDS.schema, field="formula")

    with pytest.raises(InputError, match=r"below 0 and from 2\^63 on, which no column holds"):
        made.values(IDS)


def test_a_part_of_large_whole_numbers_joins_one_of_small_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cards._formula.formula.ROWS", 2)

    made = formula("long", IDS.schema, field="formula").values(IDS)

    assert made.to_pylist() == [2**64 - 1, 2**64 - 2, 5, None]


def test_chosen_whole_numbers_have_a_sign_where_that_holds_them() -> None:
    made = formula("if(long > 10, 1, long)", IDS.schema, field="formula").values(IDS)

    assert (made.type, made.to_pylist()) == (pa.int64(), [1, 1, 5, None])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prise > 1", "At 1: there is no column prise; did you mean price?"),
        ("price > floor_area", "At 9: there is no column floor_area; did you mean floor area?"),
        ("city == Bonn", "At 9: there is no column Bonn."),
        ("1 + lgo(price)", "At 5: there is no function lgo; did you mean log?"),
        ("price >", "At 8: something is missing at the end."),
        ("(price", "At 1: this bracket is not closed."),
        ("price)", "At 6: this bracket closes nothing."),
        ("price rooms", "At 7: rooms does not fit here."),
        ("1 < price < 5", "At 11: two comparisons need a word between them."),
        ("city == 'Rome", "At 9: this text has no end."),
        ("sold & sold", 'At 6: "&" means nothing here.'),
        ("city + 1", "At 1: + takes a number, and this is text."),
        ("price == 'x'", "At 10: == cannot take a number and text together."),
        ("price and sold", "At 1: and takes yes or no, and this is a number."),
        ("seen > 'soon'", "At 8: 'soon' is no date."),
        (
            "seen > '2026-01-01T12:00+01:00'",
            "At 8: '2026-01-01T12:00+01:00' has an offset from UTC, and the times of a column have "
            "none.",
        ),
        ("log(price, 2)", "At 1: log takes 1 value, not 2."),
        ("contains(city, city)", "At 16: contains takes a text in quotes here."),
        ("price in (rooms)", "At 11: a list holds numbers or texts."),
        ("price is 3", "At 10: 'missing' must stand after 'is'."),
        ("1e999", "At 1: 1e999 is too large a number."),
        ("  ", "At 1: nothing is written here."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as refused:
        formula(text, HOMES.schema, field="formula")

    assert refused.value.message == sentence
    assert refused.value.field == "formula"


def test_a_likely_name_is_offered_in_its_place() -> None:
    with pytest.raises(ParameterError) as refused:
        formula("1 + floor_area * 2", HOMES.schema, field="formula")

    assert refused.value.fix == ("Use `floor area`", "1 + `floor area` * 2")


@pytest.mark.parametrize(
    "hostile",
    [
        "__import__('os').system('true')",
        "@pd.io.common.os.system('true')",
        "price.to_pickle('x')",
        "lambda: 1",
        "[1]*9",
        "price; rooms",
        "f'{price}'",
        "exec('1')",
        "(" * 1000 + "1" + ")" * 1000,
        "not " * 490 + "sold",
        "-" * 1900 + "1",
        "+".join(["price"] * 250),
        "^".join(["2"] * 400),
        "if(sold, " * 200 + "1" + ", 2)" * 200,
        "9" * 1900,
        "\x00",
        "\ud800",
        "price > '\u202e'",
        "'" * 1999,
        "`" * 1999,
    ],
)
def test_what_is_meant_to_harm_is_refused_in_a_sentence(hostile: str) -> None:
    with pytest.raises(ParameterError, match=r"^At \d+: .{3,300}$"):
        formula(hostile, HOMES.schema, field="formula")


def test_numbers_that_grow_without_end_are_missing() -> None:
    assert values("10 ^ 300 ^ 2") == [None] * 4
    assert values("exp(exp(exp(rooms + 9)))") == [None] * 4


def test_it_works_part_by_part_and_on_no_rows() -> None:
    many = Table.from_pandas(pd.DataFrame({"row": range(300_000)}))
    none = Table(many.arrow.slice(0, 0), like=many)

    halves = formula("row / 2 + 1", many.schema, field="formula")

    assert halves.values(many)[299_999].as_py() == 150_000.5
    assert halves.values(none).to_pylist() == []
    assert halves.values(none).type == "double"
    constant = formula("'same'", many.schema, field="formula").values(many)
    assert (len(constant), constant[299_999].as_py()) == (300_000, "same")


def test_nothing_is_said_of_columns_that_are_not_known() -> None:
    assert formula("anything + 1", TableSchema(), field="formula").kind == "number"
    with pytest.raises(ParameterError, match="At 11"):
        formula("anything +", TableSchema(), field="formula")


def test_a_column_that_does_not_hold_what_its_kind_says_is_named_so() -> None:
    odd = Table(HOMES.arrow, columns=[ColumnSchema(name="city", kind="number")])

    with pytest.raises(InputError, match="does not go with its kind"):
        formula("city + 1", odd.schema, field="formula").values(odd)
