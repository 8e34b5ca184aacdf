"""How every chart looks: font, axes, room for what they measure, and the tooltip.

Colours are the page's own variables, which its SVG renderer takes as they are, so that a change of
theme needs no new chart.
"""

from __future__ import annotations

from typing import Any

from tensorrag.preview import Axis

Options = dict[str, Any]
TICK = {"color": "var(--ink-3)", "fontSize": 10.5}


def room(right: int, *, bare: bool) -> Options:
    """Leave room for the axes and, on the right, for names at the ends of lines (pixels)."""
    if bare:
        return {"left": 2, "right": right, "top": 4, "bottom": 20}
    return {"left": 8, "right": right, "top": 28, "bottom": 18, "containLabel": True}


def large_room(right: int) -> Options:
    """Leave room for both axes of a chart that has the page for itself."""
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


def name_style() -> Options:
    """Return how names beside a picture are written."""
    return {**TICK, "color": "var(--ink)"}


def axis_options(axis: Axis, *, grid: bool, line: bool) -> Options:
    """Return the options of an axis of numbers, with lines across the picture or one along it."""
    return {
        "type": "value",
        "axisLine": {"show": line, "lineStyle": {"color": "var(--line-2)"}},
        "axisTick": {"show": False},
        "axisLabel": {**TICK, "hideOverlap": True},
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
