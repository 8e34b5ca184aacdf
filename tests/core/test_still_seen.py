"""What was seen of rows is told from card to card, as long as it holds, and no longer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cards.assert_table import AssertTable
from cards.balance_classes import BalanceClasses
from cards.change_kinds import ChangeKinds
from cards.data_split import DataSplit
from cards.dates_to_features import DatesToFeatures
from cards.derive_column import DeriveColumn
from cards.encode import Encode
from cards.filter_rows import FilterRows
from cards.impute import Impute
from cards.lag_features import LagFeatures
from cards.sample_rows import SampleRows
from cards.scale import Scale
from cards.select_columns import SelectColumns
from cards.sort_rows import SortRows
from tensorrag import TensorRagError
from tensorrag.card import Card
from tensorrag.check.sights import still_seen
from tensorrag.types import Seen, Table, TableSchema
from tensorrag.types.looking import with_seen
from tests.core.test_seen import but, houses, seen

TWICE = pd.concat([houses(), houses().head(20)]).assign(token=2**60)
TWO = SelectColumns(columns=["rooms", "district"])
GAPS = but(TWICE, 3, district=None).assign(floor=TWICE["rooms"].where(TWICE["rooms"] > 2))

STEPS: Sequence[tuple[Card, pd.DataFrame]] = [
    (AssertTable(complete=["price"]), houses()),
    (BalanceClasses(target_column="district", method="oversample"), houses()),
    (ChangeKinds(), TWICE),
    (ChangeKinds(category_columns=["rooms"], text=["number"]), TWICE),
    (ChangeKinds(category_columns=["code"], number=["rooms"]), houses()),
    (ChangeKinds(category_columns=["area"]), GAPS),
    (ChangeKinds(number=["token"]), TWICE.assign(token=2**60 + np.arange(len(TWICE)))),
    (DataSplit(), houses()),
    (DataSplit(split_by="group", group_column="rooms"), TWICE),
    (DatesToFeatures(), TWICE),
    (DatesToFeatures(keep=True), TWICE),
    (DeriveColumn(name="size", formula="area / rooms"), TWICE),
    (Encode(columns=["district"]), GAPS),
    (Encode(columns=["district"], method="ordinal"), GAPS),
    (Encode(columns=["district"], method="target", target_column="price"), TWICE),
    (FilterRows(condition="rooms > 4"), houses()),
    (Impute(), GAPS),
    (Impute(strategy="most_frequent"), GAPS),
    (LagFeatures(time_column="sold", columns=["price"]), but(houses(), 0, rooms=77)),
    (SampleRows(rows=100), TWICE),
    (Scale(columns=["area"]), TWICE),
    (
        Scale(columns=["area"]),
        TWICE.assign(area=[1e-20 * at if at < 60 else 1.0 for at in range(420)]),
    ),
    (SelectColumns(columns=["number", "price"], mode="drop"), TWICE),
    (SelectColumns(columns=["number"], mode="drop"), houses()),
    (SelectColumns(rename=["price = cost"]), TWICE),
    (SortRows(columns=["rooms"]), TWICE),
]


def carried_on(card: Card, table: Table, *others: Table | None) -> Iterator[tuple[Seen, Table]]:
    """What a card makes, each with what is told of it before it ran."""
    before = [other if other is None else with_seen(other) for other in (table, *others)]
    said = card.propagate(*before)  # type: ignore[attr-defined]
    made = card.run(table, *others)  # type: ignore[attr-defined]
    schemas = said if isinstance(said, tuple) else (said,)
    for schema, value in zip(schemas, made, strict=True):
        told = still_seen(card, before, schema)
        assert isinstance(told, TableSchema)
        assert told.seen is not None
        yield told.seen, value


def nothing_beside(card: Card) -> list[None]:
    return [None] * (len(card.inputs()) - 1)


@pytest.mark.parametrize(("card", "frame"), STEPS, ids=lambda each: getattr(each, "id", ""))
def test_what_is_told_after_a_card_holds_of_what_it_makes(card: Card, frame: pd.DataFrame) -> None:
    for told, value in carried_on(card, Table.from_pandas(frame), *nothing_beside(card)):
        assert_holds(told, value)


def assert_holds(told: Seen, value: Table) -> None:
    true = with_seen(value).seen
    if true is None:  # no rows
        return
    codes = {name: numbered(value.arrow[name]) for name in value.arrow.column_names}
    for name, count in told.distinct.items():
        most = count if count <= 50 else value.num_rows
        assert true.distinct[name] <= most
        assert told.part or true.distinct[name] == count
    assert set(told.full) <= set(true.full)
    assert told.part or set(told.beyond) == set(true.beyond)
    assert told.part or set(told.many) <= set(true.many)
    assert told.distinct.keys() >= set(told.many)
    for name in told.unlike:
        assert len(set(codes[name])) == value.num_rows
    for group in told.copies:
        for one, other in combinations(group, 2):
            pairs = {*zip(codes[one], codes[other], strict=True)}
            assert len(pairs) == len(set(codes[one])) == len(set(codes[other]))
    repeats = value.num_rows - len({*zip(*codes.values(), strict=True)})
    if told.repeats is not None:
        least, most = 0 if told.part else told.repeats, told.repeats
        assert least <= repeats <= (value.num_rows if told.merged else most)


def numbered(column: pa.ChunkedArray) -> list[int]:
    encoded = pc.dictionary_encode(column, null_encoding="encode").combine_chunks()
    return [*encoded.indices.to_pylist()]


# --- what is worth to be kept -------------------------------------------------------------------


def told_after(card: Card, frame: pd.DataFrame, *others: Table | None) -> Seen:
    table = Table.from_pandas(frame)
    return next(carried_on(card, table, *(others or nothing_beside(card))))[0]


def test_of_some_rows_that_may_have_become_equal_nobody_knows_how_many_are() -> None:
    table = Table.from_pandas(TWICE)
    fewer = told_after(TWO, TWICE)
    assert (fewer.repeats, fewer.merged) == (20, True), "at least"

    for one, other in ((SampleRows(rows=100), fewer), (TWO, told_after(SampleRows(rows=9), TWICE))):
        some = one.still_seen(other, table.schema)
        assert some is not None
        assert (some.repeats, some.part, some.merged) == (None, True, False)


def test_filling_columns_that_are_full_changes_nothing() -> None:
    assert told_after(Impute(), TWICE) == seen(TWICE)
    assert told_after(Impute(), TWICE, Table.from_pandas(GAPS)) == seen(TWICE)

    filled = told_after(Impute(), GAPS)
    assert filled.copies == (("price", "dollars"),)
    assert (filled.repeats, filled.merged) == (seen(GAPS).repeats, True)


@pytest.mark.parametrize(
    "card",
    [
        Encode(columns=["district"], method="ordinal"),
        ChangeKinds(category_columns=["code"]),
        ChangeKinds(integer=["garden"]),
        ChangeKinds(text=["area"]),
    ],
    ids=lambda card: str(card.id),
)
def test_other_words_for_the_same_values_tell_the_same(card: Card) -> None:
    frame = TWICE.assign(garden=TWICE["rooms"] > 4)

    assert told_after(card, frame) == seen(frame)


def test_places_in_an_order_that_other_rows_have_may_tell_less() -> None:
    north = Table.from_pandas(houses()[houses()["district"] == "north"])
    card = Encode(columns=["district"], method="ordinal")

    ((told, value),) = carried_on(card, Table.from_pandas(TWICE), north)

    assert "district" not in told.distinct
    assert told.copies_of("code") == ()
    assert_holds(told, value)


def test_means_of_the_target_may_part_rows_that_were_equal() -> None:
    frame = TWICE.drop(columns=["number", "sold"])
    by_target = Encode(columns=["district"], method="target", target_column="price")

    assert seen(frame).repeats == 20
    assert told_after(by_target, frame).repeats is None
    assert told_after(Encode(columns=["district"]), frame).repeats == 20


def test_a_card_that_says_nothing_is_believed_nothing() -> None:
    class Scramble(Card):
        """Mix the values of each column."""

    before = with_seen(Table.from_pandas(houses()))
    after = still_seen(Scramble(), [before], before)

    assert isinstance(after, TableSchema)
    assert after.seen is None


# --- any cards, one after another -------------------------------------------------------------


ANY: Sequence[Any] = [
    lambda draw, names: FilterRows(condition="rooms > 2 or rooms is missing"),
    lambda draw, names: SampleRows(rows=int(draw.integers(5, 40)), seed=int(draw.integers(9))),
    lambda draw, names: SortRows(columns=[draw.choice(names)]),
    lambda draw, names: SelectColumns(mode="drop", columns=[draw.choice(names)]),
    lambda draw, names: SelectColumns(rename=[f"{draw.choice(names)} = other"]),
    lambda draw, names: DeriveColumn(name="more", formula="rooms * 0 + 1"),
    lambda draw, names: DeriveColumn(name=draw.choice(names), formula="rooms * 2", replace=True),
    lambda draw, names: ChangeKinds(category_columns=[draw.choice(names)]),
    lambda draw, names: ChangeKinds(number=[draw.choice(names)], unreadable="missing"),
    lambda draw, names: ChangeKinds(binary=[draw.choice(names)], unreadable="missing"),
    lambda draw, names: ChangeKinds(integer=["flag"]),
    lambda draw, names: Impute(strategy=draw.choice(["median", "most_frequent"])),
    lambda draw, names: Encode(method=draw.choice(["one_hot", "ordinal"])),
    lambda draw, names: Encode(method="target", target_column="area"),
    lambda draw, names: Scale(columns=["area"]),
    lambda draw, names: BalanceClasses(target_column="city", method="oversample"),
    lambda draw, names: DatesToFeatures(keep=bool(draw.integers(2))),
    lambda draw, names: DataSplit(together=bool(draw.integers(2)), stratify_by="flag"),
]


def any_table(draw: np.random.Generator) -> Table:
    """Rows of which some repeat, with gaps, copies, and what is no number."""
    rows = int(draw.integers(20, 80))
    rooms = draw.integers(0, 5, rows)
    area = draw.choice(
        [1.0, 2.0, 0.5, np.nan, -0.25] if draw.integers(2) else [3.0, 4.0, 5.5], rows
    )
    frame = {
        "rooms": pa.array(rooms, mask=draw.random(rows) < draw.choice([0, 0.2])),
        "city": pa.array(np.array(["a", "b", "c", "1", "yes"])[rooms]),
        "area": pa.array(area, from_pandas=bool(draw.integers(2))),
        "twice": pa.array(area * 2),
        "flag": pa.array(draw.integers(0, 2, rows) == 1),
        "on": pa.array(pd.Timestamp("2026-01-01") + pd.to_timedelta(rooms, "D")),
    }
    if draw.integers(2):
        frame["id"] = pa.array([f"n{at}" for at in draw.permutation(rows)])
    arrow = pa.table(frame)
    return Table(pa.concat_tables([arrow, arrow.slice(0, int(draw.integers(0, 9)))]))


@pytest.mark.filterwarnings("ignore")  # such tables are odd to cards, too
def test_whatever_cards_follow_one_another_what_is_told_holds() -> None:
    held = sum(told for seed in range(60) for told in followed(np.random.default_rng(seed)))

    assert held > 100


def followed(draw: np.random.Generator) -> Iterator[bool]:
    """Have some cards follow one another; say of each whether anything was told, which holds."""
    table = any_table(draw)
    known = with_seen(table)
    for _ in range(5):
        card = ANY[int(draw.integers(len(ANY)))](draw, table.arrow.column_names)
        others: list[Any] = nothing_beside(card)
        if others and draw.integers(2):
            others = [Table(table.arrow.slice(0, 1 + table.num_rows // 3), like=table)]
        schemas = [other and other.schema for other in others]
        try:
            said, made = card.propagate(known, *schemas), card.run(table, *others)
        except TensorRagError:
            continue
        schema = said[0] if isinstance(said, tuple) else said
        told = still_seen(card, [known, *schemas], schema)
        assert isinstance(told, TableSchema)
        known, table = told, made[0]
        if known.seen is not None:
            assert_holds(known.seen, table)
        yield known.seen is not None and known.seen != Seen()
