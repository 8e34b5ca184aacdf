"""What was measured on rows that a model had not seen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from pydantic import TypeAdapter

from tensorrag.plain import JsonObject
from tensorrag.preview import (
    Face,
    FaceNumber,
    GroupPreview,
    MetricItem,
    MetricsPreview,
    NumbersFace,
    Preview,
    ScoreFace,
    finite,
)
from tensorrag.types.schema import MetricsSchema, Part, Schema, Task
from tensorrag.types.value import Shape, Value

FILE = "metrics.json"


@dataclass(frozen=True)
class MetricKind:
    """How a metric is called and read."""

    label: str
    higher_is_better: bool
    in_target_units: bool = False
    best: float | None = None
    short: str = ""
    """How a card calls it, where there is little room."""


METRICS: dict[str, MetricKind] = {
    "r2": MetricKind("R²", True, best=1.0),
    "rmse": MetricKind("RMSE", False, in_target_units=True),
    "mae": MetricKind("MAE", False, in_target_units=True),
    "mse": MetricKind("MSE", False),
    "accuracy": MetricKind("Accuracy", True, best=1.0),
    "balanced_accuracy": MetricKind("Balanced accuracy", True, best=1.0),
    "precision": MetricKind("Precision", True, best=1.0),
    "recall": MetricKind("Recall", True, best=1.0),
    "f1": MetricKind("F1", True, best=1.0),
    "macro_f1": MetricKind("Macro F1", True, best=1.0, short="F1"),
    "roc_auc": MetricKind("ROC AUC", True, best=1.0),
    "average_precision": MetricKind("Average precision", True, best=1.0),
    "log_loss": MetricKind("Log loss", False),
    "brier": MetricKind("Brier score", False),
}
"""Every metric there is, in the order in which they are shown."""

MAIN: Mapping[Task, tuple[str, str]] = {
    "regression": ("r2", "rmse"),
    "binary": ("accuracy", "f1"),
    "multiclass": ("accuracy", "macro_f1"),
}
"""The metric that a result of each task is judged by, and one that stands beside it."""


class Metrics(Value):
    """Metrics by name, each beside the dummy's, and the charts that explain them."""

    label: ClassVar[str] = "Metrics"
    shape: ClassVar[Shape] = "triangle"
    light: ClassVar[str] = "#a3500b"
    dark: ClassVar[str] = "#e8995a"
    teaser: ClassVar[tuple[str, ...]] = ("Metrics beside their", "baseline after a run.")
    schema_type: ClassVar[type[Schema]] = MetricsSchema

    def __init__(
        self,
        values: Mapping[str, float],
        baseline: Mapping[str, float],
        *,
        task: Task,
        rows: int,
        unit: str | None = None,
        caption: str | None = None,
        details: Sequence[Preview] = (),
        intervals: Mapping[str, tuple[float, float]] | None = None,
        part: Part | None = None,
    ) -> None:
        """Gather what was measured.

        Args:
            values: metric name (a key of ``METRICS``) to value; NaN where rows cannot tell it.
            baseline: the same for the dummy that ignores the features.
            task: what the model predicts.
            rows: how many rows were measured on.
            unit: unit of the target, for the errors in its units.
            caption: a sentence under the table of metrics.
            details: charts and tables shown below it.
            intervals: by metric, between which values it lies with 95 % confidence.
            part: of which part of a split the rows were, where that is known.
        """
        self.values = {name: values[name] for name in METRICS if name in values}
        self.baseline = {name: baseline[name] for name in METRICS if name in baseline}
        self.task = task
        self.rows = rows
        self.part: Part | None = part
        self.unit = unit
        self.caption = caption
        self.details = tuple(details)
        self.intervals = {name: (low, high) for name, (low, high) in (intervals or {}).items()}

    @property
    def schema(self) -> MetricsSchema:
        """Task, number of rows, and which part of a split they were."""
        return MetricsSchema(task=self.task, rows=self.rows, part=self.part)

    def to_json(self) -> JsonObject:
        """Every metric, and the baseline's under ``baseline``; None where one is not finite."""
        values = {name: finite(value) for name, value in self.values.items()}
        baseline = {name: finite(value) for name, value in self.baseline.items()}
        return {**values, "baseline": baseline}

    def save(self, folder: Path) -> JsonObject:
        """Write one JSON file."""
        content = {
            "metrics": self.to_json(),
            "task": self.task,
            "rows": self.rows,
            "part": self.part,
            "unit": self.unit,
            "caption": self.caption,
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "details": [detail.model_dump(mode="json") for detail in self.details],
        }
        (folder / FILE).write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
        return {}

    @classmethod
    def load(cls, files: Mapping[str, Path], meta: JsonObject) -> Self:
        """Read the JSON file."""
        content = json.loads(files[FILE].read_text(encoding="utf-8"))
        values = content.pop("metrics")
        baseline = values.pop("baseline")
        previews: TypeAdapter[Preview] = TypeAdapter(Preview)
        details = [previews.validate_python(detail) for detail in content.pop("details")]
        return cls(values, baseline, details=details, **content)

    def preview(self) -> Preview:
        """Metrics beside the baseline, then the charts."""
        items = tuple(
            MetricItem(
                name=name,
                label=METRICS[name].label,
                value=value,
                baseline=self.baseline.get(name),
                interval=self.intervals.get(name),
                unit=self.unit if METRICS[name].in_target_units else None,
                higher_is_better=METRICS[name].higher_is_better,
            )
            for name, value in self.values.items()
        )
        return GroupPreview(
            items=(MetricsPreview(items=items, caption=self.caption), *self.details)
        )

    def face(self) -> Face:
        """The main metric as a bar from its baseline, and the one that stands beside it.

        That one alone where the rows cannot tell the main one.
        """
        main, beside = MAIN[self.task]
        value = finite(self.values.get(beside))
        kind = METRICS[beside]
        unit = self.unit if kind.in_target_units else None
        extra = (
            None
            if value is None
            else FaceNumber(label=kind.short or kind.label, value=value, unit=unit)
        )
        if extra is not None and finite(self.values.get(main)) is None:
            return NumbersFace(items=(extra,))
        return ScoreFace(
            label=METRICS[main].label,
            value=self.values.get(main),
            baseline=self.baseline.get(main),
            extra=extra,
        )
