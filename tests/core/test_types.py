"""Values: what they know of themselves, and that they come back from the store as they were."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.linear_model import LinearRegression

from tensorrag import EstimatorSpec, InputError, Metrics, Model, NetworkSpec, Table
from tensorrag.errors import ArtifactError
from tensorrag.preview import GroupPreview, ScoreFace
from tensorrag.store.artifacts import Store
from tensorrag.types import BUILT_IN, ColumnSchema, Layer, Provenance, TrainingReport, Value, value


def table() -> Table:
    frame = pd.DataFrame(
        {
            "size": [1.5, 2.5, None, 4.0],
            "rooms": [1, 2, 3, 3],
            "garden": [True, False, True, True],
            "city": ["Bern", "Bern", "Basel", "Basel"],
            "name": ["a", "b", "c", "d"],
            "sold": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]),
        }
    )
    price = ColumnSchema(name="size", unit="m²")
    return Table.from_pandas(frame, columns=[price], provenance=Provenance(source="flats"))


def model() -> Model:
    x, y = np.array([[0.0], [1.0]]), np.array([0.0, 2.0])
    return Model(
        framework="sklearn",
        name="linear",
        task="regression",
        features=["size"],
        target="price",
        content={"estimator": LinearRegression().fit(x, y), "dummy": 1.0},
        report=TrainingReport(
            device="cpu",
            seconds=0.1,
            train={"r2": 1.0, "rmse": 0.0},
            baselines={"dummy": {"r2": 0.0, "rmse": 1.0}},
            history={"loss": [1.0, 0.5]},
        ),
    )


VALUES: list[Value] = [
    table(),
    EstimatorSpec("ridge", {"alpha": 2.0}),
    NetworkSpec([Layer(id="a", type="linear", params={"units": 8})], {"epochs": 3}),
    model(),
    Metrics({"r2": 0.9, "rmse": 1.0}, {"r2": 0.0, "rmse": 3.0}, task="regression", rows=5),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_from_the_store_as_it_was(value: Value, tmp_path: Path) -> None:
    store = Store(tmp_path)

    back = store.load(store.put(value).digest)

    assert type(back) is type(value)
    assert back.schema == value.schema
    assert back.to_json() == value.to_json()
    assert back.preview() == value.preview()
    assert back.face() == value.face()


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_a_value_shows_is_json(value: Value) -> None:
    shown = [value.preview(), value.face(), value.schema]

    for part in shown:
        json.dumps(part.model_dump(mode="json"), allow_nan=False)


@pytest.mark.parametrize(
    "values",
    [
        [1e308, 1e308, -1e308],
        [18446744073709551610, 18446744073709551615],
        [5e-324, 0.0, 1e-323],
        [7.0, 7.0],
        [float("inf"), float("nan"), None],
    ],
    ids=["a range beyond all floats", "neighbours", "smallest", "constant", "nothing finite"],
)
def test_extreme_numbers_can_be_shown(values: list[float]) -> None:
    table = Table.from_pandas(pd.DataFrame({"number": values}))

    shown = [table.preview(), table.face()]

    assert all(json.dumps(part.model_dump(mode="json"), allow_nan=False) for part in shown)


def test_each_type_has_a_shape_and_colour_of_its_own() -> None:
    looks = {(kind.label, kind.shape, kind.light, kind.dark) for kind in BUILT_IN}

    assert len(looks) == len({label for label, *_ in looks})


def test_a_table_tells_the_kinds_of_its_columns() -> None:
    kinds = {column.name: column.kind for column in table().columns}

    assert kinds == {
        "size": "number",
        "rooms": "integer",
        "garden": "binary",
        "city": "category",
        "name": "text",
        "sold": "date",
    }
    assert table().columns[0].unit == "m²"


def test_categories_of_pandas_are_plain_values() -> None:
    frame = pd.DataFrame({
        "city": pd.Categorical(["Ulm", None, "Bonn"] * 4),
        "floor": pd.Categorical([3, 4, 5] * 4),
        "age": pd.cut([1, 10, 30] * 4, [0, 5, 20, 60]),
    })  # fmt: skip

    table = Table.from_pandas(frame)

    assert [column.kind for column in table.columns] == ["category", "integer", "category"]
    assert table.arrow.slice(0, 2).to_pylist() == [
        {"city": "Ulm", "floor": 3, "age": "(0, 5]"},
        {"city": None, "floor": 4, "age": "(5, 20]"},
    ]


@pytest.mark.parametrize(("last", "kind"), [(1.0, "binary"), (2.0, "integer"), (0.5, "number")])
def test_the_kind_of_decimals_depends_on_the_last_row_too(last: float, kind: str) -> None:
    paid = [0.0, 1.0] * 40_000 + [last]

    assert Table.from_pandas(pd.DataFrame({"paid": paid})).columns[0].kind == kind


def test_a_table_that_came_in_hundreds_of_pieces_is_stored_in_one(tmp_path: Path) -> None:
    rooms = pa.chunked_array([[number, None] for number in range(500)])
    came = Table(pa.table({"rooms": rooms, "city": pa.array(["Bern", "Genf"] * 500)}))
    store = Store(tmp_path)

    stored = store.load(store.put(came).digest, Table)

    assert isinstance(stored, Table)
    assert [column.num_chunks for column in stored.arrow.columns] == [1, 1]
    assert stored.arrow.equals(came.arrow)
    assert stored.preview().columns == came.preview().columns


def test_a_part_of_a_table_keeps_the_kinds_of_the_whole() -> None:
    part = Table(table().arrow.slice(0, 1), like=table())

    assert [column.kind for column in part.columns] == [c.kind for c in table().columns]
    assert [column.missing for column in table().columns][:2] == [1, 0]
    assert part.provenance.source == "flats"


def test_a_table_is_profiled_column_by_column() -> None:
    preview = table().preview()

    size, *_, city, _, sold = preview.columns
    assert (size.missing, size.distinct, size.min, size.max) == (1, 3, 1.5, 4.0)
    assert size.mean == pytest.approx(8 / 3)
    assert sum(size.histogram.counts) == 3  # type: ignore[union-attr]
    assert [(top.value, top.count) for top in city.top or ()] == [("Basel", 2), ("Bern", 2)]
    assert sold.kind == "date"
    assert preview.sample[2][0] is None


def test_a_data_frame_is_a_copy_that_can_be_written_to(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = store.load(store.put(table()).digest)
    assert isinstance(stored, Table)

    frame = stored.to_pandas(["rooms", "size"])
    frame.loc[0, "rooms"] = 99

    assert list(frame.columns) == ["rooms", "size"]
    assert stored.to_pandas()["rooms"][0] == 1


def test_mixed_objects_become_text() -> None:
    mixed = pd.DataFrame({"what": [1, "two", None, datetime.date(2026, 1, 1)]})

    back = Table.from_pandas(mixed).to_pandas()

    assert back["what"].tolist()[:2] == ["1", "two"]
    assert back["what"].isna().tolist() == [False, False, True, False]


def test_two_columns_of_one_name_are_refused() -> None:
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])

    with pytest.raises(InputError, match='two columns named "a"'):
        Table.from_pandas(twice)


def test_a_table_without_rows_can_be_shown() -> None:
    empty = Table(table().arrow.slice(0, 0), like=table())

    assert empty.preview().rows == 0
    assert empty.face().rows == 0  # type: ignore[union-attr]


def test_infinite_numbers_are_shown_as_nothing() -> None:
    odd = Table.from_pandas(pd.DataFrame({"x": [np.inf, -np.inf, np.nan, 1.0]}))

    assert odd.preview().columns[0].max == 1.0
    assert odd.preview().sample[0] == (None,)


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()])
@pytest.mark.parametrize(("values", "missing"), [
    ([1.0, np.nan], 1),
    ([1.0, None, np.nan], 2),
    ([1.0, None, 2.0], 1),
    ([np.inf, None, -np.inf], 1),
])  # fmt: skip
def test_what_is_not_a_number_is_missing(
    kind: pa.DataType, values: list[float | None], missing: int
) -> None:
    whole = pa.array([8.0, 9.0, *values], kind, from_pandas=False)

    part = Table(pa.table({"x": pa.chunked_array([whole[2:], whole[:0], whole[2:]])}))

    assert part.columns[0].missing == part.column("x").null_count == 2 * missing
    assert part.column("x").is_valid().to_pylist().count(True) == 2 * (len(values) - missing)
    assert part.fields.field("x").type == kind


def test_runs_of_equal_values_are_written_out_so_that_rows_can_be_taken() -> None:
    runs = pc.run_end_encode(pa.array([1.5, 1.5, np.nan, 2.5], from_pandas=False))

    table = Table(pa.table({"x": pa.chunked_array([runs, runs.slice(1)])}))

    assert table.take(np.array([6, 5, 0])).column("x").to_pylist() == [2.5, None, 1.5]
    assert table.columns[0].missing == 2


def test_an_excerpt_is_from_all_over_the_table() -> None:
    whole = Table(pa.table({"row": np.arange(10_000)}))

    assert whole.excerpt().column("row").to_pylist() == list(range(0, 10_000, 5))


def test_metrics_stand_beside_their_baseline() -> None:
    metrics = Metrics({"rmse": 1.0, "r2": 0.9}, {"r2": 0.0}, task="regression", rows=5, unit="k$")

    preview, face = metrics.preview(), metrics.face()

    assert isinstance(preview, GroupPreview)
    assert isinstance(face, ScoreFace)
    assert list(metrics.values) == ["r2", "rmse"]
    assert (face.value, face.baseline, face.extra.unit) == (0.9, 0.0, "k$")  # type: ignore[union-attr]
    assert metrics.to_json() == {"r2": 0.9, "rmse": 1.0, "baseline": {"r2": 0.0}}


def test_a_stored_model_holds_no_class_of_ours(tmp_path: Path) -> None:
    model().save(tmp_path)

    assert b"tensorrag" not in (tmp_path / "model.joblib").read_bytes()


def test_a_pack_brings_types_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Spectrum(Table):
        """Wave lengths, and how much of each there is."""

    class Packs:
        def load(self) -> type[Value]:
            return Spectrum

    monkeypatch.setattr(value, "entry_points", lambda group: [Packs()])
    value.value_types.cache_clear()
    try:
        assert value.value_type("Spectrum") is Spectrum
        assert value.value_type("Table") is Table
        with pytest.raises(ArtifactError, match="No installed pack knows the type 'Other'"):
            value.value_type("Other")
    finally:
        value.value_types.cache_clear()
