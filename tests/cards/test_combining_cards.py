"""Cards that combine tables and rows: join, concatenate, group, balance; and dates as numbers."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from cards.balance_classes import BalanceClasses
from cards.concatenate import Concatenate
from cards.dates_to_features import DatesToFeatures
from cards.group_aggregate import GroupAggregate
from cards.join import Join
from tensorrag import ColumnSchema, InputError, ParameterError, Table, TableSchema
from tensorrag.types import Dealt, Provenance

PEOPLE = Table.from_pandas(
    pd.DataFrame({"id": [3, 1, 2, 1], "name": list("abcd"), "age": [30.0, None, 20.0, 10.0]}),
    columns=[ColumnSchema(name="age", kind="number", unit="years")],
    provenance=Provenance(source="people.csv", part="train"),
)
ORDERS = Table.from_pandas(
    pd.DataFrame({"id": [1.0, 1.0, 4.0, None], "name": list("pqrs"), "paid": [1, 2, 3, 4]}),
    provenance=Provenance(source="orders.csv", synthetic=True, fitted=("Scale",)),
)


class TestJoin:
    @pytest.mark.parametrize(
        ("how", "names"),
        [
            ("inner", "bbdd"),
            ("left", "abbcdd"),
            ("outer", ["a", "b", "b", "c", "d", "d", None, None]),
        ],
    )
    def test_rows_meet_where_keys_are_equal(self, how: str, names: list[str]) -> None:
        made = Join.model_validate({"on": ["id"], "how": how}).run(PEOPLE, ORDERS).dataset

        assert made.schema.names == ("id", "name", "age", "name_right", "paid")
        assert made.arrow["name"].to_pylist() == list(names)
        assert made.schema.column("age") is not None

    def test_a_column_is_renamed_until_no_other_has_its_name(self) -> None:
        left = Table(pa.table({"id": [1], "paid": [2], "paid_right": [3]}))
        right = Table(pa.table({"id": [1], "paid": [4]}))

        made = Join(on=["id"]).run(left, right).dataset

        assert made.schema.names == ("id", "paid", "paid_right", "paid_right_right")

    def test_rows_of_the_right_table_alone_have_their_keys(self) -> None:
        made = Join(on=["id"], how="outer").run(PEOPLE, ORDERS).dataset

        assert made.arrow["id"].to_pylist() == [3, 1, 1, 2, 1, 1, 4, None]
        assert made.columns[0].kind == "number"

    def test_what_is_said_of_the_origin_holds_for_both(self) -> None:
        card = Join(on=["id"])

        made = card.run(PEOPLE, ORDERS).dataset

        assert made.provenance == Provenance(
            source="people.csv + orders.csv", synthetic=True, fitted=("Scale",)
        )
        said = card.propagate(PEOPLE.schema, ORDERS.schema)
        assert said.provenance == made.provenance
        assert [(c.name, c.kind, c.unit) for c in said.columns or ()] == [
            (c.name, c.kind, c.unit) for c in made.columns
        ]

    def test_too_many_rows_are_refused_before_they_are_made(self) -> None:
        same = Table.from_pandas(pd.DataFrame({"k": [7] * 100_000}))

        with pytest.raises(InputError, match="The join would have 10,000,000,000 rows"):
            Join(on=["k"]).run(same, same)

    def test_text_equals_no_number(self) -> None:
        words = Table.from_pandas(pd.DataFrame({"id": ["1", "2"]}))

        with pytest.raises(InputError, match="id is a number in one table and text in another"):
            Join(on=["id"]).propagate(PEOPLE.schema, words.schema)

    def test_a_key_must_be_chosen_and_be_in_both(self) -> None:
        with pytest.raises(ParameterError, match="No column to join on"):
            Join().propagate(PEOPLE.schema, ORDERS.schema)
        with pytest.raises(InputError, match='The right table has no column "age"'):
            Join(on=["age"]).propagate(PEOPLE.schema, ORDERS.schema)


class TestConcatenate:
    def test_how_rows_were_dealt_out_and_copied_is_known_of_all_together(self) -> None:
        dealt = Provenance(dealt=Dealt(by="group", column="name"), copied="Balance Classes")
        parts = PEOPLE, Table(ORDERS.arrow, like=ORDERS, provenance=dealt)

        both = Concatenate().run(*parts).dataset
        groups = GroupAggregate(by=["name"]).run(both).dataset

        assert (both.provenance.dealt, both.provenance.copied) == (dealt.dealt, dealt.copied)
        assert (groups.provenance.dealt, groups.provenance.copied) == (None, None)

    def test_rows_come_in_order_and_lacking_columns_are_missing(self) -> None:
        made = Concatenate().run(PEOPLE, ORDERS).dataset

        assert made.arrow["name"].to_pylist() == list("abcdpqrs")
        assert made.arrow["paid"].null_count == 4
        said = Concatenate().propagate(PEOPLE.schema, ORDERS.schema)
        assert ORDERS.schema.column("paid") == ColumnSchema(name="paid", kind="integer", missing=0)
        assert said.column("paid") == ColumnSchema(name="paid", kind="integer", missing=None)
        assert (said.rows, said.names, said.provenance) == (8, made.schema.names, made.provenance)
        assert [column.kind for column in said.columns or ()] == [c.kind for c in made.columns]

    def test_only_columns_of_all_where_that_is_wanted(self) -> None:
        made = Concatenate(lacking="leave_out").run(PEOPLE, ORDERS).dataset

        assert made.schema.names == ("id", "name")
        with pytest.raises(InputError, match='A table lacks the column "age"'):
            Concatenate(lacking="refuse").propagate(PEOPLE.schema, ORDERS.schema)

    def test_parts_of_one_kind_stay_that_part(self) -> None:
        both = Concatenate().run(PEOPLE, PEOPLE).dataset

        assert both.provenance == PEOPLE.provenance
        assert both.schema.column("age") == ColumnSchema(
            name="age", kind="number", unit="years", missing=2
        )

    def test_flags_and_numbers_become_numbers(self) -> None:
        flags = Table.from_pandas(pd.DataFrame({"x": [True, False]}))
        numbers = Table.from_pandas(pd.DataFrame({"x": [1.5, 2.5]}))

        assert Concatenate().run(flags, numbers).dataset.arrow["x"].to_pylist() == [1, 0, 1.5, 2.5]

    def test_nothing_connected_is_said(self) -> None:
        with pytest.raises(InputError, match="No table is connected"):
            Concatenate().propagate()
        assert Concatenate().propagate(TableSchema()).columns is None


class TestGroupAggregate:
    def test_groups_come_as_they_appear_with_their_measures(self) -> None:
        card = GroupAggregate(by=["id"], columns=["age"], total=True, most=True, distinct=True)

        made = card.run(PEOPLE).dataset

        assert made.to_pandas().replace({float("nan"): None}).to_dict("list") == {
            "id": [3, 1, 2],
            "rows": [1, 2, 1],
            "age_mean": [30.0, 10.0, 20.0],
            "age_sum": [30.0, 10.0, 20.0],
            "age_max": [30.0, 10.0, 20.0],
            "age_distinct": [1, 1, 1],
        }
        said = card.propagate(PEOPLE.schema).columns or ()
        assert [(c.name, c.kind, c.unit) for c in said] == [
            (c.name, c.kind, c.unit) for c in made.columns
        ]
        assert made.columns[2].unit == "years"

    def test_a_mean_of_text_is_refused_but_values_are_counted(self) -> None:
        with pytest.raises(ParameterError, match="needs numbers; name is text"):
            GroupAggregate(by=["id"], columns=["name"]).propagate(PEOPLE.schema)

        counted = GroupAggregate(by=["id"], columns=["name"], mean=False, distinct=True, least=True)

        assert counted.run(PEOPLE).dataset.arrow["name_min"].to_pylist() == ["a", "b", "c"]

    @pytest.mark.parametrize("values", [[2**63 - 1, 5, 1], [2**64 - 1, 2**64 - 3, 1]])
    def test_a_sum_beyond_all_whole_numbers_is_refused_and_not_begun_anew(
        self, values: list[int]
    ) -> None:
        table = Table.from_pandas(pd.DataFrame({"shop": ["a", "a", "b"], "sold": values}))
        card = GroupAggregate(by=["shop"], columns=["sold"], total=True, mean=False)

        with pytest.raises(InputError, match="sum of sold in a group is too large for a whole"):
            card.run(table)
        made = card.run(Table(table.arrow.slice(1), like=table)).dataset
        assert made.arrow["sold_sum"].to_pylist() == values[1:]

    def test_a_group_must_be_chosen(self) -> None:
        with pytest.raises(ParameterError, match="No column to group by"):
            GroupAggregate().propagate(PEOPLE.schema)


class TestDatesToFeatures:
    DATES = Table.from_pandas(
        pd.DataFrame({"x": [1, 2], "sold": [dt.datetime(2024, 2, 29, 13), None], "y": [3.0, 4.0]})
    )

    def test_numbers_stand_in_the_place_of_the_date(self) -> None:
        card = DatesToFeatures(day=True, hour=True, day_of_year=True, days=True)

        made = card.run(self.DATES).dataset

        assert made.arrow.slice(0, 1).to_pylist() == [
            {
                "x": 1, "sold_year": 2024, "sold_month": 2, "sold_day": 29, "sold_weekday": 4,
                "sold_day_of_year": 60, "sold_hour": 13, "sold_days": 19782, "y": 3.0,
            }
        ]  # fmt: skip
        assert card.propagate(self.DATES.schema) == made.schema

    def test_the_date_can_stay(self) -> None:
        made = DatesToFeatures(keep=True, columns=["sold"]).run(self.DATES).dataset

        assert made.schema.names == ("x", "sold", "sold_year", "sold_month", "sold_weekday", "y")

    def test_hours_of_a_zone_are_those_of_its_clocks(self) -> None:
        rome = pa.array([dt.datetime(2026, 3, 28, 11), None], pa.timestamp("s", "Europe/Rome"))

        made = DatesToFeatures(hour=True).run(Table(pa.table({"rang": rome}))).dataset

        assert made.arrow["rang_hour"].to_pylist() == [12, None]

    def test_text_that_only_looks_like_dates_is_shown(self) -> None:
        sold = pa.table({"sold": [None, "2026-03-28T12:00+01:00", "2026-03-30T12:00"]})
        table = Table(sold, columns=[ColumnSchema(name="sold", kind="date")])

        with pytest.raises(InputError, match='sold holds no dates but text, such as "2026-03-28T'):
            DatesToFeatures(columns=["sold"]).run(table)

    def test_a_number_is_no_date(self) -> None:
        with pytest.raises(ParameterError, match="x is no date"):
            DatesToFeatures(columns=["x"]).propagate(self.DATES.schema)


class TestBalanceClasses:
    ROWS = Table.from_pandas(
        pd.DataFrame({"row": range(103), "kind": ["rare"] * 3 + ["common"] * 97 + [None] * 3})
    )

    @pytest.mark.parametrize(("method", "rows"), [("undersample", 3), ("oversample", 97)])
    def test_each_class_has_as_many_rows(self, method: str, rows: int) -> None:
        card = BalanceClasses.model_validate({"target_column": "kind", "method": method})

        made = card.run(self.ROWS).dataset.to_pandas()

        assert made["kind"].value_counts().to_dict() == {"rare": rows, "common": rows}
        assert made["row"].is_monotonic_increasing
        assert made["row"].value_counts().max() <= -(-rows // 3)
        assert made.equals(card.run(self.ROWS).dataset.to_pandas())

    def test_the_seed_decides_which_rows_are_drawn(self) -> None:
        def drawn(seed: int) -> list[int]:
            card = BalanceClasses(target_column="kind", seed=seed)
            return card.run(self.ROWS).dataset.to_pandas()["row"].tolist()[3:]

        assert len({tuple(drawn(seed)) for seed in range(5)}) == 5
        assert max(max(drawn(seed)) for seed in range(5)) > 50  # not the first ones

    def test_copies_before_a_split_are_warned_of(self) -> None:
        over = BalanceClasses(target_column="kind", method="oversample")
        train = self.ROWS.schema.model_copy(update={"provenance": Provenance(part="train")})

        assert [c.message[:26] for c in over.concerns({"dataset": self.ROWS.schema})] == [
            "Rows are repeated before t"
        ]
        assert list(over.concerns({"dataset": train})) == []

    def test_a_column_without_classes_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="No class column is chosen"):
            BalanceClasses().propagate(self.ROWS.schema)
        with pytest.raises(ParameterError, match="kind has fewer than two classes"):
            BalanceClasses(target_column="kind").run(Table(self.ROWS.arrow.slice(0, 3)))
