"""Writes formulas as expressions of pandas; `conditions` writes what is yes or no in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cards._formula.compiler import KINDS, Compiler
from cards._formula.functions import Kind
from cards._script.conditions import Conditions, is_condition, literal_of
from cards._script.pieces import ATOM, PLUS, POWER, SIGN, TIMES, Piece
from cards._script.shared import NUMPY
from tensorrag import CardError, ColumnSchema, TableSchema
from tensorrag.formula.tree import Call, ColumnName, Constant, Node, parse
from tensorrag.script import literal

FINITE = '''\
def finite(values):
    """Have what has no finite result missing."""
    return values.where(np.isfinite(values))'''

ONE_FINITE = '''\
def one_finite(value):
    """Have a value that is not finite missing."""
    return value if np.isfinite(value) else np.nan'''

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

_SIGNS = {"+": PLUS, "-": PLUS, "*": TIMES, "/": TIMES}
_NUMPY = {"abs": "abs", "floor": "floor", "ceil": "ceil"}
_FINITE = {"sqrt": "sqrt", "log": "log", "log10": "log10", "exp": "exp"}
_NOT_ALWAYS = {"/", "%", "^", *_FINITE}
"""What may have no finite result."""
_TEXT = {"lower": "lower", "upper": "upper", "trim": "strip"}
_DATE = {"year": "year", "month": "month", "day": "day", "hour": "hour"}


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

    def __post_init__(self) -> None:
        self._conditions = Conditions(self)

    def value(self, text: str) -> Piece:
        """Write what a formula gives; a condition gives yes and no."""
        return self.value_of(parse(text))

    def holds(self, text: str) -> Piece:
        """Write where a condition is known to hold."""
        return self._conditions.truth(parse(text), wanted=True)

    # --- values ---------------------------------------------------------------------------

    def value_of(self, node: Node) -> Piece:
        """Write a value."""
        if isinstance(node, Constant):
            kind: Kind = _KIND[type(node.value)]
            binds = SIGN if isinstance(node.value, int | float) and node.value < 0 else ATOM
            return Piece(literal(node.value), kind, binds, single=True)
        if isinstance(node, ColumnName):
            known = self.schema.column(node.name) or ColumnSchema(name=node.name)
            kind_of = KINDS.get(known.kind or "")
            gaps = known.missing != 0 and not self.single
            return Piece(self.column(node.name), kind_of, gaps=gaps, single=self.single)
        if is_condition(node):
            return self._flags(node)
        if node.function in _NOT_ALWAYS and _is_constant(node) and _has_no_result(node):
            self.imports[NUMPY] = None
            return Piece("np.nan", "number", gaps=True, single=True)
        return self._call(node)

    def _call(self, node: Call) -> Piece:
        name, given = node.function, node.arguments
        if name in _SIGNS:
            return self._arithmetic(node)
        if name == "negative":
            one = self._number(given[0])
            return Piece(f"-{one.within(POWER)}", "number", SIGN, one.gaps, one.single)
        if name in ("%", "^"):
            return self._odd(node)
        if name in _NUMPY | _FINITE:
            one = self._number(given[0])
            made = f"np.{(_NUMPY | _FINITE)[name]}({one.code})"
            self.imports[NUMPY] = None
            if name in _FINITE and not _is_constant(node):
                return self._finite(made, single=one.single)
            return Piece(made, "number", gaps=one.gaps, single=one.single)
        if name == "round":
            one, digits = self._number(given[0]), literal_of(given[1:])
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
        single, by = left.single and right.single, node.arguments[1]
        if sign == "/" and not _is_constant(node) and not (isinstance(by, Constant) and by.value):
            before = f"np.float64({left.code})" if single else left.within(strength)
            return self._finite(f"{before} / {behind}", single=single)
        code = f"{left.within(strength)} {sign} {behind}"
        return Piece(code, "number", strength, left.gaps or right.gaps, single)

    def _odd(self, node: Call) -> Piece:
        """The remainder, with the sign of the divisor; and powers, which need fractions."""
        left, right = (self._number(one) for one in node.arguments)
        self.imports[NUMPY] = None
        if node.function == "^":
            base = f"{left.within(ATOM)}.astype(float)"
            if left.single:  # whole numbers of Python would grow without end: 9^9^9^9
                base = f"np.float64({left.code})"
            code = f"{base} ** {right.within(SIGN)}"
        else:
            a, b = left.within(TIMES), right.within(SIGN)
            over = f"np.float64({a})" if left.single else a
            code = f"{a} - {b} * np.floor({over} / {b})"
        if _is_constant(node):
            return Piece(f"({code})", "number", single=True)
        return self._finite(code, single=left.single and right.single)

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
            first, *others = self.alike(node.arguments)
            if first.single and others and first.gaps:
                return self._choice(replace(node, arguments=node.arguments[1:]))
            if first.single:
                return first
            code = first.within(ATOM) + "".join(f".fillna({other.code})" for other in others)
            gaps = all(piece.gaps for piece in (first, *others))
            return Piece(code, first.kind, gaps=gaps)
        then, otherwise = self.alike(node.arguments[1:])
        yes = self._conditions.truth(node.arguments[0], wanted=True)
        no = self._conditions.truth(node.arguments[0], wanted=False)
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
            code = " + ".join(piece.within(PLUS) for piece in pieces)
            return Piece(code, "text", PLUS, any(piece.gaps for piece in pieces))
        if name == "text":
            return self._text(given[0])
        if name in _DATE or name == "weekday":
            one = self.series(self._date(given[0]), name)
            if name == "weekday":
                return Piece(f"{one.code}.dt.dayofweek + 1", "integer", PLUS, one.gaps)
            return Piece(f"{one.code}.dt.{_DATE[name]}", "integer", gaps=one.gaps)
        one = self.series(self.value_of(given[0]), name)
        if name in _TEXT:
            return Piece(f"{one.code}.str.{_TEXT[name]}()", "text", gaps=one.gaps)
        if name == "length":
            return Piece(f"{one.code}.str.len()", "integer", gaps=one.gaps)
        old, new = (literal_of([each]) for each in given[1:])
        if old == '""':
            return one
        return Piece(f"{one.code}.str.replace({old}, {new}, regex=False)", "text", gaps=one.gaps)

    def _flags(self, node: Call) -> Piece:
        """Write a condition as a value: yes, no or missing."""
        yes = self._conditions.truth(node, wanted=True)
        if not yes.gaps:
            return Piece(yes.code, "flag", yes.binds, single=yes.single)
        no = self._conditions.truth(node, wanted=False)
        if yes.single:
            code = f"(True if {yes.code} else False if {no.code} else None)"
            return Piece(code, "flag", gaps=True, single=True)
        self.functions[CHOSEN] = None
        self.imports[NUMPY] = None
        return Piece(f"chosen({yes.code}, {no.code}, True, False, None)", "flag", gaps=True)

    def _number(self, node: Node) -> Piece:
        piece = self.value_of(node)
        if piece.kind != "flag":
            return piece
        if piece.single:
            return Piece(f"float({piece.code})", "number", single=True)
        return Piece(f"{piece.within(ATOM)}.astype(float)", "number", gaps=piece.gaps)

    def _text(self, node: Node) -> Piece:
        piece = self.value_of(node)
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
        return self.value_of(node)

    def _day(self, node: Node) -> Piece:
        piece = self._date(node)
        if piece.single:
            return Piece(f"{piece.code}.normalize()", "date", single=True)
        return Piece(f"{piece.within(ATOM)}.dt.normalize()", "date", gaps=piece.gaps)

    def alike(self, nodes: Sequence[Node]) -> list[Piece]:
        """Write values that stand for one another: texts beside dates are dates."""
        pieces = [self.value_of(node) for node in nodes]
        kinds = {piece.kind for piece in pieces}
        if "date" in kinds:
            return [self._date(node) for node in nodes]
        if "flag" in kinds and len(kinds) > 1:
            return [self._number(node) for node in nodes]
        return pieces

    def series(self, piece: Piece, name: str) -> Piece:
        if piece.single:
            raise _of_a_constant(name)
        return Piece(piece.within(ATOM), piece.kind, gaps=piece.gaps)

    def _finite(self, code: str, *, single: bool = False) -> Piece:
        self.functions[ONE_FINITE if single else FINITE] = None
        self.imports[NUMPY] = None
        name = "one_finite" if single else "finite"
        return Piece(f"{name}({code})", "number", gaps=True, single=single)


_KIND: Mapping[type, Kind] = {bool: "flag", int: "integer", float: "number", str: "text"}


def _is_constant(node: Node) -> bool:
    """Whether no column is in it."""
    if isinstance(node, Call):
        return all(map(_is_constant, node.arguments))
    return isinstance(node, Constant)


def _has_no_result(node: Call) -> bool:
    """Whether what is computed from constants is missing, as the card has it."""
    return Compiler({}).compiled(node).get({}).as_py() is None


def _of_a_constant(function: str) -> CardError:
    return CardError(
        f"{function} of a constant cannot be written as Python.",
        hint="Write its result into the formula.",
    )
