"""What is to be expected of training a model on a table, as far as schemas tell."""

from __future__ import annotations

from collections.abc import Sequence

from cards._advising.reckoning import limits
from cards._learning.columns import feature_names
from tensorrag import EstimatorSpecSchema, Schema, TableSchema
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


def footprint(
    table: Schema | None, spec: Schema | None, target: str, features: Sequence[str]
) -> Footprint | None:
    """Return it as what is shown beside a card, and beside the one that describes the model."""
    said, _ = expected(table, spec, target, features)
    return Footprint(advice=(said,)) if said else None
