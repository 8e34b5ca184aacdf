"""Rows that somebody asks a model about, as JSON: held against what the model takes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tensorrag.asked_values import column_of, reader
from tensorrag.errors import ParameterError
from tensorrag.quoting import named, quoted
from tensorrag.types import ColumnSchema

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 10_000
"""Rows that are answered at once."""
_PLAIN = ("number, text, yes or no", "a single value")
_WORDS = {
    "number": ("number", "a number"),
    "integer": ("number", "a whole number"),
    "binary": ("yes or no, nor a number", "yes or no"),
    "category": ("text", "a category"),
    "text": ("text", "text"),
    "date": ("date", "a date"),
}
"""By kind, what a value is that does not fit, and what the column was."""
_WRITTEN = {
    "date": "; write one as 2026-01-31 or 2026-01-31T12:00",
    "number": "; write one with a decimal point and nothing between thousands, as 1234.5",
}
_SHOWN = 5


def columns_of(
    rows: Any, columns: Sequence[ColumnSchema], ignored: str | None = None
) -> dict[str, list[Any]]:
    """Return the values of each column that a model takes, as its columns hold them.

    Args:
        rows: a list of objects, or an object of lists; JSON.
        columns: what the model takes, in order.
        ignored: a column that may be there besides: the target.

    Raises:
        ParameterError: a column is missing or too many, or a value is not of its kind; says which.
    """
    taken = gathered(rows, [column.name for column in columns], ignored)
    return {column.name: _taken(column, taken[column.name]) for column in columns}


def gathered(rows: Any, names: Sequence[str], ignored: str | None = None) -> dict[str, list[Any]]:
    """Return the values of each column that a model takes, whatever they are.

    What was sent may have any number of names: no work is done for each before they are known to
    be hardly more than the model's.

    Args:
        rows: a list of objects, or an object of lists; JSON.
        names: of the columns that the model takes, in order.
        ignored: a column that may be there besides: the target.

    Raises:
        ParameterError: a column is missing or too many, or there are too many rows; says which.
    """
    if isinstance(rows, list):
        _refuse_size(len(rows))
    if isinstance(first := _first(rows), dict):
        _refuse_names(first, names, ignored)
    taken = _from_columns(rows) if isinstance(rows, dict) else _from_rows(rows, names)
    _refuse_size(len(next(iter(taken.values()), ())))
    return {name: taken[name] for name in names}


def has_features(sent: Collection[str], asks: Iterable[str], features: Iterable[str]) -> bool:
    """Tell whether a model's features were sent, not the columns that they are made of.

    Args:
        sent: names of the columns that are there.
        asks: of those that features are made of.
        features: of those that it learnt from.
    """
    return set(features) <= set(sent) and not set(asks) <= set(sent)


def names_of(rows: Any) -> Collection[str]:
    """Return the names of the columns that were sent, of whatever was sent."""
    first = _first(rows)
    return first.keys() if isinstance(first, dict) else ()


def as_arrow(values: Mapping[str, Sequence[Any]], columns: Sequence[ColumnSchema]) -> pa.Table:
    """Make an Arrow table of values that were taken."""
    import pyarrow as pa

    arrays = [column_of(values[column.name], column.kind) for column in columns]
    return pa.table(arrays, names=[column.name for column in columns])


def _first(rows: Any) -> Any:
    return rows[0] if isinstance(rows, list) and rows else rows


def _from_columns(columns: dict[str, Any]) -> dict[str, list[Any]]:
    for name, values in columns.items():
        if not isinstance(values, list):
            raise _wrong(f"Column {quoted(name)} is no list of values.", "Give one per row.")
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        longest, shortest = max(sizes, key=sizes.__getitem__), min(sizes, key=sizes.__getitem__)
        raise _wrong(
            f"Column {quoted(longest)} has {sizes[longest]} values, {quoted(shortest)} has "
            f"{sizes[shortest]}.",
            "Give every column one value per row.",
        )
    return columns


def _from_rows(rows: Any, names: Sequence[str]) -> dict[str, list[Any]]:
    if not isinstance(rows, list):
        raise _wrong("The rows are no list.", 'Send {"rows": [{"column": value, …}, …]}.')
    known = rows[0].keys() if isinstance(rows[0], dict) else ()
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise _wrong(f"Row {number} is no object.", "Give each row a value for each column.")
        if row.keys() != known:
            name = min(row.keys() ^ known)
            has, lacks = (number, 1) if name in row else (1, number)
            raise _wrong(
                f"Row {lacks} lacks {quoted(name)}, which the model was trained on."
                if name in names
                else f"Row {has} has {quoted(name)}, which the model does not take.",
                "Give all rows the same columns.",
            )
    return {name: [row[name] for row in rows] for name in known}


def _refuse_size(rows: int) -> None:
    if rows == 0:
        raise _wrong("There are no rows.", "Send at least one.")
    if rows > MOST_ROWS:
        raise _wrong(
            f"There are {rows:,} rows; at most {MOST_ROWS:,} are answered at once.",
            "Send them in parts, or use `tensorrag predict` for a file.",
        )


def _refuse_names(sent: Collection[str], names: Sequence[str], ignored: str | None) -> None:
    missing = [name for name in names if name not in sent]
    if missing:
        raise _wrong(
            f"The rows lack {_and_more(missing)}, which the model was trained on.",
            f"The model takes {_listed(names)}.",
        )
    known = {*names, ignored}
    odd = [name for name in sent if name not in known]
    if odd:
        raise _wrong(
            f"The rows have {_and_more(odd)}, which the model does not take.",
            f"Leave {'them' if len(odd) > 1 else 'it'} out: the model takes {_listed(names)}.",
        )


def _taken(column: ColumnSchema, values: Sequence[Any]) -> list[Any]:
    """Return the values as such a column holds them."""
    read, taken = reader(column.kind), []
    for number, value in enumerate(values, 1):
        try:
            taken.append(read(value))
        except (ValueError, OverflowError):
            raise _odd(column, number, value) from None
    return taken


def _odd(column: ColumnSchema, number: int, value: Any) -> ParameterError:
    given = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    what, trained = _WORDS.get(column.kind or "", _PLAIN)
    how = _WRITTEN["date"] if column.kind == "date" else ""
    if isinstance(value, str) and "," in value and "number" in what:
        how = _WRITTEN["number"]
    return _wrong(
        f"Row {number}, {named(column.name)}: {quoted(given)} is no {what}.",
        f"{named(column.name)} was {trained} where the model was trained{how}.",
    )


def _and_more(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return quoted(names[0]) + more


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(named, names[:_SHOWN])) + more


def _wrong(message: str, hint: str) -> ParameterError:
    return ParameterError(message, field="rows", hint=hint)
