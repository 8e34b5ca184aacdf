"""Normalisation: every column brought to mean 0 and deviation 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scaling:
    """Means and standard deviations of columns, in the columns' own units, shape (columns,)."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, rows: Floats) -> "Scaling":
        """Measure `rows`, shape (rows, columns); a constant column gets the deviation 1."""
        deviation = rows.std(axis=0)
        return cls(rows.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def apply(self, rows: Floats) -> Floats:
        """Normalise."""
        scaled: Floats = (rows - self.mean) / self.deviation
        return scaled

    def undo(self, rows: NDArray[np.floating]) -> Floats:
        """Bring normalised rows back to their own units."""
        restored: Floats = rows * self.deviation + self.mean
        return restored


def to_arrays(features: Scaling, target: Scaling | None) -> dict[str, Floats]:
    """The arrays that are stored with a network; classes are not normalised."""
    stored = {"feature_mean": features.mean, "feature_deviation": features.deviation}
    if target is None:
        return stored
    return stored | {"target_mean": target.mean, "target_deviation": target.deviation}


def features_of(arrays: Mapping[str, NDArray[Any]]) -> Scaling:
    """The scaling of the features that `to_arrays` was given."""
    return Scaling(arrays["feature_mean"], arrays["feature_deviation"])


def target_of(arrays: Mapping[str, NDArray[Any]]) -> Scaling:
    """The scaling of the target that `to_arrays` was given."""
    return Scaling(arrays["target_mean"], arrays["target_deviation"])
