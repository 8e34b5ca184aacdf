"""Leaves out of what is told of a pipeline what only its check needs."""

from __future__ import annotations

from typing import Any

from tensorrag.check.facts import NodeFacts
from tensorrag.types.schema import TableSchema


class Telling:
    """Leaves out of tables how their columns came about: in a long chain, that is long as well.

    What a model needs of it, the schema of the model has. A schema that is the same stays so.
    """

    def __init__(self) -> None:
        self._told: dict[int, tuple[Any, Any]] = {}

    def facts(self, facts: NodeFacts) -> NodeFacts:
        """Return what is told of a node."""
        ports = {"inputs": facts.inputs, "schemas": facts.schemas}
        told = {
            name: {port: self._schema(schema) for port, schema in schemas.items()}
            for name, schemas in ports.items()
        }
        return facts.model_copy(update=told)

    def _schema(self, schema: Any) -> Any:
        if not isinstance(schema, TableSchema) or schema.recipe is None:
            return schema
        known = self._told.get(id(schema))
        if known is None:
            known = self._told[id(schema)] = (schema, schema.model_copy(update={"recipe": None}))
        return known[1]
