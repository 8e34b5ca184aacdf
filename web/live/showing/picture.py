"""What every canvas of a session shows now, and what must be sent when that changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tensorrag.edit.document import Difference
from tensorrag.pipeline import JsonObject, Pipeline
from web.live.showing.drawing import Drawing


class Picture:
    """Cards, wires and states as they were last sent."""

    def __init__(self) -> None:
        self.nodes: dict[str, JsonObject] = {}
        self.edges: dict[str, JsonObject] = {}
        self.annotations: list[JsonObject] = []
        self.states: dict[str, JsonObject] = {}
        """What each card does or did; those that never ran are absent."""

    def edit(
        self, differences: Iterable[Difference], pipeline: Pipeline, drawing: Drawing
    ) -> list[JsonObject]:
        """Take up an edit, and return it as operations for the canvas."""
        ops: list[JsonObject] = []
        for part in differences:
            if "node" in part:
                ops += self._node(part["node"], drawing.node(pipeline.nodes[part["node"]]))
            elif "edge" in part:
                ops += self._edge(part["edge"].id, drawing.edge(part["edge"]))
            elif "remove_node" in part:
                ops += self._remove_node(part["remove_node"])
            elif "annotations" in part:
                ops += self._annotations(drawing)
            else:
                ops += self._remove_edge(part["remove_edge"])
        return ops

    def draw(self, pipeline: Pipeline, drawing: Drawing) -> list[JsonObject]:
        """Take up a whole pipeline, and return what looks different as operations."""
        edges = {edge.id: edge for edge in pipeline.edges}
        ops: list[JsonObject] = []
        for edge_id in [edge_id for edge_id in self.edges if edge_id not in edges]:
            ops += self._remove_edge(edge_id)
        for node_id in [node_id for node_id in self.nodes if node_id not in pipeline.nodes]:
            ops += self._remove_node(node_id)
        for node_id, node in pipeline.nodes.items():
            ops += self._node(node_id, drawing.node(node))
        for edge_id, edge in edges.items():
            ops += self._edge(edge_id, drawing.edge(edge))
        return [*ops, *self._annotations(drawing)]

    def restate(self, states: Mapping[str, JsonObject]) -> dict[str, JsonObject | None]:
        """Take up what the cards do now, and return what is different; None: never ran."""
        changed: dict[str, JsonObject | None] = {
            node_id: state for node_id, state in states.items() if self.states.get(node_id) != state
        }
        changed.update(dict.fromkeys(self.states.keys() - states.keys()))
        self.states = dict(states)
        return changed

    def _node(self, node_id: str, drawn: JsonObject) -> list[JsonObject]:
        if self.nodes.get(node_id) == drawn:
            return []
        self.nodes[node_id] = drawn
        return [{"op": "node", "node": drawn}]

    def _edge(self, edge_id: str, drawn: JsonObject) -> list[JsonObject]:
        if self.edges.get(edge_id) == drawn:
            return []
        self.edges[edge_id] = drawn
        return [{"op": "edge", "edge": drawn}]

    def _annotations(self, drawing: Drawing) -> list[JsonObject]:
        drawn = drawing.annotations()
        if self.annotations == drawn:
            return []
        self.annotations = drawn
        return [{"op": "annotations", "annotations": drawn}]

    def _remove_node(self, node_id: str) -> list[JsonObject]:
        return [{"op": "remove_node", "id": node_id}] if self.nodes.pop(node_id, None) else []

    def _remove_edge(self, edge_id: str) -> list[JsonObject]:
        return [{"op": "remove_edge", "id": edge_id}] if self.edges.pop(edge_id, None) else []
