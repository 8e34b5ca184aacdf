"""The document: cards placed on a canvas and wired into a graph. Nothing here ever changes.

An edit makes a new `Pipeline` that shares all that it left alone with the old one, so that undo,
comparing and handing one to another thread cost nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tensorrag.errors import CycleError, NodeNotFound
from tensorrag.pipeline.names import NAME_LENGTH, is_name
from tensorrag.quoting import quoted

if TYPE_CHECKING:
    import networkx as nx
from tensorrag.pipeline.parts import Edge, Misfit, Node, nothing


@dataclass(frozen=True)
class Pipeline:
    """Cards, the wires between them, and what else the file says.

    What a file may hold, a Pipeline can: cycles, wires to nothing, two wires into one input.
    `check` lists these as Problems; the commands of `edit` never make them.
    """

    name: str = ""
    description: str = ""
    nodes: Mapping[str, Node] = field(default_factory=nothing)
    """By id, in the order of the file."""
    edges: tuple[Edge, ...] = ()
    """In the order of the file, which is the order of arrival at an input that takes many."""
    requires: tuple[Any, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=nothing)
    annotations: tuple[Any, ...] = ()
    subgraphs: Mapping[str, Any] = field(default_factory=nothing)
    cards: Mapping[str, Any] = field(default_factory=nothing)
    metadata: Mapping[str, Any] = field(default_factory=nothing)
    extra: Mapping[str, Any] = field(default_factory=nothing)
    misfits: tuple[Misfit, ...] = ()

    # --- looking at the graph ---------------------------------------------------------------

    def node(self, node_id: str) -> Node:
        """Return the node with this id.

        Raises:
            NodeNotFound: there is none.
        """
        try:
            return self.nodes[node_id]
        except KeyError:
            raise NodeNotFound(
                f"There is no card {quoted(node_id)} in this pipeline.",
                hint=f"There are: {_listed(self.nodes)}." if self.nodes else "It is empty.",
            ) from None

    def graph(self) -> nx.MultiDiGraph[str]:
        """Return the graph: every node, and every edge of which both ends are there.

        Each edge carries its `Edge` as ``data["edge"]``. The graph is shared: do not change it.
        """
        return self._graph

    @cached_property
    def _graph(self) -> nx.MultiDiGraph[str]:
        import networkx as nx

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from(
            (edge.source, edge.target, {"edge": edge})
            for edge in self.edges
            if edge.source in self.nodes and edge.target in self.nodes
        )
        return graph

    def order(self) -> tuple[str, ...]:
        """Return the ids so that each card comes after those it depends on.

        Raises:
            CycleError: some cards depend on one another; the message names them.
        """
        if self._order is None:
            raise cycle_error(self.cycle() or ())
        return self._order

    @cached_property
    def _order(self) -> tuple[str, ...] | None:
        import networkx as nx

        try:
            return tuple(nx.topological_sort(self._graph))
        except nx.NetworkXUnfeasible:
            return None

    def cycle(self) -> tuple[str, ...] | None:
        """Return the ids along one circle in the graph, or None if it has none."""
        import networkx as nx

        try:
            steps = nx.find_cycle(self._graph)
        except nx.NetworkXNoCycle:
            return None
        return tuple(step[0] for step in steps)

    def path(self, source: str, target: str) -> tuple[str, ...] | None:
        """Return the ids along a shortest way from one card down to another, or None."""
        import networkx as nx

        try:
            return tuple(nx.shortest_path(self._graph, source, target))
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return None

    def ancestors(self, node_id: str) -> frozenset[str]:
        """Return the ids of all that this card depends on, itself left out."""
        import networkx as nx

        return frozenset(nx.ancestors(self._graph, self.node(node_id).id))

    def descendants(self, node_id: str) -> frozenset[str]:
        """Return the ids of all that depends on this card, itself left out."""
        import networkx as nx

        return frozenset(nx.descendants(self._graph, self.node(node_id).id))

    def inputs_of(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that end at this card, in the order of the file."""
        return self._edges_by_end[1].get(node_id, ())

    def outputs_of(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that start at this card, in the order of the file."""
        return self._edges_by_end[0].get(node_id, ())

    @cached_property
    def _edges_by_end(self) -> tuple[dict[str, tuple[Edge, ...]], dict[str, tuple[Edge, ...]]]:
        sources: dict[str, list[Edge]] = {}
        targets: dict[str, list[Edge]] = {}
        for edge in self.edges:
            sources.setdefault(edge.source, []).append(edge)
            targets.setdefault(edge.target, []).append(edge)
        return _frozen(sources), _frozen(targets)

    # --- the pipeline with something changed ------------------------------------------------

    def upto(self, *node_ids: str) -> Pipeline:
        """Return these cards and all that they depend on, with every edge into one of them."""
        keep = set(node_ids).union(*(self.ancestors(node_id) for node_id in node_ids))
        nodes = {node_id: node for node_id, node in self.nodes.items() if node_id in keep}
        edges = tuple(edge for edge in self.edges if edge.target in keep)
        return replace(self, nodes=MappingProxyType(nodes), edges=edges)

    def branch(self, node_id: str) -> Pipeline:
        """Return a card, all that follows it, and all that these depend on.

        Raises:
            NodeNotFound: there is no such card.
        """
        return self.upto(node_id, *self.descendants(node_id))

    def with_nodes(self, *nodes: Node) -> Pipeline:
        """Put nodes in, in the place of those with the same id or after the others."""
        merged = {**self.nodes, **{node.id: node for node in nodes}}
        changed = replace(self, nodes=MappingProxyType(merged))
        if len(merged) == len(self.nodes):  # the wiring is the same: so is what is known of it
            known = {name: self.__dict__[name] for name in _OF_WIRING if name in self.__dict__}
            changed.__dict__.update(known)
        return changed

    def with_edges(self, *edges: Edge) -> Pipeline:
        """Put edges in after the others."""
        return replace(self, edges=(*self.edges, *edges))

    def without(self, nodes: Iterable[str] = (), edges: Iterable[str] = ()) -> Pipeline:
        """Take nodes out with every edge at them, and edges by their ids."""
        gone, cut = frozenset(nodes), frozenset(edges)
        kept = {node_id: node for node_id, node in self.nodes.items() if node_id not in gone}
        left = tuple(
            edge
            for edge in self.edges
            if edge.source not in gone and edge.target not in gone and edge.id not in cut
        )
        return replace(self, nodes=MappingProxyType(kept), edges=left)

    def free_id(self, wanted: str) -> str:
        """Return an id that no node has: the wanted one, or ``train_2``, ``train_3`` and so on."""
        return free_id(wanted, self.nodes)


_OF_WIRING = ("_graph", "_order", "_edges_by_end")
"""What is computed once, from the ids of the nodes and the edges alone."""


def free_id(wanted: str, taken: Container[str]) -> str:
    """Return a proper id that is not taken, as like the wanted one as can be."""
    first = wanted if is_name(wanted) else "card"
    if first not in taken:
        return first
    base, number = _split_number(first)
    while (candidate := _numbered(base, number)) in taken:
        number += 1
    return candidate


def cycle_error(ids: Iterable[str]) -> CycleError:
    """Say that these cards depend on one another in a circle."""
    names = [quoted(node_id) for node_id in ids]
    shown = [*names[:8], "…"] if len(names) > 8 else names
    return CycleError(
        f"These cards wait for one another in a circle: {' → '.join([*shown, *names[:1]])}.",
        hint="Remove one of the wires between them.",
    )


def _split_number(name: str) -> tuple[str, int]:
    """Split ``train_2`` into its base and the number to try next."""
    base, _, number = name.rpartition("_")
    if base and number.isascii() and number.isdigit() and len(number) < 6:
        return base, int(number) + 1
    return name, 2


def _numbered(base: str, number: int) -> str:
    suffix = f"_{number}"
    return base[: NAME_LENGTH - len(suffix)] + suffix


def _listed(ids: Iterable[str], most: int = 8) -> str:
    names = [quoted(node_id) for node_id in ids]
    return ", ".join([*names[:most], "…"] if len(names) > most else names)


def _frozen(groups: dict[str, list[Edge]]) -> dict[str, tuple[Edge, ...]]:
    return {node_id: tuple(edges) for node_id, edges in groups.items()}
