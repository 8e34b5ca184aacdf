"""Chart options for ECharts of what a card shows: lines, clouds, bars and histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorrag.preview import ChartPreview, Series
from web.page.plots.curves import keep_apart, line_options, room_for
from web.page.plots.look import (
    TICK,
    Options,
    axis_names,
    axis_options,
    base_options,
    large_room,
    room,
)

HEIGHTS = {"scatter": 240, "line": 206, "bar": 180, "histogram": 112}


def chart_options(chart: ChartPreview, *, large: bool = False) -> Options:
    """Return the options of a chart; ``var(--c)`` is the colour of the type that it shows.

    Args:
        chart: what to draw.
        large: whether it has the page for itself, and room for both axes.
    """
    histogram = chart.chart == "histogram" and not large
    drawn = _series(chart, large=large)
    right = 2 if chart.chart == "histogram" else room_for(drawn)
    zoomed = axis_options(chart.x, grid=False, line=True) | {"scale": chart.chart != "bar"}
    if chart.chart == "histogram":
        zoomed |= _edges(chart.series)
    upright = axis_options(chart.y, grid=not histogram, line=False)
    if histogram:
        upright |= {"show": False}
    if chart.chart == "scatter":
        zoomed |= {"scale": True, "splitNumber": 5}
        upright |= {"scale": True, "splitNumber": 5}
    if chart.chart == "line":
        zoomed |= _from_first(chart.series)
        upright |= {"splitNumber": 3, "scale": chart.zoomed}
    if chart.shares:
        zoomed |= {"min": 0, "max": 1}
        upright |= {"min": 0, "max": 1, "splitNumber": 5}
    elif chart.diagonal:
        zoomed |= _within(zoomed, _extent(chart.series))
        upright |= _within(upright, _extent(chart.series))
    return base_options() | {
        "grid": large_room(right) if large else room(right, bare=histogram),
        "xAxis": zoomed,
        "yAxis": upright,
        "graphic": [] if histogram else axis_names(chart.x, chart.y, right),
        "series": [*drawn, *_lines(chart)],
    }


def _points(series: Series) -> list[list[float | int | None]]:
    return [[x, y] for x, y in zip(series.x, series.y, strict=False) if x is not None]


def _series(chart: ChartPreview, *, large: bool) -> list[Options]:
    drawn: list[Options] = []
    for at, series in enumerate(chart.series):
        points = _points(series)
        if chart.chart == "line":
            line = line_options(series.name, points, at, dashed=series.dashed)
            crowded = chart.shares or (chart.zoomed and series.dashed)  # labels would overlap
            line["endLabel"]["show"] = line["endLabel"]["show"] and not crowded
            drawn.append(line)
        elif chart.chart == "scatter":
            drawn.append(_cloud(series.name, points, 7 if large else 3.2))
        else:
            drawn.append(_bars(series.name, points, thin=chart.chart == "histogram"))
    if chart.chart == "line" and not chart.zoomed:
        keep_apart(drawn)
    return drawn


def _cloud(name: str, points: list[Any], size: float) -> Options:
    return {
        "type": "scatter",
        "name": name,
        "data": points,
        "symbolSize": size,
        "itemStyle": {"color": "var(--c)", "opacity": 0.42},
        "emphasis": {"itemStyle": {"opacity": 1}},
    }


def _bars(name: str, points: list[Any], *, thin: bool) -> Options:
    return {
        "type": "bar",
        "name": name,
        "data": points,
        "barCategoryGap": "14%" if thin else "35%",
        "itemStyle": {"color": "var(--fill-2)"},
        "emphasis": {"itemStyle": {"color": "var(--ink-2)"}},
    }


def _lines(chart: ChartPreview) -> list[Options]:
    """The diagonal where a prediction equals the truth; nought in a histogram that spans it."""
    ink = {"color": "var(--ink)", "width": 1, "type": "solid"}
    if chart.diagonal:
        extent = {"min": 0, "max": 1} if chart.shares else _extent(chart.series)
        ends = [[extent["min"], extent["min"]], [extent["max"], extent["max"]]]
        return [_rule(ends, ink)]
    xs = [x for series in chart.series for x in series.x if x is not None]
    if chart.chart == "histogram" and xs and min(xs) < 0 < max(xs):
        ys = [y for series in chart.series for y in series.y if y is not None]
        return [_rule([[0, 0], [0, max(ys, default=1)]], ink)]
    return []


def _rule(points: list[Any], style: Options) -> Options:
    return {
        "type": "line",
        "data": points,
        "symbol": "none",
        "silent": True,
        "lineStyle": style,
        "tooltip": {"show": False},
        "z": 3,
    }


def _extent(all_series: Sequence[Series]) -> Options:
    values = [v for series in all_series for v in (*series.x, *series.y) if v is not None]
    if not values:
        return {}
    low, high = min(values), max(values)
    span = (high - low) or 1
    start = 0 if 0 <= low < 0.25 * span else low
    return {"min": start, "max": high}


def _within(axis: Options, extent: Options) -> Options:
    """End an axis where its points end, without a label at that odd place."""
    hidden = {"showMinLabel": extent.get("min") == 0, "showMaxLabel": False}
    lines = {**axis["splitLine"], "showMinLine": False, "showMaxLine": False}
    return extent | {"axisLabel": {**axis["axisLabel"], **hidden}, "splitLine": lines}


def _from_first(all_series: Sequence[Series]) -> Options:
    xs = [x for series in all_series for x in series.x if x is not None]
    return {"min": min(xs), "max": max(xs)} if xs else {}


def _edges(all_series: Sequence[Series]) -> Options:
    """Leave half a bar at either end of a histogram."""
    xs = sorted(x for series in all_series for x in series.x if x is not None)
    if len(xs) < 2:
        return {}
    half = (xs[-1] - xs[0]) / (len(xs) - 1) / 2
    labels = {**TICK, "showMinLabel": False, "showMaxLabel": False}
    return {"min": xs[0] - half, "max": xs[-1] + half, "axisLabel": labels, "splitNumber": 4}
