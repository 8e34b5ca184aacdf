"""A pipeline as the canvas draws it: one JSON object per card and per wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tensorrag.catalog import CardInfo, Catalog, PortInfo
from tensorrag.check import NodeFacts
from tensorrag.check.problems import Problem
from tensorrag.edit.annotations import annotations_of
from tensorrag.pipeline import Edge, JsonObject, Node, Pipeline
from tensorrag.pipeline.absent import why_absent
from tensorrag.pipeline.as_json import node_json
from tensorrag.quoting import unturned
from web.live.cards.usual import USUAL
from web.live.checking.prices import Price


class Drawing:
    """Draws the parts of one state of a pipeline."""

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: Catalog,
        facts: Mapping[str, NodeFacts],
        problems: Iterable[Problem],
        price: Callable[[str], Price | None] = lambda node_id: None,
    ) -> None:
        """``price`` says what a card would cost."""
        self.pipeline = pipeline
        self._price = price
        self._catalog = catalog
        self._facts = facts
        self._of_nodes: dict[str, list[Problem]] = {}
        self._of_edges: dict[str, Problem] = {}
        for problem in problems:
            if problem.edge is not None:
                self._of_edges.setdefault(problem.edge, problem)
            if problem.node is not None:
                self._of_nodes.setdefault(problem.node, []).append(problem)

    def node(self, node: Node) -> JsonObject:
        """Draw a card; one that is not installed gets the ports that wires end at.

        ``file`` is its entry in the pipeline's file, which is what copying it takes along.
        """
        info = self._catalog.cards.get(node.card)
        facts = self._facts.get(node.id)
        inputs, outputs = self._ports(node, info)
        kind = outputs[0].type if outputs else None
        price = self._price(node.id)
        made_up = facts is not None and facts.synthetic and not inputs
        return {
            "id": node.id,
            "card": node.card,
            "title": unturned(node.title or (info.title if info else node.card)),
            "type": kind or None,
            "summary": unturned(_summary(facts)) if facts else "",
            "tag": "synthetic" if made_up else None,
            "price": price.to_json() if price is not None else None,
            "x": node.position.x,
            "y": node.position.y,
            "inputs": [_input(port) for port in inputs],
            "outputs": [_output(port) for port in outputs],
            "problems": [_problem(problem) for problem in self._of_nodes.get(node.id, ())],
            "placeholder": self._placeholder(kind),
            "enabled": node.enabled,
            "unknown": info is None,
            "broken": self._broken(node) if info is None else None,
            "off": info is None and node.card in self.pipeline.cards,
            "file": node_json(node),
        }

    def _broken(self, node: Node) -> str | None:
        """Return why a card is not here although its file is."""
        why = why_absent(node.card, self._catalog.notices)
        return why[0] if why is not None else None

    def edge(self, edge: Edge) -> JsonObject:
        """Draw a wire in the colour of what it carries."""
        source = self.pipeline.nodes.get(edge.source)
        info = self._catalog.cards.get(source.card) if source else None
        port = info.output(edge.source_port) if info else None
        problem = self._of_edges.get(edge.id)
        return {
            "id": edge.id,
            "source": edge.source,
            "source_port": edge.source_port,
            "target": edge.target,
            "target_port": edge.target_port,
            "type": port.type if port else None,
            "problem": problem.message if problem else None,
        }

    def annotations(self) -> list[JsonObject]:
        """Draw the notes and frames."""
        return [*annotations_of(self.pipeline).values()]

    def types(self) -> JsonObject:
        """Say how each type is drawn."""
        return {
            name: {"shape": kind.shape, "light": kind.light, "dark": kind.dark}
            for name, kind in self._catalog.types.items()
        }

    def catalog(self) -> list[JsonObject]:
        """Say which cards can be added, and how they can be wired."""
        return [
            {
                "card": info.card,
                "title": info.title,
                "about": info.summary,
                "type": info.outputs[0].type if info.outputs else None,
                "inputs": [_input(port) for port in info.inputs],
                "outputs": [_output(port) for port in info.outputs],
                "own": info.source is not None,
                "choices": _choices(info.params),
                "usual": dict(USUAL.get(info.card, {})),
            }
            for info in self._catalog.cards.values()
        ]

    def _ports(
        self, node: Node, info: CardInfo | None
    ) -> tuple[tuple[PortInfo, ...], tuple[PortInfo, ...]]:
        if info is not None:
            return info.inputs, info.outputs
        ends = [edge.target_port for edge in self.pipeline.inputs_of(node.id)]
        starts = [edge.source_port for edge in self.pipeline.outputs_of(node.id)]
        return _named(ends), _named(starts)

    def _placeholder(self, kind: str | None) -> list[str]:
        info = self._catalog.types.get(kind or "")
        return list(info.teaser) if info else []


def _choices(params: JsonObject) -> dict[str, list[str]]:
    """List what each setting can be that stands for itself and is one of several words."""
    found = {
        name: [each for each in shape.get("enum", ()) if isinstance(each, str)]
        for name, shape in params.get("properties", {}).items()
        if shape.get("x-when") is None
    }
    return {name: words for name, words in found.items() if words}


def snapshot(drawing: Drawing) -> JsonObject:
    """Return all that a canvas shows of a pipeline that was not run."""
    return {
        "revision": 0,
        "types": drawing.types(),
        "catalog": [],
        "nodes": [drawing.node(node) for node in drawing.pipeline.nodes.values()],
        "edges": [drawing.edge(edge) for edge in drawing.pipeline.edges],
        "annotations": drawing.annotations(),
        "runtime": {},
        "fit": True,
    }


def _summary(facts: NodeFacts) -> str:
    """Sum up a card in a line: what it is set to, and how its source was read."""
    read = facts.details.get("brief")
    return " · ".join(filter(None, [facts.brief, read if isinstance(read, str) else ""]))


def _input(port: PortInfo) -> JsonObject:
    return {
        "name": port.name,
        "type": port.type,
        "accepts": list(port.accepts or (port.type,)),
        "optional": port.optional,
        "many": port.many,
    }


def _output(port: PortInfo) -> JsonObject:
    return {"name": port.name, "type": port.type}


def _problem(problem: Problem) -> JsonObject:
    return {"level": problem.level, "message": problem.message, "hint": problem.hint}


def _named(names: Iterable[str]) -> tuple[PortInfo, ...]:
    return tuple(PortInfo(name=name, type="") for name in dict.fromkeys(names))
