"""A computation in the form: rows of columns and numbers below the text that they write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tensorrag.formula.terms import ALIKE, Term, formula_of, terms
from web.page.form import row_controls
from web.page.form.clauses import Columns
from web.page.form.fields import FieldSpec
from web.page.markup import Element, Node, div
from web.page.numerals import exact_of

_SIGNS = {"+": "+ plus", "-": "− minus", "*": "× times", "/": "÷ by"}
_NUMBER = "a number"


def term_rows(node: str, spec: FieldSpec, value: Any, columns: Columns) -> Node:
    """Draw a formula row by row, where rows can show it."""
    if not columns:
        return div(".cap")["Connect a table to build it from its columns."]
    found = terms(value if isinstance(value, str) else "")
    if found is None:
        return div(".cap")["This is more than rows can show: it is written as text."]
    rows = [_row(node, spec, at, found, _numbers(columns)) for at in range(len(found))]
    return row_controls.group(spec, rows, row_controls.add(node, spec))


def changed(text: str, columns: Columns, at: int, what: str, raw: Any) -> str:
    """Return the formula after one change of its rows.

    Args:
        text: the formula.
        columns: those of the table.
        at: the row that is changed.
        what: ``add``, ``remove``, ``sign``, ``operand`` or ``number``.
        raw: what it became, as the browser sent it.
    """
    found, typed = terms(text), str(raw)[:500]
    if found is None or not columns:
        return text
    rows = list(found)
    if what == "add":
        names = _numbers(columns)
        rows.append(Term(rows[-1].sign or "+" if rows else "", names[0] if names else None, 1))
    elif not 0 <= at < len(rows):
        return text
    elif what == "remove":
        del rows[at]
    else:
        rows[at] = _changed(found, at, what, typed, _numbers(columns))
    return formula_of(tuple(rows))


def _changed(rows: tuple[Term, ...], at: int, what: str, typed: str, names: list[str]) -> Term:
    row = rows[at]
    if what == "sign" and typed in _signs(rows):
        return replace(row, sign=typed)
    if what == "operand" and (typed in names or not typed):
        return replace(row, column=typed or None, number=row.number or 1)
    number = exact_of(typed) if what == "number" else None
    return row if number is None else replace(row, column=None, number=number)


def _signs(rows: tuple[Term, ...]) -> tuple[str, ...]:
    """Return the signs that a row can have: of several, those that go with the others."""
    return ALIKE[rows[1].sign] if len(rows) > 2 else tuple(_SIGNS)


def _numbers(columns: Columns) -> list[str]:
    return [each.name for each in columns or () if each.kind in (None, "number", "integer")]


def _row(node: str, spec: FieldSpec, at: int, rows: tuple[Term, ...], names: list[str]) -> Element:
    row = rows[at]
    known = names if row.column is None or row.column in names else [row.column, *names]
    signs = [(sign, _SIGNS[sign]) for sign in _signs(rows)] if at else []
    operands = [*((name, name) for name in known), ("", _NUMBER)]
    label = f"Row {at + 1}"
    return div(".clause" if at else ".clause.first", data_key=f"term-{at}", data_term=at)[
        at > 0 and row_controls.choice(node, spec, at, "sign", f"{label}, sign", signs, row.sign),
        row_controls.choice(
            node, spec, at, "operand", f"{label}, column or number", operands, row.column or ""
        ),
        row_controls.remove(node, spec, at),
        row.column is None
        and row_controls.typed(node, spec, at, "number", f"{label}, number", str(row.number), "0"),
    ]
