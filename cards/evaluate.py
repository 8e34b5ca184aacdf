"""Evaluate: how good a model is on rows that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from cards._learning import (
    dummy_metrics,
    examples,
    missing_features,
    predict,
    regression_metrics,
)
from tensorrag import (
    Card,
    InputError,
    Metrics,
    MetricsSchema,
    Model,
    ModelSchema,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.preview import Axis, ChartPreview, Preview, RowsPreview, Series

if TYPE_CHECKING:
    import numpy as np

POINTS = 620
"""Points in the picture of predicted against actual: enough to see, few enough to draw."""
BINS = 40
WORST = 8


class Evaluate(Card):
    """Measure a trained model on rows that it has not seen.

    Every metric stands beside that of a dummy, which always predicts the mean of the train
    rows: a model that does not beat it has learnt nothing.
    """

    category = "Evaluation"
    libraries = ("numpy", "scikit-learn", "torch")

    class Out(NamedTuple):
        metrics: Metrics

    def run(self, test_dataset: Table, trained_model: Model) -> Out:
        """Predict the test rows and compare with the truth."""
        truth = examples(
            test_dataset, trained_model.target, trained_model.features, port="test_dataset"
        ).y
        predicted = predict(trained_model, test_dataset)
        dummy = float(trained_model.content["dummy"])
        unit = trained_model.target_unit
        metrics = Metrics(
            regression_metrics(truth, predicted),
            dummy_metrics(truth, dummy),
            task="regression",
            rows=len(truth),
            unit=unit,
            caption=_caption(dummy, unit, synthetic=test_dataset.provenance.synthetic),
            details=(
                _predicted_against_actual(truth, predicted, trained_model.target, unit),
                _residuals(predicted - truth, unit),
                _largest_errors(truth, predicted, unit),
            ),
        )
        return self.Out(metrics)

    def propagate(self, test_dataset: TableSchema, trained_model: ModelSchema) -> MetricsSchema:
        """Hold the features of the model against the columns of the table."""
        needed = trained_model.features
        if needed is not None and trained_model.target:
            needed = (*needed, trained_model.target)
        lacks = missing_features(test_dataset, needed)
        if lacks:
            raise InputError(lacks, port="test_dataset", hint="Use rows of the same table.")
        return MetricsSchema(task=trained_model.task, rows=test_dataset.rows)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how many rows it measures on."""
        table = schemas.get("test_dataset")
        rows = table.rows if isinstance(table, TableSchema) else None
        return "test rows" if rows is None else f"{rows:,} test rows"


def _caption(dummy: float, unit: str | None, *, synthetic: bool) -> str:
    baseline = f"Baseline: the training mean, {_written(dummy)}{_space(unit)}."
    return f"{baseline} Synthetic data." if synthetic else baseline


def _written(number: float) -> str:
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e9 else f"{number:.3g}"


def _predicted_against_actual(
    truth: np.ndarray, predicted: np.ndarray, target: str, unit: str | None
) -> Preview:
    import numpy as np

    shown = np.linspace(0, len(truth) - 1, min(POINTS, len(truth))).astype(int)
    return ChartPreview(
        title="Predicted against actual",
        chart="scatter",
        x=Axis(label=f"actual {target}", unit=unit),
        y=Axis(label="predicted", unit=unit),
        series=(Series(name="rows", x=tuple(truth[shown]), y=tuple(predicted[shown])),),
        diagonal=True,
        note=f"{len(shown):,} of {len(truth):,} rows",
    )


def _residuals(errors: np.ndarray, unit: str | None) -> Preview:
    import numpy as np

    widest = float(np.quantile(np.abs(errors), 0.999)) or 1.0
    counts, edges = np.histogram(np.clip(errors, -widest, widest), bins=BINS)
    within = float(np.quantile(np.abs(errors), 0.95))
    return ChartPreview(
        title="Residuals",
        chart="histogram",
        x=Axis(label="predicted − actual", unit=unit),
        y=Axis(label="rows"),
        series=(Series(name="rows", x=tuple((edges[:-1] + edges[1:]) / 2), y=tuple(counts)),),
        note=f"mean {_signed(float(errors.mean()))}{_space(unit)}",
        caption=f"95 % of predictions are within ±{_two_digits(within)}{_space(unit)}.",
    )


def _largest_errors(truth: np.ndarray, predicted: np.ndarray, unit: str | None) -> Preview:
    import numpy as np

    errors = predicted - truth
    worst = np.argsort(-np.abs(errors), kind="stable")[:WORST]
    return RowsPreview(
        title="Largest errors",
        columns=("Row", "Actual", "Predicted", f"Error,{_space(unit)}" if unit else "Error"),
        rows=tuple(
            (int(row) + 1, float(truth[row]), float(predicted[row]), float(errors[row]))
            for row in worst
        ),
    )


def _signed(number: float) -> str:
    rounded = f"{number:.2f}"
    return "0.00" if rounded == "-0.00" else rounded.replace("-", "−")


def _two_digits(number: float) -> str:
    """Show two significant digits, and whole numbers in full: 0.062, 6.0, 63, 118, 25,355."""
    return f"{number:,.0f}" if number >= 99.5 else f"{number:#.2g}".rstrip(".")


def _space(unit: str | None) -> str:
    return f" {unit}" if unit else ""
