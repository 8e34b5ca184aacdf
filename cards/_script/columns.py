"""What is learnt from which columns of a table in a script, and what makes numbers of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cards._learning.truth import are_written
from cards._script.shared import call, columns_of, of
from tensorrag import ModelSchema
from tensorrag.script import Given, literal
from tensorrag.types import NUMERIC, ColumnKind
from tensorrag.types.schema import Label, Task

TOLD_APART = '''\
def told_apart(numbers):
    """Make classes of numbers: of decimals with fractions as they are written, else whole ones."""
    if not pd.api.types.is_float_dtype(numbers):
        return numbers
    fractions = (numbers % 1 != 0).any()
    return numbers.astype(str).str.removesuffix(".0") if fractions else numbers.astype(int)'''
AS_WRITTEN = '.astype(str).str.removesuffix(".0")'
MAKE = "from sklearn.pipeline import make_pipeline"


@dataclass(frozen=True)
class Trained:
    """A trained model in a script."""

    model: str
    """Its variable: it has a method predict, as scikit-learn's have."""
    dummy: str
    kind: str
    """Which kind of model it is; empty where only the script decides."""
    features: str
    """What chooses them of a table: a variable, or a list."""
    target: str
    task: Task
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    as_floats: bool = False
    """Whether flags are among the features, which are numbers to a model."""
    tells_shares: bool | None = False
    """Whether it tells how likely each class is; None where only the script decides."""
    told_by: str = ""
    """What makes classes of the target, where the table may have decimals: a method of its column,
    or a function."""

    def rows(self, table: str) -> str:
        """Write the features of a table."""
        return f"{table}[{self.features}]{'.astype(float)' if self.as_floats else ''}"

    def truth(self, table: str) -> str:
        """Write the target of a table."""
        column = of(table, self.target)
        if self.told_by.isidentifier():
            return f"{self.told_by}({column})"
        return column + self.told_by


class Columns:
    """What is learnt from which columns of a table, and what makes numbers of them.

    Args:
        target: the column to predict.
        chosen: the columns to predict it from; empty means all but the target.
        given: what the card was told.
        known: of the trained model, as far as it is.
        port: where the table arrives.
    """

    def __init__(
        self,
        target: str,
        chosen: Sequence[str],
        given: Given,
        known: ModelSchema,
        port: str = "train_dataset",
    ) -> None:
        self.given, self.schema, self.target = given, known, target
        self.table = given.variable(port)
        self.classify = known.task != "regression"
        self.columns = {c.name: c for c in columns_of(given, port)}
        self.chosen = list(chosen)
        self.names = self.chosen or [name for name in self.columns if name != target]
        self.categories = [n for n in self.names if self.columns[n].kind not in NUMERIC]
        self.numbers = [n for n in self.names if n not in self.categories]
        gaps = any(self.columns[name].missing != 0 for name in self.numbers)
        self.fills = bool(self.categories or gaps)
        self.code = ""
        """What stands before the pipeline."""
        self.imports: list[str] = []
        self.functions: list[str] = []

    def trained(self, model: str, kind: str, *, tells_shares: bool) -> Trained:
        """Name the model and its features; ``kind`` is that of Model Define."""
        target = self.columns[self.target]
        return Trained(
            model=self.given.new(model),
            dummy=self.given.new("dummy"),
            kind=kind,
            features=self._features(),
            target=target.name,
            task=self.schema.task or "regression",
            classes=self.schema.classes or (),
            positive=self.schema.positive,
            tells_shares=tells_shares,
            as_floats=not self.categories
            and any(self.columns[name].kind == "binary" for name in self.numbers),
            told_by=self._told_by(target.kind) if self.classify else "",
        )

    def _told_by(self, kind: ColumnKind | None) -> str:
        """Have decimals be classes as the card does: as they are written, or as whole numbers."""
        classes = self.schema.classes
        if kind not in NUMERIC or (classes is None and kind == "integer"):
            return ""
        if classes is None:
            self.functions.append(TOLD_APART)
            return "told_apart"
        if are_written(classes):
            return AS_WRITTEN
        return ".astype(int)" if kind == "number" else ""

    def dummy(self) -> tuple[str, str]:
        """Return the import of what knows the target alone, and the code that makes it."""
        name, how = "DummyRegressor", ""
        if self.classify:
            name, how = "DummyClassifier", 'strategy="prior"'
        return f"from sklearn.dummy import {name}", f"{name}({how})"

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

    def steps(self, scaled: bool | str) -> list[str]:
        """Write what makes complete numbers of the features.

        Args:
            scaled: whether they are brought to one size; code that tells it where a search does.
        """
        numbers = []
        if self.fills:
            self.imports.append("from sklearn.impute import SimpleImputer")
            numbers.append('SimpleImputer(strategy="median")')
        if scaled:
            self.imports.append("from sklearn.preprocessing import StandardScaler")
            choice = f' if {scaled} else "passthrough"' if isinstance(scaled, str) else ""
            numbers.append(f"StandardScaler(){choice}")
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
