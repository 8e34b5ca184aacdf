"""The picture on a card that describes a network: its ends are known from who trains it."""

from __future__ import annotations

from collections.abc import Mapping

from tensorrag.check import NodeFacts
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.types.schema import ModelSchema


def with_consumers(
    states: Mapping[str, JsonObject], pipeline: Pipeline, facts: Mapping[str, NodeFacts]
) -> dict[str, JsonObject]:
    """Fill inputs, outputs and the number of parameters into every network that is shown.

    A network says how its hidden layers look; how many columns go in is known one card below,
    where a table meets it. The same holds while editing, before anything runs.
    """
    filled = dict(states)
    for node_id, state in states.items():
        face = state.get("face") or {}
        if face.get("kind") == "network" and None in face.get("layers", ()):
            model = _trained_from(node_id, pipeline, facts)
            if model is not None and model.layers is not None:
                whole = {**face, "layers": list(model.layers), "parameters": model.parameters}
                filled[node_id] = {**state, "face": whole}
    return filled


def _trained_from(
    node_id: str, pipeline: Pipeline, facts: Mapping[str, NodeFacts]
) -> ModelSchema | None:
    """Return what is known of the model that the first card below trains."""
    for edge in pipeline.outputs_of(node_id):
        below = facts.get(edge.target)
        for schema in below.schemas.values() if below is not None else ():
            if isinstance(schema, ModelSchema):
                return schema
    return None
