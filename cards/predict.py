"""Predict: what a trained model says of rows, beside the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydantic import PrivateAttr

from cards._learning import missing_features, predict, probabilities
from cards._script import learning
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
from tensorrag.preview import GroupPreview, Preview, TablePreview, TextPreview
from tensorrag.recipe import followed, is_raw
from tensorrag.script import Given, Script
from tensorrag.strange_rows import STRANGE, warnings
from tensorrag.types import ColumnSchema
from tensorrag.types.value import Value

if TYPE_CHECKING:
    import pyarrow as pa


class Predict(Card):
    """Put what a trained model predicts beside the rows that it predicts from.

    The rows need the columns that the model was trained on, and not its target: rows of which
    the answer is not known yet. Where other cards made some of these columns row by row, such as
    Derive Column, rows as they were before will do: the same is done with them here.
    """

    category = "Using"
    libraries = ("numpy", "scikit-learn", "torch")

    prediction_column: str = Field("", label="Column")
    """The name of the new column; empty means predicted_ and the name of the target."""

    shares: bool = Field(True, label="Probabilities")
    """For a model that tells classes apart: how likely each is, in columns of their own."""

    _added: int = PrivateAttr(0)

    _warnings: tuple[str, ...] = PrivateAttr(())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unlike all that the model has learnt from, once it ran: sentences."""
        return self._warnings

    class Out(NamedTuple):
        predictions: Table

    def run(self, dataset: Table, trained_model: Model) -> Out:
        """Predict each row."""
        name = self._new_column(dataset.schema, trained_model.schema) or ""
        column = ColumnSchema(name=name, unit=trained_model.target_unit)
        rows = _as_trained(dataset, trained_model)
        table = dataset.arrow.append_column(name, _predicted(trained_model, rows))
        self._warnings = tuple(warnings(rows, trained_model.content.get("seen") or {}))
        before = dataset.arrow.num_columns
        for share, values in self._shares(trained_model, rows).items():
            table = table.append_column(_free(share, table.column_names), values)
        self._added = table.num_columns - before
        return self.Out(Table(table, columns=[column], like=dataset))

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Show what is predicted first, where it can be seen beside the rows."""
        shown = super().previews(outputs)["predictions"]
        shown = _last_first(shown, self._added) if self._added else shown
        if self._warnings:
            said = TextPreview(title=STRANGE, text="\n".join(self._warnings))
            shown = GroupPreview(items=(said, shown))
        return {"predictions": shown}

    def propagate(self, dataset: TableSchema, trained_model: ModelSchema) -> TableSchema:
        """Add the new column, where the table has what the model takes."""
        name = self._new_column(dataset, trained_model)
        if dataset.columns is None or name is None or trained_model.task != "regression":
            return TableSchema(rows=dataset.rows, provenance=dataset.provenance)
        column = ColumnSchema(name=name, kind="number", missing=0)
        return dataset.model_copy(update={"columns": (*dataset.columns, column)})

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return learning.predict(self, given)

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
        lacks = None if is_raw(table, model) else missing_features(table, model.features)
        if lacks:
            raise InputError(lacks, port="dataset", hint=_hint(model))
        name = self.prediction_column or (f"predicted_{model.target}" if model.target else None)
        if name is not None:
            self._refuse_twice(table, name)
        return name

    def _refuse_twice(self, table: TableSchema, name: str) -> None:
        if table.column(name) is not None:
            raise ParameterError(
                f"The table has a column {name!r} already, and it is not written over.",
                field="prediction_column",
                hint="Choose another name, or rename that column before.",
            )

    def _shares(self, model: Model, table: Table) -> dict[str, pa.Array]:
        """Tell how likely each class is, by the name of its column."""
        import pyarrow as pa

        found = probabilities(model, table) if self.shares and model.classes else None
        if found is None:
            return {}
        return {
            f"probability_{label}": pa.array(found[:, at], pa.float64())
            for at, label in enumerate(model.classes or ())
        }


def _last_first(shown: Preview, count: int) -> Preview:
    """Put the last columns of a table before the others, as far as they are shown."""
    if not isinstance(shown, TablePreview) or shown.more_columns:
        return shown
    turned = [(*row[-count:], *row[:-count]) for row in shown.sample]
    columns = (*shown.columns[-count:], *shown.columns[:-count])
    return shown.model_copy(update={"columns": columns, "sample": tuple(turned)})


def _as_trained(table: Table, model: Model) -> Table:
    """Do with rows what was done with the train rows, unless it was done already."""
    if model.recipe is None or not is_raw(table.schema, model.schema):
        return table
    return followed(table, model.recipe)


def _hint(model: ModelSchema) -> str:
    if model.asks is None:
        return "Use rows with the same columns as those that it was trained on."
    names = ", ".join(column.name for column in model.asks[:10])
    return f"Use rows with the columns that these are made of: {names}."


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that no column has."""
    while name in taken:
        name += "_"
    return name


def _predicted(model: Model, table: Table) -> pa.Array:
    """Predict each row: a number, or a class."""
    import numpy as np
    import pyarrow as pa

    kind = pa.array(list(model.classes)).type if model.classes else pa.float64()
    found = predict(model, table) if table.num_rows else ()
    return pa.array(np.asarray(found).tolist(), kind)
