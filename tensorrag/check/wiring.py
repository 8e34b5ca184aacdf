"""Checks how cards are wired: ends that are there, types that fit, inputs that are filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tensorrag.catalog import CardInfo, PortInfo, why_not, with_article
from tensorrag.check.offers import Offers
from tensorrag.check.problems import Fix, Problem
from tensorrag.pipeline import Edge, Pipeline
from tensorrag.pipeline.as_json import unusable
from tensorrag.pipeline.keys import HEAD_KEYS, NODE_KEYS, PIPELINE_KEYS
from tensorrag.pipeline.names import is_name
from tensorrag.quoting import quoted


def wiring_problems(pipeline: Pipeline, cards: Mapping[str, CardInfo]) -> list[Problem]:
    """List what is wrong with nodes and edges as such, whatever their parameters."""
    return [
        *_misfits(pipeline),
        *_names(pipeline),
        *_edges(pipeline, cards),
        *_cycle(pipeline),
        *_inputs(pipeline, cards),
    ]


def _misfits(pipeline: Pipeline) -> Iterator[Problem]:
    for index, misfit in enumerate(pipeline.misfits):
        discard = Fix(label="Remove it", ops=({"op": "discard", "index": index},))
        yield Problem(code="entry_unusable", node=misfit.node, message=misfit.message, fix=discard)
    for _, sentence in unusable(pipeline.extra, {**HEAD_KEYS, **PIPELINE_KEYS}):
        yield Problem(code="entry_unusable", message=sentence)
    for node in pipeline.nodes.values():
        for key, sentence in unusable(node.extra, NODE_KEYS):
            yield Problem(code="entry_unusable", node=node.id, field=key, message=sentence)


def _names(pipeline: Pipeline) -> Iterator[Problem]:
    for node_id in pipeline.nodes:
        if not is_name(node_id):
            yield Problem(
                code="id_invalid",
                node=node_id,
                message=f"{quoted(node_id)} cannot be the id of a card.",
                hint="Use up to 64 lower-case letters, digits and _, a letter first.",
            )


def _edges(pipeline: Pipeline, cards: Mapping[str, CardInfo]) -> Iterator[Problem]:
    ids = Counter(edge.id for edge in pipeline.edges)
    into = Counter((edge.target, edge.target_port) for edge in pipeline.edges)
    for edge in pipeline.edges:
        wrong = _edge(edge, pipeline, cards)
        port = _target_port(edge, pipeline, cards)
        if wrong is not None:
            yield wrong
        elif ids[edge.id] > 1:
            ids[edge.id] = 0
            yield _on(edge, "edge_duplicate", "This wire is there twice.", "Delete one of them.")
        elif port is not None and not port.many and into[edge.target, edge.target_port] > 1:
            into[edge.target, edge.target_port] = 0
            text = f"{port.name} takes one wire and has several."
            yield _on(edge, "port_taken", text, "Delete all but one of them.")


def _edge(edge: Edge, pipeline: Pipeline, cards: Mapping[str, CardInfo]) -> Problem | None:
    source, target = pipeline.nodes.get(edge.source), pipeline.nodes.get(edge.target)
    if source is None or target is None:
        gone = edge.source if source is None else edge.target
        text = f"A wire ends at {quoted(gone)}, which is not in this pipeline."
        return _on(edge, "edge_dangling", text, "Delete the wire.")
    if source.card not in cards or target.card not in cards:
        return None
    output = cards[source.card].output(edge.source_port)
    port = cards[target.card].input(edge.target_port)
    if output is None:
        text = f"{cards[source.card].title} has no output {quoted(edge.source_port)}."
        return _on(edge, "port_unknown", text, "Delete the wire.")
    if port is None:
        text = f"{cards[target.card].title} has no input {quoted(edge.target_port)}."
        return _on(edge, "port_unknown", text, "Delete the wire.")
    reason = why_not(output, port)
    return _on(edge, "port_type", reason, "Delete the wire.") if reason else None


def _target_port(edge: Edge, pipeline: Pipeline, cards: Mapping[str, CardInfo]) -> PortInfo | None:
    node = pipeline.nodes.get(edge.target)
    info = cards.get(node.card) if node is not None else None
    return info.input(edge.target_port) if info is not None else None


def _on(edge: Edge, code: str, message: str, hint: str) -> Problem:
    return Problem(
        code=code,
        node=edge.target,
        port=edge.target_port,
        edge=edge.id,
        message=message,
        hint=hint,
        fix=Fix(label="Delete the wire", ops=({"op": "disconnect", "id": edge.id},)),
    )


def _cycle(pipeline: Pipeline) -> Iterator[Problem]:
    circle = pipeline.cycle()
    if circle is None:
        return
    along = dict(zip(circle, (*circle[1:], circle[0]), strict=True))
    names = " → ".join((*circle, circle[0]))
    for edge in pipeline.edges:
        if along.get(edge.source) == edge.target:
            text = f"The cards go round in a circle: {names}."
            yield _on(edge, "cycle", text, "Delete one of the wires of the circle.")


def _inputs(pipeline: Pipeline, cards: Mapping[str, CardInfo]) -> Iterator[Problem]:
    offers = Offers(pipeline, cards)
    for node in pipeline.nodes.values():
        if node.card not in cards or not node.enabled:
            continue
        filled = {edge.target_port for edge in pipeline.inputs_of(node.id)}
        for port in cards[node.card].inputs:
            if not port.optional and port.name not in filled:
                yield Problem(
                    code="input_missing",
                    node=node.id,
                    port=port.name,
                    message=f"Nothing is connected to {port.name}.",
                    hint=f"Connect {with_article(port.type)}.",
                    fix=offers.of(node, port),
                )
