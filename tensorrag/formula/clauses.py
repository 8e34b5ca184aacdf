"""A condition as rows: column, operator and value, all joined by *and* or all by *or*.

The text of a condition is what counts. Rows are read from its tree, and where they change a new
text is written; a condition that is more than rows can show has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tensorrag.formula.mistake import Mistake
from tensorrag.formula.tokens import written
from tensorrag.formula.tree import COMPARISONS, Call, ColumnName, Constant, Node, parse

Word = Literal["and", "or"]
Value = int | float | str | bool
MOST = 20
"""Rows that are shown; a longer condition is text alone."""
BARE = ("is true", "is not true", "is missing", "is not missing")
"""Operators that need no value."""
LISTS = ("in", "not in")
_MATCHES = {"contains": "contains", "starts with": "starts_with", "ends with": "ends_with"}
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", *_MATCHES, *LISTS, *BARE)


@dataclass(frozen=True)
class Clause:
    """What must hold of one column."""

    column: str
    operator: str
    """One of ``OPERATORS``."""
    values: tuple[Value, ...] = ()
    """None for those in ``BARE``, any number for ``LISTS``, else one."""


@dataclass(frozen=True)
class Clauses:
    """Rows of a condition, and the word between them."""

    rows: tuple[Clause, ...] = ()
    word: Word = "and"

    def text(self) -> str:
        """Write them as a condition."""
        return f" {self.word} ".join(_written(row) for row in self.rows)


def clauses(text: str) -> Clauses | None:
    """Read a condition as rows; None where it is more than they can show, or no condition."""
    if not text.strip():
        return Clauses()
    try:
        tree = parse(text)
    except Mistake:
        return None
    joined = isinstance(tree, Call) and tree.function in ("and", "or")
    parts = tree.arguments if isinstance(tree, Call) and joined else (tree,)
    rows = tuple(row for part in parts if (row := _row(part)) is not None)
    if len(rows) < len(parts) or len(rows) > MOST:
        return None
    is_or = isinstance(tree, Call) and tree.function == "or"
    return Clauses(rows, "or" if is_or else "and")


def _row(node: Node) -> Clause | None:
    if isinstance(node, ColumnName):
        return Clause(node.name, "is true")
    if not isinstance(node, Call):
        return None
    if node.function != "not":
        return _plain(node)
    (inner,) = node.arguments
    if isinstance(inner, ColumnName):
        return Clause(inner.name, "is not true")
    row = _plain(inner) if isinstance(inner, Call) else None
    if row is None or row.operator not in ("in", "is missing"):
        return None
    opposite = "not in" if row.operator == "in" else "is not missing"
    return Clause(row.column, opposite, row.values)


def _plain(call: Call) -> Clause | None:
    """Read a comparison of a column with constants, the column first."""
    operator = _SHOWN.get(call.function)
    first, *others = call.arguments or (None,)
    values = tuple(each.value for each in others if isinstance(each, Constant))
    if operator is None or not isinstance(first, ColumnName) or len(values) < len(others):
        return None
    fits = len(values) == 1 or operator in LISTS or (operator in BARE and not values)
    return Clause(first.name, operator, values) if fits else None


_SHOWN: Mapping[str, str] = {
    **{sign: sign for sign in COMPARISONS},
    **{function: shown for shown, function in _MATCHES.items()},
    "in": "in",
    "is missing": "is missing",
}


def _written(row: Clause) -> str:
    column, values = written(row.column), [_constant(value) for value in row.values]
    if row.operator in _MATCHES:
        return f"{_MATCHES[row.operator]}({column}, {values[0]})"
    if row.operator in LISTS:
        return f"{column} {row.operator} ({', '.join(values)})"
    bare = _BARE_TEXT.get(row.operator)
    return bare(column) if bare else f"{column} {row.operator} {values[0]}"


_BARE_TEXT: Mapping[str, Callable[[str], str]] = {
    "is true": lambda column: column,
    "is not true": lambda column: f"not {column}",
    "is missing": lambda column: f"{column} is missing",
    "is not missing": lambda column: f"{column} is not missing",
}


def _constant(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()
