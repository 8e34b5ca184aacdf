"""Cards that choose, order and compute the columns and rows of a table."""

from __future__ import annotations

import pandas as pd
import pytest

from cards.derive_column import DeriveColumn
from cards.filter_rows import FilterRows
from cards.sample_rows import SampleRows
from cards.select_columns import SelectColumns
from cards.sort_rows import SortRows
from tensorrag import ColumnSchema, ParameterError, Table
from tensorrag.preview import GroupPreview, NumbersFace, TextPreview
from tensorrag.types import ColumnKind, Provenance

HOMES = Table.from_pandas(
    pd.DataFrame(
        {
            "price": [3.0, 1.0, None, 2.0],
            "rooms": [1, 2, 3, 2],
            "city": ["Rome", "Oslo", "Oslo", "Rome"],
        }
    ),
    columns=[ColumnSchema(name="price", kind="number", unit="k$")],
    provenance=Provenance(source="homes.csv", part="train", synthetic=True),
)


class TestSelectColumns:
    def test_keeping_and_dropping_leave_the_order_of_the_table(self) -> None:
        kept = SelectColumns(columns=["city", "price"]).run(HOMES).dataset
        dropped = SelectColumns(mode="drop", columns=["rooms"]).run(HOMES).dataset

        assert kept.schema.names == dropped.schema.names == ("price", "city")
        assert kept.schema.column("price") == HOMES.schema.column("price")
        assert kept.provenance == HOMES.provenance

    def test_a_column_keeps_kind_and_unit_under_its_new_name(self) -> None:
        card = SelectColumns(rename=["price = price = k$", "city=town"])

        renamed = card.run(HOMES).dataset

        assert renamed.schema == card.propagate(HOMES.schema)
        assert renamed.schema.names == ("price = k$", "rooms", "town")
        assert renamed.columns[0].unit == "k$"

    @pytest.mark.parametrize(
        ("params", "sentence"),
        [
            ({"columns": ["garden"]}, 'There is no column "garden"'),
            ({"columns": ["city", "city"]}, "city is chosen twice"),
            ({"rename": ["prise = cost"]}, 'no column "prise" to rename; did you mean price'),
            ({"rename": ["price"]}, "does not say a new name"),
            ({"rename": ["price = city"]}, "Two columns would be called city"),
            ({"mode": "drop", "columns": ["price", "rooms", "city"]}, "No column would be left"),
        ],
    )
    def test_what_cannot_be_is_said_before_a_run(
        self, params: dict[str, object], sentence: str
    ) -> None:
        with pytest.raises(ParameterError, match=sentence):
            SelectColumns.model_validate(params).propagate(HOMES.schema)


class TestFilterRows:
    def test_rows_stay_for_which_the_condition_holds(self) -> None:
        left = FilterRows(condition="price > 1 or rooms == 3").run(HOMES).dataset

        assert left.to_pandas()["rooms"].tolist() == [1, 3, 2]
        assert left.provenance == HOMES.provenance

    def test_what_cannot_be_told_does_not_stay(self) -> None:
        assert FilterRows(condition="price < 9").run(HOMES).dataset.num_rows == 3
        assert FilterRows(condition="not price < 9").run(HOMES).dataset.num_rows == 0

    def test_what_cannot_be_told_is_counted_on_the_card(self) -> None:
        card, sure = FilterRows(condition="price < 9"), FilterRows(condition="rooms > 1")
        left, all_told = card.run(HOMES), sure.run(HOMES)

        face = card.face(left)
        whole = card.previews(left)["dataset"]

        assert isinstance(face, NumbersFace)
        assert [item.value for item in face.items] == [3, 1]
        assert isinstance(whole, GroupPreview)
        said, table = whole.items
        assert isinstance(said, TextPreview)
        assert said.text.startswith("1 row was left out")
        assert 'a value is missing in "price"' in said.text
        assert table.kind == "table"
        assert sure.face(all_told) == all_told.dataset.face()
        assert sure.previews(all_told)["dataset"].kind == "table"

    @pytest.mark.parametrize(
        ("condition", "missing"),
        [
            ("price is not missing", 0),
            ("rooms > 1 and price < 9", 0),
            ("not price in (1, 2)", 0),
            ("price is missing", 1),
            ("rooms > 1", 1),
            ("price < 9 or rooms > 1", 1),
        ],
    )
    def test_what_the_condition_asks_for_is_known_to_be_there(
        self, condition: str, missing: int
    ) -> None:
        card = FilterRows(condition=condition)
        said, kept = card.propagate(HOMES.schema), card.run(HOMES).dataset

        told, has = said.column("price"), kept.schema.column("price")

        assert told is not None
        assert has is not None
        assert told.missing == has.missing == missing

    @pytest.mark.parametrize(
        ("condition", "sentence"),
        [
            ("", "No condition is written"),
            ("price + 1", "neither true nor false"),
            ("prices > 1", "did you mean price"),
        ],
    )
    def test_what_is_no_condition_is_refused(self, condition: str, sentence: str) -> None:
        with pytest.raises(ParameterError, match=sentence):
            FilterRows(condition=condition).propagate(HOMES.schema)


