"""Writes the scikit-learn model that a card trains, with what prepares its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cards._learning.estimators import FIXED, SCALED, where_defined
from cards._learning.preparing import OWN
from cards._learning.training import APART
from cards._script.columns import MAKE, Columns
from cards._script.shared import call
from tensorrag import EstimatorSpec, NetworkSpec
from tensorrag.script import literal

_USUAL: Mapping[str, Any] = {
    "fit_intercept": True,
    "interaction_only": False,
    "max_depth": None,
    "min_samples_leaf": 1,
    "kernel": "rbf",
    "weights": "uniform",
}
"""Settings that go without saying."""
_DRAWS = ("decision_tree", "random_forest", "gradient_boosting")
WEIGHS = ("logistic", "decision_tree", "random_forest", "gradient_boosting", "svm")
"""Classifiers that can give rare classes more weight."""
FITTED = '''\
def fitted(model, x, y):
    """Fit a copy of a model."""
    return clone(model).fit(x, y)'''
FITTED_WEIGHING = f'''\
def fitted_weighing(model, x, y):
    """Fit a copy of a model; rare classes weigh more where others are {APART} times as frequent."""
    model, counts = clone(model), y.value_counts()
    last = model[-1] if isinstance(model, Pipeline) else model
    if counts.max() > {APART} * counts.min() and "class_weight" in last.get_params():
        last.set_params(class_weight="balanced")
    return model.fit(x, y)'''
CLONE = "from sklearn.base import clone"


@dataclass(frozen=True)
class Described:
    """The model that a card hands on, not yet trained."""

    spec: EstimatorSpec | NetworkSpec
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Settings that the script finds: by name, the code that tells them."""


def fitting(*, classify: bool) -> tuple[str, str, tuple[str, ...]]:
    """Return the function that fits a copy of a model: its name, its text, and its imports."""
    if classify:
        return "fitted_weighing", FITTED_WEIGHING, (CLONE, "from sklearn.pipeline import Pipeline")
    return "fitted", FITTED, (CLONE,)


class Estimator:
    """Writes a model of scikit-learn.

    Args:
        described: which one.
        columns: what it is trained on; takes the imports and what stands before.
        seed: of models that draw at random.
    """

    def __init__(self, described: Described, columns: Columns, seed: int) -> None:
        if not isinstance(described.spec, EstimatorSpec):
            raise TypeError("a network is written by cards._script.network")
        self.kind, self.params = described.spec.model_type, described.spec.params
        self.chosen, self.columns, self.seed = described.chosen, columns, seed

    @property
    def tells_shares(self) -> bool:
        """Whether it tells how likely each class is."""
        return self.columns.classify and self.kind != "svm"

    def written(self, weights: str = "") -> str:
        """Write it, behind the steps that prepare its columns; ``weights`` is of the classes."""
        steps = [*self._steps(), self._model(weights)]
        if len(steps) == 1:
            return steps[0]
        self.columns.imports.append(MAKE)
        return call("make_pipeline", steps)

    def weights(self, y: str) -> str:
        """Give rare classes more weight where the card does; empty where none can have any."""
        if not self.columns.classify or self.kind not in WEIGHS:
            return ""
        new = self.columns.given.new
        counts, weights = new("counts"), new("weights")
        self.columns.code += (
            f"{counts} = {y}.value_counts()\n"
            f'{weights} = "balanced" if {counts}.max() > {APART} * {counts}.min() else None\n'
        )
        return weights

    def _steps(self) -> list[str]:
        scaled = self.kind in SCALED and self.params.get("standardize", True)
        steps = self.columns.steps(self.chosen.get("standardize", bool(scaled)))
        if self.kind == "polynomial":
            self.columns.imports.append("from sklearn.preprocessing import PolynomialFeatures")
            degree = self._value("degree", int(self.params.get("degree", 2)))
            only = self._value("interaction_only", bool(self.params.get("interaction_only")))
            settings = [f"degree={degree}", "include_bias=False"]
            settings += [f"interaction_only={only}"] if only != "False" else []
            steps.append(call("PolynomialFeatures", settings))
        return steps

    def _value(self, setting: str, value: Any) -> str:
        return self.chosen.get(setting, literal(value))

    def _model(self, weights: str) -> str:
        """Write the model with what is not usual about it."""
        module, _, name = where_defined(self.kind, classify=self.columns.classify).rpartition(".")
        self.columns.imports.append(f"from {module} import {name}")
        return call(name, [*self._settings(), *([f"class_weight={weights}"] if weights else [])])

    def _settings(self) -> Sequence[str]:
        settings = {name: literal(value) for name, value in FIXED.get(self.kind, {}).items()}
        for setting, value in self.params.items():
            usual = setting in _USUAL and _USUAL[setting] == value and setting not in self.chosen
            if setting not in OWN and not usual:
                settings[setting] = self._value(setting, value)
        if self.kind in _DRAWS:
            settings["random_state"] = literal(self.seed)
        return [f"{setting}={value}" for setting, value in settings.items()]
