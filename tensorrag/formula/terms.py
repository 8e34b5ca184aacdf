"""A computation as rows: columns and numbers, all joined by + and -, or all by * and /.

As with ``clauses``, the text is what counts; what is more than rows can show has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorrag.formula.clauses import MOST
from tensorrag.formula.mistake import Mistake
from tensorrag.formula.tokens import written
from tensorrag.formula.tree import Call, ColumnName, Constant, Node, parse

ALIKE = {"+": ("+", "-"), "-": ("+", "-"), "*": ("*", "/"), "/": ("*", "/")}
"""The signs that may stand beside each, for a row of them to be read from left to right."""


@dataclass(frozen=True)
class Term:
    """A column or a number, and what is done with it."""

    sign: str
    """One of ``ALIKE``; empty of the first."""
    column: str | None
    number: int | float = 0
    """What stands there where no column does."""


def terms(text: str) -> tuple[Term, ...] | None:
    """Read a formula as rows; None where it is more than they can show, or none."""
    if not text.strip():
        return ()
    try:
        node = parse(text)
    except Mistake:
        return None
    found: list[Term | None] = []
    while isinstance(node, Call) and node.function in ALIKE:
        sign, (node, last) = node.function, node.arguments
        found.append(_term(sign, last))
    rows = [each for each in (_term("", node), *reversed(found)) if each is not None]
    whole = len(rows) == len(found) + 1 <= MOST
    return tuple(rows) if whole and _alike(rows) else None


def formula_of(rows: tuple[Term, ...]) -> str:
    """Write rows as a formula; the sign of the first is left out."""
    parts = [str(row.number) if row.column is None else written(row.column) for row in rows]
    return "".join(
        f" {row.sign} {part}" if at else part
        for at, (row, part) in enumerate(zip(rows, parts, strict=True))
    )


def _term(sign: str, node: Node) -> Term | None:
    if isinstance(node, ColumnName):
        return Term(sign, node.name)
    if isinstance(node, Constant) and type(node.value) in (int, float):
        return Term(sign, None, node.value)  # type: ignore[arg-type]
    return None


def _alike(rows: list[Term]) -> bool:
    signs = {row.sign for row in rows[1:]}
    return not signs or signs <= set(ALIKE[next(iter(signs))])
