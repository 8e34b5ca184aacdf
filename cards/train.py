"""Train: fits a scikit-learn model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from cards._learning import (
    Examples,
    dummy_metrics,
    examples,
    feature_names,
    linear_metrics,
    predictions,
    regression_metrics,
    target_brief,
    validation_examples,
    validation_note,
)
from tensorrag import (
    Card,
    Column,
    EstimatorSpec,
    EstimatorSpecSchema,
    Field,
    Model,
    ModelSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.types import TrainingReport

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class Train(Card):
    """Fit a model to the train rows.

    The preview shows how well it fits the rows it learnt from, beside a dummy that always
    predicts their mean and beside a linear model. How good it is on new rows, Evaluate tells.
    """

    category = "Training"
    libraries = ("numpy", "scikit-learn")

    target_column: Column = Field("", columns_of="train_dataset")
    """The column to predict."""
    feature_columns: list[Column] = Field([], columns_of="train_dataset")
    """The columns to predict it from; none chosen means all but the target."""
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
        rows = examples(train_dataset, self.target_column, self.feature_columns)
        started = time.perf_counter()
        estimator = build(model_spec, self.seed).fit(rows.x, rows.y)
        seconds = time.perf_counter() - started
        fitted = regression_metrics(rows.y, predictions(estimator, rows.x))
        notes = _notes(estimator, rows.features)
        seen = validation_examples(validation_dataset, self.target_column, rows)
        if seen is not None:
            notes = (validation_note(seen, predictions(estimator, seen.x)), *notes)
        unit = next(c.unit for c in train_dataset.columns if c.name == self.target_column)
        model = Model(
            framework="sklearn",
            name=model_spec.model_type,
            task="regression",
            features=rows.features,
            target=self.target_column,
            target_unit=unit,
            content={"estimator": estimator, "dummy": float(rows.y.mean())},
            parameters=_parameters(estimator),
            provenance=train_dataset.provenance,
            report=TrainingReport(
                device="cpu",
                seconds=seconds,
                train=fitted,
                baselines=_baselines(rows, model_spec),
                notes=notes,
            ),
        )
        return self.Out(model)

    def propagate(
        self,
        train_dataset: TableSchema,
        validation_dataset: TableSchema | None,
        model_spec: EstimatorSpecSchema,
    ) -> ModelSchema:
        """Name features and target."""
        features = feature_names(train_dataset, self.target_column, self.feature_columns)
        return ModelSchema(
            framework="sklearn",
            task="regression",
            features=features,
            target=self.target_column,
            provenance=train_dataset.provenance,
        )

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name target and features."""
        return target_brief(self.target_column, schemas, self.feature_columns)


def build(spec: EstimatorSpec, seed: int) -> Pipeline:
    """Make the scikit-learn pipeline that a spec describes; raises ParameterError otherwise."""
    from sklearn.linear_model import Lasso, LinearRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    params = dict(spec.params)
    steps = [StandardScaler()] if params.pop("standardize", True) else []
    own = {"copy_X": not steps}  # what the scaler made is nobody else's
    if spec.model_type == "linear":
        return make_pipeline(*steps, LinearRegression(**params, **own))
    if spec.model_type == "ridge":
        return make_pipeline(*steps, Ridge(**params, **own, random_state=seed))
    if spec.model_type == "lasso":
        return make_pipeline(*steps, Lasso(**params, **own, random_state=seed))
    raise ParameterError(
        f"This card cannot train a {spec.model_type!r}.", hint="Choose another model."
    )


def _parameters(estimator: Pipeline) -> int:
    """Count the fitted numbers: coefficients and intercept."""
    last = estimator[-1]
    return int(last.coef_.size) + int(last.fit_intercept)


def _baselines(rows: Examples, spec: EstimatorSpec) -> dict[str, dict[str, float]]:
    baselines = {"dummy": dummy_metrics(rows.y, float(rows.y.mean()))}
    if spec.model_type != "linear":
        baselines["linear"] = linear_metrics(rows.x, rows.y)
    return baselines


def _notes(estimator: Pipeline, features: tuple[str, ...]) -> tuple[str, ...]:
    """Name the features that a lasso does not use."""
    pairs = zip(features, estimator[-1].coef_, strict=True)
    zeroed = [name for name, coefficient in pairs if coefficient == 0]
    if not zeroed:
        return ()
    return (f"Not used (coefficient 0): {', '.join(zeroed)}.",)
