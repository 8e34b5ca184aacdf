"""Pictures of predicted numbers beside the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorrag.preview import Axis, ChartPreview, Preview, RowsPreview, Series

if TYPE_CHECKING:
    import numpy as np

POINTS = 620
"""Points in the picture of predicted against actual: enough to see, few enough to draw."""
BINS = 40
WORST = 8


def error_pictures(
    truth: np.ndarray, predicted: np.ndarray, target: str, unit: str | None
) -> tuple[Preview, ...]:
    """Show predicted against actual, the residuals, and the largest errors."""
    return (
        _predicted_against_actual(truth, predicted, target, unit),
        _residuals(predicted - truth, unit),
        _largest_errors(truth, predicted, unit),
    )


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
    rounded = f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.2f}"
    return "0.00" if rounded == "-0.00" else rounded.replace("-", "−")


def _two_digits(number: float) -> str:
    """Show two significant digits, and whole numbers in full: 0.062, 6.0, 63, 118, 25,355."""
    return f"{number:,.0f}" if number >= 99.5 else f"{number:#.2g}".rstrip(".")


def _space(unit: str | None) -> str:
    return f" {unit}" if unit else ""
