"""Model Define: which model will be trained, before there is any data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from tensorrag import Card, EstimatorSpec, EstimatorSpecSchema, Field, Schema


class ModelDefine(Card):
    """Choose a linear model and its settings.

    Ridge shrinks the coefficients, lasso sets some of them to zero: both help when there are
    many features for few rows.
    """

    category = "Models"

    model_type: Literal["linear", "ridge", "lasso"] = Field("linear", label="Model")
    """Which model to train."""
    alpha: float = Field(
        1.0, gt=0, recommended=(0.001, 10.0), when={"model_type": ["ridge", "lasso"]}
    )
    """How strongly coefficients are kept small; 0 would be the linear model."""
    fit_intercept: bool = Field(True, label="Intercept")
    """Fit a constant as well."""
    standardize: bool = True
    """Bring all features to mean 0 and spread 1 first, so that alpha treats them alike."""

    class Out(NamedTuple):
        model_spec: EstimatorSpec

    def run(self) -> Out:
        """Write the recipe."""
        params = self.active()
        return self.Out(EstimatorSpec(params.pop("model_type"), params))

    def propagate(self) -> EstimatorSpecSchema:
        """Name the model."""
        return EstimatorSpecSchema(model_type=self.model_type)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the model and how strongly it is held back."""
        return (
            self.model_type
            if self.model_type == "linear"
            else f"{self.model_type} · α {self.alpha:g}"
        )
