"""What could be connected to an input that has no wire: offered only where one output is meant."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from tensorrag.catalog import CardInfo, PortInfo
from tensorrag.check.problems import Fix
from tensorrag.pipeline import Node, Pipeline

MOST = 12
"""Outputs that fit, above which nobody can guess which one is meant."""


class Offers:
    """Finds the one output that fits an input, by its name where several do."""

    def __init__(self, pipeline: Pipeline, cards: Mapping[str, CardInfo]) -> None:
        self._pipeline, self._cards = pipeline, cards
        self._outputs: dict[str, list[tuple[Node, PortInfo]]] = {}
        for node in pipeline.nodes.values():
            if node.enabled and node.card in cards:
                for output in cards[node.card].outputs:
                    self._outputs.setdefault(output.type, []).append((node, output))

    def of(self, node: Node, input: PortInfo) -> Fix | None:
        """Offer to connect what is meant; None where nothing fits, or more than one thing."""
        fitting = [
            each
            for kind in sorted({input.type, *input.accepts})
            for each in islice(self._outputs.get(kind, ()), MOST)
        ]
        if not 0 < len(fitting) < MOST:
            return None
        after = {node.id} | self._pipeline.descendants(node.id)  # these would make a circle
        fitting = [each for each in fitting if each[0].id not in after]
        meant = [each for each in fitting if each[1].name == input.name] or fitting
        return self._connect(*meant[0], node, input) if len(meant) == 1 else None

    def _connect(self, source: Node, output: PortInfo, node: Node, input: PortInfo) -> Fix:
        info = self._cards[source.card]
        which = f" ({output.name})" if len(info.outputs) > 1 else ""
        op = {"op": "connect", "source": source.id, "source_port": output.name}
        op |= {"target": node.id, "target_port": input.name}
        return Fix(label=f"Connect {source.title or info.title}{which}", ops=(op,))
