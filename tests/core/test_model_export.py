"""A model leaves: the ZIP file predicts in a process that knows nothing of TensorRag."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pandas as pd
import pytest

from cards.predict import Predict
from cards.train import Train
from cards.train_gpu import TrainGpu
from tensorrag import EstimatorSpec, Model, NetworkSpec, Table
from tensorrag.errors import ArtifactDamaged, ArtifactForeign
from tensorrag.store.artifacts import Store
from tensorrag.store.model_export import export
from tensorrag.store.models import ModelEntry

ALONE = """
import runpy, sys
sys.modules.update(dict.fromkeys(("tensorrag", "cards", "executors", "web")))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script where none of our packages can be imported."""
LAYERS = [
    {"id": "hidden_1", "type": "linear", "params": {"units": 8}},
    {"id": "relu_1", "type": "relu"},
]


def rooms() -> pd.DataFrame:
    draw = np.random.default_rng(7)
    size, age = draw.uniform(20, 90, 150), draw.uniform(0, 60, 150)
    town = np.where(draw.random(150) < 0.5, "Aachen", "Bonn")
    rent = 12 * size - age + 40 * (town == "Bonn")
    dear = np.where(rent > 600, "dear", "cheap")
    return pd.DataFrame({"size": size, "age": age, "town": town, "rent": rent, "dear": dear})


def ridge(frame: pd.DataFrame) -> Model:
    table = Table.from_pandas(frame[["size", "age", "rent"]])
    return Train(target_column="rent").run(table, None, EstimatorSpec("ridge")).trained_model


def network(frame: pd.DataFrame) -> Model:
    table = Table.from_pandas(frame[["size", "age", "rent"]])
    spec = NetworkSpec(LAYERS, {"epochs": 3})
    return TrainGpu(target_column="rent").run(table, None, spec).trained_model


def network_of_classes(frame: pd.DataFrame) -> Model:
    gaps = frame.assign(size=frame["size"].where(frame["age"] > 5))
    table = Table.from_pandas(gaps[["size", "town", "dear"]])
    spec = NetworkSpec(LAYERS, {"epochs": 3})
    return TrainGpu(target_column="dear").run(table, None, spec).trained_model


def deep_network_of_rents(frame: pd.DataFrame) -> Model:
    layers = [LAYERS[0], {"id": "norm_1", "type": "batch_norm"}, {"id": "tanh_1", "type": "tanh"}]
    banded = frame.assign(band=pd.cut(frame["rent"], 4, labels=["d", "c", "b", "a"]).astype(str))
    table = Table.from_pandas(banded[["size", "age", "town", "band"]])
    spec = NetworkSpec(layers, {"epochs": 3})
    return TrainGpu(target_column="band").run(table, None, spec).trained_model


def classes(frame: pd.DataFrame) -> Model:
    table = Table.from_pandas(frame[["size", "town", "dear"]])
    return Train(target_column="dear").run(table, None, EstimatorSpec("logistic")).trained_model


def entry(model: Model, sha256: str) -> ModelEntry:
    facts = {"schema": model.schema.model_dump(mode="json"), "value": model.to_json()}
    return ModelEntry(
        sha256=sha256, run="run", node="train", pipeline=None, pipeline_name="Rooms",
        made=datetime(2026, 1, 2, 12, tzinfo=UTC).timestamp(), title="a model · rent", version=1,
        facts=facts, measured=None, given=None, pinned=False, deleted=False,
    )  # fmt: skip


def unpacked(model: Model, root: Path) -> Path:
    """Export a model, unpack that, and return its script."""
    store = Store(root / "store")
    export(entry(model, store.put(model).digest), store, root / "model.zip")
    with zipfile.ZipFile(root / "model.zip") as packed:
        packed.extractall(root / "out")
    return root / "out" / "predict.py"


@pytest.mark.parametrize(
    "trained", [ridge, network, network_of_classes, deep_network_of_rents, classes]
)
def test_the_script_says_what_the_card_says(
    trained: Callable[[pd.DataFrame], Model], tmp_path: Path
) -> None:
    frame = rooms()
    model = trained(frame)
    script = unpacked(model, tmp_path)
    asked = frame.drop(columns=[model.target], errors="ignore")
    asked.to_csv(tmp_path / "rows.csv", index=False)

    said = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, script, tmp_path / "rows.csv"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout

    (tmp_path / "said.csv").write_text(said)
    theirs = pd.read_csv(tmp_path / "said.csv")
    ours = Predict().run(Table.from_pandas(asked), model).predictions.to_pandas()
    assert list(theirs) == list(ours)
    for name in ours.columns[asked.shape[1] :]:
        if ours[name].dtype.kind == "f":
            assert theirs[name].to_numpy() == pytest.approx(ours[name].to_numpy(), rel=1e-9)
        else:
            assert theirs[name].tolist() == ours[name].tolist()


def test_a_table_with_other_marks_is_read_as_the_script_says(tmp_path: Path) -> None:
    frame = rooms()
    model = ridge(frame)
    script = unpacked(model, tmp_path)
    coded = frame[["size", "age"]].assign(zip="01067")
    coded.to_csv(tmp_path / "rows.csv", index=False, sep=";", decimal=",")
    asked = [sys.executable, "-I", str(script), str(tmp_path / "rows.csv")]

    refused = subprocess.run(asked, capture_output=True, text=True, check=False)
    said = subprocess.run(
        [*asked, "--sep", ";", "--decimal", ","], capture_output=True, text=True, check=True
    ).stdout

    assert refused.returncode == 1
    assert refused.stderr == (
        'The table lacks size, age. Add --sep ";", and --decimal "," where its numbers have one.\n'
    )
    ours = Predict().run(Table.from_pandas(frame[["size", "age"]]), model).predictions.to_pandas()
    theirs = pd.read_csv(StringIO(said), dtype={"zip": str})
    assert theirs["predicted_rent"].to_numpy() == pytest.approx(
        ours["predicted_rent"].to_numpy(), rel=1e-9
    )
    assert theirs["zip"].tolist() == coded["zip"].tolist()


def test_decimal_commas_in_some_lines_only_are_a_sentence_too(tmp_path: Path) -> None:
    script = unpacked(ridge(rooms()), tmp_path)
    (tmp_path / "rows.csv").write_text("size;age\n40;7\n52,5;9,5\n")
    asked = [sys.executable, "-I", str(script), str(tmp_path / "rows.csv")]

    refused = subprocess.run(asked, capture_output=True, text=True, check=False)

    assert refused.stderr == (
        "The lines of the table differ in length, by ','. Add --sep \";\", or theirs.\n"
    )


def test_letters_that_are_not_utf_8_are_read_as_the_script_says(tmp_path: Path) -> None:
    frame = rooms()
    model = ridge(frame)
    script = unpacked(model, tmp_path)
    named = frame.head(3).assign(town="Østfold")
    named.to_csv(tmp_path / "rows.csv", index=False, encoding="cp1252")
    asked = [sys.executable, "-I", str(script), str(tmp_path / "rows.csv")]

    refused = subprocess.run(asked, capture_output=True, text=True, check=False)
    said = subprocess.run(
        [*asked, "--encoding", "cp1252"], capture_output=True, encoding="utf-8", check=True
    ).stdout

    assert refused.returncode == 1
    assert refused.stderr == (
        "The letters of the table are not utf-8. Add --encoding cp1252, or theirs.\n"
    )
    assert pd.read_csv(StringIO(said))["town"].tolist() == ["Østfold"] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_has_enough_ends_the_script_quietly(tmp_path: Path) -> None:
    script, frame = unpacked(ridge(rooms()), tmp_path), rooms()
    many = pd.concat([frame] * 300)
    many.to_csv(tmp_path / "rows.csv", index=False)  # more than fits into a pipe
    words = [sys.executable, "-I", str(script), str(tmp_path / "rows.csv")]

    with subprocess.Popen(words, stdout=PIPE, stderr=PIPE, text=True) as head:
        assert head.stdout is not None
        assert head.stderr is not None
        assert "predicted_rent" in head.stdout.readline()
        head.stdout.close()
        said = head.stderr.read()

    assert said == ""
    assert head.returncode == -signal.SIGPIPE


def test_a_table_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    script = unpacked(ridge(rooms()), tmp_path)

    words = [sys.executable, "-I", str(script), "gone.csv"]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    assert refused.stderr == "gone.csv cannot be read: No such file or directory.\n"


def test_the_file_says_what_it_needs_and_what_a_pickle_is(tmp_path: Path) -> None:
    model = ridge(rooms())
    store = Store(tmp_path / "store")

    export(entry(model, store.put(model).digest), store, tmp_path / "model.zip")

    with zipfile.ZipFile(tmp_path / "model.zip") as packed:
        names = {"model.joblib", "metadata.json", "requirements.txt", "predict.py", "README.md"}
        assert set(packed.namelist()) == names
        said = packed.read("README.md").decode()
        assert "Opening a pickle runs code" in said
        assert "Predicts rent from 2 columns. Trained on 2026-01-02 with TensorRag." in said
        required = packed.read("requirements.txt").decode().split()
        assert [each.partition("==")[0] for each in required] == [
            "joblib", "numpy", "pandas", "scikit-learn",
        ]  # fmt: skip
        assert json.loads(packed.read("metadata.json"))["features"] == ["size", "age"]


def test_names_write_no_words_of_their_own_into_the_file(tmp_path: Path) -> None:
    frame = rooms().rename(columns={"age": "age`\n# Safe", "rent": "rent\n\n**Signed** <b>"})
    table = Table.from_pandas(frame[["size", "age`\n# Safe", "rent\n\n**Signed** <b>"]])
    model = Train(target_column=table.arrow.column_names[-1]).run(
        table, None, EstimatorSpec("ridge")
    ).trained_model  # fmt: skip
    store = Store(tmp_path / "store")

    export(entry(model, store.put(model).digest), store, tmp_path / "model.zip")

    with zipfile.ZipFile(tmp_path / "model.zip") as packed:
        said = packed.read("README.md").decode()
    assert "Predicts rent **Signed** &#60;b&#62; from 2 columns." in said
    assert "needs these columns: `size`, `age' # Safe`." in said


def test_a_model_that_was_not_written_here_or_is_damaged_is_not_packed(tmp_path: Path) -> None:
    model, store = ridge(rooms()), Store(tmp_path / "store")
    here = entry(model, store.put(model).digest)
    other = Store(tmp_path / "other" / "store")
    shutil.copytree(store.root, other.root)

    with pytest.raises(ArtifactForeign, match="not written by this workspace"):
        export(here, other, tmp_path / "model.zip")
    for file in store.get(here.sha256).files:
        store.blob(file.sha256).write_bytes(b"x" * file.size)
    with pytest.raises(ArtifactDamaged):
        export(here, store, tmp_path / "model.zip")
    assert not (tmp_path / "model.zip").exists()
