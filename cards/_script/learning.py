"""Writes models of scikit-learn: what is fitted, and what it says of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards._learning.estimators import FIXED, SCALED, where_defined
from cards._learning.preparing import OWN
from cards._learning.training import APART
from cards._script.shared import call, columns_of, keywords, of
from tensorrag import EstimatorSpec, ModelSchema
from tensorrag.script import Given, Script, literal
from tensorrag.types import NUMERIC
from tensorrag.types.schema import Label, Task

if TYPE_CHECKING:
    from cards.model_define import ModelDefine
    from cards.predict import Predict
    from cards.train import Train

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
_WEIGHS = ("logistic", "decision_tree", "random_forest", "gradient_boosting", "svm")
MAKE = "from sklearn.pipeline import make_pipeline"


@dataclass(frozen=True)
class Trained:
    """A trained model in a script."""

    model: str
    """Its variable: it has a method predict, as scikit-learn's have."""
    dummy: str
    features: str
    """What chooses them of a table: a variable, or a list."""
    target: str
    task: Task
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    as_floats: bool = False
    """Whether flags are among the features, which are numbers to a model."""
    tells_shares: bool = False
    """Whether it tells how likely each class is."""
    whole: bool = False
    """Whether the classes are whole numbers that the table may hold as fractions."""

    def rows(self, table: str) -> str:
        """Write the features of a table."""
        return f"{table}[{self.features}]{'.astype(float)' if self.as_floats else ''}"

    def truth(self, table: str) -> str:
        """Write the target of a table."""
        return of(table, self.target) + (".astype(int)" if self.whole else "")


def define(card: ModelDefine, given: Given) -> Script:
    """Leave the model to the card that trains it: what it predicts is known there."""
    return Script(facts={"model_spec": card.run().model_spec})


def train(card: Train, given: Given) -> Script:
    """Write a pipeline of what prepares the columns and of the model, and fit it."""
    spec, schema = given.fact("model_spec"), given.outputs.get("trained_model")
    if not isinstance(schema, ModelSchema) or schema.task is None:
        raise given.unknown("whether numbers or classes are predicted")
    if schema.task != "regression" and schema.classes is None:
        raise given.unknown("which classes there are")
    return _Training(card, given, spec, schema).script()


