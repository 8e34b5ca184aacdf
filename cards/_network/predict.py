"""What a trained network says of new rows."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

BATCH_ROWS = 16_384


def predict(
    module: nn.Module, x: NDArray[np.floating], batch: int = BATCH_ROWS
) -> NDArray[np.float32]:
    """Predict in evaluation mode, on the device where the module is.

    Args:
        module: takes float32 of shape (rows, features).
        x: shape (rows, features).
        batch: rows at a time, which bounds the memory; the result does not depend on it.

    Returns:
        float32 of shape (rows, outputs).
    """
    device = next(module.parameters()).device
    features = torch.from_numpy(np.array(x, dtype=np.float32))
    module.eval()
    with torch.inference_mode():
        parts = [module(rows.to(device)).cpu() for rows in torch.split(features, batch)]
    result: NDArray[np.float32] = torch.cat(parts).numpy()
    return result
