"""Change Kinds: values become what a column is said to be, or are named."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from cards._script.tables import TO_NUMBER
from cards.change_kinds import ChangeKinds
from tensorrag import ColumnSchema, InputError, ParameterError, Table


def changed(values: list[Any], **params: Any) -> tuple[ColumnSchema, list[Any]]:
    table = Table.from_pandas(pd.DataFrame({"x": values}))
    card = ChangeKinds.model_validate(params)

    made = card.run(table).dataset

    (said,) = card.propagate(table.schema).columns or ()
    assert (said.name, said.kind) == (made.columns[0].name, made.columns[0].kind)
    assert said.missing in (None, made.columns[0].missing)
    return made.columns[0], made.arrow["x"].to_pylist()


@pytest.mark.parametrize(
    ("field", "values", "made"),
    [
        ("number", ["1.5", " 2 ", None, "-3e2"], [1.5, 2.0, None, -300.0]),
        ("number", ["12 000", "1,234.5", "7'000"], [12000.0, 1234.5, 7000.0]),
        ("number", [True, False], [1.0, 0.0]),
        ("integer", ["3", "4.0"], [3, 4]),
        ("integer", ["12345678901234567", "+9223372036854775807"], [12345678901234567, 2**63 - 1]),
        ("integer", [3.0, 4.0], [3, 4]),
        ("binary", ["Yes", "no", "TRUE", "0"], [True, False, True, False]),
        ("binary", [1.0, 0.0, None], [True, False, None]),
        ("category_columns", [8001, 3012, 8001], ["8001", "3012", "8001"]),
        ("text", [True, None], ["true", None]),
        ("date", ["2024-12-31", None], [dt.datetime(2024, 12, 31), None]),
        (
            "date",
            ["2024-12-31T00:30:00+01:00", "2024-12-31 12:00Z", "2024-12-31 12:00"],
            [
                dt.datetime(2024, 12, 30, 23, 30),
                dt.datetime(2024, 12, 31, 12),
                dt.datetime(2024, 12, 31, 12),
            ],
        ),
    ],
)
def test_values_become_what_the_column_is(field: str, values: list[Any], made: list[Any]) -> None:
    column, found = changed(values, **{field: ["x"]})

    assert found == made
    assert column.kind == field.removesuffix("_columns")


def test_a_date_may_be_written_in_another_way() -> None:
    _, found = changed(["31.12.2024"], date=["x"], date_format="%d.%m.%Y")

    assert found == [dt.datetime(2024, 12, 31)]


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("", "Say under Date format how dates are written, such as %d/%m/%Y for 31/12/2024."),
        ("%m/%d/%Y", "Date format is %m/%d/%Y: change it, or let what does not fit be missing."),
    ],
)
def test_dates_written_in_another_way_lead_to_the_format(said: str, remedy: str) -> None:
    with pytest.raises(InputError, match="31/12/2024") as caught:
        changed(["31/12/2024"], date=["x"], date_format=said)

    assert caught.value.hint == remedy


@pytest.mark.parametrize(
    ("field", "values", "sentence"),
    [
        ("number", ["1", "two"], "Column x holds 'two' in row 2, which is no number"),
        ("number", ["1", "1e400"], "Column x holds '1e400' in row 2, which is no number"),
        ("number", ["-1e400"], "Column x holds '-1e400' in row 1, which is no number"),
        (
            "integer",
            ["1", str(2**63)],
            "Column x holds '9223372036854775808' in row 2",
        ),
        ("integer", [1.0, 1.5], "Column x holds '1.5' in row 2, which is no whole number"),
        ("integer", [2**63 + 5, 3], "Column x holds '9223372036854775813' in row 1, which is no"),
        ("integer", [2.0**60], "Column x holds '1.152921504606847e.18' in row 1, which is no"),
        ("binary", ["M", "B"], "Column x holds 'M' in row 1, which is no yes or no"),
        ("date", ["2024-02-31"], "Column x holds '2024-02-31' in row 1, which is no date"),
    ],
)
def test_what_does_not_fit_is_named_or_missing(
    field: str, values: list[Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        changed(values, **{field: ["x"]})

    column, found = changed(values, **{field: ["x"]}, unreadable="missing")

    assert None in found
    assert column.missing == found.count(None)


@pytest.mark.parametrize("field", ["category_columns", "text", "number", "integer", "binary"])
def test_what_is_not_a_number_is_missing_and_no_category(field: str) -> None:
    table = Table(pa.table({"x": [1.0, float("nan"), None]}))  # as a card of one's own makes it
    card = ChangeKinds.model_validate({field: ["x"]})

    made = card.run(table).dataset

    assert made.arrow["x"].to_pylist()[1:] == [None, None]
    (said,) = card.propagate(table.schema).columns or ()
    assert said.missing == made.columns[0].missing == 2


def test_of_whole_numbers_without_a_sign_those_that_fit_keep_all_digits() -> None:
    _, found = changed([2**63 + 5, 2**63 - 5], integer=["x"], unreadable="missing")

    assert found == [None, 2**63 - 5]


def test_a_script_refuses_what_is_too_large_for_a_number_as_well() -> None:
    there: dict[str, Any] = {"pd": pd}
    exec(TO_NUMBER, there)  # noqa: S102
    texts = ["1.5", "1e400", None]
    values = pd.Series(texts)

    with pytest.raises(ValueError, match="1e400 is no number"):
        there["to_number"](values)
    _, found = changed(texts, number=["x"], unreadable="missing")
    assert found == [1.5, None, None]
    assert there["to_number"](values, errors="coerce").isna().tolist() == [False, True, True]


def test_a_column_has_one_kind() -> None:
    with pytest.raises(ParameterError, match="x cannot be of two kinds"):
        changed(["1"], number=["x"], text=["x"])
