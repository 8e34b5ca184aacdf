"""A network described as a list of layers: JSON, no torch.

    >>> feed_forward(2, [3], activation="relu", dropout=0.0)
    [{'type': 'linear', 'in': 2, 'out': 3}, {'type': 'relu'}, {'type': 'linear', 'in': 3, 'out': 1}]

Layer types: `linear` (`in`, `out`), `batch_norm` (`features`), `dropout` (`p`), and the
activations `relu`, `tanh` and `sigmoid`. Before a network meets its table both ends are open:
`open_layers` gives `linear` layers with their `units` alone, and `complete` adds the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Activation = Literal["relu", "tanh", "sigmoid"]

Layer = dict[str, str | int | float]
"""One layer: its `type`, and the numbers that the type asks for."""


def open_layers(
    hidden: Sequence[int], *, activation: Activation, dropout: float, batch_norm: bool = False
) -> list[Layer]:
    """Describe hidden layers: each is linear → (batch normalisation) → activation → (dropout).

    Args:
        hidden: width of each hidden layer, in order; none leaves a linear model.
        activation: after each hidden layer.
        dropout: share of hidden units set to zero while training; 0 leaves the layer out.
        batch_norm: normalise each hidden layer over the batch, before its activation.
    """
    layers: list[Layer] = []
    for units in hidden:
        layers.append({"type": "linear", "units": units})
        if batch_norm:
            layers.append({"type": "batch_norm"})
        layers.append({"type": activation})
        if dropout > 0:
            layers.append({"type": "dropout", "p": dropout})
    return layers


def complete(
    hidden: Iterable[Mapping[str, Any]], *, features: int, outputs: int = 1
) -> list[Layer]:
    """Give hidden layers the widths that follow from a table, and add the output layer."""
    layers: list[Layer] = []
    width = features
    for layer in hidden:
        if layer["type"] == "linear":
            layers.append({"type": "linear", "in": width, "out": layer["units"]})
            width = layer["units"]
        elif layer["type"] == "batch_norm":
            layers.append({"type": "batch_norm", "features": width})
        else:
            layers.append(dict(layer))
    layers.append({"type": "linear", "in": width, "out": outputs})
    return layers


def feed_forward(
    features: int,
    hidden: Sequence[int],
    *,
    activation: Activation,
    dropout: float,
    batch_norm: bool = False,
    outputs: int = 1,
) -> list[Layer]:
    """Describe a whole feed-forward network: `open_layers`, completed."""
    between = open_layers(hidden, activation=activation, dropout=dropout, batch_norm=batch_norm)
    return complete(between, features=features, outputs=outputs)


def parameter_count(layers: Iterable[Layer]) -> int:
    """Count the numbers that training adjusts: weights and biases, scales and shifts."""
    return sum(_parameters(layer) for layer in layers)


def widths(layers: Sequence[Layer]) -> list[int]:
    """The width of the input and of what each linear layer makes, for example [13, 128, 1]."""
    linear = [layer for layer in layers if layer["type"] == "linear"]
    return [int(layer["in"]) for layer in linear[:1]] + [int(layer["out"]) for layer in linear]


def _parameters(layer: Layer) -> int:
    if layer["type"] == "linear":
        return (int(layer["in"]) + 1) * int(layer["out"])
    if layer["type"] == "batch_norm":
        return 2 * int(layer["features"])
    return 0
