"""Train (GPU): trains a network on the best device there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cards._learning.columns import feature_names, numeric_target, target_brief
from cards._learning.rows import Examples, numeric_examples
from cards._learning.training import validation_note
from cards._measuring.regression import dummy_metrics, linear_metrics, regression_metrics
from cards._network.layers import complete, feed_forward, parameter_count, widths
from cards._network.room import HOW, TRAINED, needed, refuse_what_cannot_fit, training_memory
from tensorrag import (
    Card,
    CardError,
    Column,
    Field,
    Model,
    ModelSchema,
    NetworkSpec,
    NetworkSpecSchema,
    Schema,
    Table,
    TableSchema,
    keep,
    kept,
    report,
)
from tensorrag.allowance import allowed_memory, machine_memory
from tensorrag.footprint import Footprint
from tensorrag.types import NUMERIC, TrainingReport

if TYPE_CHECKING:
    from cards._network.fit import Epoch, History
    from cards._network.layers import Layer


class TrainGpu(Card):
    """Train a network on the train rows, on a GPU where there is one.

    Features and target are normalised by the train rows; Adam makes the mean squared error small.
    The preview shows the learning curve, and how well the network fits the rows it learnt from
    beside a dummy and a linear model. How good it is on new rows, Evaluate tells.
    """

    title = "Train (GPU)"
    category = "Training"
    gpu = "T4"
    timeout = 600
    libraries = ("numpy", "scikit-learn", "torch")

    target_column: Column = Field("MEDV", columns_of="train_dataset")
    """The column to predict."""
    feature_columns: list[Column] = Field([], columns_of="train_dataset")
    """The columns to predict it from; none chosen means all but the target."""
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
        """Train the network; the loss on the validation rows is watched where there are any."""
        numeric_target(train_dataset.schema, self.target_column)
        rows = numeric_examples(train_dataset, self.target_column, self.feature_columns)
        seen = _validation(validation_dataset, self.target_column, rows)
        layers = _layers(model_spec, len(rows.features))
        content, history = _train(layers, model_spec, rows, seen, self.seed)
        unit = next(c.unit for c in train_dataset.columns if c.name == self.target_column)
        model = Model(
            framework="torch",
            name=_name(layers),
            task="regression",
            features=rows.features,
            target=self.target_column,
            target_unit=unit,
            content=content,
            layers=widths(layers),
            parameters=parameter_count(layers),
            provenance=train_dataset.provenance,
            report=_report(content, history, rows, seen),
        )
        return self.Out(model)

    def propagate(
        self,
        train_dataset: TableSchema,
        validation_dataset: TableSchema | None,
        model_spec: NetworkSpecSchema,
    ) -> ModelSchema:
        """Name features and target; count the network's units and parameters."""
        numeric_target(train_dataset, self.target_column)
        features = feature_names(
            train_dataset, self.target_column, self.feature_columns, takes=NUMERIC
        )
        known = ModelSchema(
            framework="torch",
            task="regression",
            features=features,
            target=self.target_column,
            provenance=train_dataset.provenance,
        )
        if features is None or model_spec.hidden is None:
            return known
        norm = model_spec.batch_norm
        layers = feed_forward(
            len(features), model_spec.hidden, activation="relu", dropout=0.0, batch_norm=norm
        )
        facts = {"layers": tuple(widths(layers)), "parameters": parameter_count(layers)}
        return known.model_copy(update=facts)

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Tell of a network that no memory of this machine can hold."""
        match schemas:
            case {
                "train_dataset": TableSchema() as table,
                "model_spec": NetworkSpecSchema() as spec,
            }:
                known = self.propagate(table, None, spec)
                whole = machine_memory() * 2**20
                if known.parameters is not None and known.parameters * TRAINED > whole:
                    yield CardError(
                        f"{needed(known.parameters)}, more than this machine has.",
                        hint="Take fewer or narrower hidden layers.",
                    )

    def footprint(self, schemas: Mapping[str, Schema]) -> Footprint | None:
        """Count the parameters; estimate the GPU's memory where the rows are known."""
        table, spec = schemas.get("train_dataset"), schemas.get("model_spec")
        if not isinstance(table, TableSchema) or not isinstance(spec, NetworkSpecSchema):
            return None
        model = self.propagate(table, None, spec)
        if model.parameters is None or model.layers is None:
            return None
        known = Footprint(parameters=model.parameters)
        seen = schemas.get("validation_dataset")
        held_out = seen.rows if isinstance(seen, TableSchema) else 0
        if table.rows is None or held_out is None or spec.batch_size is None:
            return known
        memory = training_memory(
            model.layers, model.parameters, table.rows, held_out, spec.batch_size
        )
        sent = 8 * (table.rows + held_out) * len(table.columns or ())
        return known.model_copy(update={"memory": memory, "sent": sent, "how": HOW})

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name target and features."""
        return target_brief(self.target_column, schemas, self.feature_columns)


def _validation(table: Table | None, target: str, like: Examples) -> Examples | None:
    """Take the same columns out of the validation rows; None where there are no such rows."""
    if table is None or table.num_rows == 0:
        return None
    return numeric_examples(table, target, like.features, port="validation_dataset")


def _layers(spec: NetworkSpec, features: int) -> list[Layer]:
    """Give the spec's layers their widths; they must follow one another."""
    if any(layer.inputs for layer in spec.layers):
        raise CardError(
            "This card trains layers that follow one another, and this network branches.",
            hint="Remove the inputs of its layers.",
        )
    hidden = ({"type": layer.type, **layer.params} for layer in spec.layers)
    return complete(hidden, features=features)


