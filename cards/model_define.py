"""Model Define: which model will be trained, before there is any data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from cards._learning.estimators import ModelType, words
from cards._script.learning import define
from tensorrag import Card, EstimatorSpec, EstimatorSpecSchema, Field, Schema
from tensorrag.script import Given, Script
from tensorrag.tuning import hyperparameters

_LINES = ["linear", "ridge", "lasso", "elastic_net", "polynomial", "logistic"]
_TREES = ["decision_tree", "random_forest"]


class ModelDefine(Card):
    """Choose a model and its settings.

    Linear, ridge, lasso, elastic net and polynomial predict numbers; ridge and lasso help when
    there are many features for few rows. Logistic and naive Bayes tell classes apart. Trees,
    forests, boosting, SVM and nearest neighbours do both: the target decides when it is trained.
    """

    category = "Models"

    model_type: ModelType = Field("linear", label="Model")
    """Which model to train."""
    alpha: float = Field(
        1.0,
        gt=0,
        recommended=(0.001, 10.0),
        when={"model_type": ["ridge", "lasso", "elastic_net"]},
    )
    """How strongly coefficients are kept small; 0 would be the linear model."""
    l1_ratio: float = Field(
        0.5, ge=0, le=1, step=0.05, recommended=(0.1, 0.9), when={"model_type": "elastic_net"}
    )
    """How much of it sets coefficients to zero, as a lasso does; the rest works as in ridge."""
    degree: int = Field(2, ge=1, le=6, recommended=(2, 3), when={"model_type": "polynomial"})
    """Highest power. The columns grow fast with it: 13 features make 104 for 2, and 559 for 3."""
    interaction_only: bool = Field(False, when={"model_type": "polynomial"})
    """Only products of different features, no powers."""
    C: float = Field(1.0, gt=0, recommended=(0.01, 100.0), when={"model_type": ["logistic", "svm"]})
    """How closely it follows the train rows; lower keeps the model simpler."""
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = Field("rbf", when={"model_type": "svm"})
    """Which shapes the border between near and far may have; rbf fits most."""
    n_estimators: int = Field(
        100, ge=1, le=10_000, label="Trees", recommended=(100, 500),
        when={"model_type": "random_forest"},
    )  # fmt: skip
    """How many trees vote. More are steadier and take longer."""
    max_depth: int | None = Field(
        None, ge=1, le=1000, label="Depth", recommended=(3, 20), when={"model_type": _TREES}
    )
    """Questions from the top of a tree to its end, at most; none is no limit."""
    min_samples_leaf: int = Field(
        1, ge=1, le=1_000_000, label="Rows per leaf", recommended=(1, 20),
        when={"model_type": _TREES},
    )  # fmt: skip
    """Rows that each end of a tree must have; more keeps it from learning by heart."""
    max_iter: int = Field(
        100, ge=1, le=100_000, label="Rounds", recommended=(50, 500),
        when={"model_type": "gradient_boosting"},
    )  # fmt: skip
    """How many trees follow one another, each mending what those before it got wrong."""
    learning_rate: float = Field(
        0.1, gt=0, le=1, recommended=(0.02, 0.3), when={"model_type": "gradient_boosting"}
    )
    """How much of each tree is taken; lower needs more rounds and is often better."""
    max_leaf_nodes: int = Field(
        31, ge=2, le=100_000, label="Leaves", recommended=(7, 63),
        when={"model_type": "gradient_boosting"},
    )  # fmt: skip
    """Ends of each tree, at most."""
    n_neighbors: int = Field(
        5, ge=1, le=100_000, label="Neighbours", recommended=(3, 30),
        when={"model_type": "k_nearest_neighbors"},
    )  # fmt: skip
    """How many of the nearest train rows decide."""
    weights: Literal["uniform", "distance"] = Field(
        "uniform", when={"model_type": "k_nearest_neighbors"}
    )
    """Whether all neighbours count alike, or near ones more."""
    fit_intercept: bool = Field(True, label="Intercept", when={"model_type": _LINES})
    """Fit a constant as well."""
    standardize: bool = Field(True, when={"model_type": [*_LINES, "svm", "k_nearest_neighbors"]})
    """Bring all features to mean 0 and spread 1 first, so that their units do not matter."""

    class Out(NamedTuple):
        model_spec: EstimatorSpec

    def run(self) -> Out:
        """Write the recipe."""
        params = self.active()
        model_type = params.pop("model_type")
        return self.Out(EstimatorSpec(model_type, params, hyperparameters(self)))

    def propagate(self) -> EstimatorSpecSchema:
        """Name the model, and what of it can be varied."""
        return EstimatorSpecSchema(model_type=self.model_type, tunable=hyperparameters(self))

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return define(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the model and the setting that matters most."""
        name = words(self.model_type).removeprefix("a ").removeprefix("an ")
        match self.model_type:
            case "ridge" | "lasso" | "elastic_net":
                return f"{self.model_type.replace('_', ' ')} · α {self.alpha:g}"
            case "polynomial":
                return f"{name} · degree {self.degree}"
            case "random_forest":
                return f"{name} · {self.n_estimators} trees"
            case "gradient_boosting":
                return f"{name} · {self.max_iter} rounds"
            case "logistic" | "svm":
                return f"{name} · C {self.C:g}"
            case "k_nearest_neighbors":
                return f"{self.n_neighbors} nearest neighbours"
            case _:
                return name
