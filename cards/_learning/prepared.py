"""Rows that were prepared otherwise than those that a model has learnt from."""

from __future__ import annotations

from collections.abc import Iterator

from tensorrag import InputError, ModelSchema, Schema, TableSchema
from tensorrag.recipe import unprepared

VALIDATION = "validation_dataset"
"""Where rows to watch, or choose by, arrive at a card that trains or searches."""
SAME_WAY = "Take them through it as well, with the train rows at fit_on."


def otherwise(
    table: Schema | None, model: Schema | None, port: str, name: str = ""
) -> Iterator[InputError]:
    """Warn of rows that a model would be asked about as it never saw any.

    Args:
        table: what is known of the rows.
        model: what is known of the model, or of the rows that it learns from.
        port: where the rows arrive.
        name: of the model, where there are several.
    """
    if isinstance(model, TableSchema):
        model = ModelSchema(recipe=model.recipe)
    if isinstance(table, TableSchema) and isinstance(model, ModelSchema):
        said = unprepared(table, model)
        said = said.replace("The train rows", f"The train rows of {name}", 1) if name else said
        if said:
            yield InputError(said, port=port, hint=SAME_WAY)
