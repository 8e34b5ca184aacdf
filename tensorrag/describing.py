"""Describes a card as data, for those who never load its code."""

from __future__ import annotations

import inspect
from typing import Any

from tensorrag.card import Card
from tensorrag.catalog import CardInfo, PortInfo
from tensorrag.errors import CardError
from tensorrag.ports import Port
from tensorrag.types.value import value_types


def describe(card: type[Card], source: str | None = None) -> CardInfo:
    """Describe a card as data.

    Raises:
        CardError: its declaration cannot work.
    """
    text = inspect.cleandoc(card.__doc__ or "")
    if not text or card.__doc__ == Card.__doc__:
        raise CardError(
            f"{card.__name__} has no docstring.",
            hint="Say in one sentence what it does; the palette shows it.",
        )
    if not hasattr(card, "propagate"):
        raise CardError(
            f"{card.__name__} has no propagate method.",
            hint="Mirror run with schemas: `def propagate(self, table: TableSchema) -> …`.",
        )
    return CardInfo(
        card=card.id,
        title=card.title,
        category=card.category,
        summary=" ".join(text.split("\n\n")[0].split()),
        help=text,
        inputs=tuple(_port_info(port, accepts=True) for port in card.inputs()),
        outputs=tuple(_port_info(port) for port in card.outputs()),
        params=params_schema(card),
        version=card.version,
        gpu=card.gpu,
        timeout=card.timeout,
        entry=f"{card.__module__}:{card.__qualname__}",
        source=source,
    )


def params_schema(card: type[Card]) -> dict[str, Any]:
    """Return the JSON Schema of a card's parameters."""
    schema = card.model_json_schema()
    schema.pop("description", None)
    schema["title"] = card.title
    schema.setdefault("properties", {})
    return schema


def _port_info(port: Port, *, accepts: bool = False) -> PortInfo:
    fitting = [n for n, kind in value_types().items() if issubclass(kind, port.type)]
    return PortInfo(
        name=port.name,
        type=port.type.__name__,
        optional=port.optional,
        many=port.many,
        accepts=tuple(fitting) if accepts else (),
    )
