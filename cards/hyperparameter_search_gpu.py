"""Hyperparameter Search (GPU): tries settings of a network, and passes on the best."""

from __future__ import annotations

from typing import NamedTuple

from cards._searching.apart import Apart, can_part
from cards._searching.networks import NetworkJudge
from cards._searching.settings import SearchSettings
from tensorrag import NetworkSpec, NetworkSpecSchema, Table, TableSchema


class HyperparameterSearchGpu(SearchSettings):
    """Try settings of a network on rows that it does not learn from, and pass on the best.

    Each trial trains the network on the train rows, and is measured on the validation rows, or,
    where there are none, fold by fold on parts of the train rows. On a processor, several trials
    may run beside one another, each in a process of its own; on a GPU they take turns. With
    validation rows, a trial whose loss is worse than that of half of the others at the same epoch
    is given up. The first trial has the settings as they are, so that one sees what the search
    brought. The best of many trials is flattered by the rows that chose it: train the best network
    next, and evaluate it on test rows.
    """

    title = "Hyperparameter Search (GPU)"
    gpu = "T4"
    libraries = ("numpy", "optuna", "scikit-learn", "pandas", "torch")

    class Out(NamedTuple):
        best_model_spec: NetworkSpec
        trials: Table

    def run(
        self,
        train_dataset: Table,
        validation_dataset: Table | None,
        model_spec: NetworkSpec,
    ) -> Out:
        """Try settings."""
        judge = NetworkJudge(self.question(train_dataset, validation_dataset), model_spec)
        if self.parallel == 1 or not can_part():
            return self.Out(*self.search(model_spec, judge, beside=1))
        return self.Out(*self.search(model_spec, Apart(judge, self.parallel)))

    def propagate(
        self,
        train_dataset: TableSchema,
        validation_dataset: TableSchema | None,
        model_spec: NetworkSpecSchema,
    ) -> tuple[NetworkSpecSchema, TableSchema]:
        """Name the columns of the trials; which network is best is known after a run."""
        tunable = model_spec.tunable
        trials = self.known(train_dataset, validation_dataset, None, tunable)
        known = model_spec.model_copy(update={"epochs": None, "batch_size": None, "tunable": None})
        return known, trials
