"""What is known of models before they are trained: limits, columns they make, the GPU they need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cards._learning.preparing import LARGEST, polynomial_columns
from cards._network.layers import feed_forward, parameter_count, widths
from cards._network.room import training_memory
from tensorrag.gpus import GPUS

LONG = 600
"""Seconds from which on a training is called long."""
HIDDEN, BATCH = (128, 64, 32), 32
"""The network that Model Define (GPU) describes at first."""
MANY_ROWS = 100_000
_USUAL: Mapping[str, Any] = {"degree": 2}
WHYS = {
    "linear": "Simple, and its coefficients can be read.",
    "ridge": "A linear model that is steady with many or correlated columns.",
    "lasso": "A linear model that leaves out columns of little use.",
    "elastic_net": "Between ridge and lasso.",
    "polynomial": "A linear model of products of columns: bends and interactions.",
    "logistic": "Simple; its probabilities and coefficients can be read.",
    "decision_tree": "Can be drawn and read; seldom the best by itself.",
    "random_forest": "Good with little tuning; large on disk.",
    "gradient_boosting": "Mostly the best for tables, and fast with many rows.",
    "svm": "Good with few rows; tells no probabilities.",
    "naive_bayes": "The fastest; takes columns for independent.",
    "k_nearest_neighbors": "Fast to train, slow to predict: it keeps all rows.",
}


def limits(
    model_type: str, rows: int | None, width: int, settings: Mapping[str, Any] = _USUAL
) -> tuple[str, bool]:
    """Say what is to be known of a model for so many rows and columns, and whether it fits at all.

    Args:
        model_type: as in Model Define.
        rows: to learn from, where that is known.
        width: columns that it sees, those of categories included.
        settings: of the model, by name; of a polynomial, its degree is told of only where it is
            among them.
    """
    if model_type == "polynomial" and "degree" in settings:
        return _polynomial(rows, width, settings)
    if rows is None:
        return "", True
    if model_type == "svm" and rows > MANY_ROWS:
        return f"Its time grows with the square of the rows, and {rows:,} are too many.", False
    if model_type == "linear" and 2 * width > rows:
        return f"{width:,} columns for {rows:,} rows: ridge is steadier.", True
    if model_type == "k_nearest_neighbors" and rows > MANY_ROWS:
        return f"Each prediction looks through {rows:,} rows.", True
    return (trees(rows), True) if model_type == "random_forest" else ("", True)


def _polynomial(rows: int | None, width: int, settings: Mapping[str, Any]) -> tuple[str, bool]:
    degree, only = settings["degree"], bool(settings.get("interaction_only"))
    count = polynomial_columns(width, degree, only=only)
    said = f"Degree {degree} makes {count:,} columns of {width:,}"
    if rows is None:
        return f"{said}.", True
    size = 8 * count * rows
    fits = size <= LARGEST
    said += f": {size / 2**30:,.1f} GB" if size >= 2**29 else f": {size / 2**20:.0f} MB"
    return f"{said}{'.' if fits else ', which is too much.'}", fits


def trees(rows: int) -> str:
    """Say how many trees a forest should have for so many rows: more rows steady each tree."""
    few, many = (100, 200) if rows < 10_000 else (100, 300) if rows < 100_000 else (50, 150)
    return f"{few}–{many} trees for {rows:,} rows."


def gpu_for(width: int, outputs: int, rows: int) -> tuple[str | None, int]:
    """Name the cheapest GPU that the usual network fits into, and the bytes it needs there.

    None is enough where it fits into none.
    """
    layers = feed_forward(
        width, HIDDEN, activation="relu", dropout=0.2, batch_norm=False, outputs=outputs
    )
    memory = training_memory(widths(layers), parameter_count(layers), rows, 0, BATCH)
    enough = [name for name, size in GPUS.items() if memory < 0.9 * size * 1e9]
    return (enough[0] if enough else None), memory
