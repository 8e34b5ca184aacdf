"""The picture on a card that describes a network: its ends are known from who trains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tensorrag.check import NodeFacts
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.types.schema import ModelSchema
from web.live.runs.shown import Shown


class Shape(NamedTuple):
    """What is known of a trained network."""

    layers: list[int]
    """Widths from input to output."""
    parameters: int | None


def with_consumers(
    states: Mapping[str, JsonObject],
    pipeline: Pipeline,
    facts: Mapping[str, NodeFacts],
    shown: Mapping[str, Shown],
) -> dict[str, JsonObject]:
    """Fill inputs, outputs and the number of parameters into every network that is shown.

    A network says how its hidden layers look; how many columns go in is known one card below,
    where a table meets it. The same holds while editing, before anything runs; what is known
    after a run alone, as the columns of categories are, the model tells that the run made.

    Args:
        states: what the canvas shows of each card.
        pipeline: of these cards.
        facts: what a check says of them.
        shown: what they did in the run that is shown.
    """
    filled = dict(states)
    for node_id, state in states.items():
        face = state.get("face") or {}
        if face.get("kind") == "network" and None in face.get("layers", ()):
            shape = next(_trained_from(node_id, pipeline, facts, shown, face["layers"]), None)
            if shape is not None:
                filled[node_id] = {**state, "face": {**face, **shape._asdict()}}
    return filled


def _trained_from(
    node_id: str,
    pipeline: Pipeline,
    facts: Mapping[str, NodeFacts],
    shown: Mapping[str, Shown],
    drawn: Sequence[int | None],
) -> Iterator[Shape]:
    """Look for what is known of the models that the cards below train, the first card first.

    A model of before, whose hidden layers are not those that are drawn, tells nothing.
    """
    for edge in pipeline.outputs_of(node_id):
        if edge.target in facts:
            yield from _said(facts[edge.target])
        if edge.target in shown:
            made = _made(shown[edge.target])
            yield from (shape for shape in made if shape.layers[1:-1] == list(drawn[1:-1]))


def _said(facts: NodeFacts) -> Iterator[Shape]:
    for schema in facts.schemas.values():
        if isinstance(schema, ModelSchema) and schema.layers is not None:
            yield Shape(list(schema.layers), schema.parameters)


def _made(shown: Shown) -> Iterator[Shape]:
    for output in (shown.node["outputs"] or {}).values():
        schema = output.get("schema") or {}
        if schema.get("type") == "Model" and schema.get("layers"):
            yield Shape(schema["layers"], schema["parameters"])
