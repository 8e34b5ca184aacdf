"""How good a model is on rows that it did not learn from: of a split, or fold by fold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from cards._folds import Fold, FoldsBy, folds
from cards._learning.predicting import model_input
from cards._learning.preparing import fills
from cards._learning.rows import Examples, examples, plain, refuse_no_rows
from cards._learning.task import Wanted, decide
from cards._learning.training import score
from cards._learning.truth import truth
from cards._searching.study import Watch
from tensorrag import CardError, EstimatorSpec, InputError, ParameterError, Table
from tensorrag.types.metrics import MAIN, METRICS
from tensorrag.types.schema import Task

if TYPE_CHECKING:
    import numpy as np

Measured = Mapping[str, float]
Part = TypeVar("Part")

OF_NUMBERS = ("r2", "rmse", "mae", "mse")
OF_CLASSES = (
    "accuracy", "balanced_accuracy", "precision", "recall", "f1", "macro_f1", "roc_auc",
    "average_precision", "log_loss", "brier",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What is to be learnt of which rows, and what it is judged by."""

    train: Table
    validation: Table | None
    target: str
    features: Sequence[str]
    wanted: Wanted
    metric: str
    seed: int
    count: int
    """How many folds, where there are no validation rows."""
    by: FoldsBy
    column: str | None
    together: bool
    gap: int

    @property
    def held_out(self) -> Table | None:
        """The validation rows, where there are any."""
        return self.validation if self.validation is not None and self.validation.num_rows else None

    def folds(self, classes: np.ndarray | None) -> list[Fold]:
        """Deal out the train rows."""
        return folds(
            self.train,
            self.count,
            by=self.by,
            column=self.column,
            classes=classes,
            seed=self.seed,
            together=self.together,
            gap=self.gap,
        )


def metric_of(task: Task | None, chosen: str) -> str | None:
    """Return the metric that decides; None where only the data tell.

    Raises:
        ParameterError: such a target is not measured so.
    """
    if task is None:
        return None if chosen == "auto" else chosen
    if chosen == "auto":
        return MAIN[task][0]
    fitting = OF_NUMBERS if task == "regression" else OF_CLASSES
    if chosen not in fitting:
        what = "numbers" if task == "regression" else "classes"
        raise ParameterError(
            f"{METRICS[chosen].label} does not measure how well {what} are predicted.",
            field="metric",
            hint=f"Choose {METRICS[MAIN[task][0]].label}, or leave it to the target.",
            fix=("Leave it to the target", "auto"),
        )
    return chosen


class EstimatorJudge:
    """Judges scikit-learn models: rows become arrays once."""

    def __init__(self, asked: Question, spec: EstimatorSpec) -> None:
        """Look at the rows.

        Raises:
            InputError: there is nothing to learn from, or the model cannot learn it.
            ParameterError: a column is not there or cannot be used.
        """
        refuse_no_rows(asked.train, "train_dataset")
        self._spec, self._asked = spec, asked
        self._decision = decide(asked.train, asked.target, asked.wanted, spec.model_type)
        classify = self._decision.task != "regression"
        self._rows = examples(asked.train, asked.target, asked.features, classify=classify)
        self.metric = metric_of(self._decision.task, asked.metric) or ""
        self._parts = self._dealt(classify)

    def __call__(self, values: Mapping[str, Any], watch: Watch) -> float:
        """Tell how good the model with these values is; the mean over the folds."""
        spec = self._spec.varied(values)

        def measured(part: _Part) -> Measured:
            return score(part.rows, part.held_out, spec, self._decision, self._asked.seed)

        return mean_over(self._parts, measured, self.metric, watch)

    def _dealt(self, classify: bool) -> list[_Part]:
        import numpy as np

        rows, asked = self._rows, self._asked
        if asked.held_out is not None:
            known = tuple(map(plain, np.unique(rows.y))) if classify else None
            y = truth(asked.held_out, asked.target, known, "validation_dataset")
            content = {
                "takes": "frame" if rows.categories else "matrix",
                "categories": list(rows.categories),
                "fills": fills(rows),
            }
            x = model_input(content, rows.features, asked.held_out, "validation_dataset")
            return [_Part(rows, (x, y))]
        return [
            _Part(replace(rows, x=_taken(rows.x, learnt), y=rows.y[learnt]),
                  (_taken(rows.x, held), rows.y[held]))
            for learnt, held in asked.folds(rows.y if classify else None)
        ]  # fmt: skip


@dataclass(frozen=True)
class _Part:
    rows: Examples
    held_out: tuple[Any, np.ndarray]


def mean_over(
    parts: Sequence[Part], measure: Callable[[Part], Measured], metric: str, watch: Watch
) -> float:
    """Return the mean of a metric over parts; after each of several, ``watch`` is told so far."""
    total = 0.0
    for at, part in enumerate(parts, start=1):
        total += figure(measure(part), metric)
        if len(parts) > 1:
            watch(total / at)
    return total / len(parts)


def figure(found: Measured, metric: str) -> float:
    """Return the metric that decides.

    Raises:
        CardError: the model does not tell it, or it is no number.
    """
    value = found.get(metric)
    if value is None or not math.isfinite(value):
        label = METRICS[metric].label
        raise CardError(
            f"{label} cannot be measured on these rows with this model.",
            hint="Choose another metric.",
        )
    return value


def refuse_all_failed(reason: str) -> InputError:
    """Say that nothing that was tried could be measured, and why the first could not."""
    return InputError(
        f"Every trial failed. The first one: {reason}",
        port="model_spec",
        hint="Mend that first, or search other ranges.",
    )


def _taken(x: Any, rows: np.ndarray) -> Any:
    return x.iloc[rows] if hasattr(x, "iloc") else x[rows]