def _train(
    layers: list[Layer], spec: NetworkSpec, rows: Examples, seen: Examples | None, seed: int
) -> tuple[dict[str, Any], History]:
    """Train; return what is stored of the network, and how it went."""
    from cards._network import scaling
    from cards._network.build import build, to_arrays
    from cards._network.device import gpu_memory
    from cards._network.fit import fit

    allowed = allowed_memory()
    room = None if allowed is None else allowed * 2**20
    refuse_what_cannot_fit(parameter_count(layers), room, gpu_memory())

    x = scaling.Scaling.of(rows.x)
    y = scaling.Scaling.of(rows.y[:, None])
    module = build(layers, seed=seed)
    history = fit(
        module,
        x.apply(rows.x),
        y.apply(rows.y[:, None]),
        validation=None if seen is None else (x.apply(seen.x), y.apply(seen.y[:, None])),
        epochs=spec.trainer.epochs,
        batch_size=spec.trainer.batch_size,
        learning_rate=spec.trainer.learning_rate,
        seed=seed,
        on_epoch=_tell,
        start=kept(),
    )
    content = {
        "layers": layers,
        "weights": to_arrays(module),
        "normalisation": scaling.to_arrays(x, y),
        "dummy": float(rows.y.mean()),
    }
    return content, history


def _tell(epoch: Epoch) -> None:
    losses = {"loss": epoch.loss}
    if epoch.validation_loss is not None:
        losses["validation_loss"] = epoch.validation_loss
    keep(epoch.state, epoch.number, epoch.total, "epoch")
    report(epoch.number, epoch.total, "epoch", **losses)


def _report(
    content: dict[str, Any], history: History, rows: Examples, seen: Examples | None
) -> TrainingReport:
    """Measure on the rows it learnt from, beside a dummy and a line, all in the target's units."""
    from cards._network.predict import predict

    curves = {"loss": history.loss, "validation_loss": history.validation_loss}
    notes = []
    if seen is not None:
        notes.append(validation_note(regression_metrics(seen.y, predict(content, seen.x))))
    if history.continued_at is not None:
        notes.append(f"It was stopped, and continued at epoch {history.continued_at}.")
    return TrainingReport(
        device=history.device,
        seconds=history.seconds,
        train=regression_metrics(rows.y, predict(content, rows.x)),
        baselines={
            "dummy": dummy_metrics(rows.y, content["dummy"]),
            "linear": linear_metrics(rows.x, rows.y),
        },
        history={name: losses for name, losses in curves.items() if losses},
        notes=tuple(notes),
    )


def _name(layers: list[Layer]) -> str:
    deep = any(layer["type"] == "batch_norm" for layer in layers)
    return "deep_neural_network" if deep else "neural_network"
