"""Columns of every type that Arrow has: each table card computes, or says in a sentence why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
import pytest

from cards._tables.offsets import partly_offset
from cards._tables.source import Source
from cards.assert_table import AssertTable
from cards.balance_classes import BalanceClasses
from cards.change_kinds import ChangeKinds
from cards.data_split import DataSplit
from cards.dates_to_features import DatesToFeatures
from cards.derive_column import DeriveColumn
from cards.encode import Encode
from cards.filter_rows import FilterRows
from cards.group_aggregate import GroupAggregate
from cards.impute import Impute
from cards.join import Join
from cards.lag_features import LagFeatures
from cards.profile import Profile
from cards.sample_rows import SampleRows
from cards.scale import Scale
from cards.sort_rows import SortRows
from tensorrag import ColumnSchema, InputError, Table, TensorRagError
from tensorrag.card import Card
from tests.cards.test_contract import assert_holds

ODD = {
    "list": pa.array([[1], [2, 3], None, []], pa.list_(pa.int64())),
    "parts": pa.array([{"a": 1}] * 4, pa.struct([("a", pa.int64())])),
    "decimal": pa.array([Decimal("1.50"), None, Decimal("2.25"), Decimal("9.99")]),
    "nothing": pa.nulls(4),
    "vast": pa.array([1, 2, 3, 2**64 - 1], pa.uint64()),
    "not finite": pa.array([1.5, float("nan"), float("inf"), None]),
    "packed": pa.array(["x", "y", None, "x"]).dictionary_encode(),
    "large text": pa.array(["a", "b", None, "a"], pa.large_string()),
    "flag": pa.array([True, None, False, True]),
    "far dates": pa.array([dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(2024, 1, 1)]),
    "zoned": pa.array([dt.datetime(2024, 1, 1)] * 4, pa.timestamp("us", "Europe/Rome")),
    "clock": pa.array([dt.time(1, 2), None, dt.time(3), dt.time(1, 2)], pa.time64("us")),
    "span": pa.array([1, 2, None, 4], pa.duration("s")),
    "bytes": pa.array([b"a", b"\xff", None, b""], pa.binary()),
    "odd `name`": pa.array([1, 2, 3, 4]),
}


def settings(name: str) -> Iterator[Card]:
    """Every way to use a column."""
    quoted = "`" + name.replace("`", "``") + "`"
    for formula in ("{} + 1", "text({})", "year({})", "upper({})", "{} is missing", "{} in (1, 2)"):
        yield DeriveColumn(formula=formula.format(quoted))
    yield FilterRows(condition=f"{quoted} == {quoted}")
    yield SortRows(columns=[name])
    yield SampleRows(rows=2, stratify_by=name)
    for strategy in ("mean", "most_frequent", "constant"):
        yield Impute.model_validate({"strategy": strategy, "value": "1", "columns": [name]})
    yield Scale(columns=[name])
    for method in ("one_hot", "ordinal", "target"):
        chosen = {"method": method, "columns": [name], "target_column": "id"}
        yield Encode.model_validate(chosen)
    yield GroupAggregate(by=[name])
    yield GroupAggregate(by=["id"], columns=[name], mean=False, least=True, distinct=True)
    yield DatesToFeatures(columns=[name], days=True)
    yield BalanceClasses(target_column=name)
    for by in ("group", "time"):
        yield DataSplit.model_validate(
            {"split_by": by, f"{by}_column": name, "train_ratio": 0.5, "test_ratio": 0.5}
        )
    for kind in ("number", "integer", "binary", "text", "date"):
        yield ChangeKinds.model_validate({kind: [name], "unreadable": "missing"})
    yield AssertTable(unique=[name])
    yield Profile()
    yield Join(on=[name])
    yield LagFeatures(time_column=name, columns=["id"], lags=[1])
    yield LagFeatures(time_column="id", group_column=name, columns=["id"], lags=[1])
    yield LagFeatures(time_column="id", columns=[name], means=[2], keep=True)


@pytest.mark.parametrize("name", ODD)
def test_it_computes_what_it_said_or_gives_one_sentence(name: str) -> None:
    table = Table(pa.table({"id": range(4), name: ODD[name]}))
    outcomes = [outcome(card, table) for card in settings(name)]

    assert "made" in outcomes
    assert all("\n" not in said for said in outcomes)


def outcome(card: Card, table: Table) -> str:
    inputs = [table, table if isinstance(card, Join) else None][: len(card.inputs())]
    try:
        said = card.propagate(*(value and value.schema for value in inputs))  # type: ignore[attr-defined]
        made = card.run(*inputs)  # type: ignore[attr-defined]
    except TensorRagError as error:
        return error.message
    for before, value in zip(said if isinstance(said, tuple) else (said,), made, strict=True):
        assert_holds(before, value.schema)
    return "made"


AWKWARD = "How many\nrooms\u202e has it?\x1b[31m " + "and how large is each of them, " * 10
"""A name of two lines that turns the text around it, colours a terminal and does not end."""


@pytest.mark.parametrize("values", ["list", "decimal", "nothing", "packed", "far dates", "bytes"])
def test_a_name_of_any_kind_leaves_a_sentence_one(values: str) -> None:
    table = Table(pa.table({"id": range(4), AWKWARD: ODD[values]}))
    cards = [*settings(AWKWARD), *settings("absent" + AWKWARD)]
    sentences = {outcome(card, table) for card in cards} - {"made"}

    assert len(sentences) > 3
    assert any("How many�rooms" in said and "each of them" in said for said in sentences)
    for said in sentences:
        assert not set("\n\x1b\u202e") & set(said), said
        assert len(said) < 260, said


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_text_is_text_however_long_all_of_it_may_be(kind: pa.DataType) -> None:
    times = pa.table({"at": pa.array(["2026-03-30 12:00+01:00", "2026-03-30 13:00"], kind)})
    source = Source(BytesIO(), "sold.csv")

    days = pa.table({"at": pa.array(["Monday"], kind)})
    meant = Table(days, columns=[ColumnSchema(name="at", kind="date")])

    [warning] = partly_offset(times, source)
    assert '"2026-03-30 13:00" in row 3 of the file has none' in warning.message
    with pytest.raises(InputError, match=r'at holds no dates but text, such as "Monday"\.'):
        DatesToFeatures(columns=["at"]).run(meant)
