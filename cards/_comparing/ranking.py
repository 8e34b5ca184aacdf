"""Who comes first, by how much, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cards._comparing.taking import prediction_seconds, size_of
from cards._learning.answers import answers_of
from cards._learning.predicting import predict
from cards._learning.truth import truth
from cards._measuring import intervals, resampling
from cards._measuring.classification import classification_metrics, dummy_answers
from cards._measuring.regression import dummy_metrics, regression_metrics
from cards._measuring.resampling import Drawing
from tensorrag import InputError, Model, Table, report
from tensorrag.quoting import named
from tensorrag.types import METRICS

if TYPE_CHECKING:
    import numpy as np

    from cards._measuring.intervals import Interval
    from cards._measuring.resampling import Drawn

PORT = "test_dataset"


@dataclass(frozen=True)
class Ranked:
    """One model among others on the same rows."""

    name: str
    metrics: dict[str, float]
    score: float
    """The metric that is ranked by."""
    interval: Interval | None
    """As Evaluate tells it."""
    baseline: dict[str, float]
    """The same metrics of its dummy."""
    behind: float
    """How much worse than the best one it is; 0 for the best one."""
    sure: tuple[float, float] | None
    """Between which values that lies with 95 % confidence; None for the best one."""
    seconds: float
    """Of training."""
    device: str
    bytes: int
    prediction: float
    """Seconds for 1,000 rows."""

    @property
    def within_noise(self) -> bool:
        """Whether it may be as good as the best one."""
        return self.sure is None or self.sure[0] <= 0


@dataclass(frozen=True)
class Ranking:
    """All of them, the best one first."""

    metric: str
    rows: int
    models: tuple[Ranked, ...]
    unit: str | None
    """Of the metric."""


def ranked(models: Sequence[Model], called: Sequence[str], table: Table, metric: str) -> Ranking:
    """Measure models on the same rows, and rank them.

    Args:
        models: of the same task and target.
        called: their names.
        table: rows with the target and the features of all.
        metric: a key of ``METRICS``.

    Raises:
        InputError: the table lacks a column, or the metric cannot be measured of a model.
    """
    found, whole = [], intervals.groups_of(table)
    for done, (model, name) in enumerate(zip(models, called, strict=True), 1):
        found.append(_measured(model, name, table, metric, whole))
        report(done, len(models), "model")
    scores = [each.metrics[metric] for each in found]
    sign = 1 if METRICS[metric].higher_is_better else -1
    order = sorted(range(len(found)), key=lambda at: -sign * scores[at])
    drawing = Drawing.of(table.num_rows, whole)
    drawn = resampling.all_of(
        [each.drawn(drawing) for each in found], drawing, areas=metric in resampling.AREAS
    )
    behind = sign * (drawn[:, order[:1]] - drawn)
    return Ranking(
        metric=metric,
        rows=table.num_rows,
        models=tuple(
            Ranked(
                name=called[at],
                metrics=found[at].metrics,
                score=scores[at],
                interval=found[at].interval,
                baseline=found[at].baseline,
                behind=abs(scores[order[0]] - scores[at]),
                sure=None if at == order[0] else resampling.middle(behind[:, at]),
                seconds=models[at].report.seconds,
                device=models[at].report.device,
                bytes=size_of(models[at]),
                prediction=prediction_seconds(models[at], table),
            )
            for at in order
        ),
        unit=models[order[0]].target_unit if METRICS[metric].in_target_units else None,
    )


@dataclass(frozen=True)
class _Measured:
    metrics: dict[str, float]
    baseline: dict[str, float]
    interval: Interval | None
    drawn: Callable[[Drawing], Drawn]
    """Tells the metric of rows that are drawn again."""


def _measured(
    model: Model, name: str, table: Table, metric: str, whole: np.ndarray | None
) -> _Measured:
    if model.task == "regression":
        return _of_numbers(model, table, metric, whole)
    said = answers_of(model, table, PORT)
    found = classification_metrics(said)
    _refuse_unmeasured(metric, found, name)
    baseline = classification_metrics(dummy_answers(said, model.content["dummy"]))
    sure, _ = intervals.of_classification(said, {metric: found[metric]}, whole)
    drawn = partial(resampling.of_classes, metric, said)
    return _Measured(found, baseline, sure.get(metric), drawn)


def _of_numbers(model: Model, table: Table, metric: str, whole: np.ndarray | None) -> _Measured:
    real, predicted = truth(table, model.target, None, PORT), predict(model, table)
    sure, _ = intervals.of_regression(real, predicted, [metric], whole)
    return _Measured(
        regression_metrics(real, predicted),
        dummy_metrics(real, float(model.content["dummy"])),
        sure.get(metric),
        partial(resampling.of_numbers, metric, real, predicted),
    )


def _refuse_unmeasured(metric: str, found: dict[str, float], name: str) -> None:
    if metric not in found:
        raise InputError(
            f"{METRICS[metric].label} cannot be measured of {named(name)} on these rows.",
            port="models",
            hint="It may need probabilities, which an SVM does not tell, or rows of both classes. "
            "Rank by another metric.",
        )
