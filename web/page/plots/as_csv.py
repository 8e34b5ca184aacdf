"""The numbers behind a plot, as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import assert_never

from tensorrag.preview import Axis, BarsPreview, ChartPreview, HeatPreview, TreePreview
from web.page.plots.pictures import Picture, branches

Line = Iterable[str | float | int | None]


def plot_csv(plot: Picture) -> str:
    """Write a line per point, bar, place in a tree, or line of a heat map."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(_lines(plot))
    return written.getvalue()


def _lines(plot: Picture) -> Iterator[Line]:
    match plot:
        case ChartPreview():
            yield from _points(plot)
        case BarsPreview():
            spreads = plot.spreads or (None,) * len(plot.names)
            yield ["name", named(plot.x), *(["spread"] if plot.spreads else [])]
            for name, value, spread in zip(plot.names, plot.values, spreads, strict=True):
                yield [name, value, *([spread] if plot.spreads else [])]
        case TreePreview():
            yield ["depth", "rows that", named(Axis(label=plot.measured, unit=plot.unit)), "rows"]
            for depth, each in branches(plot.root):
                yield [depth, each.said, each.answer, each.rows]
        case HeatPreview():
            yield [plot.measured, *plot.names]
            for name, line in zip(plot.names, plot.values, strict=True):
                yield [name, *line]
        case _:
            assert_never(plot)


def _points(plot: ChartPreview) -> Iterator[Line]:
    """Write x, y, and the name of its series where there are several."""
    several = len(plot.series) > 1
    yield [*(["series"] if several else []), named(plot.x), named(plot.y)]
    for series in plot.series:
        for x, y in zip(series.x, series.y, strict=False):
            yield [*([series.name] if several else []), x, y]


def named(axis: Axis) -> str:
    """Write what an axis measures, with its unit: ``predicted, k$``."""
    return f"{axis.label}, {axis.unit}" if axis.unit else axis.label
