"""What the target asks for: a number, one of two classes, or one of several.

Two different values are two classes, three to twenty whole ones are as many, anything else is a
number. Decimals that are all whole count as whole numbers: `tensorrag.types.decimals` says so, and
why three to twenty decimals with fractions, such as ratings of 1.5, 2.0 and 2.5, stay numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from cards._learning.columns import target_column
from cards._learning.estimators import CLASSIFIERS, REGRESSORS, words
from tensorrag import (
    EstimatorSpecSchema,
    InputError,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.quoting import named
from tensorrag.types import NUMERIC, ColumnKind
from tensorrag.types.decimals import FEW, few_values
from tensorrag.types.schema import Task
from tensorrag.types.seen import COUNTED

if TYPE_CHECKING:
    import pyarrow as pa

Wanted = Literal["auto", "regression", "classification"]

_MEASURES = (
    "but as decimals they measure something, and what lies between them counts. Choose "
    "classification as the task to have them told apart."
)
_LOGISTIC = ("Use logistic regression", {"model_type": "logistic"})
MOST_CLASSES = 200
"""Classes that are told apart: more are names, or numbers."""


@dataclass(frozen=True)
class Decision:
    """A task, and why it is that one."""

    task: Task
    reason: str
    outputs: int = 1
    """Of a network that does it: one for a number or two classes, else one for each class."""


class _Goal(NamedTuple):
    """What is to be done as far as it is known without the values, and why."""

    of: Literal["regression", "classification"] | None
    why: str


def known_task(
    schema: TableSchema, target: str, wanted: Wanted, model_type: str | None
) -> Task | None:
    """Tell the task before a run; None where only the data tell.

    Raises:
        ParameterError: the target cannot be predicted so.
        InputError: the model cannot predict such a target.
    """
    if schema.columns is None:
        return "regression" if wanted == "regression" else None
    kind = target_column(schema, target).kind
    _refuse_kind(target, kind, wanted)
    goal = _goal(kind, wanted, model_type).of or _goal_of(_counted(schema, target))
    refuse_model(target, goal, model_type)
    if goal == "classification":
        return _task_of(kind, _counted(schema, target))
    return goal


def task_told(schema: TableSchema, target: str, wanted: Wanted, model_type: str | None) -> str:
    """Say before a run what the target asks for and why; empty where its kind is not known.

    Raises:
        ParameterError: the target cannot be predicted so.
    """
    kind = target_column(schema, target).kind if schema.columns is not None else None
    if kind is None:
        return ""
    _refuse_kind(target, kind, wanted)
    goal, counted = _goal(kind, wanted, model_type), _counted(schema, target)
    if goal.of is None and counted is not None:
        goal = _Goal("classification" if counted.few else "regression", counted.told)
    if goal.of is None:
        return f"{named(target)} {goal.why}."
    if goal.of == "regression":
        few = kind == "number" and wanted == "auto" and counted is not None and counted.few
        why = f"{counted.told}, {_MEASURES}" if few and counted is not None else f"{goal.why}."
        return f"{named(target)} is predicted as a number (regression): {why}"
    return f"{named(target)} is told apart as {_classes(kind, counted)}: {goal.why}."


class _Counted(NamedTuple):
    """How many different values the target has, as far as somebody counted them."""

    values: int
    """One more than are counted: there are more."""
    part: bool
    """Whether rows may lack some of them."""

    @property
    def few(self) -> bool:
        return self.values <= FEW

    @property
    def told(self) -> str:
        whole = "all rows together have" if self.part else "it has"
        many = f"{self.values}" if self.few else f"more than {FEW}"
        return f"{whole} {many} different values"


def _counted(schema: TableSchema, target: str) -> _Counted | None:
    count = schema.seen.distinct.get(target) if schema.seen is not None else None
    return None if count is None or schema.seen is None else _Counted(count, schema.seen.part)


def _goal_of(counted: _Counted | None) -> Literal["regression", "classification"] | None:
    """Return what whole numbers are asked for, where rows surely have few, or many, of them."""
    if counted is None or (counted.part and not counted.few):
        return None
    return "classification" if counted.few else "regression"


def _task_of(kind: ColumnKind | None, counted: _Counted | None) -> Task | None:
    """Return which classes they are, where rows surely have two, or more, of them."""
    if kind == "binary" or (counted is not None and counted.values == 2):
        return "binary"
    return "multiclass" if counted and counted.values > 2 and not counted.part else None


def _classes(kind: ColumnKind | None, counted: _Counted | None) -> str:
    if _task_of(kind, counted) == "binary":
        return "two classes (binary classification)"
    if counted is None or not 2 < counted.values <= COUNTED:
        return "classes"
    return f"{counted.values} classes (multiclass classification)"


def decide(table: Table, target: str, wanted: Wanted, model_type: str | None) -> Decision:
    """Tell the task from the target's kind and values, and why.

    Raises:
        ParameterError: the target cannot be predicted so.
        InputError: the model cannot predict such a target, or there are not two values.
    """
    kind = target_column(table.schema, target).kind
    _refuse_kind(target, kind, wanted)
    values = table.column(target)
    goal = _goal(kind, wanted, model_type).of
    decimals = goal == "regression" and kind == "number"
    count = len(few_values(values) or ()) if decimals else _distinct(values)
    if goal is None:
        goal = "classification" if count <= FEW else "regression"
    refuse_model(target, goal, model_type)
    if goal == "regression":
        return Decision("regression", _why_number(target, count))
    _refuse_count(target, count)
    task: Task = "binary" if count == 2 else "multiclass"
    reason = f"{target} has {count} different values: told apart as classes."
    return Decision(task, reason, 1 if count == 2 else count)


def refuse_model(
    target: str, goal: Literal["regression", "classification"] | None, model_type: str | None
) -> None:
    """Raise InputError where a model cannot do what the target asks for."""
    if goal == "classification" and model_type in REGRESSORS - CLASSIFIERS:
        raise InputError(
            f"{named(target)} is told apart as classes, and {words(model_type)} predicts numbers.",
            port="model_spec",
            hint="Choose a classifier: logistic, or a random forest.",
            fix=_LOGISTIC,
        )
    if goal == "regression" and model_type in CLASSIFIERS - REGRESSORS:
        raise InputError(
            f"{named(target)} is a number to be predicted, and {words(model_type)} tells classes "
            "apart.",
            port="model_spec",
            hint="Choose a model that predicts numbers: ridge, or a random forest.",
            fix=("Use ridge regression", {"model_type": "ridge"}),
        )


def classes_as_numbers(
    table: Schema | None, spec: Schema | None, target: str, wanted: Wanted
) -> Iterator[InputError]:
    """Warn of a model that can only predict numbers where the target has two classes."""
    match table, spec:
        case TableSchema(), EstimatorSpecSchema(model_type=str(kind)) if wanted == "auto":
            column = table.column(target)
            known = column.kind if column is not None else None
            two = known in ("binary", "integer") and _task_of(known, _counted(table, target))
            if two == "binary" and kind in REGRESSORS - CLASSIFIERS:
                yield InputError(
                    f"{named(target)} has no more than two values, which are classes, and "
                    f"{words(kind)} predicts numbers: also between and beyond them.",
                    port="model_spec",
                    hint="Choose a classifier: logistic, or a random forest. If numbers are meant, "
                    "choose regression as the task.",
                    fix=_LOGISTIC,
                )


def _goal(kind: ColumnKind | None, wanted: Wanted, model_type: str | None) -> _Goal:
    if wanted != "auto":
        return _Goal(wanted, "so it is chosen here")
    if kind == "number":
        return _Goal("regression", "its numbers need not be whole")
    if kind in ("category", "text"):
        return _Goal("classification", "its values are text or categories")
    if kind in NUMERIC and model_type in REGRESSORS - CLASSIFIERS:
        return _Goal("regression", f"{words(model_type)} predicts nothing else")
    if kind == "binary":
        return _Goal("classification", "it has no more than two values")
    return _Goal(
        None,
        f"has whole numbers: up to {FEW} different ones are told apart as classes, "
        "more are predicted as a number",
    )


def _refuse_kind(target: str, kind: ColumnKind | None, wanted: Wanted) -> None:
    if kind == "date":
        raise ParameterError(
            f"The target {named(target)} is a date; a model predicts numbers and classes.",
            field="target_column",
            hint="Pick another column, or make a number of it first: days since.",
        )
    if wanted == "regression" and kind not in (None, *NUMERIC):
        raise ParameterError(
            f"The target {named(target)} is text, and regression predicts numbers.",
            field="task",
            hint="Have its values told apart as classes.",
            fix=("Tell classes apart", "classification"),
        )


def _refuse_count(target: str, count: int) -> None:
    if count < 2:
        has = "only one value" if count else "no value"
        raise InputError(
            f"The target {named(target)} has {has} here: there is nothing to tell apart.",
            port="train_dataset",
            hint="Use rows of at least two classes, or pick another target.",
        )
    if count > MOST_CLASSES:
        raise ParameterError(
            f"The target {named(target)} has {count:,} different values; at most {MOST_CLASSES} "
            "classes can be told apart.",
            field="target_column",
            hint="Pick another column, or group its values first.",
        )


def _why_number(target: str, count: int) -> str:
    if 0 < count <= FEW:
        return (
            f"{target} has {count} different values and is predicted as a number; "
            "a classifier would tell them apart as classes."
        )
    return ""


def _distinct(values: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    if values.null_count == len(values):  # of the type of a column without values, too
        return 0
    return int(pc.count_distinct(values, mode="only_valid").as_py())
