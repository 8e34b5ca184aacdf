"""How good a model is: metrics beside baselines, and which classes it takes for which."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tensorrag.preview.payload import Number, Payload


class MetricItem(Payload):
    """A metric beside its baseline and, where there are any, other models' values."""

    name: str
    label: str
    value: Number
    baseline: Number = None
    interval: tuple[float, float] | None = None
    """Between which values it lies with 95 % confidence, where that is known."""
    others: dict[str, Number] = Field(default_factory=dict)
    unit: str | None = None
    higher_is_better: bool


class MetricsPreview(Payload):
    """Metrics, each beside the dummy's."""

    kind: Literal["metrics"] = "metrics"
    title: str = ""
    items: tuple[MetricItem, ...]
    caption: str | None = None


class ConfusionPreview(Payload):
    """How many rows of each class (a line each) were taken for which (a column each)."""

    kind: Literal["confusion"] = "confusion"
    title: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    note: str | None = None
    caption: str | None = None


class ThresholdsPreview(Payload):
    """What a classifier of two classes would do from each share on, from 0 % to 100 % by 1 %."""

    kind: Literal["thresholds"] = "thresholds"
    title: str
    positive: str
    """The class that a row is taken for from that share on."""
    negative: str
    positive_first: bool = True
    """Whether that class stands first, as in the confusion matrix."""
    counts: tuple[tuple[int, int, int, int], ...]
    """Rows rightly and wrongly taken for the one class, then for the other: TP, FP, FN, TN."""
    note: str | None = None
    caption: str | None = None
