"""Answers with one column mixed, of models of which they can be told without asking anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cards._explaining.asked import Asked, Method, answers
from cards._explaining.walking import Walks
from cards._learning.terms import columns_of

if TYPE_CHECKING:
    import numpy as np

Told = tuple[int, int, "np.ndarray"]
"""The place of a column among the features, the repeat, and what the model says of each row."""
LINEAR = frozenset({"LinearRegression", "Ridge", "Lasso", "ElasticNet", "LogisticRegression"})
TREES = frozenset(
    f"{kind}{task}"
    for kind in ("DecisionTree", "RandomForest")
    for task in ("Regressor", "Classifier")
)


def quick(asked: Asked, method: Method, orders: list[np.ndarray]) -> Iterator[Told] | None:
    """Tell the answers for every column that the model goes by; None where it must be asked.

    A model that adds columns up is asked about the column and the sum of all else. Of a tree only
    rows move whose way asks for the column. Both are what the model itself says, to rounding.
    """
    if not is_quick(asked.estimator):
        return None
    terms = columns_of(asked.estimator[:-1], asked.model.features)
    assert terms is not None  # noqa: S101 - is_quick
    places = {name: at for at, name in enumerate(asked.model.features)}
    of = [places[name] for name in terms]
    x = asked.estimator[:-1].transform(asked.x) if len(asked.estimator) > 1 else asked.x
    if type(asked.estimator[-1]).__name__ in LINEAR:
        return _added_up(asked, method, x, of, orders)
    return Walks(asked.estimator[-1], x, of).told(method, orders)


def is_quick(estimator: Any) -> bool:
    """Whether the answers of a model can be told so."""
    if not hasattr(estimator, "steps"):
        return False
    products = any(hasattr(step, "powers_") for _, step in estimator.steps)
    return type(estimator[-1]).__name__ in LINEAR | TREES and not products


def _added_up(
    asked: Asked, method: Method, x: Any, of: list[int], orders: list[np.ndarray]
) -> Iterator[Told]:
    import numpy as np

    last, classify = asked.estimator[-1], asked.model.task != "regression"
    weights = np.atleast_2d(last.coef_)
    sums = x @ weights.T + np.atleast_1d(last.intercept_)
    places = np.concatenate(orders)
    for column in range(len(asked.model.features)):
        own = [at for at, place in enumerate(of) if place == column]
        if not weights[:, own].any():
            continue
        rest = sums - x[:, own] @ weights[:, own].T
        asked_of = np.hstack([np.tile(rest, (len(orders), 1)), x[:, own][places]])
        said = answers(_narrow(last, weights[:, own]), method, asked_of, classify=classify)
        for repeat, answer in enumerate(np.split(said, len(orders))):
            yield column, repeat, answer


def _narrow(last: Any, weights: np.ndarray) -> Any:
    """Return the linear model of the sum of all else, and some of the columns."""
    import copy

    import numpy as np

    narrow = copy.copy(last)
    coefficients = np.hstack([np.eye(len(weights)), weights])
    narrow.coef_ = coefficients if np.ndim(last.coef_) > 1 else coefficients[0]
    narrow.intercept_ = np.zeros_like(last.intercept_)
    narrow.n_features_in_ = coefficients.shape[1]
    return narrow
