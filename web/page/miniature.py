"""A pipeline in small: boxes, shapes and wires, as a picture beside its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tensorrag.catalog import Catalog, TypeInfo
from tensorrag.pipeline import Edge, Node, Pipeline
from web.page.icons import glyph, type_colours
from web.page.markup import Element, g, path, rect, svg

BOX_W, BOX_H, PITCH_X, PITCH_Y = 40.0, 24.0, 62.0, 34.0
CARD_PITCH_X, CARD_PITCH_Y = 232.0, 135.0
MOST = 60
"""Cards drawn; a larger pipeline is shown in part."""


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    kind: TypeInfo | None


def miniature(pipeline: Pipeline, catalog: Catalog, width: float, height: float) -> Element:
    """Draw a pipeline into a picture of this size, smaller where it would not fit."""
    nodes = list(pipeline.nodes.values())[:MOST]
    boxes, wide, high = _boxes(nodes, catalog)
    scale = min(1.0, (width - 20) / wide, (height - 14) / high)
    left, top = (width - wide * scale) / 2, (height - high * scale) / 2
    wires = [
        g(".wire", style=wire_colours(pipeline, catalog, edge))[
            path(d=_curve(boxes[edge.source], boxes[edge.target]), fill="none", stroke_width="1.4")
        ]
        for edge in pipeline.edges
        if edge.source in boxes and edge.target in boxes
    ]
    drawn = svg(".mini", width=f"{width:g}", height=f"{height:g}", aria_hidden="true")
    return drawn(viewBox=f"0 0 {width:g} {height:g}")[
        g(transform=f"translate({left:.1f} {top:.1f}) scale({scale:.3f})")[
            wires, [_box(box) for box in boxes.values()]
        ]
    ]


def wire_colours(pipeline: Pipeline, catalog: Catalog, edge: Edge) -> str:
    """Return the colours of what flows through a wire, as style properties."""
    info = catalog.cards.get(pipeline.nodes[edge.source].card)
    found = info.output(edge.source_port) if info else None
    return type_colours(catalog.types.get(found.type) if found else None)


def _boxes(nodes: Sequence[Node], catalog: Catalog) -> tuple[Mapping[str, _Box], float, float]:
    """Place the boxes, and tell how much room they take."""
    left = min((node.position.x for node in nodes), default=0)
    top = min((node.position.y for node in nodes), default=0)
    boxes = {
        node.id: _Box(
            (node.position.x - left) * PITCH_X / CARD_PITCH_X,
            (node.position.y - top) * PITCH_Y / CARD_PITCH_Y,
            _kind(catalog, node.card),
        )
        for node in nodes
    }
    wide = max((box.x for box in boxes.values()), default=0) + BOX_W
    return boxes, wide, max((box.y for box in boxes.values()), default=0) + BOX_H


def _kind(catalog: Catalog, card: str) -> TypeInfo | None:
    info = catalog.cards.get(card)
    return catalog.types.get(info.outputs[0].type) if info and info.outputs else None


def _curve(start: _Box, end: _Box) -> str:
    x1, y1, x2, y2 = start.x + BOX_W, start.y + BOX_H / 2, end.x, end.y + BOX_H / 2
    bend = max(10.0, abs(x2 - x1) / 2)
    return f"M{x1:.1f},{y1:.1f}C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"


def _box(box: _Box) -> Element:
    return g(transform=f"translate({box.x:.1f} {box.y:.1f})")[
        rect(width=BOX_W, height=BOX_H, rx="5", fill="var(--surface)", stroke="var(--line-2)"),
        glyph(box.kind, x="7", y="7.5", width=9, height=9),
        rect(x="20", y="10.5", width=13, height=3, rx="1.5", fill="var(--fill)"),
    ]
