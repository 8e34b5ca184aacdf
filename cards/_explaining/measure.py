"""The metric in which it is told how much a column matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cards._explaining.asked import Asked, Method, ranks
from cards._learning.predicting import gives_shares
from cards._measuring.classification import Answers, classification_metrics
from cards._measuring.regression import regression_metrics
from tensorrag import Model, ParameterError
from tensorrag.types import METRICS

if TYPE_CHECKING:
    import numpy as np

Metric = Literal[
    "auto", "r2", "rmse", "mae", "accuracy", "balanced_accuracy", "f1", "macro_f1", "roc_auc",
    "log_loss",
]  # fmt: skip
_OF = {
    "regression": ("r2", "rmse", "mae"),
    "binary": ("accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss"),
    "multiclass": ("accuracy", "balanced_accuracy", "macro_f1", "log_loss"),
}


def refuse_other_task(metric: Metric, task: str | None) -> None:
    """Raise ParameterError where such a model is not measured so."""
    if metric != "auto" and task is not None and metric not in _OF[task]:
        fitting = ", ".join(METRICS[name].label for name in _OF[task])
        raise ParameterError(
            f"{METRICS[metric].label} is no metric of this model.",
            field="metric",
            hint=f"Choose automatic, or one of these: {fitting}.",
            fix=("Choose automatically", "auto"),
        )


def chosen_metric(metric: Metric, asked: Asked) -> str:
    """Choose R² for numbers; for classes the area under the ROC curve, else the accuracy.

    Raises:
        ParameterError: the metric is none of this model, or cannot be told of these rows.
    """
    model = asked.model
    refuse_other_task(metric, model.task)
    lacks = _lacks(asked)
    if metric == "auto":
        if model.task == "regression":
            return "r2"
        return "roc_auc" if model.task == "binary" and not lacks else "accuracy"
    if metric == "roc_auc" and lacks:
        raise ParameterError(lacks, field="metric", hint="Choose accuracy, or other rows.")
    if metric == "log_loss" and not gives_shares(asked.estimator):
        raise ParameterError(
            "This model does not tell how likely a class is, which log loss is about.",
            field="metric",
            hint="Choose another metric.",
        )
    return str(metric)


def method_of(metric: str, estimator: Any) -> Method:
    """Tell how a model is asked for what a metric measures."""
    if metric == "log_loss" or (metric == "roc_auc" and gives_shares(estimator)):
        return "predict_proba"
    return "decision_function" if metric == "roc_auc" else "predict"


def measured(metric: str, model: Model, said: np.ndarray, truth: np.ndarray) -> float:
    """Measure what a model says of rows when it is asked as `method_of` tells."""
    if model.task == "regression":
        return regression_metrics(truth, said)[metric]
    if metric == "roc_auc":
        from sklearn.metrics import roc_auc_score

        return float(roc_auc_score(truth == model.positive, _likely(model, said)))
    shares = said if metric == "log_loss" else None
    labels = truth if metric == "log_loss" else said
    found = Answers(truth, labels, model.classes or (), shares, positive=model.positive)
    return classification_metrics(found)[metric]


def _likely(model: Model, said: np.ndarray) -> np.ndarray:
    """Return a number per row, higher the more likely it is of the positive class."""
    classes = model.classes or ()
    at = classes.index(model.positive) if model.positive in classes else 1
    if said.ndim > 1:
        return said[:, at]
    return said if at == 1 else -said


def _lacks(asked: Asked) -> str:
    """Say why rows of two classes cannot be ranked; empty where they can."""
    positive = asked.truth == asked.model.positive
    if positive.all() or not positive.any():
        return "All rows are of one class, so there is no ROC curve."
    if not ranks(asked.estimator):
        return "This model does not tell how likely a class is, so there is no ROC curve."
    return ""
