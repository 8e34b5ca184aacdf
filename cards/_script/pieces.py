"""Parts of a formula as code, and how strongly the operators between them bind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cards._formula.functions import Kind

ATOM, POWER, SIGN, TIMES, PLUS, AND, OR, COMPARE = 9, 8, 7, 6, 5, 4, 3, 2
WORD_AND, WORD_OR = 1, 0
"""How strongly the operators of Python bind."""


@dataclass(frozen=True)
class Piece:
    """A part of a formula as code."""

    code: str
    kind: Kind | None
    binds: int = ATOM
    gaps: bool = False
    """Whether it may be missing in a row."""
    single: bool = False
    """Whether it is one value, and not one for each row."""

    def within(self, binds: int) -> str:
        """Return the code as it can stand beside an operator that binds so strongly."""
        return self.code if self.binds >= binds else f"({self.code})"

    def missing(self) -> Piece:
        """Write where it is missing."""
        return self._asked("isna")

    def there(self) -> Piece:
        """Write where it is not missing."""
        return self._asked("notna")

    def _asked(self, whether: str) -> Piece:
        if self.single:
            return Piece(f"pd.{whether}({self.code})", "flag", single=True)
        return Piece(f"{self.within(ATOM)}.{whether}()", "flag")


def joined(pieces: Sequence[Piece], sign: str) -> Piece:
    """Join conditions by ``&`` or ``|``; those of one value by words."""
    strength, words = (AND, WORD_AND) if sign == "&" else (OR, WORD_OR)
    single = all(piece.single for piece in pieces)
    if single:
        sign, strength = {"&": "and", "|": "or"}[sign], words
    code = f" {sign} ".join(piece.within(strength) for piece in pieces)
    return Piece(code, "flag", strength, any(piece.gaps for piece in pieces), single)


def known(whole: Piece, pieces: Sequence[Piece]) -> Piece:
    """Add to a condition that nothing of what it looks at is missing, where something may be."""
    there = [piece.there() for piece in pieces if piece.gaps]
    return joined([*there, whole], "&") if there else whole
