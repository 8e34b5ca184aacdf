"""Rows that were prepared otherwise than those learnt from, or by what folds hold out."""

from __future__ import annotations

from collections.abc import Iterator

from tensorrag import InputError, ModelSchema, Schema, TableSchema
from tensorrag.quoting import named
from tensorrag.recipe import card_of, unprepared

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


def known_in_folds(table: TableSchema, port: str) -> Iterator[InputError]:
    """Warn of rows that are folded after a card has learnt from all of them.

    Args:
        table: what is known of the rows.
        port: where they arrive.
    """
    if card := _learnt_before(table):
        yield InputError(
            f"{named(card)} has learnt from all of these rows, also from those that each fold "
            "holds out, so the metrics are too good.",
            port=port,
            hint=f"Connect the table from before {named(card)}: models prepare features "
            "themselves, in each fold anew.",
        )


def _learnt_before(table: TableSchema) -> str:
    """Name the card that has learnt from the rows last; empty where none has."""
    if table.provenance.fitted:
        return table.provenance.fitted[-1]
    steps = table.recipe.steps if table.recipe is not None else ()
    if table.provenance.part != "train":  # what was learnt is of other rows
        return ""
    learnt = (step.title for step in reversed(steps) if card_of(step).on_new_rows == "learnt")
    return next(learnt, "")
