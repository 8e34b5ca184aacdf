"""Writes formulas as expressions of pandas.

In a formula, what is computed from a missing value is missing; in pandas a comparison with one is
false. So a condition is written as what is *known* to hold, and its opposite by turning each
comparison round: ``not (a > b)`` becomes ``a <= b``, which is false for missing values too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cards._formula.compiler import KINDS
from cards._formula.functions import Kind
from tensorrag import CardError, ColumnSchema, TableSchema
from tensorrag.formula.tree import COMPARISONS, Call, ColumnName, Constant, Node, parse
from tensorrag.script import literal

FINITE = '''\
def finite(values):
    """Have what has no finite result missing."""
    return values.where(np.isfinite(values))'''

AS_TEXT = '''\
def as_text(values):
    """Write values as text: numbers without a needless fraction, flags as true and false."""

    def written(value):
        text = str(value)
        return text.lower() if text in ("True", "False") else text.removesuffix(".0")

    return values.map(written, na_action="ignore")'''

CHOSEN = '''\
def chosen(yes, no, first, second, nothing=np.nan):
    """Take first where the condition holds, second where it does not, nothing where it is open."""
    return pd.Series(np.select([yes, no], [first, second], nothing), index=yes.index)'''

NUMPY = "import numpy as np"
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_ATOM, _POWER, _SIGN, _TIMES, _PLUS, _AND, _OR, _COMPARE = 9, 8, 7, 6, 5, 4, 3, 2
_WORD_AND, _WORD_OR = 1, 0
"""How strongly the operators of Python bind."""
_SIGNS = {"+": _PLUS, "-": _PLUS, "*": _TIMES, "/": _TIMES}
_NUMPY = {"abs": "abs", "floor": "floor", "ceil": "ceil"}
_FINITE = {"sqrt": "sqrt", "log": "log", "log10": "log10", "exp": "exp"}
_TEXT = {"lower": "lower", "upper": "upper", "trim": "strip"}
_DATE = {"year": "year", "month": "month", "day": "day", "hour": "hour"}


@dataclass(frozen=True)
class Piece:
    """A part of a formula as code."""

    code: str
    kind: Kind | None
    binds: int = _ATOM
    gaps: bool = False
    """Whether it may be missing in a row."""
    single: bool = False
    """Whether it is one value, and not one for each row."""

    def within(self, binds: int) -> str:
        """Return the code as it can stand beside an operator that binds so strongly."""
        return self.code if self.binds >= binds else f"({self.code})"


@dataclass
class Writer:
    """Writes formulas over one table.

    Args:
        schema: what is known of its columns.
        column: writes a column.
        single: whether each name stands for one value, and not for a column of them.
    """

    schema: TableSchema
    column: Callable[[str], str]
    single: bool = False
    functions: dict[str, None] = field(default_factory=dict)
    """The functions that the code uses, in order."""
    imports: dict[str, None] = field(default_factory=dict)

    def value(self, text: str) -> Piece:
        """Write what a formula gives; a condition gives yes and no."""
        return self._value(parse(text))

    def holds(self, text: str) -> Piece:
        """Write where a condition is known to hold."""
        return self._truth(parse(text), wanted=True)

    # --- values ---------------------------------------------------------------------------

    def _value(self, node: Node) -> Piece:
        if isinstance(node, Constant):
            kind: Kind = _KIND[type(node.value)]
            binds = _SIGN if isinstance(node.value, int | float) and node.value < 0 else _ATOM
            return Piece(literal(node.value), kind, binds, single=True)
        if isinstance(node, ColumnName):
            known = self.schema.column(node.name) or ColumnSchema(name=node.name)
            kind_of = KINDS.get(known.kind or "")
            gaps = known.missing != 0 and not self.single
            return Piece(self.column(node.name), kind_of, gaps=gaps, single=self.single)
        return self._flags(node) if _is_condition(node) else self._call(node)

    def _call(self, node: Call) -> Piece:
        name, given = node.function, node.arguments
        if name in _SIGNS:
            return self._arithmetic(node)
        if name == "negative":
            one = self._number(given[0])
            return Piece(f"-{one.within(_POWER)}", "number", _SIGN, one.gaps, one.single)
        if name in ("%", "^"):
            return self._odd(node)
        if name in _NUMPY | _FINITE:
            one = self._number(given[0])
            made = f"np.{(_NUMPY | _FINITE)[name]}({one.code})"
            self.imports[NUMPY] = None
            if name in _FINITE and not one.single:
                return self._finite(made)
            return Piece(made, "number", gaps=one.gaps, single=one.single)
        if name == "round":
            one, digits = self._number(given[0]), self._literal(given[1:])
            self.imports[NUMPY] = None
            behind = f", {digits}" if digits is not None else ""
            made = f"np.round({one.code}{behind})"
            return Piece(made, "number", gaps=one.gaps, single=one.single)
        if name in ("min", "max"):
            return self._ends(node)
        if name in ("if", "coalesce"):
            return self._choice(node)
        return self._of_text_or_date(node)

    def _arithmetic(self, node: Call) -> Piece:
        sign, strength = node.function, _SIGNS[node.function]
        left, right = (self._number(one) for one in node.arguments)
        behind = right.within(strength + 1 if sign in "-/" else strength)
        code = f"{left.within(strength)} {sign} {behind}"
        single = left.single and right.single
        by = node.arguments[1]
        if sign == "/" and not single and not (isinstance(by, Constant) and by.value):
            return self._finite(code)
        return Piece(code, "number", strength, left.gaps or right.gaps, single)

    def _odd(self, node: Call) -> Piece:
        """The remainder, with the sign of the divisor; and powers, which need fractions."""
        left, right = (self._number(one) for one in node.arguments)
        self.imports[NUMPY] = None
        if node.function == "^":
            base = f"{left.within(_ATOM)}.astype(float)"
            if left.single:  # whole numbers of Python would grow without end: 9^9^9^9
                base = f"np.float64({left.code})"
            code = f"{base} ** {right.within(_SIGN)}"
            single = left.single and right.single
            return Piece(f"({code})", "number", single=True) if single else self._finite(code)
        a, b = left.within(_TIMES), right.within(_SIGN)
        code = f"{a} - {b} * np.floor({a} / {b})"
        if left.single and right.single:
            return Piece(f"({code})", "number", single=True)
        return self._finite(code)

    def _ends(self, node: Call) -> Piece:
        pieces = [self._number(one) for one in node.arguments]
        self.imports[NUMPY] = None
        code = pieces[0].code
        for piece in pieces[1:]:
            code = f"np.f{node.function}({code}, {piece.code})"
        gaps = all(piece.gaps for piece in pieces)
        return Piece(code, "number", gaps=gaps, single=all(piece.single for piece in pieces))

    def _choice(self, node: Call) -> Piece:
        if node.function == "coalesce":
            first, *others = self._alike(node.arguments)
            if first.single:
                return first
            code = first.within(_ATOM) + "".join(f".fillna({other.code})" for other in others)
            gaps = all(piece.gaps for piece in (first, *others))
            return Piece(code, first.kind, gaps=gaps)
        then, otherwise = self._alike(node.arguments[1:])
        yes = self._truth(node.arguments[0], wanted=True)
        no = self._truth(node.arguments[0], wanted=False)
        if yes.single:
            raise _of_a_constant("if")
        self.functions[CHOSEN] = None
        self.imports[NUMPY] = None
        nothing = "" if then.kind in ("number", "integer") else ", None"
        code = f"chosen({yes.code}, {no.code}, {then.code}, {otherwise.code}{nothing})"
        return Piece(code, then.kind, gaps=yes.gaps or then.gaps or otherwise.gaps)

    def _of_text_or_date(self, node: Call) -> Piece:
        name, given = node.function, node.arguments
        if name == "days_between":
            start, end = (self._day(one) for one in given)
            code = f"({end.code} - {start.code}).dt.days"
            return Piece(code, "integer", gaps=start.gaps or end.gaps)
        if name == "concat":
            pieces = [self._text(one) for one in given]
            code = " + ".join(piece.within(_PLUS) for piece in pieces)
            return Piece(code, "text", _PLUS, any(piece.gaps for piece in pieces))
        if name == "text":
            return self._text(given[0])
        if name in _DATE or name == "weekday":
            one = self._series(self._date(given[0]), name)
            if name == "weekday":
                return Piece(f"{one.code}.dt.dayofweek + 1", "integer", _PLUS, one.gaps)
            return Piece(f"{one.code}.dt.{_DATE[name]}", "integer", gaps=one.gaps)
        one = self._series(self._value(given[0]), name)
        if name in _TEXT:
            return Piece(f"{one.code}.str.{_TEXT[name]}()", "text", gaps=one.gaps)
        if name == "length":
            return Piece(f"{one.code}.str.len()", "integer", gaps=one.gaps)
        old, new = (self._literal([each]) for each in given[1:])
        if old == '""':
            return one
        return Piece(f"{one.code}.str.replace({old}, {new}, regex=False)", "text", gaps=one.gaps)

    def _flags(self, node: Call) -> Piece:
        """Write a condition as a value: yes, no or missing."""
        yes = self._truth(node, wanted=True)
        if not yes.gaps:
            return Piece(yes.code, "flag", yes.binds, single=yes.single)
        no = self._truth(node, wanted=False)
        self.functions[CHOSEN] = None
        self.imports[NUMPY] = None
        return Piece(f"chosen({yes.code}, {no.code}, True, False, None)", "flag", gaps=True)

    def _number(self, node: Node) -> Piece:
        piece = self._value(node)
        if piece.kind != "flag":
            return piece
        if piece.single:
            return Piece(f"float({piece.code})", "number", single=True)
        return Piece(f"{piece.within(_ATOM)}.astype(float)", "number", gaps=piece.gaps)

    def _text(self, node: Node) -> Piece:
        piece = self._value(node)
        if piece.kind == "text":
            return piece
        if piece.single:
            if not isinstance(node, Constant):
                raise _of_a_constant("text")
            shown = piece.code.lower() if piece.kind == "flag" else piece.code.removesuffix(".0")
            return Piece(literal(shown), "text", single=True)
        self.functions[AS_TEXT] = None
        return Piece(f"as_text({piece.code})", "text", gaps=piece.gaps)

    def _date(self, node: Node) -> Piece:
        if isinstance(node, Constant) and isinstance(node.value, str):
            moment = dt.datetime.fromisoformat(node.value.strip())
            day = moment.isoformat(" ").removesuffix(" 00:00:00")
            return Piece(f"pd.Timestamp({literal(day)})", "date", single=True)
        return self._value(node)

    def _day(self, node: Node) -> Piece:
        piece = self._date(node)
        if piece.single:
            return Piece(f"{piece.code}.normalize()", "date", single=True)
        return Piece(f"{piece.within(_ATOM)}.dt.normalize()", "date", gaps=piece.gaps)

    def _alike(self, nodes: tuple[Node, ...]) -> list[Piece]:
        """Write values that stand for one another: texts beside dates are dates."""
        pieces = [self._value(node) for node in nodes]
        kinds = {piece.kind for piece in pieces}
        if "date" in kinds:
            return [self._date(node) for node in nodes]
        if "flag" in kinds and len(kinds) > 1:
            return [self._number(node) for node in nodes]
        return pieces

    def _series(self, piece: Piece, name: str) -> Piece:
        if piece.single:
            raise _of_a_constant(name)
        return Piece(piece.within(_ATOM), piece.kind, gaps=piece.gaps)

    def _finite(self, code: str) -> Piece:
        self.functions[FINITE] = None
        self.imports[NUMPY] = None
        return Piece(f"finite({code})", "number", gaps=True)

    def _literal(self, nodes: list[Node] | tuple[Node, ...]) -> str | None:
        return literal(nodes[0].value) if nodes and isinstance(nodes[0], Constant) else None

    # --- conditions -------------------------------------------------------------------------

    def _truth(self, node: Node, *, wanted: bool) -> Piece:
        """Write where a condition is known to hold, or known not to."""
        if isinstance(node, Call):
            name, given = node.function, node.arguments
            if name == "not":
                return self._truth(given[0], wanted=not wanted)
            if name in ("and", "or"):
                return self._joined([self._truth(one, wanted=wanted) for one in given],
                                    "&" if (name == "and") is wanted else "|")  # fmt: skip
            if name in COMPARISONS:
                return self._compared(node, wanted=wanted)
            if name == "in":
                return self._among(node, wanted=wanted)
            if name == "is missing":
                return self._missing(given[0], wanted=wanted)
            if name in _MATCHING:
                return self._matching(node, wanted=wanted)
        piece = self._value(node)
        if piece.single:
            return Piece(str((piece.code == "True") is wanted), "flag", single=True)
        code = f"{piece.within(_ATOM)}.astype(bool)"
        return self._known(code if wanted else f"~{code}", [piece], _SIGN)

    def _compared(self, node: Call, *, wanted: bool) -> Piece:
        left, right = self._alike(node.arguments)
        sign = node.function if wanted else _OPPOSITE[node.function]
        code = f"{left.within(_OR)} {sign} {right.within(_OR)}"
        if sign == "!=":  # the one that pandas has hold for missing values
            return self._known(code, [left, right], _COMPARE)
        gaps = left.gaps or right.gaps
        return Piece(code, "flag", _COMPARE, gaps, left.single and right.single)

    def _among(self, node: Call, *, wanted: bool) -> Piece:
        one, *listed = self._alike(node.arguments)
        values = f"[{', '.join(each.code for each in listed)}]"
        if one.single:
            sign = "in" if wanted else "not in"
            return Piece(f"{one.within(_OR)} {sign} {values}", "flag", _COMPARE, single=True)
        code = f"{one.within(_ATOM)}.isin({values})"
        if wanted:
            return Piece(code, "flag", gaps=one.gaps)
        return self._known(f"~{code}", [one], _SIGN)

    def _missing(self, node: Node, *, wanted: bool) -> Piece:
        if isinstance(node, Call) and _is_condition(node):
            known = [self._truth(node, wanted=each) for each in (True, False)]
            told = self._joined(known, "|")
            code = f"~({told.code})" if wanted else f"({told.code})"
            return Piece(code, "flag", _SIGN)
        piece = self._value(node)
        if piece.single:
            return Piece(str(not wanted), "flag", single=True)
        return Piece(f"{piece.within(_ATOM)}.{'isna' if wanted else 'notna'}()", "flag")

    def _matching(self, node: Call, *, wanted: bool) -> Piece:
        one = self._series(self._value(node.arguments[0]), node.function)
        method, more = _MATCHING[node.function]
        filled = ", na=False" if one.gaps else ""
        code = f"{one.code}.str.{method}({self._literal(node.arguments[1:])}{more}{filled})"
        if wanted:
            return Piece(code, "flag", gaps=one.gaps)
        return self._known(f"~{code}", [one], _SIGN)

    def _known(self, code: str, pieces: list[Piece], binds: int) -> Piece:
        """Add that nothing of it is missing, where something may be."""
        gaps = [piece for piece in pieces if piece.gaps]
        whole = Piece(code, "flag", binds, bool(gaps))
        there = [Piece(f"{piece.within(_ATOM)}.notna()", "flag") for piece in gaps]
        return self._joined([*there, whole], "&") if there else whole

    def _joined(self, pieces: list[Piece], sign: str) -> Piece:
        strength, words = (_AND, _WORD_AND) if sign == "&" else (_OR, _WORD_OR)
        single = all(piece.single for piece in pieces)
        if single:
            sign, strength = {"&": "and", "|": "or"}[sign], words
        code = f" {sign} ".join(piece.within(strength) for piece in pieces)
        return Piece(code, "flag", strength, any(piece.gaps for piece in pieces), single)


_KIND: Mapping[type, Kind] = {bool: "flag", int: "integer", float: "number", str: "text"}
_MATCHING = {
    "contains": ("contains", ", regex=False"),
    "starts_with": ("startswith", ""),
    "ends_with": ("endswith", ""),
}
_CONDITIONS = COMPARISONS | {"in", "is missing", "and", "or", "not", *_MATCHING}


def _of_a_constant(function: str) -> CardError:
    return CardError(
        f"{function} of a constant cannot be written as Python.",
        hint="Write its result into the formula.",
    )


def _is_condition(node: Call) -> bool:
    return node.function in _CONDITIONS
