"""The document: cards placed on a canvas and wired into a graph, and its file."""

from __future__ import annotations

from tensorrag.pipeline.graph import Pipeline
from tensorrag.pipeline.parts import Edge, Misfit, Node, Position
from tensorrag.plain import JsonObject

__all__ = ["Edge", "JsonObject", "Misfit", "Node", "Pipeline", "Position"]
