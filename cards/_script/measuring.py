"""Writes how a model is measured, and what must hold of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cards._script.formulas import Writer
from cards._script.shared import of
from tensorrag import ColumnSchema, TableSchema
from tensorrag.script import Given, Script, literal
from tensorrag.types.schema import Task

if TYPE_CHECKING:
    from cards.assert_metrics import AssertMetrics
    from cards.evaluate import Evaluate

REGRESSION = '''\
def regression_metrics(model, x, y):
    """Measure how far predictions are from the truth."""
    predicted = model.predict(x)
    mse = mean_squared_error(y, predicted)
    found = {"r2": r2_score(y, predicted)} if y.min() < y.max() else {}
    return found | {
        "rmse": mse**0.5,
        "mae": mean_absolute_error(y, predicted),
        "mse": mse,
    }'''
OF_REGRESSION = (
    "from sklearn.metrics import mean_absolute_error",
    "from sklearn.metrics import mean_squared_error",
    "from sklearn.metrics import r2_score",
)
STANDS = '''\
class AsItStands:
    """Predicts what stands in a column."""

    def __init__(self, column):
        self.column = column

    def predict(self, x):
        return x[self.column]'''
BINARY = '''\
def binary_metrics(model, x, y, positive):
    """Measure how well one class is told from another; precision and the like are of positive."""
    truth, said = y == positive, model.predict(x) == positive
    found = {
        "accuracy": accuracy_score(truth, said),
        "balanced_accuracy": balanced_accuracy_score(truth, said),
        "precision": precision_score(truth, said, zero_division=0),
        "recall": recall_score(truth, said, zero_division=0),
        "f1": f1_score(truth, said, zero_division=0),
    }
    at = list(model.classes_).index(positive)
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(x)
        found["log_loss"] = log_loss(y, shares, labels=model.classes_)
        likely = shares[:, at]
    else:
        likely = model.decision_function(x) * (1 if at == 1 else -1)
    if 0 < truth.sum() < len(truth):
        found["roc_auc"] = roc_auc_score(truth, likely)
        found["average_precision"] = average_precision_score(truth, likely)
        if hasattr(model, "predict_proba"):
            found["brier"] = brier_score_loss(truth, likely)
    return found'''
OF_BINARY = tuple(
    f"from sklearn.metrics import {name}"
    for name in (
        "accuracy_score",
        "average_precision_score",
        "balanced_accuracy_score",
        "brier_score_loss",
        "f1_score",
        "log_loss",
        "precision_score",
        "recall_score",
        "roc_auc_score",
    )
)
MULTICLASS = '''\
def multiclass_metrics(model, x, y):
    """Measure how well several classes are told apart."""
    predicted = model.predict(x)
    found = {
        "accuracy": accuracy_score(y, predicted),
        "balanced_accuracy": balanced_accuracy_score(y, predicted),
        "macro_f1": f1_score(y, predicted, average="macro", zero_division=0),
    }
    if hasattr(model, "predict_proba"):
        found["log_loss"] = log_loss(y, model.predict_proba(x), labels=model.classes_)
    return found'''
OF_MULTICLASS = tuple(
    f"from sklearn.metrics import {name}"
    for name in ("accuracy_score", "balanced_accuracy_score", "f1_score", "log_loss")
)


def evaluate(card: Evaluate, given: Given) -> Script:
    """Measure the model and, beside it, the dummy."""
    trained, table = given.fact("trained_model"), given.variable("test_dataset")
    metrics, baseline = given.new("metrics"), given.new("baseline")
    measure, function, imports = measure_of(trained.task)
    x, y = trained.rows(table), trained.truth(table)
    more = f", {literal(trained.positive)}" if trained.task == "binary" else ""
    functions: tuple[str, ...] = (function,)
    dummy = f"{trained.dummy}, {x}"
    if card.baseline_column:
        functions = (function, STANDS)
        dummy = f"AsItStands({literal(card.baseline_column)}), {table}"
    code = (
        f"{metrics} = {measure}({trained.model}, {x}, {y}{more})\n"
        f"{baseline} = {measure}({dummy}, {y}{more})\n"
        f'{metrics} |= {{f"baseline_{{name}}": value for name, value in {baseline}.items()}}'
    )
    return Script(code, {"metrics": metrics}, imports, functions)


def measure_of(task: Task) -> tuple[str, str, tuple[str, ...]]:
    """Return the function that measures models of a task: its name, its text, its imports."""
    if task == "regression":
        return "regression_metrics", REGRESSION, OF_REGRESSION
    if task == "binary":
        return "binary_metrics", BINARY, OF_BINARY
    return "multiclass_metrics", MULTICLASS, OF_MULTICLASS


def assert_metrics(card: AssertMetrics, given: Given, names: Sequence[str]) -> Script:
    """Stop with an error unless the condition holds; ``names`` are those of all metrics."""
    metrics = given.variable("metrics")
    known = TableSchema(
        columns=tuple(ColumnSchema(name=n, kind="number", missing=0) for n in names)
    )
    writer = Writer(known, lambda name: of(metrics, name), single=True)
    said = literal(f"It does not hold that {card.condition.strip()}.")
    code = f"assert {writer.holds(card.condition).code}, {said}"
    return Script(code, {"metrics": metrics}, tuple(writer.imports), tuple(writer.functions))
