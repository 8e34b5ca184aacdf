"""Room on the canvas: free places, and what makes way for one more card. All in pixels."""

from __future__ import annotations

from tensorrag.pipeline.graph import Pipeline
from tensorrag.plain import JsonObject

WIDTH, HEIGHT = 184.0, 148.0
"""Of a card; one with many ports is higher."""
STEP_X, STEP_Y = 232.0, 188.0
"""From one card to the next beside or below it."""


def free_below(pipeline: Pipeline, x: float, y: float) -> tuple[float, float]:
    """Return this corner, or the first below it where a card lies on no other."""
    while any(
        abs(node.position.x - x) < WIDTH and abs(node.position.y - y) < HEIGHT
        for node in pipeline.nodes.values()
    ):
        y += STEP_Y
    return x, y


def room_beside(pipeline: Pipeline, card: str) -> tuple[list[JsonObject], float, float]:
    """Return a place right of a card, and what makes way for one more column of cards there.

    Returns:
        The edit that moves what lies there, if anything does, and the corner of the place.
    """
    place = pipeline.nodes[card].position
    x, y = place.x + STEP_X, place.y
    if free_below(pipeline, x, y) == (x, y):
        return [], x, y
    if pipeline.annotations:  # frames would stay where they are
        return [], *free_below(pipeline, x, y)
    right = {
        each.id: {"x": each.position.x + STEP_X, "y": each.position.y}
        for each in pipeline.nodes.values()
        if each.position.x > x - WIDTH
    }
    return [{"op": "move", "positions": right}], x, y
