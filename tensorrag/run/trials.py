"""Which cards of a run are tried together, on what, and under which name that is remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from tensorrag.run.prepare import Prepared, task_of
from tensorrag.run.schedule import Schedule
from tensorrag.store.manifest import canonical
from tensorrag.task import Task


class Trials:
    """The trials that a run may ask for: nothing here runs one.

    Args:
        prepared: the pipeline, checked.
        schedule: knows what has been made so far.
        memory: MiB that a node may use which asks for none; None: what is usual where it runs.
    """

    def __init__(self, prepared: Prepared, schedule: Schedule, memory: float | None = None) -> None:
        self._pipeline, self._facts = prepared.pipeline, prepared.checked.nodes
        self._schedule, self._memory = schedule, memory

    def onward(self, node_id: str) -> list[str]:
        """Return a node and those that depend on it and have not ended, from the sources down."""
        below, nodes = {node_id, *self._pipeline.descendants(node_id)}, self._schedule.nodes
        return [n for n in self._pipeline.order() if n in below and not nodes[n].ended]

    def of(self, node_id: str, made: Mapping[str, Mapping[str, str]]) -> Task | None:
        """Return the task that tries a node on little of its inputs.

        Args:
            node_id: of the node.
            made: what nodes above it made when they were tried, by node and port.

        Returns:
            None where an input is not known yet, or there is none.
        """
        inputs: dict[str, tuple[str, ...]] = {}
        for edge in self._pipeline.inputs_of(node_id):
            known = made.get(edge.source) or self._schedule.outputs(edge.source)
            if edge.source_port not in known:
                return None
            arriving = inputs.get(edge.target_port, ())
            inputs[edge.target_port] = (*arriving, known[edge.source_port])
        node = self._pipeline.nodes[node_id]
        if not inputs or not node.enabled:
            return None
        task = task_of(node, self._facts[node_id], inputs, self._memory)
        return task.model_copy(update={"rehearsal": True, "gpu": False})

    def mark(self, node_id: str) -> str:
        """Return a name for a node with just these inputs, and all that depends on it."""
        facts = [self._facts[n] for n in self.onward(node_id)]
        parts = [[f.card, f.version, f.source_sha256, f.params] for f in facts]
        content = {"key": self._schedule.nodes[node_id].key, "onward": parts}
        return hashlib.sha256(canonical(content)).hexdigest()

    def title(self, node_id: str) -> str:
        """Return what a node is called."""
        return self._schedule.nodes[node_id].title
