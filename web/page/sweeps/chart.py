"""The chart of a sweep: a line over numbers, a dot for each choice."""

from __future__ import annotations

from typing import Any

from tensorrag.preview import Axis, ChartPreview, Series
from tensorrag.types.metrics import METRICS
from web.page.form.slider import WIDE
from web.page.icons import type_colours
from web.page.plots.chart import Chart
from web.page.plots.charts import chart_options
from web.page.plots.dots import dot_options
from web.page.plots.look import Options
from web.page.sweeps.shown import Shown
from web.page.wording import number

HEIGHT, ROW, ROOM = 260, 26, 64
"""Pixels: of a line, of each choice, and of the axis with its name."""


def chart_of(shown: Shown) -> None:
    """Draw the figure against the value, in the current slot; one value alone is no chart."""
    points = [
        (each.value, each.metrics[shown.metric])
        for each in shown.found
        if shown.metric in each.metrics
    ]
    if len(points) < 2:
        return
    if all(_is_number(value) for value, _ in points):
        _line(shown, sorted(points))
    else:
        _dots(shown, [(shown.spec.shown(value), figure) for value, figure in points])


def _line(shown: Shown, points: list[tuple[float, float]]) -> None:
    xs, ys = zip(*points, strict=True)
    name = METRICS[shown.metric].label
    chart = ChartPreview(
        title=_title(shown), chart="line",
        x=Axis(label=shown.spec.label, unit=shown.spec.unit), y=Axis(label=name),
        series=(Series(name=name, x=xs, y=ys),),
    )  # fmt: skip
    options = chart_options(chart, large=True)
    options["yAxis"] |= {"scale": True}
    options["series"][0] |= {"showSymbol": True, "symbolSize": 7}
    if min(xs) > 0 and max(xs) / min(xs) >= WIDE:
        options["xAxis"] |= {"type": "log"}
    said = ", ".join(f"{number(y)} at {number(x)}" for x, y in points)
    _draw(shown, options, HEIGHT, said)


def _dots(shown: Shown, points: list[tuple[str, float]]) -> None:
    """Draw choices in the order in which they were tried, the best one filled."""
    best = shown.best.metrics[shown.metric] if shown.best is not None else None
    options = dot_options(Axis(label=METRICS[shown.metric].label), points, best)
    said = ", ".join(f"{name} {number(figure)}" for name, figure in points)
    _draw(shown, options, ROOM + ROW * len(points), said)


def _draw(shown: Shown, options: Options, height: int, said: str) -> None:
    Chart(options, height, type_colours(shown.kind), f"{_title(shown)}: {said}")


def _title(shown: Shown) -> str:
    return f"{METRICS[shown.metric].label} by {shown.spec.label}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
