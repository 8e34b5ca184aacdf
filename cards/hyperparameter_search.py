"""Hyperparameter Search: tries settings of a model, and passes on the best."""

from __future__ import annotations

from typing import NamedTuple

from cards._searching.judging import EstimatorJudge
from cards._searching.settings import SearchSettings
from tensorrag import EstimatorSpec, EstimatorSpecSchema, Table, TableSchema


class HyperparameterSearch(SearchSettings):
    """Try settings of a model on rows that it does not learn from, and pass on the best.

    Each trial learns from the train rows and is measured on the validation rows, or, where there
    are none, fold by fold on parts of the train rows. The first trial has the settings as they
    are, so that one sees what the search brought. The best of many trials is flattered by the rows
    that chose it: train the best model next, and evaluate it on test rows.
    """

    libraries = ("numpy", "optuna", "scikit-learn", "pandas")

    class Out(NamedTuple):
        best_model_spec: EstimatorSpec
        trials: Table

    def run(
        self,
        train_dataset: Table,
        validation_dataset: Table | None,
        model_spec: EstimatorSpec,
    ) -> Out:
        """Try settings."""
        judge = EstimatorJudge(self.question(train_dataset, validation_dataset), model_spec)
        return self.Out(*self.search(model_spec, judge))

    def propagate(
        self,
        train_dataset: TableSchema,
        validation_dataset: TableSchema | None,
        model_spec: EstimatorSpecSchema,
    ) -> tuple[EstimatorSpecSchema, TableSchema]:
        """Name the model, and the columns of the trials where the metric is known."""
        model_type, tunable = model_spec.model_type, model_spec.tunable
        trials = self.known(train_dataset, validation_dataset, model_type, tunable)
        return EstimatorSpecSchema(model_type=model_type), trials