class _Training:
    def __init__(self, card: Train, given: Given, spec: EstimatorSpec, schema: ModelSchema) -> None:
        self.card, self.given, self.spec, self.schema = card, given, spec, schema
        self.table = given.variable("train_dataset")
        self.classify = schema.task != "regression"
        self.columns = {c.name: c for c in columns_of(given, "train_dataset")}
        self.names = card.feature_columns or [n for n in self.columns if n != card.target_column]
        self.categories = [n for n in self.names if self.columns[n].kind not in NUMERIC]
        self.numbers = [n for n in self.names if n not in self.categories]
        gaps = any(self.columns[name].missing != 0 for name in self.numbers)
        self.fills = bool(self.categories or gaps)
        self.imports: list[str] = []
        self.functions: list[str] = []
        self.code = ""

    def script(self) -> Script:
        trained = self._trained()
        x, y = trained.rows(self.table), trained.truth(self.table)
        steps = [*self._steps(), self._estimator(y)]
        self.code += f"{trained.model} = {self._pipeline(steps)}\n"
        self.code += f"{trained.model}.fit({x}, {y})\n"
        dummy = "DummyClassifier" if self.classify else "DummyRegressor"
        self._import(f"from sklearn.dummy import {dummy}")
        how = 'strategy="prior"' if self.classify else ""
        self.code += f"{trained.dummy} = {dummy}({how}).fit({x}, {y})"
        return Script(
            self.code,
            {"trained_model": trained.model},
            tuple(self.imports),
            tuple(self.functions),
            {"trained_model": trained},
        )

    def _trained(self) -> Trained:
        target = self.columns[self.card.target_column]
        return Trained(
            model=self.given.new(self.spec.model_type),
            dummy=self.given.new("dummy"),
            features=self._features(),
            target=target.name,
            task=self.schema.task or "regression",
            classes=self.schema.classes or (),
            positive=self.schema.positive,
            tells_shares=self.classify and self.spec.model_type != "svm",
            as_floats=not self.categories
            and any(self.columns[name].kind == "binary" for name in self.numbers),
            whole=self.classify and target.kind == "number",
        )

    def _features(self) -> str:
        """Name the features above: those of each kind where kinds are treated apart."""
        if self.categories:
            self.of_numbers = self.given.new("numbers") if self.numbers else ""
            self.of_categories = self.given.new("categories")
            if self.numbers:
                self.code += f"{self.of_numbers} = {literal(self.numbers)}\n"
            self.code += f"{self.of_categories} = {literal(self.categories)}\n"
            both = [name for name in (self.of_numbers, self.of_categories) if name]
            return " + ".join(both)
        features = self.given.new("features")
        chosen = literal(self.names)
        if not self.card.feature_columns:
            chosen = f"{self.table}.columns.drop({literal(self.card.target_column)})"
        self.code += f"{features} = {chosen}\n"
        return features

    def _steps(self) -> list[str]:
        numbers = self._numeric()
        steps = [self._by_kind(numbers)] if self.categories else numbers
        if self.spec.model_type == "polynomial":
            self._import("from sklearn.preprocessing import PolynomialFeatures")
            params = self.spec.params
            degree = [f"degree={int(params.get('degree', 2))}", "include_bias=False"]
            only = ["interaction_only=True"] if params.get("interaction_only") else []
            steps.append(f"PolynomialFeatures({', '.join([*degree, *only])})")
        return steps

    def _numeric(self) -> list[str]:
        steps = []
        if self.fills:
            self._import("from sklearn.impute import SimpleImputer")
            steps.append('SimpleImputer(strategy="median")')
        if self.spec.model_type in SCALED and self.spec.params.get("standardize", True):
            self._import("from sklearn.preprocessing import StandardScaler")
            steps.append("StandardScaler()")
        return steps

    def _by_kind(self, numbers: list[str]) -> str:
        self._import("from sklearn.compose import make_column_transformer")
        self._import("from sklearn.preprocessing import OneHotEncoder")
        prepare = self.given.new("prepare")
        hot = 'OneHotEncoder(handle_unknown="ignore", sparse_output=False)'
        lines = [f"({hot}, {self.of_categories})"]
        if self.numbers:
            lines.insert(0, f"({self._pipeline(numbers)}, {self.of_numbers})")
        made = call("make_column_transformer", lines)
        self.code += f"{prepare} = {made}\n"
        return prepare

    def _pipeline(self, steps: Sequence[str]) -> str:
        if len(steps) == 1:
            return steps[0]
        self._import(MAKE)
        return call("make_pipeline", steps)

    def _estimator(self, y: str) -> str:
        """Write the model with what is not usual about it."""
        kind = self.spec.model_type
        module, _, name = where_defined(kind, classify=self.classify).rpartition(".")
        self._import(f"from {module} import {name}")
        settings = dict(FIXED.get(kind, {}))
        for setting, value in self.spec.params.items():
            usual = setting in _USUAL and _USUAL[setting] == value
            if setting not in OWN and not usual:
                settings[setting] = value
        written = [f"{setting}={literal(value)}" for setting, value in settings.items()]
        if kind in _DRAWS:
            written.append(f"random_state={self.card.seed}")
        if self.classify and kind in _WEIGHS:
            written.append(f"class_weight={self._weights(y)}")
        return call(name, written)

    def _weights(self, y: str) -> str:
        """Give rare classes more weight where the card does."""
        counts, weights = self.given.new("counts"), self.given.new("weights")
        self.code += f"{counts} = {y}.value_counts()\n"
        self.code += (
            f'{weights} = "balanced" if {counts}.max() > {APART} * {counts}.min() else None\n'
        )
        return weights

    def _import(self, line: str) -> None:
        self.imports.append(line)


def predict(card: Predict, given: Given) -> Script:
    """Put predictions beside the rows, and of a classifier what each class is given."""
    table, trained = given.variable("dataset"), given.fact("trained_model")
    new, x = given.new("predictions"), trained.rows(table)
    name = card.prediction_column or f"predicted_{trained.target}"
    pairs = [(name, f"{trained.model}.predict({x})")]
    if not (card.shares and trained.classes):
        return Script(f"{new} = {table}.assign({keywords(pairs)})", {"predictions": new})
    shares = given.new("shares")
    code = f"{new} = {table}.assign({keywords(pairs)})\n"
    if not trained.tells_shares:
        return Script(code.rstrip(), {"predictions": new})
    code += f"{shares} = {trained.model}.predict_proba({x})\n"
    for at, label in enumerate(trained.classes):
        code += f"{of(new, f'probability_{label}')} = {shares}[:, {at}]\n"
    return Script(code, {"predictions": new})
