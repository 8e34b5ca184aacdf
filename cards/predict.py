"""Predict: what a trained model says of rows, beside the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydantic import PrivateAttr

from cards._learning import missing_features, predict, probabilities
from cards._script import learning
from tensorrag import (
    Card,
    CardError,
    Field,
    InputError,
    Model,
    ModelSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.preview import GroupPreview, LaterPreview, Preview, TablePreview, TextPreview
from tensorrag.quoting import named, quoted
from tensorrag.recipe import followed, is_raw, unprepared
from tensorrag.script import Given, Script
from tensorrag.strange_rows import STRANGE, warnings
from tensorrag.types import ColumnSchema
from tensorrag.types.value import Value

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

AS_BEFORE = "Connect the rows as they were before: what was done with the train rows is done here."
USUAL = 0.5
"""The share from which on a model itself takes the one of two classes."""


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

    threshold: float | None = Field(None, ge=0, le=1)
    """Of two classes, how likely the one that precision is of, such as yes, must be to be
    predicted; empty or 0.5: the model decides."""

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
        import pyarrow as pa

        self._check_threshold(trained_model.schema)
        name = self._new_column(dataset.schema, trained_model.schema) or ""
        column = ColumnSchema(name=name, unit=trained_model.target_unit)
        rows = _as_trained(dataset, trained_model)
        shares = self._shares(trained_model, rows)
        table = dataset.arrow.append_column(name, self._answers(trained_model, rows, shares))
        said = _otherwise(dataset.schema, trained_model.schema)
        told = warnings(rows, trained_model.content.get("seen") or {})
        self._warnings = (*([said] if said else []), *told)
        before = dataset.arrow.num_columns
        if self.shares and shares is not None:
            for at, label in enumerate(trained_model.classes or ()):
                free = _free(f"probability_{label}", table.column_names)
                table = table.append_column(free, pa.array(shares[:, at], pa.float64()))
        self._added = table.num_columns - before
        return self.Out(Table(table, columns=[column], like=dataset))

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Show what is predicted first, where it can be seen beside the rows."""
        shown = super().previews(outputs)["predictions"]
        if isinstance(shown, TablePreview | LaterPreview):
            shown = shown.with_last_first(self._added)
        if self._warnings:
            said = TextPreview(title=STRANGE, text="\n".join(self._warnings))
            shown = GroupPreview(items=(said, shown))
        return {"predictions": shown}

    def propagate(self, dataset: TableSchema, trained_model: ModelSchema) -> TableSchema:
        """Add the new column, where the table has what the model takes."""
        self._check_threshold(trained_model)
        name = self._new_column(dataset, trained_model)
        if dataset.columns is None or name is None or trained_model.task != "regression":
            return TableSchema(rows=dataset.rows, provenance=dataset.provenance)
        column = ColumnSchema(name=name, kind="number", missing=0)
        return dataset.model_copy(update={"columns": (*dataset.columns, column)})

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Warn of rows that were prepared otherwise than the train rows were."""
        match schemas:
            case {"dataset": TableSchema() as table, "trained_model": ModelSchema() as model}:
                if said := _otherwise(table, model):
                    yield InputError(said, port="dataset", hint=AS_BEFORE)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return learning.predict(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the new column."""
        model = schemas.get("trained_model")
        known = model if isinstance(model, ModelSchema) else ModelSchema()
        name = self.prediction_column or (f"predicted_{known.target}" if known.target else "")
        if self.threshold is None or known.positive is None:
            return name
        return f"{name} · {known.positive} from {100 * self.threshold:g} %"

    def _new_column(self, table: TableSchema, model: ModelSchema) -> str | None:
        """Name the new column; None where that is not known.

        Raises:
            InputError: the table lacks a column that the model takes.
            ParameterError: there is a column of this name.
        """
        lacks = None if is_raw(table, model) else missing_features(table, model.features)
        if lacks:
            asks = None if model.asks is None else [column.name for column in model.asks]
            lacks = missing_features(table, asks) or lacks
            raise InputError(lacks, port="dataset", hint=_hint(model))
        name = self.prediction_column or (f"predicted_{model.target}" if model.target else None)
        if name is not None:
            self._refuse_twice(table, name)
        return name

    def _refuse_twice(self, table: TableSchema, name: str) -> None:
        if table.column(name) is not None:
            raise ParameterError(
                f"The table has a column {quoted(name)} already, and it is not written over.",
                field="prediction_column",
                hint="Choose another name, or rename that column before.",
            )

    def _check_threshold(self, model: ModelSchema) -> None:
        if self.threshold is not None and model.task not in (None, "binary"):
            many = "predicts numbers" if model.task == "regression" else "knows more than two"
            raise _no_threshold(f"this model {many}")

    def _shares(self, model: Model, table: Table) -> np.ndarray | None:
        """Tell how likely each class is, where that is asked for: rows × classes."""
        if not model.classes or not (self.shares or self.threshold is not None):
            return None
        return probabilities(model, table)

    def _answers(self, model: Model, table: Table, shares: np.ndarray | None) -> pa.Array:
        """Predict each row: a number, or a class."""
        if self.threshold in (None, USUAL):  # where both are as likely, as it was measured
            return _predicted(model, table)
        if shares is None:
            raise _no_threshold("this model does not tell how likely they are")
        return _from_share_on(self.threshold, model, shares)


def _no_threshold(why: str) -> ParameterError:
    return ParameterError(
        f"A threshold decides between two classes by their shares, and {why}.",
        field="threshold",
        hint="Leave it empty.",
        fix=("Leave it empty", None),
    )


def _from_share_on(threshold: float, model: Model, shares: np.ndarray) -> pa.Array:
    """Take for the class that is asked for what has at least this share of it."""
    import numpy as np
    import pyarrow as pa

    classes = model.classes or ()
    at = classes.index(model.positive)
    return pa.array(list(classes)).take(pa.array(np.where(shares[:, at] >= threshold, at, 1 - at)))


def _as_trained(table: Table, model: Model) -> Table:
    """Do with rows what was done with the train rows, unless it was done already."""
    if model.recipe is None or not is_raw(table.schema, model.schema):
        return table
    return followed(table, model.recipe)


def _otherwise(table: TableSchema, model: ModelSchema) -> str:
    """Say where rows that went through cards of their own went through others than train rows."""
    if table.recipe is None or not table.recipe.steps or is_raw(table, model):
        return ""
    return unprepared(table, model)


def _hint(model: ModelSchema) -> str:
    if model.asks is None:
        return "Use rows with the same columns as those that it was trained on."
    names = ", ".join(named(column.name) for column in model.asks[:10])
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

    found = predict(model, table) if table.num_rows else ()
    if not model.classes:
        return pa.array(np.asarray(found, np.float64))
    return pa.array(np.asarray(found).tolist(), pa.array(list(model.classes)).type)
