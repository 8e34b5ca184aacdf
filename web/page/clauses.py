"""A condition in the form: rows of column, operator and value beside the text that they write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tensorrag.formula.clauses import BARE, LISTS, OPERATORS, Clause, Clauses, Value, clauses
from tensorrag.types import ColumnSchema
from web.page.fields import FieldSpec
from web.page.icons import icon
from web.page.markup import Element, Node, button, div, input_, option, select
from web.page.numerals import number_of

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
    add = button(".btn.sml", type="button", data_act="clause", data_of=node, data_what="add")
    group = div(".clauses", role="group", aria_label=f"{spec.label}, row by row")
    return group[
        len(found.rows) > 1 and _joined(node, spec, found),
        [_row(node, spec, at, row, columns) for at, row in enumerate(found.rows)],
        add(data_param=spec.name)[icon("plus", ".s"), "Add a row"],
    ]


def changed(text: str, columns: Columns, at: int, what: str, raw: Any) -> str:
    """Return the condition after one change of its rows.

    Args:
        text: the condition.
        columns: those of the table.
        at: the row that is changed.
        what: ``add``, ``remove``, ``word``, ``column``, ``operator`` or ``value``.
        raw: what it became, as the browser sent it.
    """
    found, typed = _shown(text), str(raw)[:500]
    if found is None or not columns:
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
    """Read the rows, unless a list holds what commas could not keep apart."""
    found = clauses(text)
    if found is None:
        return None
    listed = [value for row in found.rows if row.operator in LISTS for value in row.values]
    return None if any(isinstance(each, str) and "," in each for each in listed) else found


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
    number = number_of(typed)
    if number is None:
        return typed
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _usual(kind: str | None) -> Value:
    """Return the value of a row that has none yet."""
    if kind == "date":
        return date.today().isoformat()
    return "" if kind in ("category", "text") else 0


def _typed(row: Clause) -> str:
    """Write the values of a row as somebody would type them."""
    return ", ".join(
        str(value).lower() if isinstance(value, bool) else
        value if isinstance(value, str) else f"{value:.12g}"
        for value in row.values
    )  # fmt: skip


def _column(name: str, columns: Sequence[ColumnSchema]) -> ColumnSchema:
    found = (column for column in columns if column.name == name)
    return next(found, ColumnSchema(name=name))


def _fitting(column: ColumnSchema) -> tuple[str, ...]:
    return _FITTING.get(column.kind or "", OPERATORS)


def _joined(node: str, spec: FieldSpec, found: Clauses) -> Element:
    options = [
        option(value=word, selected=word == found.word)[says] for word, says in _JOINED.items()
    ]
    return _choice(_bound(node, spec, 0, "word", "How the rows go together"), options)


def _row(
    node: str, spec: FieldSpec, at: int, row: Clause, columns: Sequence[ColumnSchema]
) -> Element:
    known = [column.name for column in columns]
    names = known if row.column in known else [row.column, *known]
    fitting = _fitting(_column(row.column, columns))
    operators = fitting if row.operator in fitting else (row.operator, *fitting)
    remove = button(".x", type="button", data_act="clause", data_of=node, data_param=spec.name)
    says = f"Remove row {at + 1}"
    return div(".clause", data_key=f"clause-{at}", data_clause=at)[
        _select(node, spec, at, "column", [(name, name) for name in names], row.column),
        _select(node, spec, at, "operator", [(o, _WORDS.get(o, o)) for o in operators],
                row.operator),
        remove(data_what="remove", data_index=at, title=says, aria_label=says)[
            icon("close", ".s")
        ],
        row.operator not in BARE and _input(node, spec, at, row),
    ]  # fmt: skip


def _select(
    node: str, spec: FieldSpec, at: int, what: str, choices: list[tuple[str, str]], now: str
) -> Element:
    options = [option(value=value, selected=value == now)[words] for value, words in choices]
    return _choice(_bound(node, spec, at, what, f"Row {at + 1}, {what}"), options)


def _choice(bound: dict[str, Any], options: Sequence[Element]) -> Element:
    return div(".inp")[select(**bound)[options], icon("chevron", ".s")]


def _input(node: str, spec: FieldSpec, at: int, row: Clause) -> Element:
    listed = row.operator in LISTS
    control = input_(type="text", value=_typed(row), autocomplete="off", spellcheck="false")
    label = f"Row {at + 1}, {'values, with commas between them' if listed else 'value'}"
    hint = "a, b, c" if listed else "nothing"
    return div(".inp.val")[control(placeholder=hint, **_bound(node, spec, at, "value", label))]


def _bound(node: str, spec: FieldSpec, at: int, what: str, label: str) -> dict[str, Any]:
    return {
        "id": f"f-{spec.name}-{at}-{what}", "data_sets": "clause", "data_of": node,
        "data_param": spec.name, "data_index": at, "data_what": what, "aria_label": label,
    }  # fmt: skip
