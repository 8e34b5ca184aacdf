"""Rows in order, and chosen: as pandas would have them, and worked out once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tensorrag.arranging import kept_rows
from tensorrag.arranging import rows as module
from tensorrag.arranging.conditions import Condition
from tensorrag.arranging.order import Order
from tensorrag.arranging.rows import arranged
from tensorrag.errors import ParameterError
from tensorrag.types.picked import rows_at

ROWS = 1_000


def frame() -> pd.DataFrame:
    random = np.random.default_rng(3)
    numbers = random.standard_normal(ROWS).round(1)
    numbers[random.random(ROWS) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "number": numbers,
            "whole": pd.array(random.integers(-5, 5, ROWS), "Int64"),
            "low": random.integers(0, 200, ROWS).astype("uint8"),
            "yes": random.random(ROWS) < 0.5,
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 9, ROWS), "D"),
            "name": np.array(["Ann", "ben", "Zoë", None], object)[random.integers(0, 4, ROWS)],
        }
    ).assign(whole=lambda table: table["whole"].mask(table["low"] < 20))


def in_chunks(data: pd.DataFrame) -> pa.Table:
    """As a table from the store is: in several parts."""
    whole = pa.Table.from_pandas(data)
    return pa.concat_tables([whole.slice(start, 300) for start in range(0, ROWS, 300)])


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("name", list(frame()))
def test_rows_are_in_the_order_that_pandas_gives_them(
    name: str, down: bool, tmp_path: Path
) -> None:
    data = frame()

    rows = arranged(in_chunks(data), Order(name, down), (), tmp_path, "digest")

    expected = data[name].sort_values(ascending=not down, kind="stable", na_position="last")
    assert rows is not None
    values = data[name].iloc[rows]
    assert values.isna().tolist() == expected.isna().tolist()
    assert values.dropna().tolist() == expected.dropna().tolist()
    assert sorted(rows) == list(range(ROWS))


@pytest.mark.parametrize(
    ("condition", "query"),
    [
        (Condition("number", ">", 0.5), "number > 0.5"),
        (Condition("whole", "≠", 2), "whole != 2"),
        (Condition("yes", "=", 1), "yes"),
        (Condition("name", "=", "BEN"), "name == 'ben'"),
        (Condition("name", "begins", "z"), "name == 'Zoë'"),
        (Condition("name", "lacks", "n"), "name == 'Zoë'"),
        (Condition("name", "missing"), "name.isna()"),
        (Condition("number", "present"), "number.notna()"),
        (Condition("day", "contains", "2026-01-03"), "day.dt.day == 3"),
    ],
)
def test_rows_that_fit_are_those_that_pandas_finds(
    condition: Condition, query: str, tmp_path: Path
) -> None:
    data = frame()

    rows = arranged(in_chunks(data), None, [condition], tmp_path, "digest")
    both = arranged(in_chunks(data), Order("low"), [condition], tmp_path, "digest")

    expected = data.query(query)
    assert rows is not None
    assert rows.tolist() == expected.index.tolist()
    assert both is not None
    assert both.tolist() == expected.sort_values("low", kind="stable").index.tolist()


NEIGHBOURS = [2**53, 2**53 + 1, 2**53 + 2]


@pytest.mark.parametrize(
    ("kind", "operator", "value", "rows"),
    [
        ("int64", "=", 2**53 + 1, [1]),
        ("int64", ">", 2**53, [1, 2]),
        ("int64", ">", 0.5, [0, 1, 2]),
        ("int64", "<", 2**70, [0, 1, 2]),
        ("uint64", "=", 2**53 + 1, [1]),
        ("uint64", ">", -1, [0, 1, 2]),
    ],
)
def test_ids_that_no_double_can_hold_are_not_taken_for_their_neighbours(
    kind: str, operator: str, value: float, rows: list[int], tmp_path: Path
) -> None:
    table = pa.table({"id": pa.array(NEIGHBOURS, kind)})

    found = arranged(table, None, [Condition("id", operator, value)], tmp_path, "digest")

    assert found is not None
    assert found.tolist() == rows


def test_a_number_beyond_all_that_can_be_compared_is_one_sentence(tmp_path: Path) -> None:
    table = pa.table({"id": NEIGHBOURS, "number": [0.5, 1.5, 2.5]})
    for column in ("id", "number"):
        with pytest.raises(ParameterError, match=f"{column} cannot be compared with"):
            arranged(table, None, [Condition(column, "<", 10**400)], tmp_path, "digest")


def test_some_rows_come_from_wherever_they_lie_as_they_were_asked_for() -> None:
    places = np.array([999, 0, 300, 299, 0, 601])

    some = rows_at(in_chunks(frame()), places)

    pd.testing.assert_frame_equal(some.to_pandas(), frame().iloc[places].reset_index(drop=True))
    assert rows_at(in_chunks(frame()), np.array([], int)).num_rows == 0


def test_of_a_long_table_the_order_is_worked_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_FROM", 500)
    table, worked_out = in_chunks(frame()), []
    work: Any = module._worked_out

    def counted(*asked: Any) -> Any:
        worked_out.append(asked)
        return work(*asked)

    monkeypatch.setattr(module, "_worked_out", counted)
    first = arranged(table, Order("low"), (), tmp_path, "digest")
    assert arranged(table, Order("low"), (), tmp_path, "digest").tolist() == first.tolist()  # type: ignore[union-attr]
    assert len(worked_out) == 1

    assert arranged(table, None, [Condition("low", ">", 300)], tmp_path, "digest").tolist() == []  # type: ignore[union-attr]
    assert arranged(table, None, [Condition("low", ">", 300)], tmp_path, "digest").tolist() == []  # type: ignore[union-attr]
    assert len(worked_out) == 2
    for digest in map(str, range(20)):
        arranged(table, Order("low"), (), tmp_path, digest)
    assert len(list(tmp_path.iterdir())) == kept_rows.MOST_KEPT
    monkeypatch.setattr(kept_rows, "MOST_BYTES", 10_000)  # of 4 kB each
    arranged(table, Order("low"), (), tmp_path, "one more")
    assert len(list(tmp_path.iterdir())) == 2


def test_what_was_kept_of_another_table_or_is_cut_off_is_worked_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_FROM", 500)
    table = in_chunks(frame())
    good = arranged(table, Order("low"), (), tmp_path, "digest")
    (kept,) = tmp_path.iterdir()
    for damage in (b"", b"abc", bytes(8000), kept.read_bytes()[:2000], kept.read_bytes()[4:]):
        kept.write_bytes(damage)
        again = arranged(table, Order("low"), (), tmp_path, "digest")
        assert again is not None
        assert good is not None
        assert again.tolist() == good.tolist()
