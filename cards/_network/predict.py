"""What a network says of rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cards._network import scaling
from cards._network.build import from_arrays

BATCH_ROWS = 16_384


def forward(
    module: nn.Module, x: NDArray[np.floating], batch: int = BATCH_ROWS
) -> NDArray[np.float32]:
    """Apply a network in evaluation mode, on the device where it is.

    Args:
        module: takes float32 of shape (rows, features).
        x: shape (rows, features).
        batch: rows at a time, which bounds the memory; the result does not depend on it.

    Returns:
        float32 of shape (rows, outputs).
    """
    device = next(module.parameters()).device
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
        features = torch.from_numpy(np.array(x, dtype=np.float32))
    module.eval()
    with torch.inference_mode():
        parts = [module(rows.to(device)).cpu() for rows in torch.split(features, batch)]
    result: NDArray[np.float32] = torch.cat(parts).numpy()
    return result


def predict(content: Mapping[str, Any], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predict with a stored network, on the processor.

    Args:
        content: `layers`, `weights` and `normalisation`, as Train (GPU) stores them.
        x: features in their own units, shape (rows, features).

    Returns:
        The target in its own units, shape (rows,).
    """
    module = from_arrays(content["layers"], content["weights"])
    features, target = scaling.from_arrays(content["normalisation"])
    return target.undo(forward(module, features.apply(x))[:, 0])
