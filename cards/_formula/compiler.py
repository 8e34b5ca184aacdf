"""Holds the tree of a formula against the columns of a table, and makes calls of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cards._formula.functions import FUNCTIONS, OPERATORS, Computed, Function, Kind, Takes
from cards._formula.values import constant, converted, kind_of
from tensorrag.formula.mistake import Mistake, nearest
from tensorrag.formula.tokens import written
from tensorrag.formula.tree import Call, ColumnName, Constant, Node
from tensorrag.quoting import named

KINDS: Mapping[str, Kind] = {
    "number": "number",
    "integer": "integer",
    "binary": "flag",
    "category": "text",
    "text": "text",
    "date": "date",
}
"""What a column of each kind is in a formula."""
_WORDS = {
    "number": "a number",
    "integer": "a number",
    "flag": "yes or no",
    "text": "text",
    "date": "a date",
    "words": "a text in quotes",
    "digits": "a whole number from -15 to 15",
}
_NUMERIC = ("number", "integer", "flag")
Row = Mapping[str, Any]
"""Arrow arrays of equal length, by column."""


class Compiled(NamedTuple):
    """A part of a formula that fits."""

    kind: Kind | None
    """What it gives; None where a column of which nothing is known decides."""
    get: Callable[[Row], Computed]

    def brought_to(self, kind: Kind) -> Compiled:
        """Have what it gives brought to a kind."""
        return Compiled(kind, lambda row: converted(self.get(row), kind))


class Compiler:
    """Turns a tree into nested calls, each part once, and says what does not fit."""

    def __init__(self, known: Mapping[str, str | None] | None) -> None:
        """Take the kinds of the columns; None where the columns are not known."""
        self.known = known
        self.used: set[str] = set()
        """The columns that were asked for."""

    def compiled(self, node: Node) -> Compiled:
        """Compile a part of a formula.

        Raises:
            Mistake: it does not fit.
        """
        if isinstance(node, Constant):
            value = node.value
            return Compiled(kind_of(value), lambda row: constant(value))
        return self._column(node) if isinstance(node, ColumnName) else self._call(node)

    def _column(self, node: ColumnName) -> Compiled:
        name = node.name
        self.used.add(name)
        if self.known is not None and name not in self.known:
            raise self._unknown(node, list(self.known))
        kind = KINDS.get((self.known or {}).get(name) or "")
        return Compiled(kind, lambda row: row[name])  # whoever takes it brings it to its kind

    def _unknown(self, node: ColumnName, known: list[str]) -> Mistake:
        message = f"there is no column {named(node.name)}"
        near = nearest(node.name, known)
        if near is not None:
            asked = f"{message}; did you mean {named(near)}?"
            hint = f"The table has {len(known)} columns."
            return Mistake(node.at, asked, hint, (node.length, written(near)))
        hint = f"Text goes in quotes: '{named(node.name)}'."
        if node.name.lower() in FUNCTIONS:
            hint = f"Or write {node.name.lower()}(…)."
        return Mistake(node.at, f"{message}.", hint)

    def _call(self, node: Call) -> Compiled:
        function = _function(node)
        if not function.fits(len(node.arguments)):
            raise Mistake(node.at, _count(node, function))
        given = [
            self._argument(node, function.taken(at), argument)
            for at, argument in enumerate(node.arguments)
        ]
        common = None
        if function.alike is not None:
            same = _Alike(node, function.alike)
            common, given = same.brought(given)
        elif node.function == "text":
            given = [one.brought_to("text") for one in given]
        compute, gets = function.compute, tuple(one.get for one in given)
        return Compiled(function.gives or common, lambda row: compute(*(get(row) for get in gets)))

    def _argument(self, node: Call, takes: Takes, argument: Node) -> Compiled:
        if takes in ("words", "digits"):
            return _literal(node, takes, argument)
        made = self.compiled(argument)
        if takes == "any":
            return made
        if takes == "date":
            made = _dated(argument, made)
        if not _fits(made.kind, takes):
            is_kind = _WORDS[made.kind or "text"]
            hint = "Write text(…) around it." if takes == "text" else ""
            message = f"{_called(node)} takes {_WORDS[takes]}, and this is {is_kind}."
            raise Mistake(argument.at, message, hint)
        wanted: Kind = takes  # type: ignore[assignment]
        return made.brought_to(wanted)


class _Alike(NamedTuple):
    """Arguments that must be of one kind, from one of them on."""

    node: Call
    first: int

    def brought(self, given: Sequence[Compiled]) -> tuple[Kind | None, list[Compiled]]:
        """Return the kind that they have in common, and all brought to it."""
        before, alike = list(given[: self.first]), self._dated(given[self.first :])
        kinds = [one.kind for one in alike]
        if None in kinds:
            return None, [*before, *alike]
        common = self._common([kind for kind in kinds if kind is not None])
        return common, [*before, *(one.brought_to(common) for one in alike)]

    def _common(self, kinds: list[Kind]) -> Kind:
        if all(kind in _NUMERIC for kind in kinds):
            widest: tuple[Kind, ...] = ("number", "integer", "flag")
            common = next(kind for kind in widest if kind in kinds)
            # Compared, a column of two numbers is a flag too, and may be 3 or 7.
            return "number" if common == "flag" and self.node.function in OPERATORS else common
        for at, kind in enumerate(kinds):
            if kind != kinds[0]:
                words = f"{_WORDS[kinds[0]]} and {_WORDS[kind]}"
                place = self.node.arguments[self.first + at].at
                raise Mistake(place, f"{_called(self.node)} cannot take {words} together.")
        return kinds[0]

    def _dated(self, alike: Sequence[Compiled]) -> list[Compiled]:
        """Read texts that stand beside dates as dates."""
        if not any(one.kind == "date" for one in alike):
            return list(alike)
        nodes = self.node.arguments[self.first :]
        return [_dated(node, one) for node, one in zip(nodes, alike, strict=True)]


def _function(node: Call) -> Function:
    known = OPERATORS | FUNCTIONS
    if node.function in known:
        return known[node.function]
    near = nearest(node.function, list(FUNCTIONS), 0.6)
    asked = f"; did you mean {near}?" if near else "."
    hint = f"There are {', '.join(FUNCTIONS)}."
    replace = (node.length, near) if near else None
    raise Mistake(node.at, f"there is no function {named(node.function)}{asked}", hint, replace)


def _literal(node: Call, takes: Takes, argument: Node) -> Compiled:
    value = argument.value if isinstance(argument, Constant) else None
    digits = type(value) is int and -15 <= value <= 15
    if not (isinstance(value, str) if takes == "words" else digits):
        raise Mistake(argument.at, f"{_called(node)} takes {_WORDS[takes]} here.")
    return Compiled("text", lambda row: value)


def _dated(node: Node, made: Compiled) -> Compiled:
    if not isinstance(node, Constant) or not isinstance(node.value, str):
        return made
    try:
        date = dt.datetime.fromisoformat(node.value.strip())
    except ValueError:
        said = f"'{named(node.value)}' is no date."
        raise Mistake(node.at, said, "Write it as '2024-12-31'.") from None
    if date.tzinfo is not None:
        said = f"'{named(node.value)}' has an offset from UTC, and the times of a column have none."
        raise Mistake(node.at, said, "Write it without; times that were read with one are in UTC.")
    return Compiled("date", lambda row: constant(date))


def _fits(kind: Kind | None, takes: Takes) -> bool:
    return kind is None or kind == takes or (takes == "number" and kind in _NUMERIC)


def _called(node: Call) -> str:
    return "-" if node.function == "negative" else node.function


def _count(node: Call, function: Function) -> str:
    least = len(function.takes) if function.least is None else function.least
    most = function.most or len(function.takes)
    wanted = str(least) if least == most else f"{least} or {'more' if most > 9 else most}"
    values = "value" if wanted == "1" else "values"
    return f"{_called(node)} takes {wanted} {values}, not {len(node.arguments)}."
