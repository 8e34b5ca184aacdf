"""The inputs of a card: what each is wired to, and what else it could be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tensorrag.catalog import CardInfo, Catalog, PortInfo, why_not
from tensorrag.check import NodeFacts
from tensorrag.check.problems import Problem
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import Node, Pipeline
from tensorrag.types import ModelSchema, NetworkSpecSchema, Schema, TableSchema
from web.live.session import Session
from web.page.scene.card import Wire
from web.page.wording import number, plural, words


def wires_of(
    session: Session, node: Node, info: CardInfo, problems: Sequence[Problem]
) -> list[Wire]:
    """Gather the inputs of a card, with what is wrong with each."""
    pipeline, catalog, known = session.pipeline, session.catalog, session.checked.nodes
    facts, called = known.get(node.id), outputs_called(pipeline, catalog, known)
    below = {node.id, *pipeline.descendants(node.id)}
    arriving = pipeline.inputs_of(node.id)
    return [
        Wire(
            port=port.name,
            kind=catalog.types.get(port.type),
            value=next((f"{e.source}.{e.source_port}" for e in mine if not port.many), None),
            options=[
                option
                for option in _options(pipeline, catalog, port, below, called)
                if not port.many or option[0] not in ends
            ],
            detail=schema_words(facts.inputs.get(port.name)) if facts else "",
            optional=port.optional,
            many=port.many,
            wired=[(e.id, called.get(f"{e.source}.{e.source_port}", e.source)) for e in mine],
            problems=[
                p
                for p in problems
                if not p.field and (p.port == port.name or p.edge in {e.id for e in mine})
            ],
        )
        for port in info.inputs
        for mine in [[edge for edge in arriving if edge.target_port == port.name]]
        for ends in [{f"{edge.source}.{edge.source_port}" for edge in mine}]
    ]


def outputs_called(
    pipeline: Pipeline, catalog: Catalog, known: Mapping[str, NodeFacts]
) -> dict[str, str]:
    """Name every output, as ``node.port``, so that no two are called alike.

    By its card; where several are called so, by what comes out of it: ``Train · ridge``; where
    that is alike, too, by a number.
    """
    plain = {
        f"{node.id}.{output.name}": title_of(node, catalog)
        if len(info.outputs) == 1
        else f"{title_of(node, catalog)}: {output.name}"
        for node in pipeline.nodes.values()
        for info in [catalog.cards.get(node.card)]
        if info
        for output in info.outputs
    }
    alike, seen, called = Counter(plain.values()), Counter[str](), dict[str, str]()
    for output, name in plain.items():
        told = _told(output, known) if alike[name] > 1 else ""
        full = f"{name} · {told}" if told else name
        seen[full] += 1
        called[output] = full if seen[full] == 1 else f"{full} {seen[full]}"
    return called


def _told(output: str, known: Mapping[str, NodeFacts]) -> str:
    """Say what comes out, as far as it is known: of a model, which kind it is."""
    node, _, port = output.partition(".")
    schema = known[node].schemas.get(port) if node in known else None
    if isinstance(schema, ModelSchema):
        return (schema.name or "").replace("_", " ")
    return schema_words(schema)


def _options(
    pipeline: Pipeline,
    catalog: Catalog,
    port: PortInfo,
    below: set[str],
    called: Mapping[str, str],
) -> list[tuple[str, str]]:
    """List the outputs that fit an input and close no circle."""
    return [
        (at, called[at])
        for node in pipeline.nodes.values()
        if node.id not in below
        for info in [catalog.cards.get(node.card)]
        if info
        for output in info.outputs
        for at in [f"{node.id}.{output.name}"]
        if why_not(output, port) is None
    ]


def schema_words(schema: Schema | None) -> str:
    """Sum up what is known of a value: 40,000 × 14; what is not known is left out."""
    match schema:
        case TableSchema(rows=None, columns=None):
            return ""
        case TableSchema(rows=None, columns=[*columns]):
            return plural(len(columns), "column")
        case TableSchema(rows=int(rows), columns=None):
            return plural(rows, "row")
        case TableSchema(rows=int(rows), columns=[*columns]):
            return f"{number(rows)} × {number(len(columns))}"
        case NetworkSpecSchema(hidden=[*hidden]):
            return f"[{', '.join(map(str, hidden))}]"
    named = getattr(schema, "model_type", None) or getattr(schema, "target", None)
    return words(str(named)) if named else ""
