"""Change Kinds: values become what a column is said to be, or are named."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from cards.change_kinds import ChangeKinds
from tensorrag import ColumnSchema, InputError, ParameterError, Table


def changed(values: list[Any], **params: Any) -> tuple[ColumnSchema, list[Any]]:
    table = Table.from_pandas(pd.DataFrame({"x": values}))
    card = ChangeKinds.model_validate(params)

    made = card.run(table).dataset

    (said,) = card.propagate(table.schema).columns or ()
    assert (said.name, said.kind) == (made.columns[0].name, made.columns[0].kind)
    return made.columns[0], made.arrow["x"].to_pylist()


@pytest.mark.parametrize(
    ("field", "values", "made"),
    [
        ("number", ["1.5", " 2 ", None, "-3e2"], [1.5, 2.0, None, -300.0]),
        ("number", ["12 000", "1,234.5", "7'000"], [12000.0, 1234.5, 7000.0]),
        ("number", [True, False], [1.0, 0.0]),
        ("integer", ["3", "4.0"], [3, 4]),
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
    ("field", "values", "sentence"),
    [
        ("number", ["1", "two"], "Column x holds 'two' in row 2, which is no number"),
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


def test_a_column_has_one_kind() -> None:
    with pytest.raises(ParameterError, match="x cannot be of two kinds"):
        changed(["1"], number=["x"], text=["x"])
