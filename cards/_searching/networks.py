"""How good a network is on rows that it did not learn from, and how it does on the way there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cards._learning.answers import figures
from cards._learning.rows import labels, refuse_no_rows
from cards._learning.task import decide
from cards._network.training import trained_network
from cards._searching.judging import Measured, Question, mean_over, metric_of
from cards._searching.study import Watch
from tensorrag import NetworkSpec, Table
from tensorrag.progress import Reporter, reporting
from tensorrag.types import METRICS


@dataclass(frozen=True)
class _Part:
    learnt: Table
    held_out: Table


@dataclass
class _Epochs(Reporter):
    """Hears of every epoch of a training; Train (GPU) reports them as it does for people."""

    watch: Watch = lambda value: None
    sign: int = 1

    def report(
        self, done: float, total: float | None, unit: str, metrics: dict[str, float | None]
    ) -> None:
        """Tell how good it is so far: less loss is better."""
        loss = metrics.get("validation_loss")
        if loss is not None:
            self.watch(-self.sign * loss)


class NetworkJudge:
    """Judges networks, each trained as Train (GPU) does."""

    def __init__(self, asked: Question, spec: NetworkSpec) -> None:
        """Look at the rows.

        Raises:
            InputError: there is nothing to learn from.
            ParameterError: a column is not there or cannot be used.
        """
        refuse_no_rows(asked.train, "train_dataset")
        self._spec, self._asked = spec, asked
        decision = decide(asked.train, asked.target, asked.wanted, None)
        self._classify = decision.task != "regression"
        self.metric = metric_of(decision.task, asked.metric) or ""
        self._parts = self._dealt()

    def __call__(self, values: Mapping[str, Any], watch: Watch) -> float:
        """Tell how good the network with these values is; the mean over the folds."""
        spec = self._spec.varied(values)
        sign = 1 if METRICS[self.metric].higher_is_better else -1
        alone = watch if len(self._parts) == 1 else _nobody

        def measured(part: _Part) -> Measured:
            with reporting(_Epochs(emit=_nothing, watch=alone, sign=sign)):
                return self._measured(part, spec)

        return mean_over(self._parts, measured, self.metric, watch)

    def _measured(self, part: _Part, spec: NetworkSpec) -> Measured:
        model = trained_network(
            part.learnt,
            part.held_out,
            spec,
            target=self._asked.target,
            features=self._asked.features,
            wanted=self._asked.wanted,
            seed=self._asked.seed,
        )
        return figures(model, part.held_out, "validation_dataset")

    def _dealt(self) -> list[_Part]:
        asked = self._asked
        if asked.held_out is not None:
            return [_Part(asked.train, asked.held_out)]
        classes = labels(asked.train, asked.target) if self._classify else None
        return [
            _Part(asked.train.take(learnt), asked.train.take(held))
            for learnt, held in asked.folds(classes)
        ]


def _nothing(said: dict[str, Any]) -> None:
    pass


def _nobody(value: float) -> None:
    pass
