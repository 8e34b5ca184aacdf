"""A feed-forward network as a picture: a column of dots per layer, its width written under it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tensorrag.preview import LayerPicture, NetworkPreview
from web.page.markup import (
    Element,
    Node,
    circle,
    div,
    g,
    h3,
    path,
    span,
    svg,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.markup import text as label
from web.page.wording import number

WIDTH, HEIGHT = 288, 150
MOST_DOTS = 10
OPEN = 4
"""Dots of an end whose width is not known yet; drawn hollow."""


@dataclass(frozen=True)
class Stage:
    """A column of the picture."""

    units: int | None
    dots: int
    name: str


def stages(payload: NetworkPreview) -> list[Stage]:
    """Return the columns: the input, every layer with a width, and the output."""
    widths = [layer.units for layer in payload.layers if layer.units is not None]
    if payload.inputs is None or widths[:1] != [payload.inputs]:
        widths = [payload.inputs or 0, *widths]
    if payload.outputs is None or widths[-1:] != [payload.outputs]:
        widths = [*widths, payload.outputs or 0]
    names = ["in", *([""] * (len(widths) - 2)), "out"]
    largest = max(widths) or 1
    return [
        Stage(units or None, _dots(units, largest) if units else OPEN, name)
        for units, name in zip(widths, names, strict=True)
    ]


def _dots(units: int, largest: int) -> int:
    """Choose how many dots stand for a width: fewer than it has, in proportion to its root."""
    return max(1, min(units, round(MOST_DOTS * math.sqrt(units / largest))))


def network_picture(payload: NetworkPreview) -> Element:
    """Draw a network, and list its layers below."""
    known = stages(payload)
    total = payload.parameters
    note = f"{total:,} parameters" if total is not None else "ends open until it meets a table"
    said = "Layers from input to output: " + ", ".join(
        f"{stage.units:,}" if stage.units else "not known yet" for stage in known
    )
    return div(".sec")[
        h3["Network", span(".u")[note]],
        _drawing(known)(role="img", aria_label=said),
        _listing(payload.layers),
    ]


def _drawing(known: Sequence[Stage]) -> Element:
    left, right, middle = 14.0, WIDTH - 14.0, (HEIGHT - 22) / 2
    step = (right - left) / max(1, len(known) - 1)
    gap = min(13.0, (HEIGHT - 34) / MOST_DOTS)
    columns = [
        [
            (left + at * step, middle + (dot - (stage.dots - 1) / 2) * gap)
            for dot in range(stage.dots)
        ]
        for at, stage in enumerate(known)
    ]
    lines = "".join(
        f"M{x1:.1f},{y1:.1f}L{x2:.1f},{y2:.1f}"
        for start, end in pairwise(columns)
        for x1, y1 in start
        for x2, y2 in end
    )
    dots = [
        circle(cx=f"{x:.1f}", cy=f"{y:.1f}", r="3", **_look(stage))
        for stage, column in zip(known, columns, strict=True)
        for x, y in column
    ]
    return svg(width="100%", viewBox=f"0 0 {WIDTH} {HEIGHT}")[
        path(d=lines, stroke="var(--fill)", stroke_width=".5", fill="none"),
        g[dots],
        [
            label(
                x=f"{columns[at][0][0]:.1f}", y=HEIGHT - 6, text_anchor=_anchor(at, len(known)),
                font_size="11", fill="var(--ink-2)",
            )[f"{stage.units:,} {stage.name}" if stage.units else stage.name]
            for at, stage in enumerate(known)
        ],
    ]  # fmt: skip


def _anchor(at: int, count: int) -> str:
    return "start" if at == 0 else "end" if at == count - 1 else "middle"


def _look(stage: Stage) -> dict[str, str]:
    if stage.units:
        return {"fill": "var(--spec)"}
    return {"fill": "var(--surface)", "stroke": "var(--spec)", "stroke-width": "1"}


def _listing(layers: Sequence[LayerPicture]) -> Node:
    """List the layers where the picture leaves some out: activations, dropout."""
    if all(layer.units is not None for layer in layers):
        return None
    counted = any(layer.parameters is not None for layer in layers)
    heads = ["Layer", "Units", *(["Parameters"] if counted else [])]
    return table(".mt")[
        thead[tr[[th(scope="col")[name] for name in heads]]],
        tbody[
            [
                tr[
                    td[layer.label.replace("_", " ")],
                    td["" if layer.units is None else f"{layer.units:,}"],
                    counted and td[number(layer.parameters)],
                ]
                for layer in layers
            ]
        ],
    ]
