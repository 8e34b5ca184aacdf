"""Settings that were made for an older version of their card, and what the card makes of them."""

from __future__ import annotations

from tensorrag.check import Checked
from tensorrag.pipeline import JsonObject, Pipeline


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
