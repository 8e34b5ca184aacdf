"""Writes networks: a plain torch module, layer by layer, and what trains it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cards._script.columns import MAKE, Columns
from cards._script.estimators import Described
from cards._script.shared import NUMPY, call
from cards._script.trainer import (
    BASE,
    CLASSIFIER,
    DROPOUT,
    MANY,
    ONE_VECTOR,
    REGRESSOR,
    SINGLE,
    TRAINED,
)
from tensorrag import CardError, ModelSchema, NetworkSpec
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards.model_define_gpu import ModelDefineGpu
    from cards.train_gpu import TrainGpu

_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def define(card: ModelDefineGpu, given: Given) -> Script:
    """Leave the network to the card that trains it: how wide it is follows from the table."""
    return Script(facts={"model_spec": Described(card.run().model_spec)})


def train(card: TrainGpu, given: Given) -> Script:
    """Write the module layer by layer, and train it with the same random numbers."""
    schema = given.outputs.get("trained_model")
    if not isinstance(schema, ModelSchema) or schema.task is None or schema.layers is None:
        raise given.unknown("how wide the network is")
    columns = Columns(card.target_column, card.feature_columns, given, schema)
    network = NetworkWriter(given.fact("model_spec"), columns, card.seed)
    trained = columns.trained("network", "network", tells_shares=columns.classify)
    x, y = trained.rows(columns.table), trained.truth(columns.table)
    model = network.written()
    dummy, how = columns.dummy()
    code = (
        f"{columns.code}{trained.model} = {model}\n"
        f"{trained.model}.fit({x}, {y})\n"
        f"{trained.dummy} = {how}.fit({x}, {y})"
    )
    return Script(
        code,
        {"trained_model": trained.model},
        (*columns.imports, *network.imports(), dummy),
        tuple(network.functions()),
        {"trained_model": trained},
    )


class NetworkWriter:
    """Writes a network.

    Args:
        described: which one.
        columns: what it is trained on; takes what stands before.
        seed: of its first weights, of the order of the rows, and of dropout.
    """

    def __init__(self, described: Described, columns: Columns, seed: int) -> None:
        if not isinstance(described.spec, NetworkSpec):
            raise TypeError("a model of scikit-learn is written by cards._script.estimators")
        self.spec, self.chosen, self.columns, self.seed = (
            described.spec, described.chosen, columns, seed,
        )  # fmt: skip
        if any(layer.inputs for layer in self.spec.layers):
            raise CardError(
                f"{columns.given.title} cannot be written as Python: its network branches.",
                hint="Remove the inputs of its layers.",
            )
        self.kinds = {layer.type for layer in self.spec.layers}
        self.activation = {each.name: each.value for each in self.spec.tunable or ()}.get(
            "activation"
        )
        self.build = columns.given.new("build")

    def written(self) -> str:
        """Write it, behind the steps that prepare its columns; before it, what builds it."""
        self.columns.code += self.module()
        return self.model()

    def model(self) -> str:
        """Write the steps that prepare its columns, and the network."""
        trainer = self.spec.trainer
        training = [
            self.build,
            f"epochs={self._value('epochs', trainer.epochs)}",
            f"batch_size={self._value('batch_size', trainer.batch_size)}",
            f"learning_rate={self._value('learning_rate', trainer.learning_rate)}",
            f"seed={self.seed}",
            *(["least=2"] if "batch_norm" in self.kinds else []),
        ]
        name = "NetworkClassifier" if self.columns.classify else "NetworkRegressor"
        return call(
            "make_pipeline", [*self.columns.steps(False), "StandardScaler()", call(name, training)]
        )

    def module(self) -> str:
        """Write what builds the module, of the widths of the table and of what is predicted."""
        code = f"def {self.build}(inputs, outputs):\n    torch.manual_seed({self.seed})\n"
        if "dropout" in self.kinds:
            code += f"    bits = np.random.Generator(np.random.SFC64({self.seed}))\n"
        layers = call("nn.Sequential", list(self._layers())).replace("\n", "\n    ")
        return f"\n{code}    return {layers}\n\n"

    def imports(self) -> tuple[str, ...]:
        """Name what it uses."""
        own = "Classifier" if self.columns.classify else "Regressor"
        return (
            "import torch",
            "from torch import nn",
            NUMPY,
            *(["import math"] if "dropout" in self.kinds else []),
            "from sklearn.base import BaseEstimator",
            f"from sklearn.base import {own}Mixin",
            "from sklearn.preprocessing import StandardScaler",
            MAKE,
        )

    def functions(self) -> Iterator[str]:
        """Return what it is built of."""
        if "dropout" in self.kinds:
            yield DROPOUT
        yield SINGLE
        yield ONE_VECTOR
        yield TRAINED
        yield BASE
        yield from (MANY, CLASSIFIER) if self.columns.classify else (REGRESSOR,)

    def _layers(self) -> Iterator[str]:
        width = "inputs"
        for layer in self.spec.layers:
            if layer.type == "linear":
                yield f"nn.Linear({width}, {int(layer.params['units'])})"
                width = literal(int(layer.params["units"]))
            elif layer.type == "batch_norm":
                yield f"nn.BatchNorm1d({width})"
            elif layer.type == "dropout":
                yield f"Dropout({self._value('dropout', float(layer.params['p']))}, bits)"
            else:
                yield self._activation(layer.type)
        yield f"nn.Linear({width}, outputs)"

    def _activation(self, kind: str) -> str:
        if kind == self.activation and "activation" in self.chosen:
            known = ", ".join(f'"{name}": nn.{each}' for name, each in _ACTIVATIONS.items())
            return f"{{{known}}}[{self.chosen['activation']}]()"
        return f"nn.{_ACTIVATIONS[kind]}()"

    def _value(self, setting: str, value: Any) -> str:
        return self.chosen.get(setting, literal(value))
