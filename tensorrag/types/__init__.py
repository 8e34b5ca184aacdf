"""The values that travel along edges, and the schemas that say what is known of them."""

from __future__ import annotations

from tensorrag.plain import JsonObject
from tensorrag.types.metrics import METRICS, MetricKind, Metrics
from tensorrag.types.model import Model, TrainingReport
from tensorrag.types.schema import (
    NUMERIC,
    AnySchema,
    ColumnKind,
    ColumnSchema,
    Dealt,
    EstimatorSpecSchema,
    Hyperparameter,
    MetricsSchema,
    ModelSchema,
    NetworkSpecSchema,
    Part,
    Provenance,
    Recipe,
    Schema,
    Step,
    TableSchema,
    Task,
)
from tensorrag.types.seen import Seen
from tensorrag.types.specs import EstimatorSpec, Layer, NetworkSpec, Trainer
from tensorrag.types.table import Table
from tensorrag.types.value import Value, value_type, value_types

BUILT_IN: tuple[type[Value], ...] = (Table, EstimatorSpec, NetworkSpec, Model, Metrics)
"""The types that come with TensorRag; packs add theirs by entry point."""

__all__ = [
    "BUILT_IN",
    "METRICS",
    "NUMERIC",
    "AnySchema",
    "ColumnKind",
    "ColumnSchema",
    "Dealt",
    "EstimatorSpec",
    "EstimatorSpecSchema",
    "Hyperparameter",
    "JsonObject",
    "Layer",
    "MetricKind",
    "Metrics",
    "MetricsSchema",
    "Model",
    "ModelSchema",
    "NetworkSpec",
    "NetworkSpecSchema",
    "Part",
    "Provenance",
    "Recipe",
    "Schema",
    "Seen",
    "Step",
    "Table",
    "TableSchema",
    "Task",
    "Trainer",
    "TrainingReport",
    "Value",
    "value_type",
    "value_types",
]
