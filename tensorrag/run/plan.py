"""What would run, what would not, and why: cache keys and staleness.

A result is used again when nothing that decides it has changed: the card, its version and
source, its active parameters, its inputs, the libraries it names, and the outside source that it
reads. Where it runs is not among them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from tensorrag.catalog import Catalog
from tensorrag.check import Checked, NodeFacts
from tensorrag.peek import Peek
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.plain import JsonObject
from tensorrag.run.reasons import ASKED, EVERY_TIME, again, change
from tensorrag.store.artifacts import Store
from tensorrag.store.manifest import canonical
from tensorrag.store.results import Result

State = Literal["done", "stale", "bypassed", "blocked"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be expected of one node."""

    state: State
    key: str | None = None
    """Cache key; None where an input is not known before the cards above have run."""
    result: Result | None = None
    """For ``done``: the stored result."""
    reason: str | None = None
    """For ``stale``: why it runs (again). For ``blocked``: by whom."""
    onward: str = ""
    """The reason that it gives to the cards below."""
    blocked_by: str | None = None
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Digests by input port, as far as they are known."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Digests by output port, where they are known."""
    made: JsonObject = field(default_factory=dict)
    """What its result is, or would be, made of: kept for the next comparison."""


def plan(
    pipeline: Pipeline,
    checked: Checked,
    store: Store,
    previous: Mapping[str, JsonObject] | None = None,
    *,
    catalog: Catalog,
    peeks: Mapping[str, Peek] | None = None,
    fresh: Collection[str] = (),
) -> dict[str, Planned]:
    """Plan all nodes, from the sources down.

    Args:
        pipeline: without circles.
        checked: the outcome of checking it.
        store: where results are looked up.
        previous: what each node was made of when it last ran: ``Journal.previous``.
        catalog: the cards, for the ports of those that are bypassed.
        peeks: what was seen at outside sources; the store's by default.
        fresh: nodes that run even if their result is known.

    Raises:
        CycleError: the pipeline has a circle.
    """
    return Planner(pipeline, checked, store, catalog, previous or {}, peeks, fresh).all()


