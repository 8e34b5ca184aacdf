"""The models of scikit-learn that can be trained here, by the names of Model Define."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal

from tensorrag import EstimatorSpec, InputError

ModelType = Literal[
    "linear", "ridge", "lasso", "elastic_net", "polynomial",
    "logistic", "decision_tree", "random_forest", "gradient_boosting", "svm",
    "naive_bayes", "k_nearest_neighbors",
]  # fmt: skip

_BOTH = {"decision_tree", "random_forest", "gradient_boosting", "svm", "k_nearest_neighbors"}
REGRESSORS: frozenset[str] = frozenset(
    {"linear", "ridge", "lasso", "elastic_net", "polynomial", *_BOTH}
)
"""Models that predict numbers."""
CLASSIFIERS: frozenset[str] = frozenset({"logistic", "naive_bayes", *_BOTH})
"""Models that tell classes apart."""
SCALED: frozenset[str] = frozenset(
    {"linear", "ridge", "lasso", "elastic_net", "polynomial"}
    | {"logistic", "svm", "k_nearest_neighbors"}
)
"""Models to which the units of the features matter."""
SLOW: frozenset[str] = frozenset({"svm", "k_nearest_neighbors"})
"""Models that take long to predict many rows."""

_CLASSES: Mapping[tuple[str, bool], str] = {
    ("linear", False): "sklearn.linear_model.LinearRegression",
    ("polynomial", False): "sklearn.linear_model.LinearRegression",
    ("ridge", False): "sklearn.linear_model.Ridge",
    ("lasso", False): "sklearn.linear_model.Lasso",
    ("elastic_net", False): "sklearn.linear_model.ElasticNet",
    ("logistic", True): "sklearn.linear_model.LogisticRegression",
    ("decision_tree", False): "sklearn.tree.DecisionTreeRegressor",
    ("decision_tree", True): "sklearn.tree.DecisionTreeClassifier",
    ("random_forest", False): "sklearn.ensemble.RandomForestRegressor",
    ("random_forest", True): "sklearn.ensemble.RandomForestClassifier",
    ("gradient_boosting", False): "sklearn.ensemble.HistGradientBoostingRegressor",
    ("gradient_boosting", True): "sklearn.ensemble.HistGradientBoostingClassifier",
    ("svm", False): "sklearn.svm.SVR",
    ("svm", True): "sklearn.svm.SVC",
    ("naive_bayes", True): "sklearn.naive_bayes.GaussianNB",
    ("k_nearest_neighbors", False): "sklearn.neighbors.KNeighborsRegressor",
    ("k_nearest_neighbors", True): "sklearn.neighbors.KNeighborsClassifier",
}
"""Where each model is, by its name and whether it tells classes apart."""
FIXED: Mapping[str, Mapping[str, Any]] = {
    "logistic": {"max_iter": 1000},
    "gradient_boosting": {"early_stopping": False},
}
"""What is not left to scikit-learn's defaults: as many rounds as were asked for."""
_WORDS = {
    "linear": "a linear model",
    "ridge": "ridge regression",
    "elastic_net": "an elastic net",
    "polynomial": "a polynomial",
    "logistic": "logistic regression",
    "naive_bayes": "naive Bayes",
    "svm": "an SVM",
    "k_nearest_neighbors": "k nearest neighbours",
}


def words(model_type: str | None) -> str:
    """Name a model in a sentence: ``a random forest``."""
    kind = model_type or "it"
    return _WORDS.get(kind, f"a {kind.replace('_', ' ')}")


def called(model_type: str | None) -> str:
    """Name a model in a list: ``random forest``."""
    return words(model_type).removeprefix("an ").removeprefix("a ")


def estimator(spec: EstimatorSpec, *, classify: bool, seed: int, weighted: bool, own: bool) -> Any:
    """Make the scikit-learn model that a spec describes.

    Args:
        spec: model and hyperparameters, without those of preparing.
        classify: whether it tells classes apart.
        seed: for those that draw at random.
        weighted: rare classes weigh as much as frequent ones, where the model can do so.
        own: whether it may write into the features that it is fitted to.

    Raises:
        InputError: there is no such model.
    """
    made = _class(spec.model_type, classify)(**FIXED.get(spec.model_type, {}), **spec.params)
    settings: dict[str, Any] = {"random_state": seed, "copy_X": not own}
    if weighted:
        settings["class_weight"] = "balanced"
    known = made.get_params(deep=False)
    return made.set_params(**{name: value for name, value in settings.items() if name in known})


def takes_weights(model_type: str) -> bool:
    """Whether a classifier can weigh classes."""
    return "class_weight" in _class(model_type, classify=True)().get_params(deep=False)


def where_defined(model_type: str, *, classify: bool) -> str:
    """Return the full name of scikit-learn's class; raises InputError where there is none."""
    where = _CLASSES.get((model_type, classify))
    if where is None:
        raise InputError(
            f"This card cannot train a {model_type!r}.",
            port="model_spec",
            hint="Choose another model.",
        )
    return where


def _class(model_type: str, classify: bool) -> Any:
    module, _, name = where_defined(model_type, classify=classify).rpartition(".")
    return getattr(import_module(module), name)
