"""Tells from the graph alone which rows leave a card: from which source, which part of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tensorrag.catalog import CardInfo, PortInfo
from tensorrag.check.facts import NodeFacts
from tensorrag.pipeline import Edge, Node, Pipeline

MOST = 64
"""Ways to one output that are followed; beyond them nothing is claimed."""

Shared = Literal["same", "some", "perhaps"]
"""Rows are the very ones, some of them are, or some of them may be."""


@dataclass(frozen=True)
class Step:
    """An output that rows came from: of a source, or of a card that deals them out."""

    key: str
    """Equal for two cards that give equal rows: same card, same settings, same inputs."""
    port: str
    node: str = field(compare=False)


Way = tuple[Step, ...]
"""From the source on; each further step takes a part of the rows of the one before."""
Ways = frozenset[Way]


def shared(learnt: Ways, seen: Ways) -> Shared | None:
    """Tell whether rows that are seen are among those learnt from; None where they are not.

    Two parts that one card dealt out have no row in common. Parts that two cards dealt out of
    the same rows may.
    """
    found = {_shared(one, other) for one in learnt for other in seen}
    return next((each for each in ("same", "some", "perhaps") if each in found), None)


def _shared(learnt: Way, seen: Way) -> Shared | None:
    for one, other in zip(learnt, seen, strict=False):
        if one.key != other.key:
            return None if one is learnt[0] else "perhaps"
        if one.port != other.port:
            return None
    return "same" if len(learnt) <= len(seen) else "some"


class Origins:
    """The rows at every output; of a model, those that it learnt from."""

    def __init__(
        self, pipeline: Pipeline, infos: Mapping[str, CardInfo], facts: Mapping[str, NodeFacts]
    ) -> None:
        """Follow the rows down from the sources; of a pipeline with a circle nothing is told."""
        self._pipeline = pipeline
        self._keys: dict[str, str] = {}
        self._ways: dict[tuple[str, str], Ways] = {}
        self._chosen: dict[tuple[str, str], dict[str, Ways]] = {}
        if pipeline.cycle() is not None:
            return
        for node_id in pipeline.order():
            node, info = pipeline.nodes[node_id], infos.get(pipeline.nodes[node_id].card)
            if info is not None:
                self._keys[node_id] = self._key(node, facts[node_id])
                self._follow(node, info)

    def arriving(self, node: str, port: str) -> Ways:
        """Return the rows that arrive at an input."""
        return self._among(self.edges(node, port))

    def along(self, edge: Edge) -> Ways:
        """Return the rows that come along a wire."""
        return self._among([edge])

    def chose(self, node: str, *ports: str) -> dict[str, Ways]:
        """Return by which rows the models that arrive at inputs were chosen, by card that did."""
        edges = [edge for port in ports for edge in self.edges(node, port)]
        ends = [self._chosen.get((edge.source, edge.source_port), {}) for edge in edges]
        return {card: ways for found in ends for card, ways in found.items()}

    def edges(self, node: str, port: str) -> list[Edge]:
        """Return the wires into an input."""
        return [edge for edge in self._pipeline.inputs_of(node) if edge.target_port == port]

    def _among(self, edges: Iterable[Edge]) -> Ways:
        ways = frozenset[Way]().union(
            *(self._ways.get((edge.source, edge.source_port), frozenset()) for edge in edges)
        )
        return ways if len(ways) <= MOST else frozenset()

    def _follow(self, node: Node, info: CardInfo) -> None:
        passing = info.passing()
        tables, models = inputs_of(info, "Table")[:1], inputs_of(info, "Model")
        taken = self._among(edge for port in tables for edge in self.edges(node.id, port.name))
        known = self._among(edge for port in models for edge in self.edges(node.id, port.name))
        deals = sum(port.type == "Table" for port in info.outputs) > 1
        compares = any(port.many for port in models)
        chosen = self._choices(node, info, compares=compares)
        for port in info.outputs:
            step = Step(self._keys[node.id], port.name, node.id)
            if not node.enabled:
                ways = self.arriving(node.id, passing[port.name] or "")
                self._chosen[node.id, port.name] = self.chose(node.id, passing[port.name] or "")
            elif port.type != "Table":
                ways = known if compares else taken | known
                self._chosen[node.id, port.name] = chosen
            elif not tables:
                ways = frozenset({(step,)})
            else:
                ways = frozenset((*way, step) for way in taken) if deals else taken
            self._ways[node.id, port.name] = ways

    def _choices(self, node: Node, info: CardInfo, *, compares: bool) -> dict[str, Ways]:
        """Return by which rows what leaves a card was chosen, by the card that chose.

        One that takes many models chooses by its rows; one that makes of what describes a model
        another one searches, by its second table where there is one: fold by fold it measures on
        rows that the model learns from afterwards.
        """
        tables = inputs_of(info, "Table")
        before = self.chose(node.id, *(port.name for port in info.inputs if port not in tables))
        if compares:
            return before | {node.id: self.arriving(node.id, tables[0].name)} if tables else before
        made = {port.type for port in info.outputs if port.type not in ("Table", "Model")}
        searches = any(made & set(port.accepts) for port in info.inputs)
        if searches and len(tables) > 1:
            return before | {node.id: self.arriving(node.id, tables[1].name)}
        return before

    def _key(self, node: Node, known: NodeFacts) -> str:
        inputs = [
            (edge.target_port, self._keys.get(edge.source), edge.source_port)
            for edge in self._pipeline.inputs_of(node.id)
        ]
        what = [node.card, node.enabled, known.params, inputs]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def inputs_of(info: CardInfo, kind: str) -> tuple[PortInfo, ...]:
    """Return the inputs of a card that take this type."""
    return tuple(port for port in info.inputs if kind in port.accepts)


def parts(ways: Ways) -> Iterator[Step]:
    """Return the parts that rows are, where they were dealt out."""
    return (way[-1] for way in ways if len(way) > 1)
