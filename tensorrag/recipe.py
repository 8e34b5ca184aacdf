"""How columns came out of those of an earlier table, row by row, and doing it again.

A model learns from columns that other cards have made: the month of a date, a price per area.
Whoever asks it has the date, the price and the area. So a table carries along which cards made its
columns, since the last one that looked at more than one row; a model keeps that, and what it is
asked about goes through the same cards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from tensorrag.card import Card
from tensorrag.errors import CardError
from tensorrag.plain import JsonObject
from tensorrag.registry.loading import load_card
from tensorrag.script import Given, Script
from tensorrag.types import ColumnSchema, ModelSchema, Recipe, Schema, Step, Table, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

MOST_STEPS = 50
"""Steps that are done again: of a longer chain, rows are asked for as they are in the middle."""
WIDEST = 200
"""Columns of a table of which a row is kept as an example."""
MOST_LEARNT = 1 << 18
"""Characters, as JSON, of what a card has learnt: with more, rows are asked for as it leaves them.

Every table and model that comes after it has it with it.
"""


@runtime_checkable
class Learns(Protocol):
    """A card whose ``on_new_rows`` is ``"learnt"``."""

    @property
    def learnt(self) -> JsonObject:
        """What it has learnt, once it ran."""

    def again(self, dataset: Table, learnt: JsonObject) -> Table:
        """Change other rows by what was learnt."""

    def known(self, dataset: TableSchema, learnt: JsonObject | None) -> TableSchema:
        """Tell what that will be, as far as it is known; None before anything was learnt."""

    def script_again(self, given: Given, learnt: JsonObject) -> Script:
        """Write that as plain Python."""


def carried(
    card: Card,
    entry: str,
    inputs: Iterable[Any],
    output: Schema,
    example: Table | None = None,
    learnt: JsonObject | None = None,
) -> Schema:
    """Return the schema of what a card made, with how that came about.

    Args:
        card: what made it.
        entry: ``module:Class`` of the card; empty where nobody else can load it.
        inputs: what is known of its inputs, in the order of its ports.
        output: the schema of one of its outputs.
        example: the first input itself, in a run: a row of it is kept.
        learnt: what it has learnt, where it learns.
    """
    known = list(chain.from_iterable(x if isinstance(x, list) else [x] for x in inputs))
    tables = [each for each in known if isinstance(each, TableSchema)]
    handed_on = isinstance(output, ModelSchema) and any(isinstance(x, ModelSchema) for x in known)
    if not tables or handed_on:
        return output
    if isinstance(output, ModelSchema):
        return output.model_copy(update=_of_model(output, tables[0].recipe))
    if isinstance(output, TableSchema):
        return output.model_copy(update={"recipe": _of_table(card, entry, tables, example, learnt)})
    return output


def is_raw(table: TableSchema, model: ModelSchema) -> bool:
    """Whether rows are to go through what the train rows went through, before they are asked of.

    Not where they have been through it already, and have all that the model takes. Where they have
    been through a part of it, `followed` does the rest.
    """
    if model.recipe is None or model.asks is None or table.names is None:
        return False
    names, features, made = set(table.names), set(model.features or ()), table.recipe
    if done := _steps_done(made, model.recipe):
        return _needed(features, model.recipe, done) <= names
    if made is not None and features <= names:
        unknown = made.earlier and made.begins != model.recipe.begins
        if made.steps or unknown:
            return False
    return {column.name for column in model.asks} <= names


def _steps_done(made: Recipe | None, recipe: Recipe) -> int:
    """Count the steps that rows have been through, where they are the first of those to do."""
    if made is None or made.begins != recipe.begins or len(made.steps) >= len(recipe.steps):
        return 0
    pairs = zip(made.steps, recipe.steps, strict=False)
    same = all((one.entry, one.params) == (two.entry, two.params) for one, two in pairs)
    return len(made.steps) if same else 0


def dates_behind(table: TableSchema) -> list[str]:
    """Name the dates that a table no longer has, and of which columns that it has were made."""
    recipe, names = table.recipe, set(table.names or ())
    dates = [] if recipe is None else [c.name for c in recipe.columns if c.kind == "date"]
    gone = [name for name in dates if name not in names]
    if recipe is None or not gone or not recipe.steps:
        return []
    needed = _needed(names, recipe)
    return [name for name in gone if name in needed]


def unprepared(table: TableSchema, model: ModelSchema) -> str:
    """Say by which card the train rows were changed, and these not, or otherwise; empty of none.

    Only cards count that change values by what they have learnt: what others make, rows lack.
    """
    made = table.recipe
    if model.recipe is None or table.columns is None or (made is not None and made.earlier):
        return ""
    done = made.steps if made is not None else ()
    for step in model.recipe.steps:
        same = any(_are_alike(step, other) for other in done)
        if not same and card_of(step).on_new_rows == "learnt":
            other = any(each.entry == step.entry for each in done)
            how = "did so with other settings, or it learnt from other rows" if other else "did not"
            return f"The train rows went through {step.title}, and these rows {how}."
    return ""


def _are_alike(one: Step, other: Step) -> bool:
    learnt = (one.learnt, other.learnt)
    same = None in learnt or one.learnt == other.learnt
    return same and (one.entry, one.params) == (other.entry, other.params)


def _needed(features: set[str], recipe: Recipe, done: int = 0) -> set[str]:
    """Name what features are made of, of the columns that are there once steps are done."""
    for _, card, table in reversed(list(steps_of(recipe))[done:]):
        features = {name for column in features for name in card.made_of(column, table)}
    return features


def followed(rows: Table, recipe: Recipe) -> Table:
    """Do with rows what was done with those that a model has learnt from, or the rest of it.

    Columns of the earlier table that the rows lack are there meanwhile, and empty.

    Raises:
        CardError: a value is not what a card takes.
        CardNotFound: a card is no longer installed.
    """
    import pyarrow as pa

    given = set(rows.fields.names)
    done = _steps_done(rows.recipe, recipe)
    columns = list(steps_of(recipe))[done][2].columns if done else recipe.columns
    arrays = {
        column.name: rows.column(column.name)
        if column.name in given
        else _empty(column, rows.num_rows)
        for column in columns or rows.columns
    }
    table = Table(pa.table(arrays), columns=columns)
    for step in recipe.steps[done:]:
        table = _done(step, table)
    table.recipe = recipe
    return table


def steps_of(recipe: Recipe) -> Iterator[tuple[Step, Card, TableSchema]]:
    """Yield each step with its card and what is known of the table that it takes."""
    taken = TableSchema(columns=recipe.columns)
    for step in recipe.steps:
        card = card_of(step)
        yield step, card, taken
        taken = _after(step, card, taken)


def _done(step: Step, table: Table) -> Table:
    card = card_of(step)
    if not isinstance(card, Learns):
        (made,) = card.run(table)  # type: ignore[attr-defined]
        return made  # type: ignore[no-any-return]
    if step.learnt is None:
        raise CardError(
            f"What {step.title} has learnt is not known.", hint="Train the model once more."
        )
    return card.again(table, step.learnt)


def _after(step: Step, card: Card, table: TableSchema) -> TableSchema:
    if isinstance(card, Learns):
        return card.known(table, step.learnt)
    return card.propagate(table)  # type: ignore[attr-defined, no-any-return]


def _of_table(
    card: Card,
    entry: str,
    tables: Sequence[TableSchema],
    example: Table | None,
    learnt: JsonObject | None,
) -> Recipe | None:
    before = tables[0].recipe
    if card.on_new_rows == "nothing":
        return before
    again = card.on_new_rows == "again" and len(tables) == 1
    large = len(json.dumps(learnt)) > MOST_LEARNT
    if large or not entry or not (again or card.on_new_rows == "learnt"):
        made = (each.recipe for each in tables if each.recipe is not None)
        earlier = large or any(each.steps or each.earlier for each in made)
        return Recipe(begins=card.title, earlier=earlier)
    if before is not None and len(before.steps) == MOST_STEPS:
        before = Recipe(begins=before.steps[-1].title)
    step = Step(card=card.id, title=card.title, entry=entry, params=card.active(), learnt=learnt)
    if before is not None and before.steps:
        return before.model_copy(update={"steps": (*before.steps, step)})
    columns = tables[0].columns
    if columns is None:
        return None
    begins = before.begins if before is not None else ""
    row = {} if example is None else _first_row(example)
    return Recipe(begins=begins, columns=columns, steps=(step,), example=row)


def _of_model(model: ModelSchema, recipe: Recipe | None) -> dict[str, Any]:
    """Keep how the features came about, and from which columns; nothing where they are those."""
    if recipe is None or not recipe.steps or model.features is None:
        return {"recipe": recipe if recipe is not None and recipe.begins else None, "asks": None}
    needed = _needed(set(model.features), recipe)
    asks = tuple(column for column in recipe.columns if column.name in needed)
    example = {name: value for name, value in recipe.example.items() if name in needed}
    return {"recipe": recipe.model_copy(update={"example": example}), "asks": asks}


def card_of(step: Step) -> Card:
    """Make the card of a step, as it was."""
    return load_card(step.entry)(**step.params)


def _first_row(table: Table) -> dict[str, Any]:
    if table.num_rows == 0 or len(table.columns) > WIDEST:
        return {}
    import numpy as np

    (first,) = table.take(np.zeros(1, np.int64)).arrow.to_pylist()
    return dict(_plain(first.items()))


def _plain(items: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield what JSON can hold; a date as it is written."""
    for name, value in items:
        if hasattr(value, "isoformat"):
            yield name, value.isoformat()
        elif value is None or isinstance(value, bool | int | str):
            yield name, value
        elif isinstance(value, float):
            yield name, value if value - value == 0 else None
        else:
            yield name, str(value)


def _empty(column: ColumnSchema, rows: int) -> pa.Array:
    import pyarrow as pa

    types = {"number": pa.float64(), "integer": pa.int64(), "binary": pa.bool_()}
    kinds = {**types, "date": pa.timestamp("us")}
    return pa.nulls(rows, kinds.get(column.kind or "", pa.string()))
