"""Where a column gets another kind: a card Change Kinds behind the output that it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tensorrag.catalog import Catalog
from tensorrag.pipeline import Edge, JsonObject, Pipeline
from tensorrag.pipeline.room import room_beside
from tensorrag.types import ColumnKind
from web.page.tables.kinds import KINDS

CARD, PORT = "change_kinds", "dataset"
_FIELDS: Mapping[ColumnKind, str] = {
    kind: "category_columns" if kind == "category" else kind for kind in KINDS
}
"""The parameter of the card that lists the columns of a kind."""


class Output(NamedTuple):
    """A table that a card makes, and the card right behind it that changes kinds."""

    node: str
    port: str
    changer: str | None = None

    def params(self, pipeline: Pipeline) -> Mapping[str, object]:
        """Return how that card is set; nothing where there is none."""
        return pipeline.nodes[self.changer].params if self.changer is not None else {}


def output_of(
    pipeline: Pipeline, catalog: Catalog, node: str, port: str | None = None
) -> Output | None:
    """Return the output whose kinds are meant where the columns of a card are looked at.

    That is its own; before a card that makes no table or deals one out in parts, for all parts
    must have the same kinds; and before a card that changes kinds, which is set then.

    Args:
        pipeline: it is in there.
        catalog: the cards that are here.
        node: the card.
        port: which of its outputs is looked at, if it has several.
    """
    seen = set[str]()
    while node not in seen:
        seen.add(node)
        made = _tables(catalog, pipeline, node)
        changes = _changes(pipeline, node)
        if len(made) == 1 and not changes:
            output = made[0]
            return Output(node, output, _changer(pipeline, node, output))
        wires = [edge for edge in pipeline.inputs_of(node) if _is_table(catalog, pipeline, edge)]
        if len(wires) != 1:
            return None
        if changes:
            return Output(wires[0].source, wires[0].source_port, node)
        node = wires[0].source
    return None


def _changer(pipeline: Pipeline, node: str, port: str) -> str | None:
    behind = [edge.target for edge in pipeline.outputs_of(node) if edge.source_port == port]
    known = (each for each in behind if each in pipeline.nodes)
    return next((each for each in known if _changes(pipeline, each)), None)


def _changes(pipeline: Pipeline, node: str) -> bool:
    """Whether a card changes kinds: one that is bypassed changes nothing."""
    return pipeline.nodes[node].card == CARD and pipeline.nodes[node].enabled


def _tables(catalog: Catalog, pipeline: Pipeline, node: str) -> list[str]:
    info = catalog.cards.get(pipeline.nodes[node].card)
    return [port.name for port in info.outputs if port.type == "Table"] if info else []


def _is_table(catalog: Catalog, pipeline: Pipeline, edge: Edge) -> bool:
    return edge.source in pipeline.nodes and edge.source_port in _tables(
        catalog, pipeline, edge.source
    )


def chosen_by(params: Mapping[str, object]) -> dict[str, ColumnKind]:
    """Return the kind of each column that a card Change Kinds lists."""
    return {
        name: kind
        for kind, field in _FIELDS.items()
        if isinstance(listed := params.get(field), list | tuple)
        for name in listed
        if isinstance(name, str)
    }


def correcting(
    pipeline: Pipeline, output: Output, column: str, kind: ColumnKind | None, *, lose: bool
) -> tuple[str, list[JsonObject]]:
    """Return the card that will change a kind, and the edit that has it do so.

    Args:
        pipeline: as it is.
        output: where the column comes from.
        column: its name.
        kind: what it is to be; None: what it was found to be.
        lose: whether values that do not fit become missing.
    """
    known = output.params(pipeline)
    params = _moved(known, column, kind) | ({"unreadable": "missing"} if lose else {})
    if output.changer is not None:
        return output.changer, [{"op": "set_params", "node": output.changer, "params": params}]
    return _put_behind(pipeline, output, {name: each for name, each in params.items() if each})


def _moved(params: Mapping[str, object], column: str, kind: ColumnKind | None) -> JsonObject:
    """Return what changes where a column goes from one list to another."""
    changed: JsonObject = {}
    for each, field in _FIELDS.items():
        listed = params.get(field)
        before = list(listed) if isinstance(listed, list | tuple) else []
        after = [name for name in before if name != column] + ([column] if each == kind else [])
        if after != before:
            changed[field] = after or None
    return changed


def _put_behind(
    pipeline: Pipeline, output: Output, params: JsonObject
) -> tuple[str, list[JsonObject]]:
    """Put a card between an output and all that it leads to."""
    wires = [edge for edge in pipeline.outputs_of(output.node) if edge.source_port == output.port]
    node = next(
        each
        for each in (CARD, *(f"{CARD}_{n}" for n in range(2, len(pipeline.nodes) + 3)))
        if each not in pipeline.nodes
    )
    moves, x, y = room_beside(pipeline, output.node)
    add: JsonObject = {"op": "add", "card": CARD, "id": node, "params": params, "x": x, "y": y}
    if wires:
        add["splice"] = {"edge": wires[0].id}
    else:
        source = {"source": output.node, "source_port": output.port}
        add["connect"] = [{**source, "target_port": PORT}]
    ops: list[JsonObject] = [*moves, add]
    for edge in wires[1:]:
        ends = {"target": edge.target, "target_port": edge.target_port}
        ops.append({"op": "disconnect", "id": edge.id})
        ops.append({"op": "connect", "source": node, "source_port": PORT, **ends})
    return node, ops
