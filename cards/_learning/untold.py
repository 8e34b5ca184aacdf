"""Warns before a run of rows without a target: a run stops at them."""

from __future__ import annotations

from collections.abc import Iterator

from tensorrag import ParameterError, Schema, TableSchema
from tensorrag.formula.tokens import written
from tensorrag.formula.tree import MAX_LENGTH
from tensorrag.quoting import named


def untold(table: Schema | None, target: str, port: str) -> Iterator[ParameterError]:
    """Warn of rows that have no target, and offer to leave them out before all splits.

    Args:
        table: what is known of the rows.
        target: the column to predict.
        port: where the rows arrive.
    """
    column = table.column(target) if isinstance(table, TableSchema) else None
    if column is None or not column.missing or _is_full(table, target):
        return
    most = "1 row has" if column.missing == 1 else f"{column.missing:,} rows have"
    condition = f"{written(target)} is not missing"
    fits = len(condition) <= MAX_LENGTH
    yield ParameterError(
        f"Up to {most} no {named(target)}, and a run stops at rows without a target.",
        field="target_column",
        hint="Leave them out with Filter Rows, before the rows are split"
        + ("." if fits else ": for that, give the column a shorter name in the file."),
        before=(
            f"Leave out rows without {named(target)}",
            port,
            "filter_rows",
            {"condition": condition},
        )
        if fits
        else None,
    )


def _is_full(table: Schema | None, column: str) -> bool:
    """Whether somebody saw that no row lacks a value, though of all rows before some did."""
    seen = table.seen if isinstance(table, TableSchema) else None
    return seen is not None and column in seen.full
