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


class Columns:
    """What is learnt from which columns of a table, and what makes numbers of them.

    Args:
        target: the column to predict.
        chosen: the columns to predict it from; empty means all but the target.
        given: what the card was told.
        schema: of the trained model.
    """

    def __init__(
        self, target: str, chosen: Sequence[str], given: Given, schema: ModelSchema
    ) -> None:
        self.given, self.schema, self.target = given, schema, target
        self.table = given.variable("train_dataset")
        self.classify = schema.task != "regression"
        self.columns = {c.name: c for c in columns_of(given, "train_dataset")}
        self.chosen = list(chosen)
        self.names = self.chosen or [name for name in self.columns if name != target]
        self.categories = [n for n in self.names if self.columns[n].kind not in NUMERIC]
        self.numbers = [n for n in self.names if n not in self.categories]
        gaps = any(self.columns[name].missing != 0 for name in self.numbers)
        self.fills = bool(self.categories or gaps)
        self.code = ""
        """What stands before the pipeline."""
        self.imports: list[str] = []

    def trained(self, model: str, *, tells_shares: bool) -> Trained:
        """Name the model and its features."""
        target = self.columns[self.target]
        return Trained(
            model=self.given.new(model),
            dummy=self.given.new("dummy"),
            features=self._features(),
            target=target.name,
            task=self.schema.task or "regression",
            classes=self.schema.classes or (),
            positive=self.schema.positive,
            tells_shares=tells_shares,
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
        if not self.chosen:
            chosen = f"{self.table}.columns.drop({literal(self.target)})"
        self.code += f"{features} = {chosen}\n"
        return features

    def steps(self, *, scaled: bool) -> list[str]:
        """Write what makes complete numbers of the features, brought to one size if wanted."""
        numbers = []
        if self.fills:
            self.imports.append("from sklearn.impute import SimpleImputer")
            numbers.append('SimpleImputer(strategy="median")')
        if scaled:
            self.imports.append("from sklearn.preprocessing import StandardScaler")
            numbers.append("StandardScaler()")
        return [self._by_kind(numbers)] if self.categories else numbers

    def _by_kind(self, numbers: list[str]) -> str:
        self.imports.append("from sklearn.compose import make_column_transformer")
        self.imports.append("from sklearn.preprocessing import OneHotEncoder")
        prepare = self.given.new("prepare")
        hot = 'OneHotEncoder(handle_unknown="ignore", sparse_output=False)'
        lines = [f"({hot}, {self.of_categories})"]
        if self.numbers:
            if len(numbers) > 1:
                self.imports.append(MAKE)
            made = numbers[0] if len(numbers) == 1 else call("make_pipeline", numbers)
            lines.insert(0, f"({made}, {self.of_numbers})")
        self.code += f"{prepare} = {call('make_column_transformer', lines)}\n"
        return prepare


class _Training:
    def __init__(self, card: Train, given: Given, spec: EstimatorSpec, schema: ModelSchema) -> None:
        self.card, self.given, self.spec = card, given, spec
        self.classify = schema.task != "regression"
        self.columns = Columns(card.target_column, card.feature_columns, given, schema)
        self.imports = self.columns.imports

    def script(self) -> Script:
        columns, table = self.columns, self.columns.table
        shares = self.classify and self.spec.model_type != "svm"
        trained = columns.trained(self.spec.model_type, tells_shares=shares)
        x, y = trained.rows(table), trained.truth(table)
        steps = [*self._steps(), self._estimator(y)]
        columns.code += f"{trained.model} = {self._pipeline(steps)}\n"
        columns.code += f"{trained.model}.fit({x}, {y})\n"
        dummy = "DummyClassifier" if self.classify else "DummyRegressor"
        self._import(f"from sklearn.dummy import {dummy}")
        how = 'strategy="prior"' if self.classify else ""
        columns.code += f"{trained.dummy} = {dummy}({how}).fit({x}, {y})"
        outputs, facts = {"trained_model": trained.model}, {"trained_model": trained}
        return Script(columns.code, outputs, tuple(self.imports), (), facts)

    def _steps(self) -> list[str]:
        params = self.spec.params
        scaled = self.spec.model_type in SCALED and params.get("standardize", True)
        steps = self.columns.steps(scaled=bool(scaled))
        if self.spec.model_type == "polynomial":
            self._import("from sklearn.preprocessing import PolynomialFeatures")
            degree = [f"degree={int(params.get('degree', 2))}", "include_bias=False"]
            only = ["interaction_only=True"] if params.get("interaction_only") else []
            steps.append(f"PolynomialFeatures({', '.join([*degree, *only])})")
        return steps

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
        self.columns.code += f"{counts} = {y}.value_counts()\n"
        self.columns.code += (
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