@dataclass
class Planner:
    """Plans nodes; one at a time, once all above it are planned."""

    pipeline: Pipeline
    checked: Checked
    store: Store
    catalog: Catalog
    previous: Mapping[str, JsonObject]
    peeks: Mapping[str, Peek] | None = None
    fresh: Collection[str] = ()

    def all(self) -> dict[str, Planned]:
        """Plan all nodes, from the sources down; raises CycleError where there is a circle."""
        planned: dict[str, Planned] = {}
        for node_id in self.pipeline.order():
            planned[node_id] = self.node(node_id, planned)
        return planned

    def node(self, node_id: str, above: Mapping[str, Planned]) -> Planned:
        """Plan a node, given the plan of those above it."""
        node, facts = self.pipeline.nodes[node_id], self.checked.nodes[node_id]
        edges = [e for e in self.pipeline.inputs_of(node_id) if e.source in above]
        if not node.enabled:
            return self._bypassed(node, edges, above)
        for edge in edges:
            if _is_dead_end(above[edge.source], edge):
                return self._blocked(edge, above[edge.source])
        inputs, unknown = _arriving(facts, edges, above)
        made = self._made(facts, edges, above)
        if unknown is not None:
            own = change(self.previous.get(node_id), made) or self._asked(node)
            return self._stale(node_id, own or unknown.onward, inputs, made, own=own is not None)
        return self._decided(node, inputs, made)

    def _decided(
        self, node: Node, inputs: Mapping[str, tuple[str, ...]], made: JsonObject
    ) -> Planned:
        facts = self.checked.nodes[node.id]
        fingerprint = made["fingerprint"]
        key = None
        if facts.peek_key is None or fingerprint is not None:
            key = made["key"] = cache_key(facts, inputs, fingerprint)
        fresh = node.id in self.fresh
        result = self.store.results.get(key) if key is not None and not fresh else None
        if result is not None:
            outputs = result.outputs
            return Planned("done", key, result, inputs=inputs, outputs=outputs, made=made)
        before = self.previous.get(node.id)
        reason = change(before, made) or self._asked(node) or again(before, made)
        return self._stale(node.id, reason, inputs, made, own=True)

    def _stale(
        self,
        node_id: str,
        reason: str,
        inputs: Mapping[str, tuple[str, ...]],
        made: JsonObject,
        *,
        own: bool,
    ) -> Planned:
        onward = reason
        if own:
            title = self.checked.nodes[node_id].title
            before = self.previous.get(node_id)
            same = before is not None and before["key"] == made["key"]
            onward = f"{title} runs again" if same else f"{title} changed"
        return Planned("stale", made["key"], None, reason, onward=onward, inputs=inputs, made=made)

    def _bypassed(self, node: Node, edges: list[Edge], above: Mapping[str, Planned]) -> Planned:
        """Pass the first input of equal type through to each output."""
        arriving = {edge.target_port: edge for edge in reversed(edges)}
        outputs, waiting = {}, ""
        card = self.catalog.cards.get(node.card)
        for output, port in (card.passing() if card is not None else {}).items():
            edge = arriving.get(port or "")
            if edge is None:
                continue
            source = above[edge.source]
            if edge.source_port in source.outputs:
                outputs[output] = source.outputs[edge.source_port]
            elif source.state == "stale":
                waiting = source.onward
        return Planned("bypassed", outputs=outputs, onward=waiting)

    def _blocked(self, edge: Edge, source: Planned) -> Planned:
        by = source.blocked_by or edge.source
        title = self.checked.nodes[by].title
        reason = source.reason if source.state == "blocked" else f"{title} is bypassed"
        return Planned("blocked", reason=reason, blocked_by=by)

    def _made(
        self, facts: NodeFacts, edges: list[Edge], above: Mapping[str, Planned]
    ) -> JsonObject:
        inputs: JsonObject = {port: [] for port in facts.inputs}
        for edge in edges:
            digest = above[edge.source].outputs.get(edge.source_port)
            inputs.setdefault(edge.target_port, []).append([edge.source, edge.source_port, digest])
        peeks = self.store.peeks if self.peeks is None else self.peeks
        peek = peeks.get(facts.peek_key) if facts.peek_key is not None else None
        return {
            "card": facts.card,
            "version": facts.version,
            "source": facts.source_sha256,
            "params": facts.params,
            "libraries": libraries(facts),
            "fingerprint": peek.fingerprint if peek is not None else None,
            "inputs": inputs,
            "key": None,
            **({"titles": facts.titles} if facts.titles else {}),
        }

    def _asked(self, node: Node) -> str | None:
        if node.id not in self.fresh:
            return None
        return ASKED if node.cache else EVERY_TIME


def cache_key(
    facts: NodeFacts, inputs: Mapping[str, tuple[str, ...]], fingerprint: str | None
) -> str:
    """Return the key that a node's result is stored under.

    Args:
        facts: card, version, source, libraries, and active parameters with defaults.
        inputs: digests by input port, in the order of the ports; several where it takes many.
        fingerprint: of the outside source that the card reads, if it reads one.
    """
    parts = {
        "card": facts.card,
        "version": facts.version,
        "source": facts.source_sha256,
        "params": facts.params,
        "inputs": [[port, list(inputs.get(port, ()))] for port in facts.inputs],
        "libraries": libraries(facts),
        "fingerprint": fingerprint,
        **({"titles": facts.titles} if facts.titles else {}),
    }
    return hashlib.sha256(canonical(parts)).hexdigest()


def libraries(facts: NodeFacts) -> dict[str, str | None]:
    """Return the installed versions of the libraries that a card names."""
    return {name: library_version(name) for name in facts.libraries}


@cache
def library_version(name: str) -> str | None:
    """Return the installed version of a distribution; None where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _arriving(
    facts: NodeFacts, edges: list[Edge], above: Mapping[str, Planned]
) -> tuple[dict[str, tuple[str, ...]], Planned | None]:
    """Return the digests at each port, and the first card that must run to know the others."""
    inputs: dict[str, tuple[str, ...]] = {port: () for port in facts.inputs}
    unknown = None
    for edge in edges:
        digest = above[edge.source].outputs.get(edge.source_port)
        if digest is None:
            unknown = unknown or above[edge.source]
        else:
            inputs[edge.target_port] = (*inputs.get(edge.target_port, ()), digest)
    return inputs, unknown


def _is_dead_end(source: Planned, edge: Edge) -> bool:
    """Whether nothing will ever come along this edge: ``onward`` is set where something will."""
    if source.state == "blocked":
        return True
    passes_nothing = edge.source_port not in source.outputs and not source.onward
    return source.state == "bypassed" and passes_nothing
