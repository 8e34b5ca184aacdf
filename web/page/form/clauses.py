"""A condition in the form: rows of column, operator and value beside the text that they write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tensorrag.formula.clauses import BARE, LISTS, OPERATORS, Clause, Clauses, Value, clauses
from tensorrag.formula.tree import MAX_LENGTH
from tensorrag.types import ColumnSchema
from web.page.form import row_controls
from web.page.form.fields import FieldSpec
from web.page.markup import Element, Node, div
from web.page.numerals import exact_of

Columns = Sequence[ColumnSchema] | None
_ORDER = ("==", "!=", "<", "<=", ">", ">=")
_GAPS = ("is missing", "is not missing")
_TEXT = ("==", "!=", "contains", "starts with", "ends with", *LISTS, *_GAPS)
_FITTING = {
    "number": (*_ORDER, *LISTS, *_GAPS),
    "integer": (*_ORDER, *LISTS, *_GAPS),
    "date": (*_ORDER, *_GAPS),
    "binary": (*BARE, "==", "!="),
    "category": _TEXT,
    "text": _TEXT,
}
"""Operators that make sense of each kind of column."""
_WORDS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "in": "is one of", "not in": "is none of"}
_FIRST = {"number": ">", "integer": ">", "date": ">=", "binary": "is true"}
_JOINED = {"and": "All of these hold", "or": "Any of these holds"}


def clause_rows(node: str, spec: FieldSpec, value: Any, columns: Columns) -> Node:
    """Draw a condition row by row, where rows can show it."""
    text = value if isinstance(value, str) else ""
    if not columns:
        return div(".cap")["Connect a table to build it from its columns."]
    found = _shown(text)
    if found is None:
        return div(".cap")["This is more than rows can show: it is written as text."]
    rows = [_row(node, spec, at, row, columns) for at, row in enumerate(found.rows)]
    joined = _joined(node, spec, found) if len(rows) > 1 else None
    return row_controls.group(spec, joined, rows, row_controls.add(node, spec))


def changed(text: str, columns: Columns, at: int, what: str, raw: Any) -> str:
    """Return the condition after one change of its rows.

    Args:
        text: the condition.
        columns: those of the table.
        at: the row that is changed.
        what: ``add``, ``remove``, ``word``, ``column``, ``operator`` or ``value``.
        raw: what it became, as the browser sent it.
    """
    found, typed = _shown(text), str(raw)
    if found is None or not columns or len(typed) > MAX_LENGTH:
        return text
    if what == "word" and typed in _JOINED:
        return replace(found, word="or" if typed == "or" else "and").text()
    rows = list(found.rows)
    if what == "add":
        rows.append(_new(columns[0]))
    elif not 0 <= at < len(rows):
        return text
    elif what == "remove":
        del rows[at]
    else:
        rows[at] = _changed(rows[at], columns, what, typed)
    return Clauses(tuple(rows), found.word).text()


def _shown(text: str) -> Clauses | None:
    """Read the rows, unless a list holds what would not come back from between commas."""
    found = clauses(text)
    if found is None:
        return None
    lists = (row.values for row in found.rows if row.operator in LISTS)
    return found if all(map(_comes_back, lists)) else None


def _comes_back(values: tuple[Value, ...]) -> bool:
    texts = [each for each in values if isinstance(each, str)]
    if any("," in each or each != each.strip() for each in texts):
        return False
    return "" not in texts or len(values) == 1  # alone, it is a list that has yet to be typed


def _changed(row: Clause, columns: Sequence[ColumnSchema], what: str, typed: str) -> Clause:
    column = _column(row.column, columns)
    if what == "column":
        column = next((each for each in columns if each.name == typed), column)
        fits = row.operator in _fitting(column)
        return _with(column, row.operator, _typed(row)) if fits else _new(column)
    if what == "operator" and typed in OPERATORS:
        return _with(column, typed, _typed(row))
    return _with(column, row.operator, typed) if what == "value" else row


def _new(column: ColumnSchema) -> Clause:
    operator = _FIRST.get(column.kind or "", "==" if column.kind else "is not missing")
    return _with(column, operator, "")


def _with(column: ColumnSchema, operator: str, typed: str) -> Clause:
    """Make a row of what was typed; of nothing, one that can be read at once."""
    if operator in BARE:
        return Clause(column.name, operator)
    parts = [part.strip() for part in typed.split(",")] if operator in LISTS else [typed.strip()]
    values = [_value(part, column.kind) for part in parts if part]
    return Clause(column.name, operator, tuple(values) or (_usual(column.kind),))


def _value(typed: str, kind: str | None) -> Value:
    if kind in ("category", "text", "date"):
        return typed
    if typed.lower() in ("true", "false"):
        return typed.lower() == "true"
    number = exact_of(typed)
    return typed if number is None else number


def _usual(kind: str | None) -> Value:
    """Return the value of a row that has none yet."""
    if kind == "date":
        return date.today().isoformat()
    return "" if kind in ("category", "text") else 0


def _typed(row: Clause) -> str:
    """Write the values of a row as somebody would type them."""
    return ", ".join(
        str(value).lower() if isinstance(value, bool) else str(value) for value in row.values
    )


def _column(name: str, columns: Sequence[ColumnSchema]) -> ColumnSchema:
    found = (column for column in columns if column.name == name)
    return next(found, ColumnSchema(name=name))


def _fitting(column: ColumnSchema) -> tuple[str, ...]:
    return _FITTING.get(column.kind or "", OPERATORS)


def _joined(node: str, spec: FieldSpec, found: Clauses) -> Element:
    label = "How the rows go together"
    return row_controls.choice(node, spec, 0, "word", label, _JOINED.items(), found.word)


def _row(
    node: str, spec: FieldSpec, at: int, row: Clause, columns: Sequence[ColumnSchema]
) -> Element:
    known = [column.name for column in columns]
    names = known if row.column in known else [row.column, *known]
    fitting = _fitting(_column(row.column, columns))
    operators = fitting if row.operator in fitting else (row.operator, *fitting)
    words = [(each, _WORDS.get(each, each)) for each in operators]
    label = f"Row {at + 1}"
    return div(".clause", data_key=f"clause-{at}", data_clause=at)[
        row_controls.choice(
            node, spec, at, "column", f"{label}, column", [(n, n) for n in names], row.column
        ),
        row_controls.choice(node, spec, at, "operator", f"{label}, operator", words, row.operator),
        row_controls.remove(node, spec, at),
        row.operator not in BARE and _value_field(node, spec, at, row),
    ]


def _value_field(node: str, spec: FieldSpec, at: int, row: Clause) -> Element:
    listed = row.operator in LISTS
    label = f"Row {at + 1}, {'values, with commas between them' if listed else 'value'}"
    hint = "a, b, c" if listed else "nothing"
    return row_controls.typed(node, spec, at, "value", label, _typed(row), hint)
