"""Cross-validate: how good a kind of model is, measured fold by fold."""

from __future__ import annotations

from typing import NamedTuple

from cards._learning.task import decide
from cards._learning.training import trained
from cards._validating.settings import CrossValidation
from tensorrag import (
    EstimatorSpec,
    EstimatorSpecSchema,
    Metrics,
    MetricsSchema,
    Model,
    Table,
    TableSchema,
)


class CrossValidate(CrossValidation):
    """Measure a model fold by fold: every row is held out once, and predicted without being known.

    For each fold a model is trained on the rows of the others, with all its preparing, and
    measured on the rows held out. The mean tells how good such a model is, the spread how much
    that depends on the rows. Few rows are used better than by one split. The predictions are of
    models that had not seen the row. No model comes out: train one on all train rows when you
    have decided.
    """

    title = "Cross-validate"
    libraries = ("numpy", "scikit-learn", "pandas", "scipy")

    class Out(NamedTuple):
        metrics: Metrics
        predictions: Table

    def run(self, dataset: Table, model_spec: EstimatorSpec) -> Out:
        """Train and measure once for each fold."""
        self.refuse(dataset)
        decision = decide(dataset, self.target_column, self.task, model_spec.model_type)

        def learn(rows: Table) -> Model:
            return trained(
                rows,
                None,
                model_spec,
                target=self.target_column,
                features=self.feature_columns,
                wanted=self.wanted(decision),
                seed=self.seed,
            )

        return self.Out(*self.validated(dataset, decision, learn))

    def propagate(
        self, dataset: TableSchema, model_spec: EstimatorSpecSchema
    ) -> tuple[MetricsSchema, TableSchema]:
        """Tell the task and the columns of the predictions."""
        return self.known(dataset, model_spec.model_type)
