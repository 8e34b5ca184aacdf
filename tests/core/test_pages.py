"""One page of a stored table."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from tensorrag.csv_part import _lines, csv_part
from tensorrag.errors import ArtifactError, ParameterError
from tensorrag.pages import page
from tensorrag.store.artifacts import Store
from tensorrag.task import Task
from tensorrag.types import EstimatorSpec, Table, Value


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def shown(store: Store, value: Value, **params: Any) -> dict[str, Any]:
    inputs = {"table": (store.put(value).digest,)}
    return page(Task(kind="page", params=params, inputs=inputs), store)


def table() -> Table:
    return Table.from_pandas(pd.DataFrame({"age": [3, 1, 2], "-age": [1, 2, 3]}))


def test_a_page_is_some_rows_and_says_how_many_there_are(store: Store) -> None:
    assert shown(store, table(), offset=1, limit=1) == {
        "columns": ["age", "-age"],
        "rows": [[1, 2]],
        "offset": 1,
        "total": 3,
        "of": 3,
        "more_columns": 0,
    }


def test_of_very_many_columns_the_first_are_shown(store: Store) -> None:
    wide = Table.from_pandas(pd.DataFrame([range(1000)] * 3).add_prefix("c"))

    answer = shown(store, wide, limit=2, sort="-c999")

    assert answer["columns"] == [f"c{at}" for at in range(200)]
    assert [len(row) for row in answer["rows"]] == [200, 200]
    assert answer["more_columns"] == 800
    preview = wide.preview()
    assert (len(preview.columns), preview.more_columns, preview.width) == (200, 800, 1000)
    assert {len(row) for row in preview.sample} == {200}
    assert len(preview.model_dump_json()) < 200_000


@pytest.mark.parametrize(
    ("sort", "rows"),
    [
        ("age", [[1, 2], [2, 3], [3, 1]]),
        ("-age", [[3, 1], [1, 2], [2, 3]]),  # there is a column of this very name
        ("--age", [[2, 3], [1, 2], [3, 1]]),
    ],
)
def test_it_is_sorted_by_a_column_up_or_down(
    store: Store, sort: str, rows: list[list[int]]
) -> None:
    assert shown(store, table(), sort=sort)["rows"] == rows
    assert shown(store, table(), sort=sort, offset=1, limit=1)["rows"] == rows[1:2]


@pytest.mark.parametrize(("sort", "named"), [("gone", "gone"), ("-gone", "gone"), ("xage", "xage")])
def test_a_column_that_is_not_there_is_named(store: Store, sort: str, named: str) -> None:
    with pytest.raises(ParameterError, match=f'no column "{named}"'):
        shown(store, table(), sort=sort)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ([["age", ">", 1]], [[3, 1], [2, 3]]),
        ([["age", "≥", 1], ["-age", "=", 2]], [[1, 2]]),
        ([["age", "contains", "3"]], [[3, 1]]),
        ([["age", "missing"]], []),
        ([["age", "present"]], [[3, 1], [1, 2], [2, 3]]),
        ([["age", "unlike", "binary"]], [[3, 1], [2, 3]]),
        ([["age", "unlike", "number"]], []),
    ],
)
def test_rows_are_chosen_by_what_must_hold_of_them(
    store: Store, where: list[list[Any]], rows: list[list[int]]
) -> None:
    answer = shown(store, table(), where=where)

    assert answer["rows"] == rows
    assert (answer["total"], answer["of"]) == (len(rows), 3)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ([["gone", "=", 1]], 'no column "gone"'),
        ([["age", "about", 1]], "A condition is a column, a comparison and a value"),
        ([["age", "="]], "A condition is"),
        ("age > 3", "A condition is"),
        ({"age": 3}, "A condition is"),
        ([["rooms", "<", 3]], "rooms cannot be compared with 3"),
        ([["age", "unlike", "colour"]], "age cannot be compared with 'colour'"),
    ],
)
def test_a_condition_that_makes_no_sense_is_one_sentence(
    store: Store, where: object, said: str
) -> None:
    lists = Table.from_pandas(pd.DataFrame({"age": [1, 2], "rooms": [[1, 2], [3]]}))

    with pytest.raises(ParameterError, match=said):
        shown(store, lists, where=where)


def test_only_tables_have_rows(store: Store) -> None:
    with pytest.raises(ArtifactError, match="Only tables have rows"):
        shown(store, EstimatorSpec("ridge"))


def test_what_has_no_order_cannot_be_sorted_by(store: Store) -> None:
    lists = Table.from_pandas(pd.DataFrame({"rooms": [[1, 2], [3]]}))

    with pytest.raises(ParameterError, match='cannot be sorted by "rooms"'):
        shown(store, lists, sort="rooms")


def written(store: Store, value: Value, **params: Any) -> str:
    """All parts of a table as CSV, one after the other."""
    text, rows, begun, days = "", 0, 0, None
    inputs = {"table": (store.put(value).digest,)}
    while True:
        places = {"csv": True, "offset": rows, "begun": begun, "days": days}
        part = csv_part(Task(kind="page", params={**places, **params}, inputs=inputs), store)
        text, rows = text + part["text"], rows + part["rows"]
        begun, days = part["begun"], part["days"]
        if rows >= part["total"]:
            return str(text)


def test_a_whole_table_is_written_part_by_part(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"at": range(10), "who, when": ['An "n"', None] * 5})
    whole = Table.from_pandas(frame)
    for cells, most in ((20, 10**6), (4, 10**6), (10**6, 12), (10**6, 5)):
        monkeypatch.setattr("tensorrag.csv_part.CELLS", cells)
        monkeypatch.setattr("tensorrag.csv_part.BYTES", most)
        text = written(store, whole, sort="-at", where=[["at", "<", 4]])
        assert text == 'at,"who, when"\n3,\n2,"An ""n"""\n1,\n0,"An ""n"""\n'
        assert_frame_equal(pd.read_csv(io.StringIO(written(store, whole))), frame)
    assert written(store, whole, where=[["at", ">", 99]]) == 'at,"who, when"\n'


