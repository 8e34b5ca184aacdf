"""Settings that were made for an older version of their card, brought up to date."""

from __future__ import annotations

from tensorrag.check import Checked
from tensorrag.edit.document import Change, Document
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import JsonObject, Pipeline
from web.live.keeping.opening import Notice

MIGRATE = "Bring settings up to date"


class Migrating:
    """Writes what newer cards make of their old settings, as a gesture that can be undone.

    Once for each card: whoever takes it back wants it so.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._done: set[str] = set()

    def take(self, checked: Checked) -> tuple[Change, Notice] | None:
        """Bring up to date what a check of the present pipeline found to be old, if anything."""
        pipeline = self._document.pipeline
        found = migrations(checked, pipeline)
        new = {node: ops for node, ops in found.items() if node not in self._done}
        if not new:
            return None
        self._done.update(new)
        titles = [title_of(pipeline.node(node), self._document.catalog) for node in new]
        change = self._document.apply([op for ops in new.values() for op in ops], MIGRATE)
        said = f"The settings of {', '.join(titles[:5])} were brought up to date"
        notice = (f"{said}: the cards are newer than this pipeline.", "Undo takes it back.")
        return change, notice


def migrations(checked: Checked, pipeline: Pipeline) -> dict[str, list[JsonObject]]:
    """Return, by card, the edits that bring its settings up to date."""
    found: dict[str, list[JsonObject]] = {}
    for node_id, facts in checked.nodes.items():
        node = pipeline.nodes.get(node_id)
        if facts.migrated is None or node is None or node.card_version >= facts.version:
            continue
        gone = {name: None for name in node.params if name not in facts.migrated}
        params = {**gone, **facts.migrated}
        found[node_id] = [
            {"op": "set_params", "node": node_id, "params": params},
            {"op": "set_node", "node": node_id, "card_version": facts.version},
        ]
    return found
