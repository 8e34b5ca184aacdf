"""Tells what was seen of rows from card to card, as long as it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tensorrag.card import Card
from tensorrag.types.schema import Schema, TableSchema
from tensorrag.types.seen import Seen

Sights = Mapping[str, Mapping[str, Seen]]
"""What was seen of the tables that came out of cards: by node and output."""


def seen_after_run(
    node: str, outputs: Mapping[str, Schema | None], sights: Sights
) -> dict[str, Schema | None]:
    """Return what is known of the outputs of a node, with what was seen of them in a run.

    Args:
        node: its id.
        outputs: what is known of them without a run, by port.
        sights: what was seen of results that its card would make again.
    """
    seen = sights.get(node, {})
    return {
        port: schema.model_copy(update={"seen": seen[port]})
        if port in seen and isinstance(schema, TableSchema)
        else schema
        for port, schema in outputs.items()
    }


def still_seen(card: Card, inputs: Iterable[Any], output: Schema) -> Schema:
    """Return the schema of what a card made, with what was seen before that still holds.

    Of a card that takes no table, it is what the card says; of one that takes several, what holds
    of the first where the card learns from the others, else nothing.

    Args:
        card: what made it.
        inputs: what is known of its inputs; a list where a port takes many.
        output: the schema of one of its outputs.
    """
    arriving = [_tables(each) for each in inputs]
    if not isinstance(output, TableSchema) or not any(arriving):
        return output
    seen = _held(card, arriving)
    return output if output.seen is seen else output.model_copy(update={"seen": seen})


def _held(card: Card, arriving: list[list[TableSchema]]) -> Seen | None:
    tables = [table for each in arriving for table in each]
    changed = (arriving[0] if card.on_new_rows == "learnt" else tables)[:1]
    if not changed or changed[0].seen is None:
        return None
    if len(tables) == 1:
        return card.still_seen(changed[0].seen, changed[0])
    if card.on_new_rows == "learnt":
        return card.still_seen_by_others(changed[0].seen, changed[0])
    return None


def _tables(arriving: Any) -> list[TableSchema]:
    each = arriving if isinstance(arriving, list) else [arriving]
    return [schema for schema in each if isinstance(schema, TableSchema)]
