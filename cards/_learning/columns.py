"""Which columns are learnt from and which is predicted, and what of them cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from tensorrag import ParameterError, Schema, TableSchema
from tensorrag.quoting import named, quoted
from tensorrag.types import NUMERIC, ColumnSchema

LEARNABLE: frozenset[str] = NUMERIC | {"category"}
"""Kinds of columns that preparing makes numbers of."""

NAMED = 5
"""Columns that are named where there are many."""
_WORDS = {"text": "free text", "category": "text", "date": "a date"}
_WAYS = {
    "text": "Leave it out, or make numbers or a few categories of it first.",
    "date": "Leave it out, or make numbers of it first: year, month, days since.",
}


def feature_names(
    schema: TableSchema,
    target: str,
    features: Sequence[str],
    takes: frozenset[str] = LEARNABLE,
) -> tuple[str, ...] | None:
    """Return the features that will be used; None where the columns are not known yet.

    Args:
        schema: the table to learn from.
        target: the column to predict.
        features: the columns to predict it from; empty means all but the target.
        takes: the kinds of features that a model takes.

    Raises:
        ParameterError: one is not there, is the target itself, or of another kind.
    """
    if schema.columns is None:
        return tuple(features) or None
    target_column(schema, target)
    if target in features:
        raise ParameterError(
            f"{named(target)} is the target and among the features: the model would know the "
            "answer.",
            field="feature_columns",
            hint=f"Take {named(target)} out of the features.",
            fix=leave_out(features, [target], target),
        )
    names = tuple(features) or tuple(name for name in schema.names or () if name != target)
    if not names:
        raise ParameterError(
            "There is no column to learn from.",
            field="feature_columns",
            hint="Use a table with more columns than the target.",
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ParameterError(
            f"{named(twice)} stands twice among the features.",
            field="feature_columns",
            hint="Take it out once.",
            fix=("Take it out once", list(dict.fromkeys(names))),
        )
    _refuse_other_kinds(schema, names, takes, chosen=bool(features))
    return names


def features_told(schema: TableSchema, target: str, features: Sequence[str]) -> str:
    """Say how many columns are learnt from, which are not and why, and which a run tells of."""
    others = [column for column in schema.columns or () if column.name != target]
    chosen = set(features) or {column.name for column in others}
    left = [f"{each.name} ({why})" for each in others if (why := _why_not(each, chosen))]
    unsure = [each.name for each in others if each.kind is None and each.name in chosen]
    if not left and not unsure:
        return f"It is learnt from all {len(others):,} other columns." if len(others) > 1 else ""
    sure = len(others) - len(left) - len(unsure)
    if not left and not sure:
        return ""  # which, a run tells
    return (
        f"It can be learnt from {sure:,} of the {len(others):,} other columns"
        f"{f': not from {listed(left)}' if left else ''}"
        f"{f'; whether from {listed(unsure)}, too, a run tells' if unsure else ''}."
    )


def listed(names: Sequence[str]) -> str:
    """Name the first columns, and say how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(map(named, names[:NAMED])) + more


def target_column(schema: TableSchema, target: str) -> ColumnSchema:
    """Return the column to predict; raises ParameterError where it is not there."""
    return _column(schema, target, "target_column")


def target_brief(target: str, schemas: Mapping[str, Schema], features: Sequence[str]) -> str:
    """Sum up what is learnt from what: ``MEDV · 13 features``."""
    schema = schemas.get("train_dataset")
    known = len(schema.columns) - 1 if isinstance(schema, TableSchema) and schema.columns else None
    count = len(features) or known
    if not target:
        return "no target chosen"
    plural = "" if count == 1 else "s"
    return target if count is None else f"{target} · {count} feature{plural}"


def leave_out(names: Sequence[str], odd: Sequence[str], what: str) -> tuple[str, list[str]] | None:
    """Offer the features without the odd ones; None where there would be none."""
    left = [name for name in names if name not in odd]
    return (f"Leave out {odd[0] if len(odd) == 1 else what}", left) if left else None


def _refuse_other_kinds(
    schema: TableSchema, names: Sequence[str], takes: frozenset[str], *, chosen: bool
) -> None:
    columns = {column.name: column for column in schema.columns or ()}
    known = [columns.get(name) or _column(schema, name, "feature_columns") for name in names]
    odd = [column for column in known if _is_odd(column, takes)]
    if not odd:
        return
    first, kind = odd[0].name, odd[0].kind or "text"
    takers, others = (
        ("numbers", "are no numbers")
        if takes == NUMERIC
        else ("numbers and categories", "are neither numbers nor categories")
    )
    fix: tuple[str, Any] | None = leave_out(
        names, [column.name for column in odd], f"{len(odd)} columns that {others}"
    )
    raise ParameterError(
        f"The feature {named(first)} is {_WORDS[kind]}; a model takes {takers}.",
        field="feature_columns",
        hint=_WAYS.get(kind, f"Choose the feature columns, without {named(first)}."),
        fix=fix,
        before=None if chosen or {column.kind for column in odd} != {"date"} else _NUMBERS_FIRST,
    )


def _is_odd(column: ColumnSchema, takes: frozenset[str]) -> bool:
    return column.kind is not None and column.kind not in takes


def _why_not(column: ColumnSchema, chosen: Set[str]) -> str:
    if column.name not in chosen:
        return "not chosen"
    return _WORDS[column.kind or "text"] if _is_odd(column, LEARNABLE) else ""


_NUMBERS_FIRST = (
    "Make numbers of dates first",
    "train_dataset",
    "dates_to_features",
    {"days": True},  # which row came first is still told, where rows are split
)


def _column(schema: TableSchema, name: str, field: str) -> ColumnSchema:
    column = schema.column(name)
    if column is None:
        raise ParameterError(
            f"There is no column {quoted(name)} in the table.",
            field=field,
            hint="Choose one of the columns that the table has.",
        )
    return column
