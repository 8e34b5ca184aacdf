"""What cards that work on columns share: which are there, and what is known of new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tensorrag import ColumnSchema, ParameterError, TableSchema
from tensorrag.quoting import named, quoted
from tensorrag.types import NUMERIC


def require(schema: TableSchema, names: Sequence[str], *, field: str) -> None:
    """Hold chosen columns against a table.

    Args:
        schema: of the table.
        names: the chosen columns.
        field: the parameter that they were chosen in.

    Raises:
        ParameterError: one is chosen twice, or is not there.
    """
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        raise ParameterError(
            f"{named(twice)} is chosen twice.",
            field=field,
            hint="Take it out once.",
            fix=(f"Have {named(twice)} once", list(dict.fromkeys(names))),
        )
    there = None if schema.names is None else frozenset(schema.names)
    lacking = next((n for n in names if there is not None and n not in there), None)
    if lacking is not None:
        raise ParameterError(
            f"There is no column {quoted(lacking)} in the table.",
            field=field,
            hint="Choose one of the columns that the table has.",
        )


def require_numbers(schema: TableSchema, names: Sequence[str], *, field: str, what: str) -> None:
    """Refuse columns that are no numbers; ``what`` says what needs them: "A mean"."""
    for column in (schema.column(name) for name in names):
        if column is not None and column.kind not in (None, *NUMERIC):
            left = [n for n in names if (schema.column(n) or column).kind in (None, *NUMERIC)]
            raise ParameterError(
                f"{what} needs numbers; {named(column.name)} is {_WORDS[column.kind or 'text']}.",
                field=field,
                hint=f"Choose columns without {named(column.name)}.",
                fix=(f"Leave out {named(column.name)}", left) if left else None,
            )


_WORDS = {"category": "text", "text": "text", "date": "a date"}


def refuse_taken(schema: TableSchema, name: str, *, field: str) -> None:
    """Refuse the name of a new column that is empty or taken."""
    if not name.strip():
        raise ParameterError("The new column has no name.", field=field, hint="Give it one.")
    if schema.names is not None and name in schema.names:
        raise ParameterError(
            f"There is a column {quoted(name)} already.", field=field, hint="Choose another name."
        )


def with_columns(schema: TableSchema, columns: Sequence[ColumnSchema]) -> TableSchema:
    """Return the schema with columns in the place of those of the same name, or at its end."""
    if schema.columns is None:
        return schema
    new = {column.name: column for column in columns}
    kept = [new.pop(column.name, column) for column in schema.columns]
    return schema.model_copy(update={"columns": (*kept, *new.values())})


def some(names: Sequence[str], most: int = 3) -> str:
    """Name the first of some columns, for the line on a card."""
    more = f" + {len(names) - most}" if len(names) > most else ""
    return ", ".join(map(named, names[:most])) + more
