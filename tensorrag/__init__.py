"""TensorRag: machine-learning pipelines made of typed cards.

What a card of your own needs is importable from here.

    >>> from typing import NamedTuple
    >>> from tensorrag import Card, Field, Table, TableSchema
"""

from __future__ import annotations

from tensorrag.card import Card, Column, Field, Peek
from tensorrag.errors import CardError, InputError, ParameterError, TensorRagError
from tensorrag.progress import report
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
    "Table",
    "TableSchema",
    "TensorRagError",
    "Value",
    "report",
]
