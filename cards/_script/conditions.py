"""Writes conditions as what is *known* to hold, or known not to.

In a formula, what is computed from a missing value is missing; in pandas a comparison with one is
false. So the opposite of a condition is written by turning each comparison round:
``not (a > b)`` becomes ``a <= b``, which is false for missing values too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cards._script.pieces import ATOM, COMPARE, OR, SIGN, Piece, joined, known
from tensorrag.formula.tree import COMPARISONS, Call, Constant, Node
from tensorrag.script import literal

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MATCHING = {
    "contains": ("contains", ", regex=False"),
    "starts_with": ("startswith", ""),
    "ends_with": ("endswith", ""),
}
_CONDITIONS = COMPARISONS | {"in", "is missing", "and", "or", "not", *_MATCHING}


class Values(Protocol):
    """Writes the values that conditions look at."""

    def value_of(self, node: Node) -> Piece:
        """Write a value."""

    def alike(self, nodes: Sequence[Node]) -> list[Piece]:
        """Write values that are held against one another."""

    def series(self, piece: Piece, name: str) -> Piece:
        """Insist on a value for each row."""


class Conditions:
    """Writes conditions.

    Args:
        values: writes what they look at.
    """

    def __init__(self, values: Values) -> None:
        self._values = values

    def truth(self, node: Node, *, wanted: bool) -> Piece:
        """Write where a condition is known to hold, or known not to."""
        if isinstance(node, Call):
            name, given = node.function, node.arguments
            if name == "not":
                return self.truth(given[0], wanted=not wanted)
            if name in ("and", "or"):
                sign = "&" if (name == "and") is wanted else "|"
                return joined([self.truth(one, wanted=wanted) for one in given], sign)
            if name in COMPARISONS:
                return self._compared(node, wanted=wanted)
            if name == "in":
                return self._among(node, wanted=wanted)
            if name == "is missing":
                return self._missing(given[0], wanted=wanted)
            if name in _MATCHING:
                return self._matching(node, wanted=wanted)
        piece = self._values.value_of(node)
        if piece.single:
            return Piece(str((piece.code == "True") is wanted), "flag", single=True)
        code = f"{piece.within(ATOM)}.astype(bool)"
        return known(_flag(code if wanted else f"~{code}", SIGN, piece), [piece])

    def _compared(self, node: Call, *, wanted: bool) -> Piece:
        left, right = self._values.alike(node.arguments)
        sign = node.function if wanted else _OPPOSITE[node.function]
        code = f"{left.within(OR)} {sign} {right.within(OR)}"
        if sign == "!=":  # the one that pandas has hold for missing values
            return known(_flag(code, COMPARE, left, right), [left, right])
        return _flag(code, COMPARE, left, right)

    def _among(self, node: Call, *, wanted: bool) -> Piece:
        one, *listed = self._values.alike(node.arguments)
        values = f"[{', '.join(each.code for each in listed)}]"
        if one.single:
            sign = "in" if wanted else "not in"
            return known(_flag(f"{one.within(OR)} {sign} {values}", COMPARE, one), [one])
        code = f"{one.within(ATOM)}.isin({values})"
        if wanted:
            return Piece(code, "flag", gaps=one.gaps)
        return known(_flag(f"~{code}", SIGN, one), [one])

    def _missing(self, node: Node, *, wanted: bool) -> Piece:
        if isinstance(node, Call) and is_condition(node):
            told = joined([self.truth(node, wanted=each) for each in (True, False)], "|")
            no = "not " if told.single else "~"
            code = f"({no}({told.code}))" if wanted else f"({told.code})"
            return Piece(code, "flag", single=told.single)
        piece = self._values.value_of(node)
        if piece.single and not piece.gaps:
            return Piece(str(not wanted), "flag", single=True)
        return piece.missing() if wanted else piece.there()

    def _matching(self, node: Call, *, wanted: bool) -> Piece:
        one = self._values.series(self._values.value_of(node.arguments[0]), node.function)
        method, more = _MATCHING[node.function]
        filled = ", na=False" if one.gaps else ""
        code = f"{one.code}.str.{method}({literal_of(node.arguments[1:])}{more}{filled})"
        if wanted:
            return Piece(code, "flag", gaps=one.gaps)
        return known(_flag(f"~{code}", SIGN, one), [one])


def is_condition(node: Call) -> bool:
    """Whether it gives yes or no."""
    return node.function in _CONDITIONS


def literal_of(nodes: Sequence[Node]) -> str | None:
    """Write the first of some arguments, where there is one and it is a constant."""
    return literal(nodes[0].value) if nodes and isinstance(nodes[0], Constant) else None


def _flag(code: str, binds: int, *pieces: Piece) -> Piece:
    """Say of a condition whether what it looks at may be missing, and is one value."""
    gaps, single = any(p.gaps for p in pieces), all(p.single for p in pieces)
    return Piece(code, "flag", binds, gaps, single)
