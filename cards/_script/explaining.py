"""Writes what a trained model goes by: importance, coefficients, and partial dependence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._explaining.amount import rows_asked
from cards._explaining.dependence import CLASSES
from cards._script.columns import Trained
from cards._script.measuring import measure_of
from cards._script.mixing import OF_SUMS, OF_TREES, ORDERS
from cards._script.shared import NUMPY, call
from tensorrag import ModelSchema, TableSchema
from tensorrag.script import Given, Script, literal
from tensorrag.types import METRICS, NUMERIC

if TYPE_CHECKING:
    from cards.explain import Explain

LINEAR = ("linear", "ridge", "lasso", "elastic_net", "polynomial", "logistic")
SUMS = frozenset(LINEAR) - {"polynomial"}
TREES = frozenset({"decision_tree", "random_forest"})
OFTEN = 5_000
"""Measurements from which on a model is asked otherwise, where it can be, than again and again."""
SLOWLY = "`permutation_importance` asks the model {:,} times, which may take minutes."
COEFFICIENTS = '''\
def coefficients(model, names):
    """Return what a linear model multiplies its columns by, as it sees them; largest first."""
    last = model[-1] if hasattr(model, "steps") else model
    weights = pd.DataFrame(np.atleast_2d(last.coef_), columns=names)
    if len(weights) == len(getattr(last, "classes_", ())):
        weights.index = last.classes_
    return weights.T.loc[weights.abs().max().sort_values(ascending=False).index]'''
TERMS = '''\
def terms(model, columns):
    """Name what a model makes of its columns before it adds them up: city = Rome, rooms²."""
    names = list(columns)
    for step in model[:-1]:
        if hasattr(step, "transformers_"):
            names = [name for _, part, own in step.transformers_ for name in encoded(part, own)]
        elif hasattr(step, "powers_"):
            names = [product(names, powers) for powers in step.powers_]
    return names


def encoded(part, columns):
    """Name the values of categories; other columns are called as before."""
    if not hasattr(part, "categories_"):
        return columns
    pairs = zip(columns, part.categories_)
    return [
        f"{column} is missing" if pd.isna(value) else f"{column} = {value}"
        for column, values in pairs
        for value in values
    ]


def product(names, powers):
    """Write a product: size × rooms²."""
    factors = [f"{name}{'  ²³⁴⁵⁶'[power].strip()}" for name, power in zip(names, powers) if power]
    return " × ".join(factors)'''
DEPENDENCE = '''\
def partial_dependence(answers, x, column):
    """Average the answers of a model while a column has the same value in all rows."""
    values = x[column].value_counts().index[:12]
    if pd.api.types.is_numeric_dtype(x[column]):
        values = np.unique(x[column].dropna())
    if len(values) > 20:
        low, high = x[column].quantile([0.05, 0.95])
        digits = 3 - math.floor(math.log10(high - low)) if high > low else 0
        values = np.unique(np.round(np.linspace(low, high, 20), digits))
    told = [np.mean(answers(x.assign(**{column: value})), axis=0) for value in values]
    return pd.DataFrame(np.atleast_2d(np.array(told).T).T, index=values)'''
SHARES = '''\
def shares_of(model, rows):
    """Return how likely each class is; of a model that does not know, which one it says."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(rows)
    return np.asarray(model.predict(rows))[:, None] == model.classes_'''


def explain(card: Explain, given: Given) -> Script:
    """Ask the model again and again, each time with something changed."""
    return _Explaining(card, given).script()


class _Explaining:
    def __init__(self, card: Explain, given: Given) -> None:
        self.card, self.given = card, given
        self.trained: Trained = given.fact("trained_model")
        model = given.schemas.get("trained_model")
        known = model if isinstance(model, ModelSchema) else ModelSchema()
        self.kind, self.features = known.name, known.features or ()
        self.x, self.y = given.new("x"), given.new("y")
        self.outputs: dict[str, str] = {}
        self.told: dict[str, str] = {}
        self.functions: list[str] = []
        self.notes: list[str] = []
        self.imports = [NUMPY]

    def script(self) -> Script:
        """Write it."""
        code = self._rows() + self._importance() + self._coefficients() + self._dependence()
        return Script(
            code,
            self.outputs,
            tuple(self.imports),
            tuple(self.functions),
            told=self.told,
            notes=tuple(self.notes),
        )

    def _rows(self) -> str:
        """Draw rows where there are too many."""
        table, code = self.given.variable("dataset"), ""
        schema = self.given.schemas.get("dataset")
        if not isinstance(schema, TableSchema) or schema.rows is None:
            raise self.given.unknown("how many rows there are")
        most = rows_asked(self.kind, len(self.features), self.card.repeats, self.card.most_rows)
        if schema.rows > most:
            drawn, rows = self.given.new("drawn"), f"len({table}), {most}"
            code = (
                f"{drawn} = {table}.iloc[np.random.default_rng({self.card.seed})"
                f".choice({rows}, replace=False)]\n"
            )
            table = drawn
        return (
            f"{code}{self.x}, {self.y} = {self.trained.rows(table)}, {self.trained.truth(table)}\n"
        )

    def _importance(self) -> str:
        trained, found = self.trained, self.given.new("mixed")
        metric = self.card.metric
        if metric == "auto":
            metric = {"regression": "r2", "binary": "roc_auc"}.get(trained.task, "accuracy")  # type: ignore[assignment]
        scored = self._scored(metric)
        asked = [trained.model, self.x, self.y]
        how = (f"n_repeats={self.card.repeats}", f"random_state={self.card.seed}")
        name, mean, std = "permutation_importance", "importances_mean", "importances_std"
        if quick := self._quick():
            name, text = quick
            self.functions += [ORDERS, text]
            self.imports += ["import copy", NUMPY]
            how = (f"repeats={self.card.repeats}", f"seed={self.card.seed}")
            mean, std = "mean(axis=1)", "std(axis=1)"
            made = call(name, [*asked, f"score={scored}", *how])
        else:
            self.imports.append("from sklearn.inspection import permutation_importance")
            made = call(name, [*asked, f"scoring={scored}", *how])
            if self._times > OFTEN:
                self.notes.append(f"{self.given.title}: {SLOWLY.format(self._times)}")
        self.importance = self.outputs["importance"] = self.given.new("importance")
        return (
            f"{found} = {made}\n"
            f"{self.importance} = pd.DataFrame({{\n"
            f'    "column": {self.x}.columns,\n'
            f'    "importance": {found}.{mean},\n'
            f'    "spread": {found}.{std},\n'
            f'}}).sort_values("importance", ascending=False, kind="stable")\n'
        )

    def _scored(self, metric: str) -> str:
        """Write what measures a model: the metric by itself, or as one of all of them."""
        trained = self.trained
        asked = {"r2": "y, model.predict(x)", "accuracy": "y, model.predict(x)"}.get(metric)
        if metric == "roc_auc" and trained.tells_shares and trained.positive is not None:
            at = trained.classes.index(trained.positive)
            asked = f"y == {literal(trained.positive)}, model.predict_proba(x)[:, {at}]"
        if asked is not None:
            self.imports.append(f"from sklearn.metrics import {metric}_score")
            return f"lambda model, x, y: {metric}_score({asked})"
        measure, function, imports = measure_of(trained.task)
        self.functions.append(function)
        self.imports += imports
        sign = "" if METRICS[metric].higher_is_better else "-"
        more = f", {literal(trained.positive)}" if trained.task == "binary" else ""
        return f"lambda *asked: {sign}{measure}(*asked{more})[{literal(metric)}]"

    @property
    def _times(self) -> int:
        """How often the model is asked."""
        return len(self.features) * self.card.repeats

    def _quick(self) -> tuple[str, str] | None:
        """Name and write what asks a model of very many numbers otherwise; None: it is asked."""
        if self._times <= OFTEN or not self._all_numbers():
            return None
        if self.kind in SUMS:
            return "importance_of_sums", OF_SUMS
        return ("importance_of_trees", OF_TREES) if self.kind in TREES else None

    def _all_numbers(self) -> bool:
        schema = self.given.schemas.get("dataset")
        columns = schema.columns or () if isinstance(schema, TableSchema) else ()
        kinds = {column.name: column.kind for column in columns}
        return all(kinds.get(name) in NUMERIC for name in self.features)

    def _coefficients(self) -> str:
        if self.trained.kind not in LINEAR:
            return ""
        self.functions.append(COEFFICIENTS)
        new = self.told["coefficients"] = self.given.new("weights")
        names = f"{self.x}.columns"
        if self.kind == "polynomial" or not self._all_numbers():
            self.functions.append(TERMS)
            names = f"terms({self.trained.model}, {names})"
        return f"{new} = {call('coefficients', [self.trained.model, names])}\n"

    def _dependence(self) -> str:
        if not (self.card.dependence_of or self.card.top):
            return ""
        self.functions.append(DEPENDENCE)
        of = f'{self.importance}["column"][:{self.card.top}]'
        if self.card.dependence_of:
            of = literal(list(self.card.dependence_of))
        self.imports.append("import math")
        answers = self._answers()
        new = self.told["partial_dependence"] = self.given.new("dependence")
        return (
            f"{new} = pd.concat({{\n"
            f"    column: partial_dependence({answers}, {self.x}[:1000], column)\n"
            f"    for column in {of}\n}})\n"
        )

    def _answers(self) -> str:
        """Write what the model says of rows: numbers, or how likely the classes are."""
        trained, classes = self.trained, self.trained.classes
        if trained.task == "regression":
            return f"{trained.model}.predict"
        asked = f"{trained.model}.predict_proba(rows)"
        if not trained.tells_shares:
            self.functions.append(SHARES)
            asked = f"shares_of({trained.model}, rows)"
        shown = f"[:, [{classes.index(trained.positive)}]]" if trained.positive in classes else ""
        return f"lambda rows: {asked}{shown or f'[:, :{CLASSES}]'}"
