"""Model Define (GPU): which network will be trained, before there is any data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

import pydantic

from cards._network.layers import open_layers
from cards._script.network import define
from tensorrag import Card, Field, NetworkSpec, NetworkSpecSchema, Schema
from tensorrag.script import Given, Script
from tensorrag.tuning import hyperparameters
from tensorrag.types import Hyperparameter, Layer, Trainer

_NO_DROPOUT = ("model_type", "dropout")

Units = Annotated[int, pydantic.Field(ge=1, le=16_384)]


class ModelDefineGpu(Card):
    """Describe a feed-forward network and how it is trained.

    Each hidden layer is linear, then an activation, then dropout; a deep neural network also
    normalises each layer over the batch, which helps when there are many. The width of the input
    and the single output follow from the table.
    """

    title = "Model Define (GPU)"
    category = "Models"

    model_type: Literal["neural_network", "deep_neural_network"] = Field(
        "neural_network", label="Model"
    )
    """Plain layers, or layers with batch normalisation."""
    hidden_layers: list[Units] = Field([128, 64, 32], min_length=1, max_length=64)
    """How many units each hidden layer has, from the input to the output."""
    activation: Literal["relu", "tanh", "sigmoid"] = "relu"
    """What makes the layers non-linear."""
    dropout: float = Field(0.2, ge=0, lt=1, step=0.05, recommended=(0.0, 0.5))
    """Share of the units left out at random in each step, against learning by heart."""
    learning_rate: float = Field(0.001, gt=0, le=10, recommended=(0.0001, 0.01))
    """How far each step goes. Lower is slower and safer."""
    epochs: int = Field(50, ge=1, le=1_000_000, recommended=(20, 200))
    """How many times every row is seen."""
    batch_size: int = Field(32, ge=1, le=10_000_000, recommended=(16, 1024))
    """Rows in each step. Larger is faster per epoch and learns less from each."""

    class Out(NamedTuple):
        model_spec: NetworkSpec

    def run(self) -> Out:
        """Write the recipe."""
        trainer = Trainer(
            learning_rate=self.learning_rate, epochs=self.epochs, batch_size=self.batch_size
        )
        return self.Out(NetworkSpec(self._layers(), trainer, self._tunable()))

    def propagate(self) -> NetworkSpecSchema:
        """Tell the hidden layers, the epochs, the rows of a batch, and what can be varied."""
        return NetworkSpecSchema(
            hidden=tuple(self.hidden_layers),
            batch_norm=self._deep,
            epochs=self.epochs,
            batch_size=self.batch_size,
            tunable=self._tunable(),
        )

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return define(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the widths and the activation."""
        return f"{self.hidden_layers} · {self.activation}"

    @property
    def _deep(self) -> bool:
        return self.model_type == "deep_neural_network"

    def _tunable(self) -> tuple[Hyperparameter, ...]:
        """Without dropout there are no layers of it to vary."""
        return hyperparameters(self, without=["model_type"] if self.dropout else _NO_DROPOUT)

    def _layers(self) -> tuple[Layer, ...]:
        """The hidden layers, named by type and number: linear_1, relu_1, dropout_1, linear_2 …"""
        described = open_layers(
            self.hidden_layers,
            activation=self.activation,
            dropout=self.dropout,
            batch_norm=self._deep,
        )
        layers: list[Layer] = []
        for layer in described:
            kind = str(layer["type"])
            number = 1 + sum(known.type == kind for known in layers)
            params = {name: value for name, value in layer.items() if name != "type"}
            layers.append(Layer(id=f"{kind}_{number}", type=kind, params=params))
        return tuple(layers)
