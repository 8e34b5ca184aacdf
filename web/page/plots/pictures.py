"""Pictures that can be enlarged and saved: charts, bars by name, trees and heat maps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

from tensorrag.preview import Axis, BarsPreview, Branch, ChartPreview, HeatPreview, TreePreview
from web.page.plots.charts import HEIGHTS, chart_options
from web.page.plots.look import Options, axis_names, axis_options, base_options, name_style
from web.page.wording import brief, percent, rounded

Picture = ChartPreview | BarsPreview | TreePreview | HeatPreview

_BAR, _LEAF, _CELL = 24, 58, 22
"""Pixels of height that each of them needs."""
_LEVELS = 2
"""Levels of a tree that are drawn where there is little room."""
_NAMED = 12
"""Things of a heat map that are named where there is little room."""


def picture_options(picture: Picture, *, large: bool = False) -> Options:
    """Return the options of a picture; ``large`` says whether it has the page for itself."""
    match picture:
        case ChartPreview():
            return chart_options(picture, large=large)
        case BarsPreview():
            return _bars(picture, large=large)
        case TreePreview():
            return _tree(picture, large=large)
        case HeatPreview():
            return _heat(picture, large=large)
        case _:
            assert_never(picture)


def picture_height(picture: Picture) -> int:
    """Return how high a picture is beside others, in pixels."""
    match picture:
        case ChartPreview():
            return HEIGHTS[picture.chart]
        case BarsPreview():
            return _BAR * len(picture.names) + 52
        case TreePreview():
            return max(120, _LEAF * len(list(_ends(picture.root, _LEVELS))))
        case HeatPreview():
            return _CELL * len(picture.names) + 90
        case _:
            assert_never(picture)


# --- bars ---------------------------------------------------------------------------------------


def _bars(bars: BarsPreview, *, large: bool) -> Options:
    names = {**name_style(), "width": 260 if large else 104, "overflow": "truncate"}
    return base_options() | {
        "grid": {"left": 12, "right": 20, "top": 4, "bottom": 20, "containLabel": True},
        "xAxis": axis_options(bars.x, grid=True, line=True) | {"splitNumber": 5 if large else 3},
        "yAxis": {
            "type": "category",
            "data": list(bars.names),
            "inverse": True,
            "axisLine": {"show": True, "onZero": True, "lineStyle": {"color": "var(--line-2)"}},
            "axisTick": {"show": False},
            "axisLabel": {**names, "interval": 0},
        },
        "graphic": axis_names(bars.x, Axis(label=""), 20),
        "series": [
            {
                "type": "bar",
                "name": bars.x.label,
                "data": list(bars.values),
                "barMaxWidth": 22,
                "barCategoryGap": "35%",
                "itemStyle": {"color": "var(--fill-2)"},
                "emphasis": {"itemStyle": {"color": "var(--ink-2)"}},
            },
            *([_spreads(bars)] if bars.spreads else []),
        ],
    }


def _spreads(bars: BarsPreview) -> Options:
    """Draw a line from one deviation below the end of each bar to one above."""
    points: list[Any] = []
    for at, (value, spread) in enumerate(zip(bars.values, bars.spreads or (), strict=True)):
        if value is not None and spread is not None:
            points += [[value - spread, at], [value + spread, at], ["-", "-"]]
    return {
        "type": "line",
        "data": points,
        "symbol": "none",
        "silent": True,
        "tooltip": {"show": False},
        "lineStyle": {"color": "var(--ink)", "width": 1.5},
        "z": 3,
    }


# --- trees --------------------------------------------------------------------------------------


def _tree(tree: TreePreview, *, large: bool) -> Options:
    levels = -1 if large else _LEVELS
    text = {"color": "var(--ink)", "fontSize": 11 if large else 10, "lineHeight": 14}
    ends = {**text, "position": "right", "align": "left", "distance": 6, "overflow": "truncate"}
    return base_options() | {
        "tooltip": {"show": False},
        "series": [
            {
                "type": "tree",
                "data": [_branch(tree.root, tree, levels)],
                "orient": "LR",
                "expandAndCollapse": False,
                "roam": False,
                "left": 60 if large else 24,
                "right": 200 if large else 128,
                "top": 24,
                "bottom": 16,
                "symbol": "circle",
                "symbolSize": 7,
                "edgeShape": "curve",
                "itemStyle": {"color": "var(--c)", "borderWidth": 0},
                "lineStyle": {"color": "var(--line-2)", "width": 1.2, "curveness": 0.5},
                "label": {**text, "position": "top", "align": "center", "distance": 6},
                "leaves": {"label": ends | {"width": 190 if large else 118}},
                "emphasis": {"disabled": True},
            }
        ],
    }


def _branch(branch: Branch, tree: TreePreview, levels: int) -> Options:
    below = [_branch(each, tree, levels - 1) for each in branch.below] if levels else []
    more = " …" if branch.more or (branch.below and not below) else ""
    lines = [branch.said, f"{branch_answer(branch, tree)}, {branch.rows:,} rows{more}"]
    if levels == _LEVELS:  # at the left edge there is no room
        lines = lines[:1]
    return {"name": "\n".join(lines), "children": below}


def branch_answer(branch: Branch, tree: TreePreview) -> str:
    """Write what a place in a tree says of its rows."""
    unit = f" {tree.unit}" if tree.unit else ""
    said = branch.answer if isinstance(branch.answer, str) else f"{brief(branch.answer)}{unit}"
    share = f" {percent(branch.share)}" if branch.share is not None else ""
    return f"{said}{share}"


def branches(branch: Branch, depth: int = 0) -> Iterator[tuple[int, Branch]]:
    """Go through a tree from the top, with how deep each place is."""
    yield depth, branch
    for each in branch.below:
        yield from branches(each, depth + 1)


def _ends(branch: Branch, levels: int) -> Iterator[Branch]:
    if not levels or not branch.below:
        yield branch
        return
    for each in branch.below:
        yield from _ends(each, levels - 1)


# --- heat maps ----------------------------------------------------------------------------------


def _heat(heat: HeatPreview, *, large: bool) -> Options:
    cells = [
        {
            "value": [across, down, value],
            "itemStyle": {"color": _shade(value)},
            "label": {"formatter": rounded(value, 2 if large else 1)},
        }
        for down, line in enumerate(heat.values)
        for across, value in enumerate(line)
    ]
    names = {**name_style(), "overflow": "truncate", "interval": 0, "width": 200 if large else 84}
    axis = {"type": "category", "data": list(heat.names), "axisTick": {"show": False}}
    axis |= {"axisLine": {"show": False}, "splitLine": {"show": False}}
    return base_options() | {
        "grid": {"left": 4, "right": 8, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": axis | {"axisLabel": {**names, "rotate": 60, "width": 120 if large else 64}},
        "yAxis": axis | {"inverse": True, "axisLabel": names},
        "series": [
            {
                "type": "heatmap",
                "name": heat.measured,
                "data": cells,
                "label": {"show": large or len(heat.names) <= 8}
                | {"color": "var(--ink)", "fontSize": 11 if large else 9.5},
                "itemStyle": {"borderColor": "var(--surface)", "borderWidth": 1},
                "emphasis": {"itemStyle": {"borderColor": "var(--ink)"}},
            }
        ],
        "visualMap": {"show": False, "min": -1, "max": 1, "dimension": 2, "seriesIndex": -1},
    }


def _shade(value: float | int | None) -> str:
    """Mix the colour of the type in, the more the closer; what goes against it is another."""
    if value is None:
        return "var(--surface)"
    ink = "var(--c)" if value >= 0 else "var(--stale)"
    return f"color-mix(in srgb, {ink} {abs(value) * 60:.0f}%, var(--surface))"
