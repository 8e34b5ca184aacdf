"""Predict: what a trained model says of rows, beside the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cards._learning import missing_features, predict
from tensorrag import (
    Card,
    Field,
    InputError,
    Model,
    ModelSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.types import ColumnSchema


class Predict(Card):
    """Put what a trained model predicts beside the rows that it predicts from.

    The rows need the columns that the model was trained on, and not its target: rows of which
    the answer is not known yet.
    """

    category = "Using"
    libraries = ("numpy", "scikit-learn", "torch")

    prediction_column: str = Field("", label="Column")
    """The name of the new column; empty means predicted_ and the name of the target."""

    class Out(NamedTuple):
        predictions: Table

    def run(self, dataset: Table, trained_model: Model) -> Out:
        """Predict each row."""
        import pyarrow as pa

        name = self._new_column(dataset.schema, trained_model.schema) or ""
        predicted = predict(trained_model, dataset)
        column = ColumnSchema(name=name, unit=trained_model.target_unit)
        table = dataset.arrow.append_column(name, pa.array(predicted))
        return self.Out(Table(table, columns=[column], like=dataset))

    def propagate(self, dataset: TableSchema, trained_model: ModelSchema) -> TableSchema:
        """Add the new column, where the table has what the model takes."""
        name = self._new_column(dataset, trained_model)
        if dataset.columns is None or name is None:
            return TableSchema(rows=dataset.rows, provenance=dataset.provenance)
        column = ColumnSchema(name=name, missing=0)
        if trained_model.task == "regression":
            column = column.model_copy(update={"kind": "number"})
        columns = (*dataset.columns, column)
        return dataset.model_copy(update={"columns": columns})

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the new column."""
        model = schemas.get("trained_model")
        target = model.target if isinstance(model, ModelSchema) else None
        return self.prediction_column or (f"predicted_{target}" if target else "")

    def _new_column(self, table: TableSchema, model: ModelSchema) -> str | None:
        """Name the new column; None where that is not known.

        Raises:
            InputError: the table lacks a column that the model takes.
            ParameterError: there is a column of this name.
        """
        lacks = missing_features(table, model.features)
        if lacks:
            hint = "Use rows with the same columns as those that it was trained on."
            raise InputError(lacks, port="dataset", hint=hint)
        name = self.prediction_column or (f"predicted_{model.target}" if model.target else None)
        if name is not None and table.column(name) is not None:
            raise ParameterError(
                f"The table has a column {name!r} already, and it is not written over.",
                field="prediction_column",
                hint="Choose another name for the predictions.",
            )
        return name
