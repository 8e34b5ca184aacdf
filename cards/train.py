"""Train: fits a scikit-learn model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cards._advising.expecting import expected, footprint, slow
from cards._learning.columns import feature_names, target_brief
from cards._learning.prepared import VALIDATION, otherwise
from cards._learning.task import Wanted, classes_as_numbers, known_task
from cards._learning.training import trained
from cards._learning.untold import untold
from cards._script.learning import train
from tensorrag import (
    Card,
    CardError,
    Column,
    EstimatorSpec,
    EstimatorSpecSchema,
    Field,
    Model,
    ModelSchema,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.footprint import Footprint
from tensorrag.script import Given, Script


class Train(Card):
    """Fit a model to the train rows: to predict a number, or to tell classes apart.

    What the target holds decides: two values or text are classes, so are whole numbers of at most
    20 values; anything else is a number. Missing numbers become the median of the train rows,
    categories a column for each value; the model does so by itself when it predicts. The preview
    shows how well it fits the rows it learnt from, beside a dummy that always says the mean or
    the most frequent class. How good it is on new rows, Evaluate tells.
    """

    category = "Training"
    libraries = ("numpy", "scikit-learn", "pandas")

    target_column: Column = Field("", columns_of="train_dataset")
    """The column to predict."""
    feature_columns: list[Column] = Field([], columns_of="train_dataset")
    """The columns to predict it from; none chosen means all but the target."""
    task: Wanted = "auto"
    """Predict a number (regression), tell classes apart (classification), or as the target is."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """The same seed gives the same model."""

    class Out(NamedTuple):
        trained_model: Model

    def run(
        self,
        train_dataset: Table,
        validation_dataset: Table | None,
        model_spec: EstimatorSpec,
    ) -> Out:
        """Fit the model, and measure it on the validation rows where there are any."""
        model = trained(
            train_dataset,
            validation_dataset,
            model_spec,
            target=self.target_column,
            features=self.feature_columns,
            wanted=self.task,
            seed=self.seed,
        )
        return self.Out(model)

    def propagate(
        self,
        train_dataset: TableSchema,
        validation_dataset: TableSchema | None,
        model_spec: EstimatorSpecSchema,
    ) -> ModelSchema:
        """Name features, target and, where it is known, the task."""
        features = feature_names(train_dataset, self.target_column, self.feature_columns)
        task = known_task(train_dataset, self.target_column, self.task, model_spec.model_type)
        return ModelSchema(
            name=model_spec.model_type,
            framework="sklearn",
            task=task,
            features=features,
            target=self.target_column,
            provenance=train_dataset.provenance,
        )

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Tell of models that do not fit target or rows, of gaps there, and of validation rows."""
        train, spec = schemas.get("train_dataset"), schemas.get("model_spec")
        yield from untold(train, self.target_column, "train_dataset")
        yield from classes_as_numbers(train, spec, self.target_column, self.task)
        yield from otherwise(schemas.get(VALIDATION), train, VALIDATION)
        yield from slow(train, spec)
        match schemas:
            case {"model_spec": EstimatorSpecSchema(model_type="polynomial")}:
                said, fits = expected(*self._asked(schemas))
                if not fits:
                    yield CardError(said, hint="Choose a lower degree, or fewer feature columns.")

    def footprint(self, schemas: Mapping[str, Schema]) -> Footprint | None:
        """Say which task follows, what is learnt from, and what the model makes of it."""
        return footprint(*self._asked(schemas), self.task)

    def _asked(
        self, schemas: Mapping[str, Schema]
    ) -> tuple[Schema | None, Schema | None, str, list[str]]:
        table, spec = schemas.get("train_dataset"), schemas.get("model_spec")
        return table, spec, self.target_column, self.feature_columns

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return train(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name target and features."""
        return target_brief(self.target_column, schemas, self.feature_columns)
