"""Train (GPU): trains a network on the best device there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from cards._advising.expecting import advice
from cards._learning.columns import feature_names, target_brief
from cards._learning.prepared import VALIDATION, otherwise
from cards._learning.task import Wanted, known_task
from cards._learning.untold import untold
from cards._network.layers import feed_forward, parameter_count, widths
from cards._network.room import HOW, TRAINED, needed, training_memory
from cards._script.network import train
from tensorrag import (
    Card,
    CardError,
    Column,
    Field,
    Model,
    ModelSchema,
    NetworkSpec,
    NetworkSpecSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.allowance import machine_memory
from tensorrag.footprint import Footprint
from tensorrag.script import Given, Script
from tensorrag.types import NUMERIC


class TrainGpu(Card):
    """Train a network on the train rows, on a GPU where there is one.

    What the target holds decides, as in Train. A number gets one output, and Adam makes the mean
    squared error small; two classes get one output and more an output each, and cross-entropy is
    made small. Where one class is more than ten times as frequent as another, rare ones weigh
    more. Features are normalised by the train rows; missing numbers become their median there,
    categories a column for each value; the model does so by itself when it predicts. The preview
    shows the learning curve, and how well the network fits the rows it learnt from beside a dummy.
    How good it is on new rows, Evaluate tells.
    """

    title = "Train (GPU)"
    category = "Training"
    gpu = "T4"
    timeout = 600
    libraries = ("numpy", "scikit-learn", "pandas", "torch")

    target_column: Column = Field("MEDV", columns_of="train_dataset")
    """The column to predict."""
    feature_columns: list[Column] = Field([], columns_of="train_dataset")
    """The columns to predict it from; none chosen means all but the target."""
    task: Wanted = "auto"
    """Predict a number (regression), tell classes apart (classification), or as the target is."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """The same seed gives the same network on the same kind of device."""

    class Out(NamedTuple):
        trained_model: Model

    def run(
        self,
        train_dataset: Table,
        validation_dataset: Table | None,
        model_spec: NetworkSpec,
    ) -> Out:
        """Train the network; it is watched on the validation rows where there are any."""
        from cards._network.training import trained_network

        model = trained_network(
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
        model_spec: NetworkSpecSchema,
    ) -> ModelSchema:
        """Name features, target and task; count units and parameters where the data do not tell."""
        features = feature_names(train_dataset, self.target_column, self.feature_columns)
        known = ModelSchema(
            name=None if model_spec.hidden is None else _name(model_spec),
            framework="torch",
            task=known_task(train_dataset, self.target_column, self.task, None),
            features=features,
            target=self.target_column,
            provenance=train_dataset.provenance,
        )
        if known.task is None or not _are_numbers(train_dataset, features):
            return known  # how many classes or categories there are, only the data tell
        return known.model_copy(update=_facts(known, model_spec))

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Tell of gaps in the target, of odd validation rows, and of a network beyond memory."""
        train = schemas.get("train_dataset")
        yield from untold(train, self.target_column, "train_dataset")
        yield from otherwise(schemas.get(VALIDATION), train, VALIDATION)
        match schemas:
            case {
                "train_dataset": TableSchema() as table,
                "model_spec": NetworkSpecSchema() as spec,
            }:
                count = self._least(table, spec).parameters
                if count is not None and count * TRAINED > machine_memory() * 2**20:
                    yield CardError(
                        f"{needed(count)}, more than this machine has.",
                        hint="Take fewer or narrower hidden layers.",
                    )

    def footprint(self, schemas: Mapping[str, Schema]) -> Footprint | None:
        """Say which task follows and what is learnt from; count parameters, estimate memory.

        Where only the data tell how many values a category has, or the target, one is counted.
        """
        table, spec = schemas.get("train_dataset"), schemas.get("model_spec")
        if not isinstance(table, TableSchema):
            return None
        said = advice(table, spec, self.target_column, self.feature_columns, self.task)
        known = Footprint(advice=said)
        if isinstance(spec, NetworkSpecSchema):
            with suppress(ParameterError):  # of the features: that is said beside them
                return self._room(table, spec, schemas.get("validation_dataset"), known)
        return known

    def _room(
        self, table: TableSchema, spec: NetworkSpecSchema, seen: Schema | None, known: Footprint
    ) -> Footprint:
        """Add what the network takes, as far as that is known."""
        model = self._least(table, spec)
        if model.parameters is None or model.layers is None:
            return known
        known = known.model_copy(update={"parameters": model.parameters})
        held_out = seen.rows if isinstance(seen, TableSchema) else 0
        if table.rows is None or held_out is None or spec.batch_size is None:
            return known
        memory = training_memory(
            model.layers, model.parameters, table.rows, held_out, spec.batch_size
        )
        sent = 8 * (table.rows + held_out) * len(table.columns or ())
        return known.model_copy(update={"memory": memory, "sent": sent, "how": HOW})

    def _least(self, table: TableSchema, spec: NetworkSpecSchema) -> ModelSchema:
        """Count the units and parameters that the network has at least."""
        known = self.propagate(table, None, spec)
        return known.model_copy(update=_facts(known, spec))

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return train(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name target and features."""
        return target_brief(self.target_column, schemas, self.feature_columns)


def _name(spec: NetworkSpecSchema) -> str:
    return "deep_neural_network" if spec.batch_norm else "neural_network"


def _are_numbers(table: TableSchema, features: tuple[str, ...] | None) -> bool:
    """Whether every feature is known to become one number."""
    columns = [table.column(name) for name in features or ()]
    return all(column is not None and column.kind in NUMERIC for column in columns)


def _facts(known: ModelSchema, spec: NetworkSpecSchema) -> dict[str, object]:
    """Count units and parameters of a network with one output, and one input for each feature."""
    if known.features is None or spec.hidden is None:
        return {}
    layers = feed_forward(
        len(known.features),
        spec.hidden,
        activation="relu",
        dropout=0.0,
        batch_norm=spec.batch_norm,
    )
    return {"layers": tuple(widths(layers)), "parameters": parameter_count(layers)}
