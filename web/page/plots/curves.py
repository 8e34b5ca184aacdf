"""Lines by name: learning curves of a run that goes on, or of several runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tensorrag.preview import Axis
from web.page.plots.look import (
    Options,
    axis_names,
    axis_options,
    base_options,
    large_room,
    room,
)
from web.page.wording import number

_INKS = ("var(--ser-a)", "var(--ser-b)", "var(--fill-2)")
_LOOKS = ("solid", "dashed", "solid", "dotted", "dotted", "dashed")
"""Of lines that share three inks."""
_PLOT, _LABEL = 120, 14
"""Pixels between nought and the highest label, about, and that a label needs."""
_LETTER, _LONGEST = 6, 110
"""Pixels that a letter of such a label takes, and the longest one."""
_WIDEST, _NAME = 150, 16
"""Pixels of the longest label where runs are compared, and letters of a name in it."""


def room_for(lines: Sequence[Options], most: int = _LONGEST) -> int:
    """Return how many pixels the longest name at the end of a line needs; 12 without names."""
    labels = [line["endLabel"] for line in lines if line["type"] == "line"]
    said = [len(label["formatter"]) for label in labels if label["show"]]
    return min(most, 10 + round(_LETTER * max(said))) if said else 12


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
    right = max(62, room_for(drawn))
    last = total or max((x for _, points in lines for x, _ in points), default=2)
    ends = {"max": max(total, 2)} if total else {}
    return base_options() | {
        "grid": large_room(right) if large else room(right, bare=False),
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
        (
            _fitting(name),
            [(at, value) for at, value in enumerate(values, start=1) if value is not None],
        )
        for name, values in lines
    ]
    last = int(max((at for _, own in points for at, _ in own), default=2))
    options = live_curve(metric, unit, last, points)
    for line, look in zip(list(options["series"]), _LOOKS, strict=False):
        line["lineStyle"]["type"] = look
        if line["data"] and line["data"][-1][0] < last:
            options["series"].append(_label_at_edge(line, last))
    keep_apart(options["series"])
    right = max(96, room_for(options["series"], _WIDEST))
    options["grid"]["right"] = right
    options["graphic"] = axis_names(Axis(label=unit), Axis(label=metric), right)
    return options


def _fitting(name: str) -> str:
    """Shorten a name in its middle: what tells runs of a pipeline apart stands at its end."""
    return name if len(name) <= _NAME else f"{name[: _NAME // 2].rstrip()}…{name[-_NAME // 2 :]}"


def keep_apart(lines: list[Options]) -> None:
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


def live_series(lines: Sequence[tuple[str, Points]]) -> list[Options]:
    """Return the lines of a learning curve so far."""
    return [
        line_options(name, [list(point) for point in points], at, dashed=at > 0)
        for at, (name, points) in enumerate(lines)
    ]


def line_options(name: str, points: list[Any], at: int, *, dashed: bool) -> Options:
    """Return the options of a line, with its name and last value at its end."""
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