def test_of_long_texts_no_more_than_a_few_parts_are_ever_written_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, most = Table(pa.table({"text": [f"{row:01000}" for row in range(200)]})), list[int]()

    def noted(part: pa.Table) -> bytes:
        most.append(part.num_rows)
        return _lines(part)

    monkeypatch.setattr("tensorrag.csv_part.BYTES", 5_000)
    monkeypatch.setattr("tensorrag.csv_part._lines", noted)

    assert written(store, whole).count("\n") == 201
    assert max(most) <= 10


def test_a_column_that_stands_alone_keeps_its_rows(store: Store) -> None:
    frame = pd.DataFrame({"who": ["Ann", None, "Zoe"]})
    text = written(store, Table.from_pandas(frame))
    assert text == 'who\n"Ann"\n""\n"Zoe"\n'
    assert_frame_equal(pd.read_csv(io.StringIO(text)), frame)


def test_dates_without_a_time_of_day_are_written_as_they_came_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorrag.csv_part.CELLS", 2)
    days = [datetime(2019, 1, 3), None, datetime(1969, 12, 31)]
    times = [datetime(2019, 1, 3), datetime(2019, 1, 3, 12, 30), None]
    whole = Table(
        pa.table({"day": pa.array(days, "timestamp[s]"), "at": pa.array(times, "timestamp[s]")})
    )

    assert written(store, whole) == (
        "day,at\n2019-01-03,2019-01-03 00:00:00\n,2019-01-03 12:30:00\n1969-12-31,\n"
    )


def test_what_csv_has_no_way_for_is_written_out(store: Store) -> None:
    odd = pa.table({"list": [[1, 2], None], "raw": [b"\xff", b"a"], "year": [2.5, None]})

    assert written(store, Table(odd)) == ('list,raw,year\n"[1, 2]","b\'\\xff\'",2.5\n,"b\'a\'",\n')
    with pytest.raises(ArtifactError, match="Only tables have rows"):
        written(store, EstimatorSpec("linear"))
