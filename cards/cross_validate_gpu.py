"""Cross-validate (GPU): how good a network is, measured fold by fold."""

from __future__ import annotations

from typing import NamedTuple

from cards._learning.task import decide
from cards._validating.settings import CrossValidation
from tensorrag import (
    Metrics,
    MetricsSchema,
    Model,
    NetworkSpec,
    NetworkSpecSchema,
    Table,
    TableSchema,
)


class CrossValidateGpu(CrossValidation):
    """Measure a network fold by fold: every row is held out once, and predicted unseen.

    For each fold a network is trained on the rows of the others, with all its preparing, and
    measured on the rows held out; see Cross-validate. It takes as long as that many trainings.
    """

    title = "Cross-validate (GPU)"
    gpu = "T4"
    libraries = ("numpy", "scikit-learn", "pandas", "scipy", "torch")

    class Out(NamedTuple):
        metrics: Metrics
        predictions: Table

    def run(self, dataset: Table, model_spec: NetworkSpec) -> Out:
        """Train and measure once for each fold."""
        from cards._network.training import trained_network

        self.refuse(dataset)
        decision = decide(dataset, self.target_column, self.task, None)

        def learn(rows: Table) -> Model:
            return trained_network(
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
        self, dataset: TableSchema, model_spec: NetworkSpecSchema
    ) -> tuple[MetricsSchema, TableSchema]:
        """Tell the task and the columns of the predictions."""
        return self.known(dataset, None)
