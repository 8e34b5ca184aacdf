"""What a model looks like inside: the layers of a network, the questions of a tree."""

from __future__ import annotations

from typing import Literal

from tensorrag.preview.payload import Number, Payload


class Branch(Payload):
    """A place in a decision tree: which rows come here, and what it says of them."""

    said: str
    """What is so of the rows that come here from the place above: ``RM ≤ 6.94``."""
    rows: int
    answer: str | Number
    """The class, or the number, that it predicts of them."""
    share: Number = None
    """How likely that class is."""
    below: tuple[Branch, ...] = ()
    more: bool = False
    """Whether there are questions below that are not drawn."""


class TreePreview(Payload):
    """A decision tree, from its root."""

    kind: Literal["tree"] = "tree"
    title: str
    root: Branch
    measured: str
    """What it predicts."""
    unit: str | None = None
    note: str | None = None
    caption: str | None = None


class LayerPicture(Payload):
    """One layer of a network: its type, what to call it, its width and its parameters."""

    type: str
    label: str
    units: int | None = None
    parameters: int | None = None


class NetworkPreview(Payload):
    """A feed-forward network from inputs to outputs; unknown ends are None."""

    kind: Literal["network"] = "network"
    layers: tuple[LayerPicture, ...]
    parameters: int | None = None
    inputs: int | None = None
    outputs: int | None = None
