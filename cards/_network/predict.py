"""What a stored network says of rows. Plain NumPy: whoever asks it needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cards._learning.reach import refuse_too_large
from cards._network import scaling
from cards._network.layers import Layer
from cards._network.preparing import Preparing

BATCH_ROWS = 16_384
EPSILON = 1e-5
"""What torch adds to the variance in batch normalisation."""

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]


def network(content: Mapping[str, Any], classes: Sequence[Any] | None = None) -> Network:
    """Make a stored network ready to answer, as often as one likes.

    Args:
        content: as Train (GPU) stores it, see `tensorrag.Model`.
        classes: what it tells apart, in order; None where it predicts numbers.
    """
    return Network(content) if classes is None else Classifier(content, classes)


class Network:
    """Predicts numbers, and is asked as a regressor of scikit-learn is."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._preparing = Preparing.restored(content)
        self._features = scaling.features_of(content["normalisation"])
        self._normalisation = content["normalisation"]
        self._steps = _steps(content["layers"], content["weights"])

    def predict(self, x: Any) -> NDArray[Any]:
        """Predict the target in its own units, shape (rows,).

        Args:
            x: features in their own units: an array, or a data frame where some are categories.
        """
        return scaling.target_of(self._normalisation).undo(self.outputs(x)[:, 0])

    def outputs(self, x: Any) -> Rows:
        """Return what the last layer makes of rows, shape (rows, outputs).

        Raises:
            TooLarge: a row holds a number that is infinite in 32 bits, or becomes so.
        """
        prepared = self._preparing.apply(x)
        normalised = self._features.apply(prepared)
        with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
            rows = normalised.astype(np.float32)
        parts = [
            self._forward(rows[at : at + BATCH_ROWS]) for at in range(0, len(rows), BATCH_ROWS)
        ]
        made = np.concatenate(parts) if parts else self._forward(rows)
        refuse_too_large(made, normalised, prepared, self._preparing.numbers)
        return made

    def _forward(self, rows: Rows) -> Rows:
        with np.errstate(over="ignore", invalid="ignore"):
            for step in self._steps:
                rows = step(rows)
        return rows


class Classifier(Network):
    """Tells classes apart, and is asked as a classifier of scikit-learn is."""

    def __init__(self, content: Mapping[str, Any], classes: Sequence[Any]) -> None:
        super().__init__(content)
        text = any(isinstance(each, str) for each in classes)
        self.classes_ = np.array(list(classes), dtype=object if text else None)

    def predict(self, x: Any) -> NDArray[Any]:
        """Name the likeliest class of each row, shape (rows,)."""
        found: NDArray[Any] = self.classes_[self.predict_proba(x).argmax(axis=1)]
        return found

    def predict_proba(self, x: Any) -> Floats:
        """Tell how likely each class is, shape (rows, classes)."""
        outputs = self.outputs(x).astype(np.float64)
        if outputs.shape[1] == 1:  # the log-odds of the second of two
            outputs = np.column_stack([-outputs / 2, outputs / 2])
        raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares: Floats = raised / raised.sum(axis=1, keepdims=True)
        return shares


def _steps(
    layers: Sequence[Layer], weights: Mapping[str, NDArray[Any]]
) -> list[Callable[[Rows], Rows]]:
    """Make a function of each layer that does something when it predicts."""
    steps = []
    for at, layer in enumerate(layers):
        own = {name.partition(".")[2]: a for name, a in weights.items() if _is_of(name, at)}
        if layer["type"] == "linear":
            steps.append(_linear(own))
        elif layer["type"] == "batch_norm":
            steps.append(_batch_norm(own))
        elif layer["type"] != "dropout":
            steps.append(_ACTIVATIONS[str(layer["type"])])
    return steps


def _is_of(name: str, at: int) -> bool:
    return name.partition(".")[0] == str(at)


def _linear(own: Mapping[str, NDArray[Any]]) -> Callable[[Rows], Rows]:
    weight, bias = own["weight"].T, own["bias"]
    return lambda rows: rows @ weight + bias


def _batch_norm(own: Mapping[str, NDArray[Any]]) -> Callable[[Rows], Rows]:
    exact = own["weight"] / np.sqrt(own["running_var"].astype(np.float64) + EPSILON)
    slope: Rows = exact.astype(np.float32)
    shift: Rows = (own["bias"] - own["running_mean"] * exact).astype(np.float32)
    return lambda rows: rows * slope + shift


_ACTIVATIONS: Mapping[str, Callable[[Rows], Rows]] = {
    "relu": lambda rows: np.maximum(rows, 0),
    "tanh": np.tanh,
    "sigmoid": lambda rows: (0.5 * (1 + np.tanh(0.5 * rows))).astype(np.float32),
}
