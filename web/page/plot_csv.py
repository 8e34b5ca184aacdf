"""The numbers behind a plot, as a CSV file."""

from __future__ import annotations

import csv
import io

from tensorrag.preview import Axis, ChartPreview


def plot_csv(plot: ChartPreview) -> str:
    """Write a line per point: x, y, and the name of its series where there are several."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    several = len(plot.series) > 1
    lines.writerow([*(["series"] if several else []), named(plot.x), named(plot.y)])
    for series in plot.series:
        for x, y in zip(series.x, series.y, strict=False):
            lines.writerow([*([series.name] if several else []), x, y])
    return written.getvalue()


def named(axis: Axis) -> str:
    """Write what an axis measures, with its unit: ``predicted, k$``."""
    return f"{axis.label}, {axis.unit}" if axis.unit else axis.label
