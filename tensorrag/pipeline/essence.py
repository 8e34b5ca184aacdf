"""What of a pipeline decides on its results: to tell whether it is still what was run.

Places, names, notes, and where and how often cards run are no part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from tensorrag.pipeline.graph import Pipeline
from tensorrag.pipeline.parts import Edge, Node


def essence(pipeline: Pipeline) -> dict[str, str]:
    """Return, by card, a digest of what it is, how it is set, and what leads into it."""
    leading: dict[str, list[Edge]] = {}
    for edge in sorted(pipeline.edges, key=lambda edge: edge.target_port):
        leading.setdefault(edge.target, []).append(edge)
    return {id: _digest(node, leading.get(id, [])) for id, node in pipeline.nodes.items()}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run was of."""

    essence: Mapping[str, str]
    whole: bool = True
    """Whether it was the whole pipeline, and not a part of it."""

    def differs(self, now: Mapping[str, str]) -> bool:
        """Tell whether the pipeline, of which this is the essence now, would run otherwise."""
        if self.whole:
            return self.essence != now
        return any(now.get(node) != ran for node, ran in self.essence.items())


def _digest(node: Node, leading: list[Edge]) -> str:
    wires = [(edge.target_port, edge.source, edge.source_port) for edge in leading]
    told = json.dumps([node.card, dict(node.params), node.enabled, wires], sort_keys=True)
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
