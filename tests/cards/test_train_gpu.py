"""Define and train a network, and evaluate it as any other model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from cards.evaluate import Evaluate
from cards.model_define_gpu import ModelDefineGpu
from cards.predict import Predict
from cards.train_gpu import TrainGpu
from tensorrag import (
    CardError,
    ColumnSchema,
    InputError,
    Model,
    ModelSchema,
    NetworkSpec,
    ParameterError,
    Table,
    TableSchema,
)
from tensorrag.errors import RunCancelled
from tensorrag.preview import CurveFace, NetworkFace
from tensorrag.progress import Reporter, reporting
from tests.cards.test_classification import SAMPLES, few


def waves(rows: int = 600, seed: int = 0) -> Table:
    """A price that no line can follow, in columns of very different size."""
    random = np.random.default_rng(seed)
    place, age = random.uniform(-3, 3, rows), 1000 + 50 * random.normal(size=rows)
    price = 500 + 100 * np.sin(place) + 0.2 * age + random.normal(size=rows)
    columns = (ColumnSchema(name="price", kind="number", unit="k$"),)
    frame = pd.DataFrame({"place": place, "age": age, "price": price})
    return Table.from_pandas(frame, columns=columns)


def spec(**params: object) -> NetworkSpec:
    small = {"hidden_layers": [32, 16], "dropout": 0.0, "learning_rate": 0.01, "epochs": 20}
    return ModelDefineGpu.model_validate(small | params).run().model_spec


def trained(table: Table, validation: Table | None = None, **params: object) -> Model:
    return TrainGpu(target_column="price").run(table, validation, spec(**params)).trained_model


class TestModelDefine:
    def test_the_defaults_are_those_of_the_first_pipeline(self) -> None:
        made = ModelDefineGpu().run().model_spec

        assert made.hidden == (128, 64, 32)
        kinds = [layer.type for layer in made.layers]
        assert kinds == ["linear", "relu", "dropout"] * 3
        assert made.trainer.model_dump() == {
            "optimizer": "adam",
            "loss": "auto",
            "learning_rate": 0.001,
            "epochs": 50,
            "batch_size": 32,
        }
        assert made.face() == NetworkFace(layers=(None, 128, 64, 32, None))

    def test_a_deep_neural_network_is_normalised(self) -> None:
        made = spec(model_type="deep_neural_network", activation="tanh", dropout=0.5)

        kinds = [layer.type for layer in made.layers]
        assert kinds == ["linear", "batch_norm", "tanh", "dropout"] * 2
        assert len({layer.id for layer in made.layers}) == len(made.layers)
        assert made.schema.batch_norm

    def test_says_what_it_is(self) -> None:
        assert ModelDefineGpu().brief({}) == "[128, 64, 32] · relu"

    @pytest.mark.parametrize(
        "params",
        [
            {"hidden_layers": []},
            {"hidden_layers": [64, 0]},
            {"hidden_layers": [64, 1.5]},
            {"dropout": 1.5},
            {"dropout": -0.1},
            {"learning_rate": 0},
            {"learning_rate": float("nan")},
            {"epochs": 0},
            {"batch_size": 0},
            {"activation": "gelu"},
            {"model_type": "transformer"},
        ],
    )
    def test_what_cannot_be_is_refused(self, params: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            ModelDefineGpu.model_validate(params)


class TestTrain:
    @pytest.mark.parametrize("model_type", ["neural_network", "deep_neural_network"])
    def test_beats_the_line_and_the_dummy_on_new_rows(self, model_type: str) -> None:
        model = trained(waves(), model_type=model_type)

        metrics = Evaluate().run(waves(seed=1), model).metrics

        assert metrics.values["r2"] > 0.9
        assert metrics.values["rmse"] < 0.3 * metrics.baseline["rmse"]
        assert model.report.train["r2"] > model.report.baselines["linear"]["r2"] + 0.1
        assert model.report.baselines["dummy"]["r2"] == pytest.approx(0)

    @pytest.mark.parametrize("sample", SAMPLES)
    @pytest.mark.parametrize("model_type", ["neural_network", "deep_neural_network"])
    def test_every_network_learns_every_sample(self, sample: str, model_type: str) -> None:
        (train, test), target = few(sample), SAMPLES[sample].target
        network = spec(model_type=model_type, epochs=5)

        model = TrainGpu(target_column=target).run(train, None, network).trained_model

        metrics = Evaluate().run(test, model).metrics
        assert metrics.values.keys() == metrics.baseline.keys()
        if sample != "linnerud":  # sixteen train rows tell nothing
            name = "rmse" if metrics.task == "regression" else "log_loss"
            assert metrics.values[name] < metrics.baseline[name]

    def test_what_it_learnt_is_shown(self) -> None:
        model = trained(waves(), epochs=3)

        assert model.schema == ModelSchema(
            name="neural_network",
            framework="torch",
            task="regression",
            features=("place", "age"),
            target="price",
            layers=(2, 32, 16, 1),
            parameters=2 * 32 + 32 + 32 * 16 + 16 + 16 + 1,
        )
        assert model.target_unit == "k$"
        assert len(model.report.history["loss"]) == 3
        assert model.report.device in {"cpu", "cuda", "mps"}
        assert {"mse", "rmse", "r2"} <= model.report.train.keys()
        assert isinstance(model.face(), CurveFace)

    def test_validation_rows_are_watched(self) -> None:
        model = trained(waves(), waves(100, seed=1), epochs=4)

        assert len(model.report.history["validation_loss"]) == 4
        assert model.report.notes[0].startswith("R² on the validation rows: ")

    def test_no_validation_rows_are_none(self) -> None:
        empty = Table(waves().arrow.slice(0, 0), like=waves())
        assert list(trained(waves(), empty, epochs=1).report.history) == ["loss"]

    def test_the_same_seed_gives_the_same_model(self) -> None:
        one, two = (trained(waves(), dropout=0.3, epochs=3) for _ in range(2))
        other = TrainGpu(target_column="price", seed=7).run(waves(), None, spec(epochs=3))

        assert one.report.history == two.report.history
        assert one.report.history != other.trained_model.report.history

    def test_chosen_features_alone_are_used(self) -> None:
        card = TrainGpu(target_column="price", feature_columns=["place"])
        model = card.run(waves(), None, spec(epochs=2)).trained_model
        assert model.features == ("place",)
        assert model.layers == (1, 32, 16, 1)

    def test_a_constant_feature_and_a_constant_target_do_no_harm(self) -> None:
        frame = waves().to_pandas().assign(age=7.0, price=3.0)
        model = trained(Table.from_pandas(frame), epochs=5)
        assert np.isfinite(list(model.report.train.values())).all()

    def test_progress_is_told_and_a_cancel_heard(self) -> None:
        told: list[dict[str, Any]] = []
        clock = iter(range(100))
        reporter = Reporter(told.append, clock=lambda: next(clock))
        with reporting(reporter):
            trained(waves(), waves(50), epochs=3)
            reporter.stopping = True
            with pytest.raises(RunCancelled):
                trained(waves(), epochs=3)

        assert [(one["done"], one["total"], one["unit"]) for one in told] == [
            (1, 3, "epoch"),
            (2, 3, "epoch"),
            (3, 3, "epoch"),
        ]
        assert told[0]["metrics"].keys() == {"loss", "validation_loss"}

    def test_an_exploding_loss_is_one_sentence_and_a_remedy(self) -> None:
        wild = Table.from_pandas(waves().to_pandas())
        with pytest.raises(CardError, match="no longer a finite number at epoch") as error:
            trained(wild, learning_rate=10.0, hidden_layers=[64] * 30, epochs=200)
        assert "a lower Learning rate" in error.value.hint

    def test_layers_that_branch_are_refused(self) -> None:
        layers = [{"id": "a", "type": "linear", "params": {"units": 3}, "inputs": ["input"]}]
        with pytest.raises(CardError, match="branches"):
            TrainGpu(target_column="price").run(waves(), None, NetworkSpec(layers))

    def test_a_layer_it_does_not_know_is_named(self) -> None:
        network = NetworkSpec([{"id": "a", "type": "attention"}])
        with pytest.raises(CardError, match="'attention'"):
            TrainGpu(target_column="price").run(waves(), None, network)


class TestPropagate:
    def test_counts_the_default_network(self) -> None:
        names = [f"x{i}" for i in range(13)]
        columns = (*(ColumnSchema(name=n, kind="number") for n in names), _target())
        table = TableSchema(columns=columns)

        schema = TrainGpu().propagate(table, None, ModelDefineGpu().propagate())

        assert schema.layers == (13, 128, 64, 32, 1)
        assert schema.parameters == 12_161

    def test_a_network_that_this_machine_cannot_hold_is_a_warning(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cards.train_gpu.machine_memory", lambda: 16_000)
        table = TableSchema(columns=(ColumnSchema(name="x", kind="number"), _target()))
        wide = ModelDefineGpu(hidden_layers=[16_384] * 64)

        (concern,) = TrainGpu().concerns({"train_dataset": table, "model_spec": wide.propagate()})
        fitting = {"train_dataset": table, "model_spec": ModelDefineGpu().propagate()}

        assert concern.message == (
            "This network has 16,912,515,073 parameters: training it takes at least 258,064 MB of "
            "memory, more than this machine has."
        )
        assert list(TrainGpu().concerns(fitting)) == []
        assert list(TrainGpu().concerns({})) == []

    def test_a_target_that_is_not_there(self) -> None:
        table = TableSchema(columns=(ColumnSchema(name="x", kind="number"),))
        with pytest.raises(ParameterError, match='"MEDV"') as error:
            TrainGpu().propagate(table, None, ModelDefineGpu().propagate())
        assert error.value.field == "target_column"


WITHOUT_US = """
import json, sys
sys.modules["tensorrag"] = sys.modules["cards"] = None
import joblib, numpy, torch
stored = joblib.load(sys.argv[1])
makers = {
    "linear": lambda layer: torch.nn.Linear(layer["in"], layer["out"]),
    "batch_norm": lambda layer: torch.nn.BatchNorm1d(layer["features"]),
    "dropout": lambda layer: torch.nn.Dropout(layer["p"]),
    "relu": lambda layer: torch.nn.ReLU(),
}
network = torch.nn.Sequential(*(makers[layer["type"]](layer) for layer in stored["layers"])).eval()
network.load_state_dict({name: torch.tensor(array) for name, array in stored["weights"].items()})
scale = stored["normalisation"]
rows = (numpy.array(json.load(sys.stdin)) - scale["feature_mean"]) / scale["feature_deviation"]
output = network(torch.tensor(rows, dtype=torch.float32)).detach().numpy()[:, 0]
print(json.dumps((output * scale["target_deviation"] + scale["target_mean"]).tolist()))
"""


def test_what_32_bits_do_not_hold_is_named_with_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cards._learning.predicting.PART", 3)  # rows that are computed at a time
    table = waves(40)
    odd = table.to_pandas()
    odd.loc[4, "place"] = 1e100
    far = Table.from_pandas(odd, like=table)
    said = "Column place holds 1e\\+100 in row 5, which is too large for this network"

    with pytest.raises(InputError, match=said):
        trained(table, far, epochs=1)
    model = trained(table, epochs=1)
    with pytest.raises(InputError, match=said):
        Predict().run(far, model)
    with pytest.raises(InputError, match=said):
        Evaluate().run(far, model)


def test_a_stored_network_predicts_without_tensorrag(tmp_path: Path) -> None:
    model = trained(waves(), model_type="deep_neural_network", dropout=0.1, epochs=3)
    joblib.dump(model.content, tmp_path / "model.joblib")
    x = waves(5, seed=2).to_pandas(["place", "age"]).to_numpy()

    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_US, str(tmp_path / "model.joblib")],
        input=json.dumps(x.tolist()),
        capture_output=True,
        text=True,
        check=True,
    )

    from cards._network.predict import network

    assert json.loads(ran.stdout) == pytest.approx(
        network(model.content).predict(x).tolist(), rel=1e-5
    )


def test_a_model_comes_back_from_its_files(tmp_path: Path) -> None:
    model = trained(waves(), epochs=2)
    meta = model.save(tmp_path)
    again = Model.load({path.name: path for path in tmp_path.iterdir()}, meta)

    test = waves(seed=1)
    assert again.schema == model.schema
    assert (
        Evaluate().run(test, again).metrics.to_json()
        == Evaluate().run(test, model).metrics.to_json()
    )


def test_describing_the_cards_loads_no_torch() -> None:
    code = "import sys, cards.train_gpu, cards.model_define_gpu; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_used_where_there_is_one() -> None:
    assert trained(waves(), epochs=2).report.device == "cuda"


def _target() -> ColumnSchema:
    return ColumnSchema(name="MEDV", kind="number", unit="k$")
