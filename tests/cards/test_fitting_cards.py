"""Cards that learn something from rows: what they learn, of which rows, and that they say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler, TargetEncoder

from cards.data_split import DataSplit
from cards.encode import Encode
from cards.impute import Impute
from cards.scale import Scale
from tensorrag import ColumnSchema, InputError, ParameterError, Table
from tensorrag.card import Card
from tensorrag.types import Part, Provenance

FRAME = pd.DataFrame(
    {
        "size": [1.0, 2.0, None, 4.0, 100.0, 5.0],
        "rooms": pd.array([1, 2, 2, None, 5, 9], dtype="Int64"),
        "city": ["Rome", "Oslo", "Rome", None, "Rome", "Oslo"],
        "sold": [True, None, True, False, True, True],
    }
)


def homes(part: Part | None = None) -> Table:
    units = [
        ColumnSchema(name="size", kind="number", unit="m²"),
        ColumnSchema(name="rooms", kind="integer"),
        ColumnSchema(name="city", kind="category"),
        ColumnSchema(name="sold", kind="binary"),
    ]
    return Table.from_pandas(FRAME, columns=units, provenance=Provenance(part=part))


class TestImpute:
    @pytest.mark.parametrize(
        ("strategy", "size", "rooms"),
        [("median", 4.0, 2), ("mean", 22.4, 4), ("most_frequent", 1.0, 2)],
    )
    def test_numbers_are_filled_and_whole_ones_stay_whole(
        self, strategy: str, size: float, rooms: int
    ) -> None:
        card = Impute.model_validate({"strategy": strategy})

        made = card.run(homes(), None).dataset

        assert made.arrow["size"][2].as_py() == pytest.approx(size)
        assert made.arrow["rooms"][3].as_py() == rooms
        assert card.propagate(homes().schema, None) == made.schema
        assert made.columns[0].unit == "m²"

    @pytest.mark.parametrize("strategy", ["median", "mean"])
    def test_whole_numbers_at_the_end_of_what_64_bits_hold_are_filled(self, strategy: str) -> None:
        most, least = 2**64 - 1, -(2**63)
        rows = {
            "high": pa.array([most, None, most], pa.uint64()),
            "low": pa.array([least, None, least], pa.int64()),
        }
        kinds = [ColumnSchema(name=name, kind="integer") for name in rows]
        table = Table(pa.table(rows), columns=kinds)

        made = Impute.model_validate({"strategy": strategy}).run(table, None).dataset

        assert made.arrow.to_pydict() == {"high": [most] * 3, "low": [least] * 3}

    def test_a_value_that_a_column_cannot_hold_is_named(self) -> None:
        short = Table(pa.table({"rooms": pa.array([1, None, 2, 3], pa.int8())}))
        long = Table(pa.table({"rooms": pa.array([300, 301, 400, 200], pa.int64())}))

        with pytest.raises(InputError, match="rooms cannot hold 300, which was learnt of other"):
            Impute().run(short, long)

    def test_what_is_filled_in_can_be_learnt_from_other_rows(self) -> None:
        train = Table(homes("train").arrow.slice(0, 2), like=homes("train"))

        made = Impute(strategy="mean", columns=["size"]).run(homes("test"), train).dataset

        assert made.arrow["size"][2].as_py() == 1.5
        assert made.arrow["rooms"].null_count == 1

    def test_a_constant_goes_where_it_fits(self) -> None:
        text = Impute(strategy="constant", value="unknown").run(homes(), None).dataset
        zero = Impute(strategy="constant", value="0").run(homes(), None).dataset

        assert [column.missing for column in text.columns] == [1, 1, 0, 1]
        assert [column.missing for column in zero.columns] == [0, 0, 0, 0]
        assert zero.arrow["sold"][1].as_py() is False
        with pytest.raises(ParameterError, match="size takes a number; 'unknown' is none"):
            Impute(strategy="constant", value="unknown", columns=["size"]).propagate(
                homes().schema, None
            )

    def test_text_has_no_mean_and_the_way_out_is_offered(self) -> None:
        with pytest.raises(ParameterError, match="There is no median of city") as refused:
            Impute(columns=["city"]).propagate(homes().schema, None)

        assert refused.value.fix == ("Use the most frequent value", "most_frequent")

    def test_a_column_without_any_value_is_named(self) -> None:
        empty = Table.from_pandas(pd.DataFrame({"gone": [np.nan, np.nan]}))

        with pytest.raises(InputError, match="gone has no value at all"):
            Impute().run(empty, None)


class TestScale:
    @pytest.mark.parametrize(
        ("method", "theirs"),
        [("standard", StandardScaler()), ("min_max", MinMaxScaler()), ("robust", RobustScaler())],
    )
    def test_it_scales_as_scikit_learn_does(self, method: str, theirs: StandardScaler) -> None:
        made = Scale.model_validate({"method": method}).run(homes(), None).dataset

        wanted = theirs.fit_transform(FRAME[["size"]].to_numpy())
        assert made.to_pandas()["size"].to_numpy() == pytest.approx(wanted[:, 0], nan_ok=True)
        assert made.columns[:2] == (
            ColumnSchema(name="size", kind="number", missing=1),
            ColumnSchema(name="rooms", kind="number", missing=1),
        )

    def test_test_rows_are_scaled_like_train_rows(self) -> None:
        parts = DataSplit().run(Table.from_pandas(pd.DataFrame({"x": np.arange(100.0)})))

        made = Scale().run(parts.test_dataset, parts.train_dataset).dataset

        train = parts.train_dataset.to_pandas()["x"]
        wanted = (parts.test_dataset.to_pandas()["x"] - train.mean()) / train.std(ddof=0)
        assert made.to_pandas()["x"].to_numpy() == pytest.approx(wanted.to_numpy())

    def test_what_is_constant_stays_so(self) -> None:
        constant = Table.from_pandas(pd.DataFrame({"x": [3.0, 3.0]}))

        assert Scale().run(constant, None).dataset.to_pandas()["x"].tolist() == [0.0, 0.0]

    @pytest.mark.parametrize("method", ["standard", "min_max", "robust"])
    def test_numbers_whose_spread_no_computer_holds_are_named(self, method: str) -> None:
        card = Scale.model_validate({"method": method})
        huge = Table.from_pandas(pd.DataFrame({"x": [1.5e308, -1.5e308, 1.7e308, -1.7e308]}))

        with pytest.raises(InputError, match="Column x holds numbers so large"):
            card.run(huge, None)

    def test_text_is_refused_before_a_run(self) -> None:
        with pytest.raises(ParameterError, match="Scaling needs numbers; city is text"):
            Scale(columns=["size", "city"]).propagate(homes().schema, None)


class TestEncode:
    def test_one_hot_stands_in_the_place_of_the_column(self) -> None:
        made = Encode().run(homes(), None).dataset

        assert made.schema.names == ("size", "rooms", "city_Oslo", "city_Rome", "sold")
        assert made.to_pandas()["city_Rome"].tolist() == [1, 0, 1, 0, 1, 0]
        assert made.columns[2] == ColumnSchema(name="city_Oslo", kind="binary", missing=0)
        assert Encode().propagate(homes().schema, None).columns is None

    def test_values_that_were_not_learnt_are_zero_or_missing(self) -> None:
        rome = Table(homes("train").arrow.slice(0, 1), like=homes("train"))

        hot = Encode().run(homes("test"), rome).dataset
        placed = Encode(method="ordinal").run(homes("test"), rome).dataset

        assert hot.schema.names == ("size", "rooms", "city_Rome", "sold")
        assert placed.arrow["city"].to_pylist() == [0, None, 0, None, 0, None]

    def test_an_order_is_kept_and_must_be_whole(self) -> None:
        made = Encode(method="ordinal", order=["Rome", "Oslo"]).run(homes(), None).dataset

        assert made.arrow["city"].to_pylist() == [0, 1, 0, None, 0, 1]
        with pytest.raises(ParameterError, match="The order lacks 'Oslo', a value of city"):
            Encode(method="ordinal", order=["Rome"]).run(homes(), None)

    def test_a_target_encoded_row_is_not_told_its_own_target(self) -> None:
        lonely = Table.from_pandas(
            pd.DataFrame({"who": [f"row {at}" for at in range(50)], "y": np.arange(50.0)})
        )
        card = Encode(method="target", columns=["who"], target_column="y", smoothing=0)

        made = card.run(lonely, None).dataset.to_pandas()

        assert made["who"].nunique() == 5  # the mean of the other folds is all that is known
        assert abs(np.corrcoef(made["who"], made["y"])[0, 1]) < 0.6

    def test_other_rows_are_encoded_as_scikit_learn_does(self) -> None:
        frame = pd.DataFrame({"c": list("aabbbc") * 4, "y": np.arange(24.0)})
        train, new = Table.from_pandas(frame), pd.DataFrame({"c": list("abcd"), "y": [0.0] * 4})
        card = Encode(method="target", columns=["c"], target_column="y", smoothing=3)

        made = card.run(Table.from_pandas(new), train).dataset

        theirs = TargetEncoder(smooth=3, target_type="continuous").fit(frame[["c"]], frame["y"])
        assert made.to_pandas()["c"].to_numpy() == pytest.approx(theirs.transform(new[["c"]])[:, 0])
        assert card.propagate(Table.from_pandas(new).schema, train.schema).columns == made.columns

    def test_too_many_values_are_refused(self) -> None:
        with pytest.raises(ParameterError, match="size has 5 different values"):
            Encode(columns=["size"], most_values=4).run(homes(), None)


@pytest.mark.parametrize("card", [Impute(), Scale(), Encode()], ids=lambda card: card.title)
class TestWhatWasLearntFromWhichRows:
    def test_train_rows_teach_nothing_that_test_rows_know(self, card: Card) -> None:
        alone = card.run(homes("train"), None)[0]  # type: ignore[attr-defined]
        both = card.run(homes("test"), homes("train"))[0]  # type: ignore[attr-defined]

        assert alone.provenance == Provenance(part="train")
        assert both.provenance == Provenance(part="test")

    def test_a_whole_table_carries_a_note_into_both_parts(self, card: Card) -> None:
        whole = card.run(homes(), None)[0]  # type: ignore[attr-defined]
        split = DataSplit(train_ratio=0.5, test_ratio=0.5).run(whole)

        assert whole.provenance.fitted == (card.title,)
        assert split.train_dataset.provenance.fitted == (card.title,)
        said = card.propagate(homes().schema, None)  # type: ignore[attr-defined]
        assert said.provenance == whole.provenance

    def test_learning_from_test_rows_is_warned_of(self, card: Card) -> None:
        test, train = homes("test").schema, homes("train").schema

        (concern,) = card.concerns({"dataset": test})

        assert "learnt from the test rows" in concern.message
        assert list(card.concerns({"dataset": test, "fit_on": train})) == []

    def test_a_table_of_other_columns_teaches_nothing(self, card: Card) -> None:
        other = Table.from_pandas(pd.DataFrame({"x": [1.0]}))

        with pytest.raises(InputError, match="The table to learn from has no column"):
            card.propagate(homes().schema, other.schema)  # type: ignore[attr-defined]
