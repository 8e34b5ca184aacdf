"""From a description in layers to a torch module, and from its state to plain arrays.

A stored network is the list of its layers and a dictionary of arrays. The names in it are those
of the `state_dict` of `torch.nn.Sequential`: `"3.weight"` is the weight of the layer at index 3.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from cards._network.dropout import BlockDropout
from cards._network.layers import Layer
from tensorrag import CardError

Arrays = dict[str, NDArray[Any]]

_MAKERS: Mapping[str, Callable[[Layer], nn.Module]] = {
    "linear": lambda layer: nn.Linear(int(layer["in"]), int(layer["out"])),
    "batch_norm": lambda layer: nn.BatchNorm1d(int(layer["features"])),
    "dropout": lambda layer: BlockDropout(float(layer["p"])),
    "relu": lambda layer: nn.ReLU(),
    "tanh": lambda layer: nn.Tanh(),
    "sigmoid": lambda layer: nn.Sigmoid(),
}


def build(layers: Sequence[Layer], *, seed: int = 0) -> nn.Sequential:
    """Make the module that `layers` describe, on the processor, with fresh float32 weights.

    Args:
        layers: as in `cards._network.layers`; module i is made from layer i.
        seed: of the initial weights; torch's own random numbers are left as they were.

    Raises:
        CardError: a layer has a type that is not known.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(*(_layer(layer) for layer in layers))


def to_arrays(module: nn.Module) -> Arrays:
    """Copy the module's state into NumPy arrays, wherever the module is."""
    return {name: value.cpu().numpy().copy() for name, value in module.state_dict().items()}


def _layer(layer: Layer) -> nn.Module:
    maker = _MAKERS.get(str(layer.get("type")))
    if maker is None:
        known = ", ".join(_MAKERS)
        raise CardError(
            f"No layer has the type {layer.get('type')!r}.", hint=f"Types are: {known}."
        )
    return maker(layer)
