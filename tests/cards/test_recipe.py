"""What was done with the train rows, row by row, is done with the rows that a model is asked of."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from cards.derive_column import DeriveColumn
from cards.evaluate import Evaluate
from cards.predict import Predict
from tensorrag import InputError, Model, ModelSchema, ParameterError, Table
from tensorrag.check import check
from tensorrag.perform import perform
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.plain import JsonObject
from tensorrag.registry.finding import Registry
from tensorrag.store.artifacts import Store
from tensorrag.store.model_export import export
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.types import Recipe
from tests.core.test_model_export import ALONE, entry

CARDS = Registry.load().found
SALE = {"area": 50.0, "rooms": 2, "sold": "2024-03-05", "street": "Hill 3"}
Made = Callable[..., dict[str, str]]


def sales(rows: int = 120) -> Table:
    """What a place costs follows from its area by room, and from the month of its sale."""
    draw = np.random.default_rng(3)
    area, rooms = draw.uniform(20, 120, rows), draw.integers(1, 6, rows)
    sold = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 365, rows), unit="D")
    frame = pd.DataFrame({"street": "Hill 1", "area": area, "rooms": rooms, "sold": sold})
    frame["price"] = 3 * area / rooms + 10 * frame["sold"].dt.month
    return Table.from_pandas(frame)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    return Place(store=folder / "store", uploads=folder, base=folder)


@pytest.fixture(scope="module")
def made(place: Place) -> Made:
    """Runs a card as a worker does; returns the digests of what it makes, by port."""

    def run(card: str, params: JsonObject | None = None, **inputs: str) -> dict[str, str]:
        task = Task(
            kind="run",
            card=card,
            entry=CARDS[card].info.entry,
            params=params or {},
            inputs={port: (digest,) for port, digest in inputs.items()},
        )
        outputs = perform(task, place)["outputs"]
        return {port: output["sha256"] for port, output in outputs.items()}

    return run


@pytest.fixture(scope="module")
def trained(made: Made, place: Place) -> tuple[str, str]:
    """A model that learnt from what other cards made of the rows, and rows that it has not seen."""
    at = Store(place.store).put(sales()).digest
    at = made("select_columns", {"mode": "drop", "columns": ["street"]}, dataset=at)["dataset"]
    at = made("filter_rows", {"condition": "price > 0"}, dataset=at)["dataset"]
    each = {"name": "each", "formula": "area / rooms"}
    at = made("derive_column", each, dataset=at)["dataset"]
    dates = {"year": False, "weekday": False}
    at = made("dates_to_features", dates, dataset=at)["dataset"]
    parts = made("data_split", {"seed": 1}, dataset=at)
    spec = made("model_define", {"model_type": "ridge", "alpha": 0.001})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": ["each", "sold_month"]}
    train = parts["train_dataset"]
    model = made("train", wanted, train_dataset=train, model_spec=spec)["trained_model"]
    return model, parts["test_dataset"]


def answers(place: Place, model: str, rows: Any) -> JsonObject:
    """What the worker says that keeps a model open."""
    loaded = Store(place.store).load(model)
    assert isinstance(loaded, Model)
    columns = [{"name": c.name, "kind": c.kind} for c in loaded.asks or ()]
    features = [{"name": name, "kind": "number"} for name in loaded.features]
    task = Task(
        kind="predict",
        entry=CARDS["predict"].info.entry,
        params={"rows": rows, "columns": columns, "features": features},
        inputs={"trained_model": (model,)},
    )
    return perform(task, place)


def test_a_model_asks_for_the_columns_that_its_features_are_made_of(
    trained: tuple[str, str], place: Place
) -> None:
    model = Store(place.store).load(trained[0])

    assert isinstance(model, Model)
    assert model.recipe is not None
    assert [(c.name, c.kind) for c in model.asks or ()] == [
        ("area", "number"), ("rooms", "integer"), ("sold", "date"),
    ]  # fmt: skip
    titles = [step.title for step in model.recipe.steps]
    assert titles == ["Select Columns", "Derive Column", "Dates to Features"], "not Filter Rows"
    assert set(model.recipe.example) == {"area", "rooms", "sold"}


def test_a_question_has_the_columns_as_they_were_before(
    trained: tuple[str, str], place: Place
) -> None:
    asked = {name: SALE[name] for name in ("area", "rooms", "sold")}

    raw = answers(place, trained[0], [asked])
    done = answers(place, trained[0], [{"each": 25.0, "sold_month": 3}])

    assert raw["predictions"] == pytest.approx([3 * 25 + 30], rel=0.01)
    assert done["predictions"] == pytest.approx(raw["predictions"]), "as it was asked before"


def test_who_asks_about_what_it_has_never_seen_is_told(
    trained: tuple[str, str], place: Place
) -> None:
    usual = {"area": 50.0, "rooms": 2, "sold": "2024-03-05"}

    said = answers(place, trained[0], [usual, usual | {"area": 90_000.0}])["warnings"]

    assert len(said) == 1
    assert said[0].startswith("Row 2, each: 45,000 is far outside of what the model has learnt")


def test_what_is_no_date_or_lacks_is_named(trained: tuple[str, str], place: Place) -> None:
    with pytest.raises(ParameterError, match='Row 1, sold: "spring" is no date'):
        answers(place, trained[0], {"area": [50], "rooms": [2], "sold": ["spring"]})
    with pytest.raises(ParameterError, match='The rows lack "sold"'):
        answers(place, trained[0], {"area": [50], "rooms": [2]})


def test_the_card_takes_rows_from_before_and_rows_that_went_through_it(
    trained: tuple[str, str], made: Made, place: Place
) -> None:
    store = Store(place.store)
    before = store.put(sales(30)).digest

    raw = made("predict", dataset=before, trained_model=trained[0])["predictions"]
    done = made("predict", dataset=trained[1], trained_model=trained[0])["predictions"]

    frames = []
    for digest in (raw, done):
        table = store.load(digest)
        assert isinstance(table, Table)
        frames.append(table.to_pandas())
    assert list(frames[0]) == ["street", "area", "rooms", "sold", "price", "predicted_price"]
    for frame in frames:
        assert frame["predicted_price"].to_numpy() == pytest.approx(frame["price"], rel=0.02)


def test_rows_that_went_through_it_do_not_go_through_it_twice(made: Made, place: Place) -> None:
    store = Store(place.store)
    logarithm = {"name": "area", "formula": "log(area)", "replace": True}
    at = made("derive_column", logarithm, dataset=store.put(sales()).digest)["dataset"]
    spec = made("model_define", {"model_type": "linear"})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": ["area"]}
    model = made("train", wanted, train_dataset=at, model_spec=spec)["trained_model"]

    done = store.load(made("predict", dataset=at, trained_model=model)["predictions"])
    raw = store.load(
        made("predict", dataset=store.put(sales()).digest, trained_model=model)["predictions"]
    )

    assert isinstance(done, Table)
    assert isinstance(raw, Table)
    assert raw.arrow["predicted_price"].equals(done.arrow["predicted_price"])


def answered(place: Place, digest: str, column: str) -> list[float]:
    table = Store(place.store).load(digest)
    assert isinstance(table, Table)
    found: list[float] = table.arrow[column].to_pylist()
    return found


def test_rows_are_scaled_once_however_many_models_are_asked(made: Made, place: Place) -> None:
    raw = Store(place.store).put(sales()).digest
    scaled = made("scale", {"columns": ["area"]}, dataset=raw)["dataset"]
    spec = made("model_define", {"model_type": "linear"})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": ["area"]}
    model = made("train", wanted, train_dataset=scaled, model_spec=spec)["trained_model"]

    for rows in (raw, scaled):
        one = made("predict", {"prediction_column": "one"}, dataset=rows, trained_model=model)
        at = one["predictions"]
        two = made("predict", {"prediction_column": "two"}, dataset=at, trained_model=model)
        first, second = (answered(place, two["predictions"], name) for name in ("one", "two"))
        assert second == first
        assert np.ptp(first) > 100, "not all alike, as they are of unscaled or twice scaled rows"


def test_rows_that_were_prepared_otherwise_are_remarked(made: Made, place: Place) -> None:
    store = Store(place.store)
    raw, few = store.put(sales()).digest, store.put(sales(30)).digest
    area: JsonObject = {"columns": ["area"]}
    scaled = made("scale", area, dataset=raw)["dataset"]
    spec = made("model_define", {"model_type": "linear"})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": ["area"]}
    trained = made("train", wanted, train_dataset=scaled, model_spec=spec)["trained_model"]
    model = cast(Model, store.load(trained))

    def said(params: JsonObject, rows: str) -> list[str]:
        table = store.load(made("scale", params, dataset=rows)["dataset"])
        card = Predict()
        card.run(cast(Table, table), model)
        return [each for each in card.warnings if "Scale" in each]

    assert said(area, raw) == []
    otherwise = (
        "The train rows went through Scale, and these rows did so with other settings, or it "
        "learnt from other rows."
    )
    assert said({**area, "method": "min_max"}, raw) == said(area, few) == [otherwise]

    def measured(rows: str) -> list[str]:
        of = {"test_dataset": cast(Table, store.load(rows)).schema, "trained_model": model.schema}
        return [each.message for each in Evaluate().concerns(of)]

    assert measured(scaled) == []
    assert measured(raw) == ["The train rows went through Scale, and these rows did not."]


def test_rows_that_went_through_a_part_go_through_the_rest(made: Made, place: Place) -> None:
    frame = sales().to_pandas()
    frame["town"] = np.where(frame["rooms"] < 3, "Aachen", "Bonn")
    at = raw = Store(place.store).put(Table.from_pandas(frame)).digest
    tables = []
    for card, params in (
        ("derive_column", {"name": "each", "formula": "area / rooms"}),
        ("scale", {"columns": ["each"]}),
        ("encode", {"columns": ["town"]}),
    ):
        tables.append(at)
        at = made(card, params, dataset=at)["dataset"]
    spec = made("model_define", {"model_type": "linear"})["model_spec"]
    two = {"target_column": "price", "feature_columns": ["each", "town_Aachen"]}
    model = made("train", two, train_dataset=at, model_spec=spec)["trained_model"]
    one = {"target_column": "price", "feature_columns": ["each"]}
    other = made("train", one, train_dataset=at, model_spec=spec)["trained_model"]

    assert tables[0] == raw
    for each in (model, other):
        done = made("predict", dataset=at, trained_model=each)["predictions"]
        for rows in tables:
            found = made("predict", dataset=rows, trained_model=each)["predictions"]
            assert answered(place, found, "predicted_price") == pytest.approx(
                answered(place, done, "predicted_price")
            )


def test_what_was_learnt_of_the_train_rows_is_done_again_with_raw_rows(
    made: Made, place: Place, tmp_path: Path
) -> None:
    store, frame = Store(place.store), sales().to_pandas()
    frame["town"] = np.where(frame["rooms"] < 3, "Aachen", "Bonn")
    frame["kind"] = np.where(frame["area"] < 60, "low", "high")
    frame["zone"] = np.where(frame["area"] < 90, "A", "B")
    frame.loc[3:9, "area"] = None
    raw = store.put(Table.from_pandas(frame)).digest
    parts = made("data_split", {"seed": 1}, dataset=raw)
    at, test = parts["train_dataset"], parts["test_dataset"]
    for card, params in (
        ("impute", {"columns": ["area"], "strategy": "mean"}),
        ("scale", {"columns": ["area"]}),
        ("encode", {"columns": ["town"]}),
        ("encode", {"columns": ["kind"], "method": "ordinal"}),
        ("encode", {"columns": ["zone"], "method": "target", "target_column": "price"}),
    ):
        new = made(card, params, dataset=at)["dataset"]
        test = made(card, params, dataset=test, fit_on=at)["dataset"]
        at = new
    spec = made("model_define", {"model_type": "ridge"})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": [
        "area", "town_Aachen", "town_Bonn", "kind", "zone"
    ]}  # fmt: skip
    model = made("train", wanted, train_dataset=at, model_spec=spec)["trained_model"]

    done = made("predict", dataset=test, trained_model=model)["predictions"]
    of_raw = made("predict", dataset=parts["test_dataset"], trained_model=model)["predictions"]
    loaded = store.load(model)

    told = [cast(Table, store.load(each)).to_pandas() for each in (done, of_raw)]
    assert told[1]["predicted_price"].tolist() == pytest.approx(
        told[0]["predicted_price"].tolist(), rel=1e-12
    )
    assert isinstance(loaded, Model)
    assert [column.name for column in loaded.asks or ()] == ["area", "town", "kind", "zone"]
    assert by_its_export(loaded, store, told[1], tmp_path) == pytest.approx(
        told[1]["predicted_price"].tolist(), rel=1e-9
    )


def by_its_export(model: Model, store: Store, rows: Any, folder: Path) -> list[float]:
    """Return what the ZIP file of a model predicts."""
    said = asked_alone(model, store, rows, folder).stdout
    found: list[float] = pd.read_csv(io.StringIO(said))["predicted_price"].tolist()
    return found


def asked_alone(
    model: Model, store: Store, rows: Any, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Ask the ZIP file of a model, in a process that has no TensorRag."""
    asked = rows[[column.name for column in model.asks or ()]]
    asked.to_csv(folder / "rows.csv", index=False)
    export(entry(model, store.put(model).digest), store, folder / "model.zip")
    with zipfile.ZipFile(folder / "model.zip") as packed:
        packed.extractall(folder / "out")
    script = [str(folder / "out" / "predict.py"), str(folder / "rows.csv")]
    asking = [sys.executable, "-I", "-c", ALONE, *script]
    return subprocess.run(asking, capture_output=True, text=True, check=True)


