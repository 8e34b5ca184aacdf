"""Data Split: every row goes to exactly one part."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cards.data_split import DataSplit
from tensorrag import InputError, ParameterError, Table
from tensorrag.preview import GroupPreview, TablePreview, TextPreview
from tensorrag.types import Dealt


def table(rows: int = 1000) -> Table:
    kinds = np.where(np.arange(rows) % 10 == 0, "rare", "common")
    return Table.from_pandas(pd.DataFrame({"row": np.arange(rows), "kind": kinds}))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("rows", [1000, 997, 10])
def test_each_row_is_in_exactly_one_part(shuffle: bool, rows: int) -> None:
    card = DataSplit(train_ratio=0.7, validation_ratio=0.15, test_ratio=0.15, shuffle=shuffle)

    parts = card.run(table(rows))

    together = pd.concat([part.to_pandas() for part in parts])["row"]
    assert sorted(together) == list(range(rows))
    assert [part.num_rows for part in parts] == [s.rows for s in card.propagate(table(rows).schema)]


def test_the_seed_decides() -> None:
    def first_row(seed: int) -> list[int]:
        return list(DataSplit(seed=seed).run(table()).train_dataset.to_pandas()["row"][:10])

    assert first_row(1) == first_row(1)
    assert first_row(1) != first_row(2)


def test_without_shuffling_the_first_rows_are_train_rows() -> None:
    parts = DataSplit(shuffle=False).run(table(10))

    assert list(parts.train_dataset.to_pandas()["row"]) == list(range(8))
    assert list(parts.test_dataset.to_pandas()["row"]) == [8, 9]


def test_stratifying_keeps_the_shares_of_a_column() -> None:
    card = DataSplit(train_ratio=0.6, validation_ratio=0.2, test_ratio=0.2, stratify_by="kind")

    parts = card.run(table())

    shares = [(part.to_pandas()["kind"] == "rare").mean() for part in parts]
    assert shares == pytest.approx([0.1, 0.1, 0.1])
    assert [part.num_rows for part in parts] == [600, 200, 200]


def test_a_continuous_column_is_put_into_bins() -> None:
    parts = DataSplit(stratify_by="row").run(table())

    assert parts.test_dataset.to_pandas()["row"].mean() == pytest.approx(499.5, abs=15)


def test_a_part_keeps_the_kinds_of_the_whole() -> None:
    parts = DataSplit(train_ratio=0.9, test_ratio=0.1, shuffle=False).run(table(20))

    assert parts.test_dataset.columns == table(20).columns


def test_how_rows_were_dealt_out_is_known_until_they_are_dealt_out_otherwise() -> None:
    frame = pd.DataFrame({"day": np.arange(100), "case": np.arange(100) // 5})
    splits = [
        DataSplit(split_by="group", group_column="case"),
        DataSplit(),
        DataSplit(split_by="time", time_column="day"),
    ]
    by_case, by_day = Dealt(by="group", column="case"), Dealt(by="time", column="day")

    part, known, told = Table.from_pandas(frame), Table.from_pandas(frame).schema, []
    for split in splits:
        part, known = split.run(part).train_dataset, split.propagate(known)[0]
        assert known.provenance == part.provenance
        told.append(part.provenance.dealt)

    assert told == [by_case, by_case, by_day]


def test_ratios_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match=r"The ratios add up to 1\.1, not to 1"):
        DataSplit(train_ratio=0.8, test_ratio=0.3)

    DataSplit(train_ratio=0.7, test_ratio=0.2, validation_ratio=0.1)


def test_too_few_rows_are_refused_before_and_while_running() -> None:
    with pytest.raises(InputError, match="1 row is too few: the train part would be empty"):
        DataSplit().run(table(1))
    with pytest.raises(InputError, match="too few"):
        DataSplit().propagate(table(1).schema)


def test_a_class_with_one_row_cannot_be_stratified() -> None:
    lonely = Table.from_pandas(pd.DataFrame({"kind": ["a"] * 9 + ["b"]}))

    with pytest.raises(ParameterError, match="some of its values are in too few rows"):
        DataSplit(stratify_by="kind").run(lonely)


class TestByGroup:
    VISITS = Table.from_pandas(
        pd.DataFrame({"row": range(1000), "patient": [f"p{at % 37}" for at in range(1000)]})
    )

    def test_no_group_is_in_two_parts_and_shares_are_about_right(self) -> None:
        card = DataSplit(
            train_ratio=0.6,
            validation_ratio=0.2,
            test_ratio=0.2,
            split_by="group",
            group_column="patient",
        )

        parts = [part.to_pandas() for part in card.run(self.VISITS)]

        assert sorted(pd.concat(parts)["row"]) == list(range(1000))
        met = [set(part["patient"]) for part in parts]
        assert sum(map(len, met)) == len(set().union(*met)) == 37
        assert [len(part) for part in parts] == pytest.approx([600, 200, 200], abs=40)
        assert [said.rows for said in card.propagate(self.VISITS.schema)] == [None] * 3

    def test_the_seed_decides_who_is_where(self) -> None:
        def patients(seed: int) -> set[str]:
            card = DataSplit(split_by="group", group_column="patient", seed=seed)
            return set(card.run(self.VISITS).test_dataset.to_pandas()["patient"])

        assert patients(1) == patients(1) != patients(2)

    def test_parts_are_stratified_as_far_as_groups_allow(self) -> None:
        """Few patients have many visits, and nine of ten visits found nothing."""
        draw = np.random.default_rng(0)
        visits = draw.geometric(0.1, 300)
        ill = np.repeat(draw.random(300) < 0.2, visits) & (draw.random(visits.sum()) < 0.5)
        frame = pd.DataFrame({"patient": np.repeat(np.arange(300), visits), "ill": ill})
        card = DataSplit(
            train_ratio=0.7, validation_ratio=0.1, test_ratio=0.2,
            split_by="group", group_column="patient", stratify_by="ill",
        )  # fmt: skip

        parts = [part.to_pandas() for part in card.run(Table.from_pandas(frame))]

        met = [set(part["patient"]) for part in parts]
        assert sum(map(len, met)) == len(set().union(*met)) == 300
        shares = [len(part) / len(frame) for part in parts]
        assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.005)
        shares = [part["ill"].sum() / ill.sum() for part in parts]
        assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.005)

    def test_rows_without_a_group_are_one_group(self) -> None:
        patients = [None if at < 30 else f"p{at % 37}" for at in range(300)]
        visits = Table.from_pandas(pd.DataFrame({"patient": patients}))

        parts = DataSplit(split_by="group", group_column="patient").run(visits)

        missing = [part.to_pandas()["patient"].isna().sum() for part in parts]
        assert sorted(missing) == [0, 0, 30]

    def test_a_group_goes_where_the_middle_of_it_falls(self) -> None:
        """Of three groups of ten rows, 20 are nearer to 60 % than 10 are."""
        three = Table.from_pandas(pd.DataFrame({"patient": np.repeat(["a", "b", "c"], 10)}))
        card = DataSplit(train_ratio=0.6, test_ratio=0.4, split_by="group", group_column="patient")

        parts = card.run(three)

        assert [part.num_rows for part in parts] == [20, 0, 10]

    def test_too_many_values_for_so_many_groups_are_refused(self) -> None:
        different = Table.from_pandas(
            pd.DataFrame({"who": range(4000), "what": [f"n{at}" for at in range(4000)]})
        )
        card = DataSplit(split_by="group", group_column="who", stratify_by="what")

        with pytest.raises(ParameterError, match="4,000 different values in 4,000 groups are too"):
            card.run(different)

    def test_one_group_cannot_be_dealt_out(self) -> None:
        alone = Table.from_pandas(pd.DataFrame({"patient": ["a"] * 50}))

        with pytest.raises(
            ParameterError, match=r"1 group is too few: the \w+ part would be empty"
        ):
            DataSplit(split_by="group", group_column="patient").run(alone)
        with pytest.raises(ParameterError, match="No group column is chosen"):
            DataSplit(split_by="group").propagate(alone.schema)


class TestByTime:
    def test_the_one_date_is_offered_where_no_time_is_chosen(self) -> None:
        days = Table.from_pandas(pd.DataFrame({"day": pd.date_range("2024-01-01", periods=9)}))

        with pytest.raises(ParameterError, match="No time column is chosen") as refused:
            DataSplit(split_by="time").propagate(days.schema)

        assert refused.value.fix == ("Split by day", "day")

    SALES = Table.from_pandas(
        pd.DataFrame({"day": np.random.default_rng(1).permutation(np.arange(200) // 4)})
    )

    def test_test_rows_are_later_than_all_train_rows(self) -> None:
        parts = DataSplit(split_by="time", time_column="day").run(self.SALES)

        train, test = (part.to_pandas()["day"] for part in (parts[0], parts[2]))
        assert train.max() < test.min()
        assert (len(train), len(test)) == (160, 40)

    def test_equal_times_stay_together(self) -> None:
        card = DataSplit(train_ratio=0.79, test_ratio=0.21, split_by="time", time_column="day")

        parts = card.run(self.SALES)

        assert set(parts[0].to_pandas()["day"]).isdisjoint(parts[2].to_pandas()["day"])

    @pytest.mark.parametrize("validation", [0.0, 0.2])
    def test_a_gap_leaves_out_the_last_times_before_the_next_part(self, validation: float) -> None:
        card = DataSplit(
            train_ratio=0.8 - validation, validation_ratio=validation, test_ratio=0.2,
            split_by="time", time_column="day", gap=3,
        )  # fmt: skip

        parts = [part.to_pandas()["day"] for part in card.run(self.SALES)]
        met = [sorted(set(part)) for part in parts if len(part)]

        assert [later[0] - before[-1] for before, later in pairwise(met)] == [4] * (len(met) - 1)
        assert met[-1][-1] == 49, "after the last part nothing is left out"

    def test_a_column_that_single_rows_were_stratified_by_is_no_longer_needed(self) -> None:
        by_day = DataSplit(split_by="time", time_column="day", stratify_by="wealth")

        assert by_day.propagate(self.SALES.schema)[0].columns == self.SALES.columns

    def test_rows_without_a_time_and_text_are_refused(self) -> None:
        by_day = DataSplit(split_by="time", time_column="day")

        for none in (None, math.nan):
            days = Table(pa.table({"day": pa.array([1.0, none, 3.0] + [4.0] * 9)}))
            with pytest.raises(InputError, match="1 row has no day"):
                by_day.run(days)
        with pytest.raises(ParameterError, match="day is text, which has no order in time"):
            by_day.propagate(Table.from_pandas(pd.DataFrame({"day": ["Monday"] * 9})).schema)


def test_rows_on_both_sides_are_counted_above_the_test_rows() -> None:
    """The gap makes y a column of numbers in the train rows, and of whole numbers in the others."""
    y = pd.array([None, *range(9)], dtype="Int64")
    once = pd.DataFrame({"x": range(10), "y": y, "z": list("abcdefghij")})
    twice = Table.from_pandas(pd.concat([once, once.tail(4), once.tail(1).assign(z="k")]))
    card = DataSplit(shuffle=False, train_ratio=2 / 3, test_ratio=1 / 3)

    shown = card.previews(card.run(twice))

    test = shown["test_dataset"]
    assert isinstance(test, GroupPreview)
    said, rows = test.items
    assert isinstance(said, TextPreview)
    assert said.text.startswith("4 rows here are equal to a train row in every column.")
    assert isinstance(rows, TablePreview)
    assert isinstance(shown["train_dataset"], TablePreview)


def test_rows_that_are_all_different_are_shown_without_a_word() -> None:
    card = DataSplit(validation_ratio=0.1, train_ratio=0.7)
    shown = card.previews(card.run(table()))
    assert all(isinstance(each, TablePreview) for each in shown.values())


@pytest.mark.parametrize("seed", range(20))
def test_equal_rows_stay_together_and_each_part_has_its_share_of_each_value(seed: int) -> None:
    draw = np.random.default_rng(seed)
    kinds = draw.choice(["a", "b", "c"], 400, p=[0.6, 0.3, 0.1])
    once = pd.DataFrame({"case": range(400), "kind": kinds})
    frame = once.loc[draw.choice(400, 1000, p=draw.dirichlet(np.full(400, 3)))]
    card = DataSplit(
        train_ratio=0.6, validation_ratio=0.15, test_ratio=0.25,
        together=True, stratify_by="kind", seed=seed,
    )  # fmt: skip

    parts = [part.to_pandas() for part in card.run(Table.from_pandas(frame))]

    assert sorted(pd.concat(parts)["case"]) == sorted(frame["case"])
    assert [part.rows for part in card.propagate(Table.from_pandas(frame).schema)] == [None] * 3
    cases = [set(part["case"]) for part in parts]
    assert sum(map(len, cases)) == len(set().union(*cases))
    for kind, rows in frame["kind"].value_counts().items():
        largest = frame[frame["kind"] == kind]["case"].value_counts().max()
        for part, share in zip(parts, (0.6, 0.15, 0.25), strict=True):
            assert (part["kind"] == kind).sum() == pytest.approx(share * rows, abs=float(largest))


@pytest.mark.parametrize(
    "dealt", [{}, {"together": True}, {"split_by": "group", "group_column": "case"}]
)
@pytest.mark.parametrize("column", ["kind", "size"])
def test_rows_without_a_value_have_their_share_in_each_part(
    dealt: dict[str, Any], column: str
) -> None:
    frame = pd.DataFrame(
        {"case": range(500), "kind": ["a", "b", None, "a", "b"] * 100, "size": np.arange(500.0)}
    )
    frame.loc[frame["kind"].isna(), "size"] = np.nan

    parts = DataSplit(stratify_by=column, **dealt).run(Table.from_pandas(frame))

    assert [part.to_pandas()[column].isna().sum() for part in parts] == [80, 0, 20]


def test_rows_of_lists_are_kept_together_too() -> None:
    lists = Table(pa.table({"point": [[1, 2], [3, 4]] * 10}))

    parts = DataSplit(together=True, train_ratio=0.5, test_ratio=0.5).run(lists)

    assert [part.num_rows for part in parts] == [10, 0, 10]


def test_a_column_to_stratify_by_that_is_not_there_is_named() -> None:
    with pytest.raises(ParameterError, match="wealth") as e:
        DataSplit(stratify_by="wealth").propagate(table().schema)

    assert e.value.field == "stratify_by"


def test_rows_that_are_all_equal_cannot_be_kept_together_in_two_parts() -> None:
    alike = Table.from_pandas(pd.DataFrame({"kind": ["same"] * 20}))

    with pytest.raises(
        ParameterError, match=r"All rows are equal: the t.* part would be empty"
    ) as e:
        DataSplit(together=True).run(alike)

    assert e.value.field == "together"
