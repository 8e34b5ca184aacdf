"""Reads a formula into a tree of constants, columns and calls; operators are calls too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorrag.formula.mistake import Mistake
from tensorrag.formula.tokens import WORDS, Token, number, tokens
from tensorrag.quoting import named

MAX_LENGTH = 2_000
"""Characters of a formula."""
MAX_DEPTH = 50
"""Brackets in brackets."""
MAX_CHAIN = 100
"""Calls in calls, such as the operators of ``a + b + c``."""

_STRENGTH = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "^": 8}
_NOT, _COMPARE, _SIGNED, _LOWEST = 3, 4, 8, 1
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True)
class Constant:
    """A number, text or yes/no that stands in the formula."""

    at: int
    value: int | float | str | bool
    depth: int = 1


@dataclass(frozen=True)
class ColumnName:
    """A column of the table."""

    at: int
    name: str
    length: int
    """Characters of the formula that it takes, quotes included."""
    depth: int = 1


@dataclass(frozen=True)
class Call:
    """A function, or an operator by its sign, and what it is given."""

    at: int
    function: str
    arguments: tuple[Node, ...]
    depth: int
    length: int = 0


Node = Constant | ColumnName | Call


def parse(text: str) -> Node:
    """Read a formula.

    Raises:
        Mistake: it is none.
    """
    reader = _Reader(tokens(text))
    tree = reader.expression(_LOWEST)
    reader.expect_end()
    return tree


class _Reader:
    """Precedence climbing: few frames for each bracket, so that depth is cheap to bound."""

    def __init__(self, found: Sequence[Token]) -> None:
        self.found = found
        self.place = 0
        self.depth = 0

    @property
    def now(self) -> Token:
        return self.found[self.place]

    def take(self) -> Token:
        token = self.now
        self.place += token.sort != "end"
        return token

    def expect(self, sign: str, opened: Token) -> None:
        if not self.now.says(sign):
            raise Mistake(opened.at, "this bracket is not closed.", f"Add a {sign}")
        self.take()

    def expect_end(self) -> None:
        if self.now.says(")"):
            raise Mistake(self.now.at, "this bracket closes nothing.", "Take it out.")
        if self.now.sort != "end":
            said = named(self.now.text)
            raise Mistake(self.now.at, f"{said} does not fit here.", "Is an operator missing?")

    def expression(self, least: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Mistake(self.now.at, f"brackets are nested deeper than {MAX_DEPTH}.")
        left = self.operand()
        while (strength := self.strength()) >= least:
            left = self.combined(left, strength)
        self.depth -= 1
        return left

    def strength(self) -> int:
        """How strongly what comes binds its left side; 0: not at all."""
        if self.now.says(*COMPARISONS, "in", "is", "not"):
            return _COMPARE
        return _STRENGTH.get(self.now.text, 0) if self.now.says(*_STRENGTH) else 0

    def combined(self, left: Node, strength: int) -> Node:
        sign = self.take()
        if strength == _COMPARE:
            if isinstance(left, Call) and left.function in COMPARISONS:
                raise Mistake(
                    sign.at, "two comparisons need a word between them.", "Write 1 < x and x < 5."
                )
            return self.compared(left, sign)
        right = self.expression(strength if sign.text == "^" else strength + 1)
        if sign.text in ("and", "or") and isinstance(left, Call) and left.function == sign.text:
            return _call(left.at, sign.text, (*left.arguments, right))
        return _call(sign.at, sign.text, (left, right))

    def compared(self, left: Node, sign: Token) -> Node:
        if sign.text == "is":
            inverted = self.now.says("not") and bool(self.take())
            if not self.now.says("missing"):
                raise Mistake(self.now.at, "'missing' must stand after 'is'.", "Or write == 1.")
            self.take()
            return _inverted(_call(sign.at, "is missing", (left,)), inverted)
        inverted = sign.text == "not"
        if inverted and not self.take().says("in"):
            raise Mistake(sign.at, "'not' does not fit here.", "Write not in (…), or and not.")
        if inverted or sign.text == "in":
            return _inverted(_call(sign.at, "in", (left, *self.listed())), inverted)
        return _call(sign.at, sign.text, (left, self.expression(_COMPARE + 1)))

    def listed(self) -> list[Node]:
        """Read the constants in brackets after ``in``."""
        opened = self.take()
        if not opened.says("("):
            raise Mistake(opened.at, "a list must stand after 'in'.", "Write in ('a', 'b').")
        values = self.arguments(opened)
        wrong = next((value for value in values if not isinstance(value, Constant)), None)
        if wrong is not None or not values:
            at = opened.at if wrong is None else wrong.at
            raise Mistake(at, "a list holds numbers or texts.", "Text goes in quotes: 'a'.")
        return values

    def operand(self) -> Node:
        token = self.take()
        if token.says("not"):
            return _call(token.at, "not", (self.expression(_NOT),))
        if token.says("-"):
            return _negative(token.at, self.expression(_SIGNED))
        if token.says("+"):
            return self.expression(_SIGNED)
        if token.says("("):
            inner = self.expression(_LOWEST)
            self.expect(")", token)
            return inner
        return self.atom(token)

    def atom(self, token: Token) -> Node:
        if token.sort == "number":
            return Constant(token.at, number(token))
        if token.sort == "text":
            return Constant(token.at, token.text)
        if token.says("true", "false"):
            return Constant(token.at, token.text == "true")
        if token.sort == "column":
            return ColumnName(token.at, token.text, token.length)
        if token.sort == "word" and token.text not in WORDS:
            if self.now.says("("):
                return self.called(token)
            return ColumnName(token.at, token.text, token.length)
        if token.sort == "end":
            raise Mistake(token.at, "something is missing at the end.")
        raise Mistake(token.at, f"{token.text} does not fit here.")

    def called(self, name: Token) -> Node:
        arguments = tuple(self.arguments(self.take()))
        return _call(name.at, name.text.lower(), arguments, name.length)

    def arguments(self, opened: Token) -> list[Node]:
        """Read what stands in brackets, separated by commas."""
        found: list[Node] = []
        if self.now.says(")"):
            self.take()
            return found
        found.append(self.expression(_LOWEST))
        while self.now.says(","):
            self.take()
            found.append(self.expression(_LOWEST))
        self.expect(")", opened)
        return found


def _call(at: int, function: str, arguments: tuple[Node, ...], length: int = 0) -> Call:
    depth = 1 + max((argument.depth for argument in arguments), default=0)
    if depth > MAX_CHAIN:
        raise Mistake(at, f"more than {MAX_CHAIN} steps build on one another.", "Use two cards.")
    return Call(at, function, arguments, depth, length)


def _inverted(call: Call, inverted: bool) -> Call:
    return _call(call.at, "not", (call,)) if inverted else call


def _negative(at: int, operand: Node) -> Node:
    """A minus before a number is part of it."""
    if isinstance(operand, Constant) and type(operand.value) in (int, float):
        return Constant(at, -operand.value)  # type: ignore[operator]
    return _call(at, "negative", (operand,))