def test_a_step_that_cannot_be_written_loses_no_model(
    made: Made,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = Store(place.store)
    logarithm = {"name": "area", "formula": "log(area + 1)", "replace": True}
    at = made("derive_column", logarithm, dataset=store.put(sales()).digest)["dataset"]
    spec = made("model_define", {"model_type": "linear"})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": ["area"]}
    monkeypatch.setattr(DeriveColumn, "script", lambda *_: 1 / 0)

    digest = made("train", wanted, train_dataset=at, model_spec=spec)["trained_model"]

    model = store.load(digest)
    assert isinstance(model, Model)
    assert model.recipe is not None
    assert (len(model.recipe.steps), model.recipe.python) == (1, "")
    assert "ZeroDivisionError" in capsys.readouterr().err, "in the log of the card"
    told = asked_alone(model, store, sales(5).to_pandas(), tmp_path).stderr
    assert "The rows are taken as they are. Do first: Derive Column" in told


def test_what_is_too_much_to_carry_along_is_where_questions_begin(
    made: Made, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorrag.recipe.MOST_LEARNT", 1000)
    frame = sales().to_pandas()
    frame["street"] = [f"Street {at % 60}" for at in range(len(frame))]
    many = {"columns": ["street"], "method": "target", "target_column": "price"}
    at = Store(place.store).put(Table.from_pandas(frame)).digest

    scaled = Store(place.store).load(made("scale", {"columns": ["area"]}, dataset=at)["dataset"])
    encoded = Store(place.store).load(made("encode", many, dataset=at)["dataset"])

    assert isinstance(scaled, Table)
    assert isinstance(encoded, Table)
    assert scaled.recipe is not None
    assert len(scaled.recipe.steps) == 1
    assert encoded.recipe == Recipe(begins="Encode", earlier=True)


def test_the_export_does_the_steps_row_by_row_too(
    trained: tuple[str, str], place: Place, tmp_path: Path
) -> None:
    model = Store(place.store).load(trained[0])
    assert isinstance(model, Model)
    frame = sales(30).to_pandas()

    found = by_its_export(model, Store(place.store), frame, tmp_path)

    assert found == pytest.approx(frame["price"].tolist(), rel=0.02)
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "- Derive Column: `formula='area / rooms'`, `name='each'`, `replace=False`\n" in readme
    assert "- Dates to Features: `day=False`," in readme, "columns, of which none is chosen"


def test_the_export_minds_gaps_though_no_train_row_had_one(made: Made, place: Place) -> None:
    at = Store(place.store).put(sales()).digest
    large = {"name": "large", "formula": "area > 50"}
    at = made("derive_column", large, dataset=at)["dataset"]
    spec = made("model_define", {"model_type": "ridge"})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": ["large"]}
    model = made("train", wanted, train_dataset=at, model_spec=spec)["trained_model"]
    loaded = Store(place.store).load(model)
    assert isinstance(loaded, Model)
    assert loaded.recipe is not None

    namespace: dict[str, Any] = {}
    exec(loaded.recipe.python, namespace)  # noqa: S102
    found = namespace["prepare"](pd.DataFrame({"area": [60.0, 40.0, np.nan]}))

    assert found["large"].isna().tolist() == [False, False, True]


def test_a_card_that_looks_at_many_rows_is_where_questions_begin(made: Made, place: Place) -> None:
    at = Store(place.store).put(sales()).digest
    at = made("derive_column", {"name": "each", "formula": "area / rooms"}, dataset=at)["dataset"]
    at = made("concatenate", tables=at)["dataset"]
    at = made("derive_column", {"name": "twice", "formula": "each * 2"}, dataset=at)["dataset"]
    spec = made("model_define", {"model_type": "linear"})["model_spec"]
    wanted = {"target_column": "price", "feature_columns": ["twice"]}

    digest = made("train", wanted, train_dataset=at, model_spec=spec)["trained_model"]

    model = Store(place.store).load(digest)
    assert isinstance(model, Model)
    assert model.recipe is not None
    assert model.recipe.begins == "Concatenate"
    assert [column.name for column in model.asks or ()] == ["each"]


def test_a_chain_that_is_too_long_begins_in_the_middle(
    made: Made, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorrag.recipe.MOST_STEPS", 2)
    at = Store(place.store).put(sales()).digest
    for name, formula in (("b", "area + 1"), ("c", "b + 1"), ("d", "c + 1")):
        at = made("derive_column", {"name": name, "formula": formula}, dataset=at)["dataset"]

    table = Store(place.store).load(at)

    assert isinstance(table, Table)
    assert table.recipe is not None
    assert (table.recipe.begins, len(table.recipe.steps)) == ("Derive Column", 1)
    assert "c" in [column.name for column in table.recipe.columns]


def test_before_a_run_rows_from_before_are_known_to_do() -> None:
    nodes = (
        Node("load", "data_load", params={"sample_name": "diabetes"}),
        Node("derive", "derive_column", params={"name": "high", "formula": "bmi * blood_pressure"}),
        Node("define", "model_define", params={"model_type": "ridge"}),
        Node("train", "train", params={"target_column": "progression"}),
        Node("predict", "predict"),
    )
    edges = (
        Edge("load", "dataset", "derive", "dataset"),
        Edge("derive", "dataset", "train", "train_dataset"),
        Edge("define", "model_spec", "train", "model_spec"),
        Edge("load", "dataset", "predict", "dataset"),
        Edge("train", "trained_model", "predict", "trained_model"),
    )
    pipeline = Pipeline().with_nodes(*nodes).with_edges(*edges)

    registry = Registry.load()
    key = check(pipeline, registry).nodes["load"].peek_key or ""
    card = CARDS["data_load"].card.model_validate({"sample_name": "diabetes"})
    found = check(pipeline, registry, {key: card.peek()})  # type: ignore[attr-defined]

    wrong = [problem.message for problem in found.problems if problem.node == "predict"]
    assert wrong == []
    known = found.nodes["train"].schemas["trained_model"]
    assert isinstance(known, ModelSchema)
    assert "high" in (known.features or ())
    assert "high" not in [column.name for column in known.asks or ()]


def test_what_lacks_both_is_told_what_it_is_made_of(trained: tuple[str, str], place: Place) -> None:
    model = Store(place.store).load(trained[0])
    assert isinstance(model, Model)
    area = Table.from_pandas(pd.DataFrame({"area": [50.0]}))

    with pytest.raises(InputError, match="lacks rooms and 1 more") as wrong:
        Predict().propagate(area.schema, model.schema)
    assert "area, rooms, sold" in wrong.value.hint
