"""What a model says of rows whose truth is known, and how good that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cards._learning.predicting import (
    class_shares,
    estimator_of,
    gives_shares,
    model_input,
    predict,
    predictions,
    scores,
)
from cards._learning.truth import truth
from cards._measuring.classification import Answers, classification_metrics
from cards._measuring.regression import regression_metrics
from tensorrag import Model, Table

if TYPE_CHECKING:
    import numpy as np


def answers(
    estimator: Any,
    x: Any,
    y: np.ndarray,
    classes: Sequence[Any],
    positive: Any,
) -> Answers:
    """Ask a classifier about rows as it takes them, whose classes are known."""
    shares = class_shares(estimator, x) if gives_shares(estimator) else None
    ranking = scores(estimator, x) if shares is None and len(classes) == 2 else None
    predicted = predictions(estimator, x, classify=True)
    return Answers(y, predicted, tuple(classes), shares, ranking, positive)


def answers_of(model: Model, table: Table, port: str) -> Answers:
    """Ask a trained classifier about the rows of a table.

    Raises:
        InputError: a column is not in the table, or holds what the model cannot take.
    """
    x = model_input(model.content, model.features, table, port)
    y = truth(table, model.target, model.classes, port)
    return answers(estimator_of(model), x, y, model.classes or (), model.positive)


def figures(model: Model, table: Table, port: str) -> dict[str, float]:
    """Measure a trained model on the rows of a table: metrics by name.

    Raises:
        InputError: a column is not in the table, or holds what the model cannot take.
    """
    if model.task == "regression":
        return regression_metrics(truth(table, model.target, None, port), predict(model, table))
    return classification_metrics(answers_of(model, table, port))
