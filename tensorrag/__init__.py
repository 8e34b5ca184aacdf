"""TensorRag: machine-learning pipelines made of typed cards.

What a card of your own needs is importable from here.

    >>> from typing import NamedTuple
    >>> from tensorrag import Card, Field, Table, TableSchema

Each name is loaded when it is first used, so that the command line starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tensorrag.card import Card
    from tensorrag.checkpoint import keep, kept
    from tensorrag.errors import CardError, InputError, ParameterError, TensorRagError
    from tensorrag.field import Column, Field
    from tensorrag.peek import Peek
    from tensorrag.progress import report
    from tensorrag.secret import Secret
    from tensorrag.types import (
        ColumnSchema,
        EstimatorSpec,
        EstimatorSpecSchema,
        Metrics,
        MetricsSchema,
        Model,
        ModelSchema,
        NetworkSpec,
        NetworkSpecSchema,
        Schema,
        Table,
        TableSchema,
        Value,
    )

__version__ = "0.1.0"

__all__ = [
    "Card",
    "CardError",
    "Column",
    "ColumnSchema",
    "EstimatorSpec",
    "EstimatorSpecSchema",
    "Field",
    "InputError",
    "Metrics",
    "MetricsSchema",
    "Model",
    "ModelSchema",
    "NetworkSpec",
    "NetworkSpecSchema",
    "ParameterError",
    "Peek",
    "Schema",
    "Secret",
    "Table",
    "TableSchema",
    "TensorRagError",
    "Value",
    "keep",
    "kept",
    "report",
]

_ELSEWHERE = {
    "Card": "card",
    "Column": "field",
    "Field": "field",
    "Peek": "peek",
    "CardError": "errors",
    "InputError": "errors",
    "ParameterError": "errors",
    "TensorRagError": "errors",
    "Secret": "secret",
    "keep": "checkpoint",
    "kept": "checkpoint",
    "report": "progress",
}
"""The module of each public name that is not one of the types."""


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    thing = getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'types')}"), name)
    globals()[name] = thing
    return thing