class TestDeriveColumn:
    @pytest.mark.parametrize(
        ("formula", "kind"),
        [("rooms * 2", "number"), ("length(city)", "integer"), ("price > 2", "binary")],
    )
    def test_the_new_column_comes_last_and_its_kind_is_known_before(
        self, formula: str, kind: ColumnKind
    ) -> None:
        card = DeriveColumn(formula=formula, name="new")

        said, made = card.propagate(HOMES.schema), card.run(HOMES).dataset

        assert said.names == made.schema.names == ("price", "rooms", "city", "new")
        assert said.column("new") == ColumnSchema(name="new", kind=kind)
        assert made.columns[-1].kind == kind

    def test_a_column_is_replaced_only_if_that_is_wanted(self) -> None:
        with pytest.raises(ParameterError, match='There is a column "price" already'):
            DeriveColumn(formula="1", name="price").propagate(HOMES.schema)

        doubled = DeriveColumn(formula="price * 2", name="price", replace=True).run(HOMES).dataset

        assert doubled.schema.names == HOMES.schema.names
        assert doubled.to_pandas()["price"].tolist()[:2] == [6.0, 2.0]
        assert doubled.columns[0] == ColumnSchema(name="price", kind="number", missing=1)


class TestSortRows:
    def test_the_second_column_decides_among_equals_and_missing_comes_last(self) -> None:
        by_city = SortRows(columns=["city", "rooms"]).run(HOMES).dataset
        by_price = SortRows(columns=["price"], descending=True).run(HOMES).dataset

        assert by_city.to_pandas()["rooms"].tolist() == [2, 3, 1, 2]
        assert by_price.to_pandas()["rooms"].tolist() == [1, 2, 2, 3]

    def test_columns_of_a_dictionary_are_sorted_by_their_values(self) -> None:
        packed = Table(HOMES.arrow.set_column(2, "city", HOMES.arrow["city"].dictionary_encode()))

        assert SortRows(columns=["city"]).run(packed).dataset.to_pandas()["city"][0] == "Oslo"

    def test_something_must_be_chosen(self) -> None:
        with pytest.raises(ParameterError, match="No column to sort by"):
            SortRows().propagate(HOMES.schema)


class TestSampleRows:
    ROWS = Table.from_pandas(
        pd.DataFrame({"row": range(1000), "kind": ["rare"] * 50 + ["common"] * 950})
    )

    def test_the_seed_decides_and_rows_keep_their_order(self) -> None:
        def drawn(seed: int) -> list[int]:
            return list(SampleRows(rows=20, seed=seed).run(self.ROWS).dataset.to_pandas()["row"])

        assert drawn(1) == drawn(1) == sorted(set(drawn(1)))
        assert drawn(1) != drawn(2)

    @pytest.mark.parametrize("stratify_by", [None, "kind"])
    @pytest.mark.parametrize("share", [0.5, 0.333, 0.001, 1.0])
    def test_so_many_come_as_were_announced(self, share: float, stratify_by: str | None) -> None:
        card = SampleRows(size="share", share=share, stratify_by=stratify_by)

        sample = card.run(self.ROWS).dataset

        assert sample.num_rows == card.propagate(self.ROWS.schema).rows
        assert len(set(sample.to_pandas()["row"])) == sample.num_rows

    def test_stratifying_keeps_the_shares_of_a_column(self) -> None:
        sample = SampleRows(rows=100, stratify_by="kind").run(self.ROWS).dataset

        assert (sample.to_pandas()["kind"] == "rare").sum() == 5

    def test_more_than_there_are_is_all(self) -> None:
        assert SampleRows(rows=5000).run(self.ROWS).dataset.num_rows == 1000
