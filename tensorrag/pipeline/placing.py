"""Places cards that nobody placed, such as those of a file written by hand."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import replace

from tensorrag.pipeline import Pipeline, Position
from tensorrag.pipeline.keys import FAR

LEFT, TOP = 20, 150
COLUMN, ROW = 232, 190
"""Distance from one card to the next, to the right and down, in pixels."""


def place(pipeline: Pipeline, unplaced: Collection[str]) -> Pipeline:
    """Put these cards in columns, each right of those it depends on, below all with a place."""
    if not unplaced:
        return pipeline
    below = [node.position.y for name, node in pipeline.nodes.items() if name not in unplaced]
    top = max(below) + ROW if below else TOP
    rows: Counter[int] = Counter()
    moved = []
    for name, column in _columns(pipeline).items():
        if name in unplaced:
            x, y = LEFT + COLUMN * column, top + ROW * rows[column]
            spot = Position(min(x, FAR), min(y, FAR))
            moved.append(replace(pipeline.nodes[name], position=spot))
            rows[column] += 1
    return pipeline.with_nodes(*moved)


def _columns(pipeline: Pipeline) -> dict[str, int]:
    """Count the wires on the longest way from a source to each card; circles begin anywhere."""
    columns = dict.fromkeys(pipeline.nodes, 0)
    waiting = {
        name: sum(edge.source in columns for edge in pipeline.inputs_of(name)) for name in columns
    }
    ready = deque(name for name, count in waiting.items() if count == 0)
    while ready:
        name = ready.popleft()
        for edge in pipeline.outputs_of(name):
            if edge.target in columns:
                columns[edge.target] = max(columns[edge.target], columns[name] + 1)
                waiting[edge.target] -= 1
                if waiting[edge.target] == 0:
                    ready.append(edge.target)
    return columns
