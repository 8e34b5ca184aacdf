"""Chart options for ECharts. Colours are the page's own variables, which its SVG renderer takes
as they are, so that a change of theme needs no new chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nicegui.elements.echart import EChart

from tensorrag.preview import Axis, ChartPreview, Series
from web.page.wording import number

Options = dict[str, Any]

HEIGHTS = {"scatter": 240, "line": 206, "bar": 180, "histogram": 112}
_INKS = ("var(--ser-a)", "var(--ser-b)", "var(--fill-2)")
_LOOKS = ("solid", "dashed", "solid", "dotted", "dotted", "dashed")
"""Of lines that share three inks."""
_PLOT, _LABEL = 120, 14
"""Pixels between nought and the highest label, about, and that a label needs."""
_LETTER, _LONGEST = 6, 110
"""Pixels that a letter of such a label takes, and the longest one."""
_TICK = {"color": "var(--ink-3)", "fontSize": 10.5}


class Chart(EChart, component="chart.js"):
    """An ECharts picture in a colour of its own."""

    def __init__(self, options: Options, height: int | None, colours: str, said: str) -> None:
        """Draw a chart.

        Args:
            options: plain data; how numbers are written is the browser's part.
            height: in pixels; None: as high as the place that it is in.
            colours: style properties of the type that it shows, see `icons.type_colours`.
            said: what the chart shows, for those who cannot see it.
        """
        super().__init__(options, renderer="svg")
        self.classes("chart c-type").style(
            f"height:{f'{height}px' if height else '100%'};{colours}"
        )
        # A title may hold a column's name: set as data, never parsed as props.
        self.props.update({"role": "img", "aria-label": said})

    def draw(self, series: list[Options]) -> None:
        """Replace the lines of a chart that is being drawn."""
        self.run_method("draw", series)


def chart_options(chart: ChartPreview, *, large: bool = False) -> Options:
    """Return the options of a chart; ``var(--c)`` is the colour of the type that it shows.

    Args:
        chart: what to draw.
        large: whether it has the page for itself, and room for both axes.
    """
    histogram = chart.chart == "histogram" and not large
    drawn = _series(chart, large=large)
    right = 2 if chart.chart == "histogram" else _room_for(drawn)
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
        "grid": _large_room(right) if large else _room(right, bare=histogram),
        "xAxis": zoomed,
        "yAxis": upright,
        "graphic": [] if histogram else axis_names(chart.x, chart.y, right),
        "series": [*drawn, *_lines(chart)],
    }


def _room_for(lines: Sequence[Options]) -> int:
    """Return how many pixels the longest name at the end of a line needs; 12 without names."""
    labels = [line["endLabel"] for line in lines if line["type"] == "line"]
    said = [len(label["formatter"]) for label in labels if label["show"]]
    return min(_LONGEST, 10 + round(_LETTER * max(said))) if said else 12


def _room(right: int, *, bare: bool) -> Options:
    if bare:
        return {"left": 2, "right": right, "top": 4, "bottom": 20}
    return {"left": 34, "right": right, "top": 28, "bottom": 32}


def _large_room(right: int) -> Options:
    return {"left": 64, "right": max(right, 24), "top": 40, "bottom": 48}


def base_options() -> Options:
    """Return what every chart has: no animation, our font, our tooltip."""
    return {
        "animation": False,
        "textStyle": {"fontFamily": "inherit"},
        "tooltip": {
            "trigger": "item",
            "confine": True,
            "backgroundColor": "var(--surface)",
            "borderColor": "var(--line-2)",
            "padding": [4, 8],
            "textStyle": {"color": "var(--ink)", "fontSize": 12},
            "extraCssText": "box-shadow:var(--shadow-3);border-radius:6px",
        },
    }


Points = Sequence[tuple[float, float]]


def live_curve(
    metric: str,
    unit: str,
    total: int | None,
    lines: Sequence[tuple[str, Points]],
    *,
    large: bool = False,
    zoomed: bool = False,
) -> Options:
    """Return the options of a learning curve that is still being drawn, up to ``total`` if known.

    ``large`` says whether it has the page for itself, ``zoomed`` whether the upright axis begins
    near the least value, not at 0.
    """
    foot = {"scale": True} if zoomed else {"min": 0}
    drawn = live_series(lines)
    right = max(62, _room_for(drawn))
    last = total or max((x for _, points in lines for x, _ in points), default=2)
    ends = {"max": max(total, 2)} if total else {}
    return base_options() | {
        "grid": _large_room(right) if large else _room(right, bare=False),
        "xAxis": axis_options(Axis(label=unit), grid=False, line=True)
        | {"min": 1, "splitNumber": 5 if last < 1000 else 3}
        | ends,
        "yAxis": axis_options(Axis(label=metric), grid=True, line=False)
        | foot
        | {"splitNumber": 3},
        "graphic": axis_names(Axis(label=unit), Axis(label=metric), right),
        "series": drawn,
    }


def compared_curves(
    metric: str, unit: str, lines: Sequence[tuple[str, Sequence[float | None]]]
) -> Options:
    """Return the options of a learning curve of several runs, each by its name."""
    points = [
        (name, [(at, value) for at, value in enumerate(values, start=1) if value is not None])
        for name, values in lines
    ]
    last = int(max((at for _, own in points for at, _ in own), default=2))
    options = live_curve(metric, unit, last, points)
    for line, look in zip(list(options["series"]), _LOOKS, strict=False):
        line["lineStyle"]["type"] = look
        if line["data"] and line["data"][-1][0] < last:
            options["series"].append(_label_at_edge(line, last))
    _keep_apart(options["series"])
    options["grid"]["right"] = 96
    options["graphic"] = axis_names(Axis(label=unit), Axis(label=metric), 96)
    return options


def _keep_apart(lines: list[Options]) -> None:
    """Move labels at the edge down so that each can be read; ECharts leaves them where they are."""
    lines = [line for line in lines if line["endLabel"]["show"]]
    values = [line["data"][-1][1] for line in lines]
    highest = max(map(abs, values), default=0.0) or 1.0
    lowest_yet = -math.inf
    for value, line in sorted(zip(values, lines, strict=True), key=lambda each: -each[0]):
        place = -value / highest * _PLOT
        lowest_yet = max(place, lowest_yet + _LABEL)
        line["endLabel"]["offset"] = [0, round(lowest_yet - place, 1)]


def _label_at_edge(line: Options, last: int) -> Options:
    """Say what a line ended at where all are named: beside its end, others would cross it."""
    end = line["data"][-1]
    label, line["endLabel"] = line["endLabel"], {"show": False}
    unseen = {"color": "transparent", "width": 0}
    return line | {"data": [end, [last, end[1]]], "endLabel": label, "lineStyle": unseen} | {
        "symbol": "none", "silent": True, "tooltip": {"show": False},
    }  # fmt: skip


def dot_options(measured: Axis, points: Sequence[tuple[str, float]], best: float | None) -> Options:
    """Return the options of one figure of each of several choices, from the top to the bottom."""
    data: list[Options] = [
        {"value": [figure, name], "itemStyle": {"color": "var(--c)" if figure == best else "none"}}
        for name, figure in points
    ]
    ring = {"borderColor": "var(--c)", "borderWidth": 1.5}
    names = {**name_style(), "width": 150, "overflow": "truncate"}
    return base_options() | {
        "grid": {"left": 8, "right": 24, "top": 8, "bottom": 24, "containLabel": True},
        "xAxis": axis_options(measured, grid=True, line=True) | {"scale": True},
        "yAxis": {
            "type": "category",
            "data": [name for name, _ in points],
            "inverse": True,
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "axisLabel": names,
            "splitLine": {"show": True, "lineStyle": {"color": "var(--line)"}},
        },
        "graphic": axis_names(measured, Axis(label=""), 24),
        "series": [
            {"type": "scatter", "name": measured.label, "symbolSize": 9, "data": data}
            | {"itemStyle": ring}
        ],
    }


def live_series(lines: Sequence[tuple[str, Points]]) -> list[Options]:
    """Return the lines of a learning curve so far."""
    return [
        _line(name, [list(point) for point in points], at, dashed=at > 0)
        for at, (name, points) in enumerate(lines)
    ]


def name_style() -> Options:
    """Return how names beside a picture are written."""
    return {**_TICK, "color": "var(--ink)"}


def axis_options(axis: Axis, *, grid: bool, line: bool) -> Options:
    """Return the options of an axis of numbers, with lines across the picture or one along it."""
    return {
        "type": "value",
        "axisLine": {"show": line, "lineStyle": {"color": "var(--line-2)"}},
        "axisTick": {"show": False},
        "axisLabel": {**_TICK, "hideOverlap": True},
        "splitLine": {"show": grid, "lineStyle": {"color": "var(--line)"}},
        "splitNumber": 5,
    }


def axis_names(x: Axis, y: Axis, right: int = 12) -> list[Options]:
    """Write what both axes measure beside them, ``right`` pixels from the right edge."""
    style = {"fill": "var(--ink-3)", "fontSize": 10.5, "lineHeight": 14}
    return [
        {
            "type": "text",
            "left": 0,
            "top": 2,
            "silent": True,
            "style": {**style, "text": _named(y)},
        },
        {
            "type": "text",
            "right": right,
            "bottom": 0,
            "silent": True,
            "style": {**style, "text": _named(x)},
        },
    ]


def _named(axis: Axis) -> str:
    return f"{axis.label}, {axis.unit}" if axis.unit else axis.label


def _points(series: Series) -> list[list[float | int | None]]:
    return [[x, y] for x, y in zip(series.x, series.y, strict=False) if x is not None]


def _series(chart: ChartPreview, *, large: bool) -> list[Options]:
    drawn: list[Options] = []
    for at, series in enumerate(chart.series):
        points = _points(series)
        if chart.chart == "line":
            line = _line(series.name, points, at, dashed=series.dashed)
            crowded = chart.shares or (chart.zoomed and series.dashed)  # labels would overlap
            line["endLabel"]["show"] = line["endLabel"]["show"] and not crowded
            drawn.append(line)
        elif chart.chart == "scatter":
            drawn.append(_cloud(series.name, points, 7 if large else 3.2))
        else:
            drawn.append(_bars(series.name, points, thin=chart.chart == "histogram"))
    if chart.chart == "line" and not chart.zoomed:
        _keep_apart(drawn)
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


def _line(name: str, points: list[Any], at: int, *, dashed: bool) -> Options:
    colour = _INKS[at % len(_INKS)]
    last = points[-1][1] if points and isinstance(points[-1][1], int | float) else None
    return {
        "type": "line",
        "name": name,
        "data": points,
        "symbol": "circle",
        "symbolSize": 5,
        "showSymbol": False,
        "lineStyle": {"color": colour, "width": 1.5, "type": "dashed" if dashed else "solid"},
        "itemStyle": {"color": colour},
        "endLabel": {
            "show": last is not None,
            "formatter": f"{name} {number(last)}" if last is not None else "",
            "color": colour,
            "fontSize": 11,
            "fontWeight": 500,
            "distance": 5,
        },
        "labelLayout": {"moveOverlap": "shiftY"},
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
    room = (high - low) or 1
    start = 0 if 0 <= low < 0.25 * room else low
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
    labels = {**_TICK, "showMinLabel": False, "showMaxLabel": False}
    return {"min": xs[0] - half, "max": xs[-1] + half, "axisLabel": labels, "splitNumber": 4}
