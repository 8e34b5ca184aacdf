"""A pipeline with titles, the cards that changed outlined: what is different, at one glance."""

from __future__ import annotations

from collections.abc import Mapping

from tensorrag.catalog import Catalog
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import Pipeline
from tensorrag.quoting import visible
from web.page.icons import glyph
from web.page.markup import Element, Node, g, path, rect, svg, text
from web.page.miniature import wire_colours
from web.page.scene.scene import kind_of

WIDE, HIGH = 150.0, 36.0
PITCH_X, PITCH_Y = 200 / 232, 60 / 135
"""How far apart cards lie here, for each pixel on the canvas."""
ROOM = 18.0
"""Under a card, for what changed at it."""
LETTERS = 18


def changed_graph(
    pipeline: Pipeline, catalog: Catalog, changes: Mapping[str, int], said: str
) -> Element:
    """Draw the cards; ``changes`` counts what changed at each, ``said`` is all of it in words."""
    nodes = pipeline.nodes.values()
    left = min((node.position.x for node in nodes), default=0.0)
    top = min((node.position.y for node in nodes), default=0.0)
    at = {
        node.id: ((node.position.x - left) * PITCH_X + 2, (node.position.y - top) * PITCH_Y + 2)
        for node in nodes
    }
    wide = max((x for x, _ in at.values()), default=0.0) + WIDE + 4
    high = max((y for _, y in at.values()), default=0.0) + HIGH + ROOM
    drawn = svg(".changed", role="img", aria_label=said, viewBox=f"0 0 {wide:.0f} {high:.0f}")
    return drawn(style=f"max-width:{wide:.0f}px")[
        [
            g(".wire", style=wire_colours(pipeline, catalog, edge))[
                path(d=_curve(at[edge.source], at[edge.target]), fill="none", stroke_width="1.75")
            ]
            for edge in pipeline.edges
            if edge.source in at and edge.target in at
        ],
        [_card(pipeline, catalog, node, *at[node], changes.get(node, 0)) for node in at],
    ]


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = (start[0] + WIDE, start[1] + HIGH / 2), (end[0], end[1] + HIGH / 2)
    bend = max(16.0, abs(x2 - x1) / 2)
    return f"M{x1:.1f},{y1:.1f}C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"


def _card(
    pipeline: Pipeline, catalog: Catalog, node: str, x: float, y: float, count: int
) -> Element:
    card = pipeline.nodes[node]
    title = visible(title_of(card, catalog))
    short = title if len(title) <= LETTERS else f"{title[: LETTERS - 1]}…"
    ring: dict[str, str | int] = (
        {"stroke": "var(--ink)", "stroke_width": 2}
        if count
        else {"stroke": "var(--line-2)", "stroke_width": 1}
    )
    counted: Node = (
        text(x=WIDE, y=HIGH + 14, font_size="11", fill="var(--ink-2)", text_anchor="end")[
            f"{count} changed"
        ]
        if count
        else None
    )
    return g(transform=f"translate({x:.1f} {y:.1f})", data_changed=count or None, data_of=node)[
        rect(width=WIDE, height=HIGH, rx=8, fill="var(--surface)", **ring),
        glyph(kind_of(catalog, catalog.cards.get(card.card)), x=11, y=13.5, width=9, height=9),
        text(x=27, y=22.5, font_size="12", font_weight="600", fill="var(--ink)")[short],
        counted,
    ]
