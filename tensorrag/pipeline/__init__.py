"""The document: cards placed on a canvas and wired into a graph, and its file."""

from __future__ import annotations

from tensorrag.pipeline.graph import Edge, Misfit, Node, Pipeline, Position
from tensorrag.plain import JsonObject

__all__ = ["Edge", "JsonObject", "Misfit", "Node", "Pipeline", "Position"]
