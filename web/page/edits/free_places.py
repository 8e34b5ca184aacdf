"""Where a card goes that nobody dropped anywhere: right of what it is next to, on a free spot."""

from __future__ import annotations

from tensorrag.edit.clipboard import corner_of
from tensorrag.pipeline import Pipeline, Position
from tensorrag.pipeline.room import STEP_X, STEP_Y, free_below

FIRST = (40.0, 160.0)
"""Where the first card goes: left, with room above and to the right."""


def free_place(pipeline: Pipeline, beside: str | None = None) -> tuple[float, float]:
    """Return the top left corner for one more card."""
    nodes = pipeline.nodes
    if not nodes:
        return FIRST
    if beside is not None and beside in nodes:
        start = nodes[beside].position
        x, y = start.x + STEP_X, start.y
    else:
        x = max(node.position.x for node in nodes.values()) + STEP_X
        y = min(node.position.y for node in nodes.values())
    return free_below(pipeline, x, y)


def free_for(pipeline: Pipeline, part: Pipeline) -> tuple[float, float]:
    """Return the top left corner for a copy of a part: beside a single card, else below it all."""
    nodes = [*part.nodes.values()]
    if len(nodes) == 1 and not part.annotations:
        return free_place(pipeline, nodes[0].id)
    left, top = corner_of(part)
    down = STEP_Y
    while any(_lies_on(node.position, down, pipeline) for node in nodes):
        down += STEP_Y
    return left, top + down


def _lies_on(place: Position, down: float, pipeline: Pipeline) -> bool:
    return free_below(pipeline, place.x, place.y + down) != (place.x, place.y + down)
