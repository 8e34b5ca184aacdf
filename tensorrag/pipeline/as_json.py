"""A pipeline as a JSON object, and back: patient with everything below the outermost shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from tensorrag.errors import FileFormatError, PipelineError
from tensorrag.pipeline.graph import Pipeline
from tensorrag.pipeline.keys import HEAD_KEYS, NODE_KEYS, PIPELINE_KEYS, Key
from tensorrag.pipeline.parts import NOTHING, Edge, Misfit, Node, Position
from tensorrag.pipeline.placing import place
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted

FORMAT = "tensorrag.pipeline"
VERSION = 1
"""The version that is written, and the newest that is read."""
MAX_NODES = 5_000
MAX_EDGES = 20_000
EDGE_KEYS = ("source", "source_port", "target", "target_port")
FILE_KEYS = ("format", "version", *HEAD_KEYS, "nodes", "edges", *PIPELINE_KEYS)
MAX_WARNINGS = 50


def to_json(pipeline: Pipeline) -> JsonObject:
    """Return the file's content: known keys in their fixed order, unknown ones after them."""
    head = {key: getattr(pipeline, key) for key in HEAD_KEYS}
    return {
        "format": FORMAT,
        "version": VERSION,
        **head,
        "nodes": [*map(node_json, pipeline.nodes.values()), *_misfits(pipeline, "nodes")],
        "edges": [*map(edge_json, pipeline.edges), *_misfits(pipeline, "edges")],
        **_unusual(pipeline, PIPELINE_KEYS),
        **pipeline.extra,
    }


def node_json(node: Node) -> JsonObject:
    """Return a node as it stands in the file; what equals the default is left out."""
    return {
        "id": node.id,
        "card": node.card,
        "params": dict(node.params),
        "position": _position_json(node.position),
        **_unusual(node, NODE_KEYS, but=("params", "position")),
        **node.extra,
    }


def edge_json(edge: Edge) -> JsonObject:
    """Return an edge as it stands in the file."""
    return {**{key: getattr(edge, key) for key in EDGE_KEYS}, **edge.extra}


def from_json(raw: Any) -> tuple[Pipeline, tuple[str, ...]]:
    """Read a file's content, of the present version, and say what is odd about it.

    Raises:
        FileFormatError: ``nodes`` or ``edges`` is no list or too long; nothing else is refused.
    """
    reader = _Reader()
    nodes, edges = _entries(raw, "nodes", MAX_NODES), _entries(raw, "edges", MAX_EDGES)
    known, extra = reader.keys(raw, {**HEAD_KEYS, **PIPELINE_KEYS}, FILE_KEYS, "The pipeline")
    pipeline = Pipeline(
        **known,
        nodes=MappingProxyType({node.id: node for node in reader.nodes(nodes)}),
        edges=tuple(reader.edges(edges)),
        extra=extra,
        misfits=tuple(reader.misfits),
    )
    return place(pipeline, reader.unplaced), reader.warnings()


def node_from_json(raw: JsonObject) -> Node:
    """Read one node on its own, and refuse what a file would merely keep.

    Raises:
        PipelineError: it is no node; the message is one sentence.
    """
    problem = _node_problem(raw)
    if problem:
        raise PipelineError(
            f"This is no card: {problem}.",
            hint="See docs/pipeline-format.md for what a card is made of.",
        )
    reader = _Reader()
    usable, extra = reader.keys(raw, NODE_KEYS, ("id", "card"), "The card")
    if extra:
        raise PipelineError(
            reader.warnings()[0], hint="See docs/pipeline-format.md for what a card is made of."
        )
    return Node(raw["id"], raw["card"], **usable)


def unusable(keys: Mapping[str, Any], known: Mapping[str, Key]) -> Iterator[tuple[str, str]]:
    """Yield each known key of an ``extra`` with the sentence that says what it must be."""
    for name, key in known.items():
        if name in keys:
            yield name, f"{quoted(name)} must be {key.what}."


