"""Commands on wires: what may be connected, and in one sentence why not."""

from __future__ import annotations

from typing import Literal

from tensorrag.catalog import Catalog, PortInfo, why_not
from tensorrag.edit.values import OpValues
from tensorrag.errors import (
    DuplicateEdgeError,
    EdgeNotFound,
    PortNotFound,
    PortTakenError,
    PortTypeError,
)
from tensorrag.params import called
from tensorrag.pipeline.absent import why_absent
from tensorrag.pipeline.graph import Pipeline, cycle_error
from tensorrag.pipeline.parts import Edge, Node
from tensorrag.quoting import quoted


def title_of(node: Node, catalog: Catalog) -> str:
    """Return what people call a node: its own title, else the card's, else the card's id."""
    card = catalog.cards.get(node.card)
    return node.title or (card.title if card else node.card)


def setting_of(node: Node, name: str, catalog: Catalog) -> str:
    """Return what the form of a node calls one of its settings."""
    card = catalog.cards.get(node.card)
    return called(name, card.params if card else {})


def connect(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``source``, ``source_port``, ``target``, ``target_port``.

    Raises:
        DuplicateEdgeError: they are connected already.
        PortTypeError: these ports do not fit.
        PortTakenError: the input takes one wire, and has one.
        CycleError: the cards would wait for one another.
    """
    edge = Edge(
        op.text("source"), op.text("source_port"), op.text("target"), op.text("target_port")
    )
    source, target = pipeline.node(edge.source), pipeline.node(edge.target)
    output = _port(source, "output", edge.source_port, catalog)
    input = _port(target, "input", edge.target_port, catalog)
    there = [other for other in pipeline.inputs_of(edge.target) if other.target_port == input.name]
    if any(other.id == edge.id for other in there):
        raise DuplicateEdgeError(
            "These two ports are connected already.", hint="Remove that wire first, or leave it."
        )
    reason = why_not(output, input)
    if reason:
        raise PortTypeError(f"{title_of(target, catalog)}: {reason}", hint=_fitting(input))
    if there and not input.many:
        raise PortTakenError(
            f"{title_of(target, catalog)} takes one wire at {quoted(input.name)}, and has one.",
            hint="Remove that wire first.",
        )
    way_back = pipeline.path(edge.target, edge.source)
    if way_back:
        raise cycle_error(way_back)
    return pipeline.with_edges(edge)


def disconnect(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``id`` of a wire."""
    edge_id = op.text("id")
    check_edges((edge_id,), pipeline)
    return pipeline.without(edges=(edge_id,))


def check_edges(ids: tuple[str, ...], pipeline: Pipeline) -> None:
    """Raise EdgeNotFound if one of these wires is not there."""
    if not ids:
        return
    known = {edge.id for edge in pipeline.edges}
    for edge_id in ids:
        if edge_id not in known:
            raise EdgeNotFound(
                f"There is no wire {quoted(edge_id)} in this pipeline.",
                hint="It was removed already, perhaps in another tab.",
            )


def _port(node: Node, side: Literal["input", "output"], name: str, catalog: Catalog) -> PortInfo:
    card = catalog.cards.get(node.card)
    if card is None:
        broken = why_absent(node.card, catalog.notices)
        if broken is not None:
            raise PortNotFound(broken[0], hint=broken[1])
        raise PortNotFound(
            f"The card {quoted(node.card)} is not installed, so its ports are not known.",
            hint="Install the pack that brings it, or remove the card.",
        )
    port = card.input(name) if side == "input" else card.output(name)
    if port is None:
        ports = card.inputs if side == "input" else card.outputs
        names = ", ".join(quoted(other.name) for other in ports)
        raise PortNotFound(
            f"{card.title} has no {side} {quoted(name)}.",
            hint=f"It has: {names}." if ports else f"It has no {side} at all.",
        )
    return port


def _fitting(input: PortInfo) -> str:
    accepted = " or ".join(input.accepts or (input.type,))
    return f"Connect an output of type {accepted}."
