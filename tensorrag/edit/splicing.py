"""Insert and heal: a card put into a wire, and the wires that a removed card leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tensorrag.catalog import Catalog, PortInfo, why_not
from tensorrag.edit.edges import check_edges, connect, disconnect, title_of
from tensorrag.edit.values import OpValues
from tensorrag.errors import PortTypeError
from tensorrag.pipeline.as_json import EDGE_KEYS
from tensorrag.pipeline.graph import Pipeline
from tensorrag.pipeline.parts import Edge


def splice(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``node`` goes into the wire ``edge``; ``input`` and ``output`` are its ports, if named.

    Raises:
        PortTypeError: no two of its free ports fit the wire's ends.
    """
    return spliced(pipeline, op.text("node"), op, catalog)


def spliced(pipeline: Pipeline, node_id: str, op: OpValues, catalog: Catalog) -> Pipeline:
    """Return the pipeline with a card in the wire that ``op`` names.

    Both new wires stand where the old one stood, so that an input of many keeps its order.
    """
    check_edges((op.text("edge"),), pipeline)
    wire = next(edge for edge in pipeline.edges if edge.id == op.text("edge"))
    input, output = _ports(pipeline, node_id, wire, op, catalog)
    into = Edge(wire.source, wire.source_port, node_id, input)
    out = Edge(node_id, output, wire.target, wire.target_port)
    after = disconnect(pipeline, OpValues({"op": op.name, "id": wire.id}), catalog)
    for edge in (into, out):
        ends = {name: getattr(edge, name) for name in EDGE_KEYS}
        after = connect(after, OpValues({"op": op.name, **ends}), catalog)
    return replace(after, edges=_in_place(pipeline.edges, wire, (into, out)))


def _ports(
    pipeline: Pipeline, node_id: str, wire: Edge, op: OpValues, catalog: Catalog
) -> tuple[str, str]:
    """Return the ports that are named, else those of the wire's names, else the first that fit."""
    node = pipeline.node(node_id)
    if "input" in op and "output" in op:
        return op.text("input"), op.text("output")
    card = catalog.cards.get(node.card)
    start, end = _output(pipeline, wire, catalog), _input(pipeline, wire, catalog)
    taken = {edge.target_port for edge in pipeline.inputs_of(node_id)}
    free = [port for port in card.inputs if port.many or port.name not in taken] if card else []
    inputs = [port.name for port in free if start is None or why_not(start, port) is None]
    outputs = [
        port.name
        for port in (card.outputs if card else ())
        if end is None or why_not(port, end) is None
    ]
    if not inputs or not outputs:
        raise PortTypeError(
            f"{title_of(node, catalog)} has no free ports that fit into this wire.",
            hint="Put a card into it that takes and gives what the wire carries.",
        )
    return _preferred(inputs, wire.source_port), _preferred(outputs, wire.target_port)


def _preferred(names: Sequence[str], wanted: str) -> str:
    return wanted if wanted in names else names[0]


def without_healed(
    pipeline: Pipeline, nodes: Sequence[str], edges: Sequence[str], catalog: Catalog
) -> Pipeline:
    """Take cards and wires out; what came to a removed card goes on to where it led.

    A card heals like this for each type: the first of its outputs that is wired takes what came
    to the first of its inputs that fits. Its other outputs do not, since the parts of a split
    must not all become the whole: a test on rows that were trained on would say nothing.
    """
    gone, cut = frozenset(nodes), frozenset(edges)
    left = pipeline.without(nodes, edges)
    known = {edge.id for edge in left.edges}
    healed: list[Edge] = []
    for edge in pipeline.edges:
        if edge.id in known:
            healed.append(edge)
        elif edge.source in gone and edge.target not in gone and edge.id not in cut:
            bridge = _bridge(pipeline, edge, gone, cut, catalog)
            if bridge is not None and bridge.id not in known:
                known.add(bridge.id)
                healed.append(bridge)
    return replace(left, edges=tuple(healed))


def _bridge(
    pipeline: Pipeline, edge: Edge, gone: frozenset[str], cut: frozenset[str], catalog: Catalog
) -> Edge | None:
    """Return the wire that takes the place of one that started at a removed card."""
    end = _input(pipeline, edge, catalog)
    source, seen = edge, set[str]()
    while source.source in gone:
        if source.source in seen or not _leads_on(pipeline, source, catalog):
            return None
        seen.add(source.source)
        arriving = _arriving(pipeline, source.source, end, cut, catalog)
        if arriving is None:
            return None
        source = arriving
    return Edge(source.source, source.source_port, edge.target, edge.target_port)


def _leads_on(pipeline: Pipeline, edge: Edge, catalog: Catalog) -> bool:
    """Whether no output above this one, of the same type, is wired."""
    card = catalog.cards.get(pipeline.nodes[edge.source].card)
    own = card.output(edge.source_port) if card else None
    if card is None or own is None:
        return False
    wired = {other.source_port for other in pipeline.outputs_of(edge.source)}
    first = next(port for port in card.outputs if port.type == own.type and port.name in wired)
    return first is own


def _arriving(
    pipeline: Pipeline, node_id: str, end: PortInfo | None, cut: frozenset[str], catalog: Catalog
) -> Edge | None:
    """Return the wire into a card of which the source would fit where the card led."""
    card = catalog.cards.get(pipeline.nodes[node_id].card)
    if card is None or end is None:
        return None
    for port in card.inputs:
        for edge in pipeline.inputs_of(node_id):
            start = _output(pipeline, edge, catalog)
            fits = start is not None and why_not(start, end) is None
            if edge.target_port == port.name and edge.id not in cut and fits:
                return edge
    return None


def _output(pipeline: Pipeline, edge: Edge, catalog: Catalog) -> PortInfo | None:
    node = pipeline.nodes.get(edge.source)
    card = catalog.cards.get(node.card) if node else None
    return card.output(edge.source_port) if card else None


def _input(pipeline: Pipeline, edge: Edge, catalog: Catalog) -> PortInfo | None:
    node = pipeline.nodes.get(edge.target)
    card = catalog.cards.get(node.card) if node else None
    return card.input(edge.target_port) if card else None


def _in_place(edges: Sequence[Edge], old: Edge, new: Sequence[Edge]) -> tuple[Edge, ...]:
    def each() -> Iterator[Edge]:
        for edge in edges:
            if edge is old:
                yield from new
            else:
                yield edge

    return tuple(each())