class _Reader:
    """Reads the parts of one file, and remembers what is odd."""

    def __init__(self) -> None:
        self.misfits: list[Misfit] = []
        self.unplaced: set[str] = set()
        self._odd: list[str] = []

    def warnings(self) -> tuple[str, ...]:
        more = len(self._odd) - MAX_WARNINGS
        rest = [f"There are {more:,} more remarks like these."] if more > 0 else []
        return (*self._odd[:MAX_WARNINGS], *rest)

    def nodes(self, entries: list[Any]) -> Iterator[Node]:
        seen: set[str] = set()
        for number, raw in enumerate(entries, 1):
            problem = _node_problem(raw)
            if problem:
                self._misfit("nodes", number, raw, problem)
            elif raw["id"] in seen:
                problem = f"a card before it has the id {quoted(raw['id'])} already"
                self._misfit("nodes", number, raw, problem, node=raw["id"])
            else:
                seen.add(raw["id"])
                yield self._node(raw)

    def edges(self, entries: list[Any]) -> Iterator[Edge]:
        for number, raw in enumerate(entries, 1):
            problem = _edge_problem(raw)
            if problem:
                self._misfit("edges", number, raw, problem)
            else:
                _, extra = self.keys(raw, {}, EDGE_KEYS, f"Wire {number:,}")
                ends: list[str] = [raw[key] for key in EDGE_KEYS]
                yield Edge(ends[0], ends[1], ends[2], ends[3], extra)

    def keys(
        self, raw: JsonObject, keys: Mapping[str, Key], known: tuple[str, ...], where: str
    ) -> tuple[JsonObject, Mapping[str, Any]]:
        """Split an object into what can be used and what is merely kept."""
        usable: JsonObject = {}
        extra: JsonObject = {}
        for name, value in raw.items():
            if name in keys:
                try:
                    usable[name] = keys[name].read(value)
                except ValueError:
                    extra[name] = value
                    self._odd.append(f"{where}: {quoted(name)} must be {keys[name].what}.")
            elif name not in known:
                extra[name] = value
                self._odd.append(f"{where}: the key {quoted(name)} is unknown; it is kept.")
        return usable, MappingProxyType(extra) if extra else NOTHING

    def _node(self, raw: JsonObject) -> Node:
        where = f"Card {quoted(raw['id'])}"
        usable, extra = self.keys(raw, NODE_KEYS, ("id", "card"), where)
        if "position" not in raw:
            self.unplaced.add(raw["id"])
        return Node(raw["id"], raw["card"], **usable, extra=extra)

    def _misfit(
        self, place: str, number: int, raw: Any, problem: str, node: str | None = None
    ) -> None:
        message = f'Entry {number:,} of "{place}" cannot be used: {problem}.'
        self.misfits.append(Misfit(place, raw, message, node))
        self._odd.append(message)


def _entries(raw: JsonObject, place: str, most: int) -> list[Any]:
    entries = raw.get(place, [])
    if not isinstance(entries, list):
        raise FileFormatError(
            f'This is no pipeline: "{place}" must be a list.',
            hint="See docs/pipeline-format.md for what a pipeline is made of.",
        )
    if len(entries) > most:
        what = "cards" if place == "nodes" else "wires"
        raise FileFormatError(
            f"This pipeline has {len(entries):,} {what}; {most:,} may be in one file.",
            hint="Split it into several pipelines.",
        )
    return entries


def _node_problem(raw: Any) -> str | None:
    if not isinstance(raw, dict):
        return "it is no object"
    missing = [key for key in ("id", "card") if not isinstance(raw.get(key), str)]
    if missing:
        return f"its {quoted(missing[0])} must be text"
    return None if raw["id"] else 'its "id" is empty'


def _edge_problem(raw: Any) -> str | None:
    if not isinstance(raw, dict):
        return "it is no object"
    missing = [key for key in EDGE_KEYS if not isinstance(raw.get(key), str)]
    return f"its {quoted(missing[0])} must be text" if missing else None


def _misfits(pipeline: Pipeline, place: str) -> list[Any]:
    return [misfit.raw for misfit in pipeline.misfits if misfit.place == place]


def _unusual(
    thing: Pipeline | Node, keys: Mapping[str, Key], but: tuple[str, ...] = ()
) -> JsonObject:
    """Return the keys that say something else than the default, as JSON."""
    values = {name: getattr(thing, name) for name in keys if name not in but}
    return {
        name: thing.extra.get(name, _plain(value))
        for name, value in values.items()
        if value != keys[name].default or name in thing.extra
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _position_json(position: Position) -> JsonObject:
    return {"x": _round(position.x), "y": _round(position.y), **position.extra}


def _round(number: float) -> float:
    """Write whole pixels as integers: they read and diff better."""
    return int(number) if number == int(number) else number
