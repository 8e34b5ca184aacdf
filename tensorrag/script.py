"""What a card writes of itself into a plain Python script, and what it is told for that.

A card that can leave has a method beside ``run``::

    def script(self, given: Given) -> Script:
        table = given.variable("dataset")
        kept = given.new("kept")
        code = f"{kept} = {table}[{literal(self.columns)}]"
        return Script(code, {"dataset": kept})

Names and values come from files of strangers. Every value stands in the code as a `literal`, and
every variable comes from `Given.new`: so nothing that somebody typed is ever code.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any, Protocol, runtime_checkable

from tensorrag.errors import CardError
from tensorrag.types.schema import Schema

WIDTH = 92
"""Characters of a line of code that a long list is cut to."""
LONGEST = 40
"""Characters of a variable."""


@dataclass(frozen=True)
class Script:
    """A card's part of a script."""

    code: str = ""
    """Statements, without imports; where there are none, the facts say all."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """The variable that holds each output, by port."""
    imports: tuple[str, ...] = ()
    """Such as ``import pandas as pd`` and ``from sklearn.linear_model import Ridge``."""
    functions: tuple[str, ...] = ()
    """Whole functions and classes that the code uses; equal ones stand in the script once."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """By port, what the cards below need to know of an output in order to write themselves."""
    file: str = ""
    """What the file in the folder ``data`` is called that the code reads, where it reads one."""
    notes: tuple[str, ...] = ()
    """In what the script is not quite what the card does: sentences."""
    told: Mapping[str, str] = field(default_factory=dict)
    """By port, a variable that holds what matters of an output: a table that is given back, and
    not compared with what the card made. Nothing can be built on it."""
    timed: tuple[str, ...] = ()
    """Columns of its tables that tell how long something took: those are not compared."""


class Names:
    """Gives every variable of a script a name of its own.

    Args:
        taken: names that mean something else in the script.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *_OURS, *taken}

    def new(self, wanted: str) -> str:
        """Return a name that no other variable has, as like the wanted one as can be."""
        plain = re.sub(r"[^a-z0-9]+", "_", wanted.lower())[:LONGEST].strip("_")
        name = plain if plain[:1].isalpha() else f"table_{plain}".strip("_")
        free, number = name, 2
        while free in self._taken:
            free, number = f"{name}_{number}", number + 1
        self._taken.add(free)
        return free


_OURS = ("main", "DATA", "Path", "np", "pd", "torch", "nn")


@dataclass(frozen=True)
class Given:
    """What a card is told when it writes its part."""

    title: str
    """What the card is called where it stands."""
    variables: Mapping[str, tuple[str, ...]]
    """The variables that arrive at each input, in the order of the wires."""
    schemas: Mapping[str, Schema | None]
    """What is known of each input."""
    known: Mapping[str, tuple[Any, ...]]
    """The facts that came with each input, in the order of the wires."""
    outputs: Mapping[str, Schema | None]
    """What is known of each output: all of it, once the card has run."""
    details: Mapping[str, Any]
    """What was detected at its outside source."""
    new: Callable[[str], str]
    """Makes up a variable."""
    wanted: frozenset[str] = frozenset()
    """The outputs that some card takes."""
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By input what people call the cards before, for a card that reads titles."""
    ran: bool = False
    """Whether the card has run in this pipeline, as it is now or as it was."""

    def variable(self, port: str) -> str:
        """Return the variable that arrives at an input.

        Raises:
            CardError: nothing does.
        """
        arriving = self.variables.get(port, ())
        if not arriving:
            raise CardError(
                f"{self.title} cannot be written as Python: nothing arrives at {port}.",
                hint="Wire it to an output of a card that runs.",
            )
        return arriving[0]

    def has(self, port: str) -> bool:
        """Whether something arrives at an input."""
        return bool(self.variables.get(port))

    def fact(self, port: str) -> Any:
        """Return what the card before says of an input.

        Raises:
            CardError: it says nothing.
        """
        if port not in self.known:
            raise CardError(
                f"{self.title} cannot be written as Python: what arrives at {port} cannot.",
                hint="Wire it to a card that can.",
            )
        return self.known[port][0]

    def facts(self, port: str) -> tuple[Any, ...]:
        """Return what the cards before say of an input that takes many wires.

        Raises:
            CardError: one of them says nothing.
        """
        self.fact(port)
        return self.known[port]

    def unknown(self, what: str) -> CardError:
        """Say that something is only known once the pipeline has run."""
        return CardError(
            f"{self.title} cannot be written as Python yet: {what} is known after a run.",
            hint="It ran, but not as it is now: run the pipeline again, then export it."
            if self.ran
            else "Run the pipeline once, then export it.",
        )


@runtime_checkable
class Writes(Protocol):
    """A card that can write itself into a script."""

    def script(self, given: Given) -> Script:
        """Write it."""


@runtime_checkable
class Reads(Protocol):
    """A card whose script reads a file: it has the file, from wherever that is."""

    def script_file(self) -> AbstractContextManager[IO[bytes]]:
        """Open it. Raises ParameterError where it cannot, or may not, be read."""


def literal(value: Any, indent: int = 0) -> str:
    """Write a value as Python: text, numbers, flags, None, and lists, tuples and dicts of them.

    Args:
        value: what is to stand in the code.
        indent: characters before it on its line; a long list is cut into lines.
    """
    whole = _one_line(value)
    if len(whole) + indent <= WIDTH or not isinstance(value, Mapping | Sequence):
        return whole
    if isinstance(value, str):
        return whole
    start, end = whole[0], whole[-1]
    lines, line = [], ""
    for item in _items(value):
        if line and len(line) + len(item) + 6 > WIDTH:
            lines.append(line)
            line = ""
        line += f"{' ' if line else ''}{item},"
    return "\n".join([start, *(f"    {each}" for each in (*lines, line)), end])


def _one_line(value: Any) -> str:
    if isinstance(value, str):
        shown = repr(value)
        return shown if '"' in shown or "'" in shown[1:-1] else f'"{shown[1:-1]}"'
    if value is None or isinstance(value, bool | int | float):
        if isinstance(value, float) and value - value != 0:
            return f'float("{value}")'
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(_items(value)) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(_items(value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(_items(value)) + "]"
    raise TypeError(f"no literal: {type(value).__name__}")


def _items(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{_one_line(name)}: {_one_line(item)}" for name, item in value.items()]
    return [_one_line(item) for item in value]


def comment(text: str) -> str:
    """Return text as it can stand behind a ``#``: one line of what can be printed."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:200]
