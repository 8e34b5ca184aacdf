"""A network described as a list of layers: JSON, no torch.

    >>> feed_forward(2, [3], activation="relu", dropout=0.0)
    [{'type': 'linear', 'in': 2, 'out': 3}, {'type': 'relu'}, {'type': 'linear', 'in': 3, 'out': 1}]

Layer types: `linear` (`in`, `out`), `batch_norm` (`features`), `dropout` (`p`), and the
activations `relu`, `tanh` and `sigmoid`.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

Activation = Literal["relu", "tanh", "sigmoid"]

Layer = dict[str, str | int | float]
"""One layer: its `type`, and the numbers that the type asks for."""


def feed_forward(
    features: int,
    hidden: Sequence[int],
    *,
    activation: Activation,
    dropout: float,
    batch_norm: bool = False,
    outputs: int = 1,
) -> list[Layer]:
    """Describe a feed-forward network.

    Each hidden layer is linear → (batch normalisation) → activation → (dropout).

    Args:
        features: width of the input.
        hidden: width of each hidden layer, in order; none makes a linear model.
        activation: after each hidden layer.
        dropout: share of hidden units set to zero while training; 0 leaves the layer out.
        batch_norm: normalise each hidden layer over the batch, before its activation.
        outputs: width of the output.
    """
    layers: list[Layer] = []
    width = features
    for units in hidden:
        layers.append({"type": "linear", "in": width, "out": units})
        if batch_norm:
            layers.append({"type": "batch_norm", "features": units})
        layers.append({"type": activation})
        if dropout > 0:
            layers.append({"type": "dropout", "p": dropout})
        width = units
    layers.append({"type": "linear", "in": width, "out": outputs})
    return layers


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
