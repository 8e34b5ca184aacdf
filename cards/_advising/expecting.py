"""What is to be expected of training a model on a table, as far as schemas tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from cards._advising.reckoning import MANY_ROWS, limits
from cards._learning.columns import feature_names, features_told
from cards._learning.task import Wanted, task_told
from tensorrag import CardError, EstimatorSpecSchema, ParameterError, Schema, TableSchema
from tensorrag.footprint import Footprint


def expected(
    table: Schema | None, spec: Schema | None, target: str, features: Sequence[str]
) -> tuple[str, bool]:
    """Say what is to be known, and whether it fits at all; each category counts as one column.

    Raises:
        ParameterError: target or features do not fit the table.
    """
    match table, spec:
        case TableSchema(), EstimatorSpecSchema(model_type=str(kind), tunable=tunable):
            names = feature_names(table, target, features)
            settings = {each.name: each.value for each in tunable or ()}
            return limits(kind, table.rows, len(names), settings) if names else ("", True)
    return "", True


def advice(
    table: Schema | None, spec: Schema | None, target: str, features: Sequence[str], wanted: Wanted
) -> tuple[str, ...]:
    """Say which task follows from the target, what is learnt from, and what the model makes of it.

    Raises:
        ParameterError: the target does not fit the table.
    """
    if not isinstance(table, TableSchema):
        return ()
    model_type = spec.model_type if isinstance(spec, EstimatorSpecSchema) else None
    said = [task_told(table, target, wanted, model_type), features_told(table, target, features)]
    with suppress(ParameterError):  # of the features: that is said beside them
        said.append(expected(table, spec, target, features)[0])
    return tuple(filter(None, said))


def slow(table: Schema | None, spec: Schema | None) -> Iterator[CardError]:
    """Warn of a model that takes hours to learn from so many rows."""
    match table, spec:
        case TableSchema(rows=int(rows)), EstimatorSpecSchema(model_type="svm"):
            if rows > MANY_ROWS:
                yield CardError(
                    f"An SVM takes hours to fit {rows:,} rows: its time grows with their square, "
                    "and how far it is cannot be told.",
                    hint="Choose another model, or train on a sample of the rows.",
                )


def footprint(
    table: Schema | None, spec: Schema | None, target: str, features: Sequence[str], wanted: Wanted
) -> Footprint | None:
    """Return it as what is shown beside a card, and beside the one that describes the model."""
    said = advice(table, spec, target, features, wanted)
    return Footprint(advice=said) if said else None
