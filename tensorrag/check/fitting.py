"""Warns of a card that learns something of all rows before they are split, and moves it behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tensorrag.catalog import CardInfo
from tensorrag.check.facts import NodeFacts
from tensorrag.check.problems import Fix, Problem
from tensorrag.pipeline import Edge, Node, Pipeline, Position
from tensorrag.pipeline.room import HEIGHT, WIDTH
from tensorrag.quoting import visible
from tensorrag.types.schema import TableSchema

_GAP = 40
"""Pixels between a card and the next one above, where there mostly is room."""

Ops = list[dict[str, Any]]


def fitting_problems(
    pipeline: Pipeline, infos: Mapping[str, CardInfo], facts: Mapping[str, NodeFacts]
) -> Iterator[Problem]:
    """List the cards that learn of rows on which a model is measured later.

    Args:
        pipeline: the whole of it.
        infos: every card that is here, by id.
        facts: what is known of each node.
    """
    for node in pipeline.nodes.values():
        if not (node.enabled and _learns(pipeline, node, facts)):
            continue
        split = _first_split(pipeline, infos, node)
        if split is not None:
            name = visible(split.title or infos[split.card].title)
            yield Problem(
                code="fits_before_split",
                level="warning",
                node=node.id,
                message=f"What it learns, it learns of all rows: {name} makes test rows of some "
                "of them afterwards, so the metrics are too good.",
                hint="Put it behind the split, and have it learn from the train rows.",
                fix=_move_behind(pipeline, infos, facts, node, split),
            )


def _learns(pipeline: Pipeline, node: Node, facts: Mapping[str, NodeFacts]) -> bool:
    """Whether more is learnt of the rows that leave a card than of those that arrive."""
    before: Counter[str] = Counter()
    for edge in pipeline.inputs_of(node.id):
        if edge.source in facts:
            before += _fitted(facts[edge.source].schemas.get(edge.source_port))
    return any(_fitted(schema) - before for schema in facts[node.id].schemas.values())


def _fitted(schema: object) -> Counter[str]:
    return Counter(schema.provenance.fitted if isinstance(schema, TableSchema) else ())


def _first_split(pipeline: Pipeline, infos: Mapping[str, CardInfo], node: Node) -> Node | None:
    """Return the next card down that deals rows out into train and other rows."""
    for below in sorted(pipeline.descendants(node.id), key=list(pipeline.nodes).index):
        found = pipeline.nodes[below]
        info = infos.get(found.card)
        if info is not None and found.enabled and "train_dataset" in _tables(info):
            return found
    return None


def _tables(info: CardInfo) -> list[str]:
    return [port.name for port in info.outputs if port.type == "Table"]


@dataclass
class _Moving:
    """A card that goes from before a split to behind it, once for each part that is used."""

    pipeline: Pipeline
    node: Node
    split: Node
    takes: str
    learns_from: str
    gives: str

    def ops(self, arrives: Edge, leaves: Edge) -> Ops:
        parts: dict[str, list[Edge]] = {}
        for edge in self.pipeline.outputs_of(self.split.id):
            parts.setdefault(edge.source_port, []).append(edge)
        cut = [arrives, leaves, *self.pipeline.outputs_of(self.split.id)]
        ops: Ops = [{"op": "disconnect", "id": edge.id} for edge in cut]
        ops += [self._change_places(), _connect(arrives, leaves)]
        train = parts.pop("train_dataset", [])
        ops += [self._wire("train_dataset", self.takes)]
        ops += [_connect(Edge(self.node.id, self.gives, "", ""), edge) for edge in train]
        return ops + [
            self._copy(port, edges, place)
            for (port, edges), place in zip(parts.items(), self._places(), strict=False)
        ]

    def _wire(self, port: str, into: str) -> dict[str, Any]:
        return _connect(Edge(self.split.id, port, "", ""), Edge("", "", self.node.id, into))

    def _change_places(self) -> dict[str, Any]:
        at = {self.node.id: self.split.position, self.split.id: self.node.position}
        return {"op": "move", "positions": {name: {"x": p.x, "y": p.y} for name, p in at.items()}}

    def _places(self) -> Iterator[Position]:
        """Go up from where the card comes to lie, past what lies there already."""
        there = [node.position for node in self.pipeline.nodes.values()]
        x, y = self.split.position.x, self.split.position.y
        while True:
            y -= HEIGHT + _GAP
            if not any(
                abs(x - one.x) < WIDTH + _GAP and abs(y - one.y) < HEIGHT + _GAP
                for one in there
                if one is not self.split.position
            ):
                yield Position(x, y)

    def _copy(self, port: str, edges: list[Edge], at: Position) -> dict[str, Any]:
        """Add the card once more, for a part that is changed as the train rows are."""
        here = {"source": self.split.id, "source_port": port, "target_port": self.takes}
        train = {"source": self.split.id, "source_port": "train_dataset"}
        on = [
            {"source_port": self.gives, "target": edge.target, "target_port": edge.target_port}
            for edge in edges
        ]
        return {
            "op": "add",
            "card": self.node.card,
            "params": dict(self.node.params),
            "x": at.x,
            "y": at.y,
            "connect": [here, train | {"target_port": self.learns_from}, *on],
        }


def _move_behind(
    pipeline: Pipeline,
    infos: Mapping[str, CardInfo],
    facts: Mapping[str, NodeFacts],
    node: Node,
    split: Node,
) -> Fix | None:
    """Offer to move the card, where it stands right before the split and can learn elsewhere."""
    info, arriving, leaving = infos[node.card], pipeline.inputs_of(node.id), []
    leaving = list(pipeline.outputs_of(node.id))
    optional = [port.name for port in info.inputs if port.optional and "Table" in port.accepts]
    alone = len(arriving) == len(leaving) == len(optional) == 1
    if not alone or leaving[0].target != split.id:
        return None
    moving = _Moving(
        pipeline, node, split, arriving[0].target_port, optional[0], leaving[0].source_port
    )
    title = facts[split.id].title
    return Fix(label=f"Put it behind {title}", ops=tuple(moving.ops(arriving[0], leaving[0])))


def _connect(source: Edge, target: Edge) -> dict[str, Any]:
    """Wire where one edge began to where another ended."""
    return {
        "op": "connect",
        "source": source.source,
        "source_port": source.source_port,
        "target": target.target,
        "target_port": target.target_port,
    }
