"""Evaluate: how good a model is on rows that it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, NamedTuple

from cards._columns import require, require_numbers
from cards._learning.answers import answers_of
from cards._learning.gaps import new_values_note
from cards._learning.predicting import missing_features, predict
from cards._learning.prepared import otherwise
from cards._learning.rows import numbers, refuse_no_rows
from cards._learning.truth import truth
from cards._measuring import intervals
from cards._measuring.classes import class_pictures
from cards._measuring.classification import (
    Answers,
    classification_metrics,
    dummy_answers,
    undefined,
)
from cards._measuring.errors import error_pictures
from cards._measuring.regression import dummy_metrics, regression_metrics
from cards._script.measuring import evaluate
from tensorrag import (
    Card,
    CardError,
    Column,
    Field,
    InputError,
    Metrics,
    MetricsSchema,
    Model,
    ModelSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import METRICS, Provenance, Task

if TYPE_CHECKING:
    from cards._measuring.intervals import Interval

PORT = "test_dataset"


class Evaluate(Card):
    """Measure a trained model on rows that it has not seen.

    Every metric stands beside that of a dummy, which always predicts the mean of the train rows,
    or their most frequent class: a model that does not beat it has learnt nothing. Numbers that
    are predicted ahead have a harder one, such as last week's value: choose its column. Between
    which values a metric lies with 95 % confidence is told with it: of few rows, that is wide.
    Where a split kept groups of rows together, it is as sure as so many groups make it.
    """

    category = "Evaluation"
    libraries = ("numpy", "scikit-learn", "torch")

    baseline_column: Column | None = Field(None, columns_of=PORT, label="Baseline")
    """Where numbers are predicted: a column to beat, as `sales_lag_7`; none chosen: their mean."""

    class Out(NamedTuple):
        metrics: Metrics

    def run(self, test_dataset: Table, trained_model: Model) -> Out:
        """Predict the test rows and compare with the truth."""
        refuse_no_rows(test_dataset, PORT)
        _refuse_lacking(test_dataset.schema, trained_model.features, trained_model.target)
        self._check_baseline(test_dataset.schema, trained_model.task)
        if trained_model.task == "regression":
            return self.Out(_of_numbers(test_dataset, trained_model, self.baseline_column))
        return self.Out(_of_classes(test_dataset, trained_model))

    def propagate(self, test_dataset: TableSchema, trained_model: ModelSchema) -> MetricsSchema:
        """Hold the features of the model against the columns of the table."""
        _refuse_lacking(test_dataset, trained_model.features, trained_model.target)
        self._check_baseline(test_dataset, trained_model.task)
        return MetricsSchema(task=trained_model.task, rows=test_dataset.rows)

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Warn of rows that were not prepared as the train rows were."""
        yield from otherwise(schemas.get(PORT), schemas.get("trained_model"), PORT)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return evaluate(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how many rows it measures on."""
        table = schemas.get(PORT)
        if not isinstance(table, TableSchema):
            return "test rows"
        words = _words(table.provenance)
        said = words if table.rows is None else f"{table.rows:,} {words}"
        return f"{said} · against {self.baseline_column}" if self.baseline_column else said

    def _check_baseline(self, schema: TableSchema, task: Task | None) -> None:
        if not self.baseline_column:
            return
        require(schema, [self.baseline_column], field="baseline_column")
        if task not in (None, "regression"):
            raise ParameterError(
                "A column is a baseline of numbers that are predicted, and this model tells "
                "classes apart.",
                field="baseline_column",
                hint="Choose none: the most frequent class is the baseline.",
                fix=("Choose none", None),
            )
        column = [self.baseline_column]
        require_numbers(schema, column, field="baseline_column", what="A baseline")


def _refuse_lacking(
    schema: TableSchema, features: Sequence[str] | None, target: str | None
) -> None:
    needed = (*features, target) if features is not None and target else features
    lacks = missing_features(schema, needed)
    if lacks:
        raise InputError(lacks, port=PORT, hint="Use rows of the same table.")


def _of_numbers(table: Table, model: Model, column: str | None) -> Metrics:
    real = truth(table, model.target, None, PORT)
    predicted = predict(model, table)
    unit = model.target_unit
    sure, how = intervals.of_regression(real, predicted, whole=intervals.groups_of(table))
    found = regression_metrics(real, predicted)
    alike = bool((real == real[0]).all())
    if column:
        baseline = regression_metrics(real, numbers(table, column))
        instead, which = f"{column} as it stands is closer", f"{column} as it stands"
    else:
        dummy = float(model.content["dummy"])
        baseline = dummy_metrics(real, dummy)
        instead = "the training mean is closer on average"
        which = f"the training mean, {_written(dummy)}{f' {unit}' if unit else ''}"
    unknown = {"r2": nan} if alike else {}
    return Metrics(
        found | unknown,
        baseline | unknown,
        task="regression",
        rows=len(real),
        unit=unit,
        caption=_caption(
            _worse(found["r2"], baseline["r2"], instead),
            f"Baseline: {which}.",
            _one_value(model.target, len(real)) if alike else "",
            new_values_note(table, model.content.get("seen", {})),
            _how_sure("r2", sure, how, table),
            of=table.provenance,
        ),
        intervals=sure,
        part=table.provenance.part,
        details=error_pictures(real, predicted, model.target, unit),
    )


def _of_classes(table: Table, model: Model) -> Metrics:
    said = answers_of(model, table, PORT)
    shares = model.content["dummy"]
    found, dummy = classification_metrics(said), dummy_answers(said, shares)
    baseline = classification_metrics(dummy)
    unknown = dict.fromkeys(undefined(said), nan)
    sure, how = intervals.of_classification(said, found, intervals.groups_of(table))
    usual = max(zip(shares, said.classes, strict=True), key=lambda pair: pair[0])
    return Metrics(
        found | unknown,
        baseline,
        task=model.task,
        rows=len(said.truth),
        caption=_caption(
            _worse(found["accuracy"], baseline["accuracy"], f"always {usual[1]} is right as often"),
            f"Baseline: always {usual[1]}, {100 * usual[0]:.0f} % of the train rows.",
            _of_which(said),
            _unseen(said),
            _one_class(said, tuple(unknown)),
            new_values_note(table, model.content.get("seen", {})),
            _how_sure("accuracy", sure, how, table),
            of=table.provenance,
        ),
        intervals=sure,
        part=table.provenance.part,
        details=class_pictures(said),
    )


def _of_which(said: Answers) -> str:
    if said.positive is None:
        return ""
    return f"Precision, recall, F1 and the areas are of {said.positive}."


def _unseen(said: Answers) -> str:
    """Tell of rows whose class the model cannot know."""
    import numpy as np

    count = int((~np.isin(said.truth, np.array(said.classes, dtype=said.truth.dtype))).sum())
    if not count:
        return ""
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    return f"{rows} of a class that no train row had, and counted as wrong."


def _one_class(said: Answers, unknown: Sequence[str]) -> str:
    """Tell why metrics cannot be told of these rows."""
    if not unknown:
        return ""
    label = said.truth[0]
    what = "of this class" if label == said.positive else f"of the class {label}"
    *most, last = (METRICS[name].label for name in unknown)
    listed = f"{', '.join(most)} and {last}" if most else last
    return f"All rows are {what}, so {listed} are undefined."


def _one_value(target: str, rows: int) -> str:
    """Tell why R² cannot be told of rows that are all alike."""
    why = f"{named(target)} is the same in all rows" if rows > 1 else "There is a single row"
    return f"{why}, so R² is undefined."


def _worse(value: float, baseline: float, instead: str) -> str:
    """Say of a model that does not beat its baseline that it does not."""
    if value > baseline:
        return ""
    how = "no better than" if value == baseline else "worse than"
    return (
        f"This model is {how} its baseline: {instead}{'.' if value == baseline else ', or more.'}"
    )


def _how_sure(metric: str, sure: Mapping[str, Interval], how: str, table: Table) -> str:
    """Tell between which values a metric lies, of so many rows."""
    if metric not in sure:
        return ""
    low, high = (f"{end:.3f}".replace("-", "−") for end in sure[metric])
    label = METRICS[metric].label
    label = label if metric == "r2" else label.lower()
    rows = f"{table.num_rows:,} {_words(table.provenance)}"
    said = f"With {rows}, the {label} is {low} to {high} (95 % confidence, {how})."
    return f"{said} {intervals.too_narrow(table)}".rstrip()


def _caption(*sentences: str, of: Provenance) -> str:
    """Join what is said of metrics, beginning with what makes them worth nothing."""
    learnt = "These are train rows: they do not tell how good it is on new ones."
    said = [learnt if of.part == "train" else "", *sentences]
    said.append("Synthetic data." if of.synthetic else "")
    return " ".join(sentence for sentence in said if sentence)


def _words(of: Provenance) -> str:
    """Call rows by the part of a split that they are."""
    return f"{of.part} rows" if of.part else "rows"


def _written(number: float) -> str:
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e9 else f"{number:.3g}"
