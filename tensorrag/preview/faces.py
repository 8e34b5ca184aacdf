"""Faces: what stands on a card itself, small enough to be read at a glance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tensorrag.preview.payload import Number, Numbers, Payload


class TableFace(Payload):
    """Rows × columns, and a tiny histogram per column (heights 0 to 1)."""

    kind: Literal["table"] = "table"
    rows: int
    columns: int
    bars: tuple[tuple[float, ...], ...] = ()
    highlight: int | None = None


class SplitPart(Payload):
    """One part of a split: its share of the rows (0 to 1) and how many that is."""

    label: str
    share: float
    rows: int


class SplitFace(Payload):
    """Two or three parts as one bar."""

    kind: Literal["split"] = "split"
    parts: tuple[SplitPart, ...]


class NetworkFace(Payload):
    """Widths of the layers from input to output; None where an end is not known yet."""

    kind: Literal["network"] = "network"
    layers: tuple[int | None, ...]
    parameters: int | None = None


class FaceNumber(Payload):
    """A labelled number on a card."""

    label: str
    value: Number
    unit: str | None = None
    word: str | None = None
    """Stands where there is no number: ``none``, ``yes``."""
    measured: bool = False
    """Whether it has decimals also where it happens to be whole."""


class CurveFace(Payload):
    """A loss curve with one or two numbers above it."""

    kind: Literal["curve"] = "curve"
    values: Numbers
    validation: Numbers | None = None
    left: FaceNumber
    right: FaceNumber | None = None


class ScoreFace(Payload):
    """The metric that matters as a bar from its baseline to the best there is."""

    kind: Literal["score"] = "score"
    label: str
    value: Number
    baseline: Number
    best: float = 1.0
    extra: FaceNumber | None = None


class NumbersFace(Payload):
    """Up to three labelled numbers."""

    kind: Literal["numbers"] = "numbers"
    items: tuple[FaceNumber, ...]


class TextFace(Payload):
    """Up to three short lines."""

    kind: Literal["text"] = "text"
    lines: tuple[str, ...]


Face = Annotated[
    TableFace | SplitFace | NetworkFace | CurveFace | ScoreFace | NumbersFace | TextFace,
    Field(discriminator="kind"),
]
