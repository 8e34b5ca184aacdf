"""Dots: one figure of each of several choices."""

from __future__ import annotations

from collections.abc import Sequence

from tensorrag.preview import Axis
from web.page.plots.look import (
    Options,
    axis_names,
    axis_options,
    base_options,
    name_style,
)


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
