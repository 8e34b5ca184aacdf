"""Checks that the columns a card is told to use are in the table that will arrive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tensorrag.catalog import CardInfo
from tensorrag.check.lost import Lost
from tensorrag.check.problems import Fix, Problem
from tensorrag.check.target import likely_target
from tensorrag.params import called
from tensorrag.pipeline import Node
from tensorrag.quoting import named, quoted
from tensorrag.types.schema import TableSchema

_PLAIN = re.compile(r"[\w.-]{1,60}")
"""Column names that can stand in a sentence without quotes."""

FindLost = Callable[[str, str], Lost]
"""Takes an input and the name of a column."""


def column_problems(
    node: Node, info: CardInfo, inputs: Mapping[str, Any], lost: FindLost
) -> list[Problem]:
    """List the column parameters of a node that name nothing, or a column that is not there.

    Args:
        node: raw parameters, as they are in the file.
        info: its card.
        inputs: the schema at each input, as far as it is known.
        lost: finds where a column was lost that does not arrive at an input.
    """
    found: list[Problem] = []
    for name, field in info.params["properties"].items():
        port = field.get("x-columns-of")
        if port is None or not _active(field, node, info):
            continue
        default = field.get("default")
        schema = inputs.get(port)
        columns = schema.names if isinstance(schema, TableSchema) else None
        value = node.params.get(name, default)
        choice = _Choice(
            node.id,
            name,
            called(name, info.params),
            value,
            default,
            port,
            columns,
            lost,
            _is_spare(field),
        )
        found += choice.problems()
    return found


@dataclass(frozen=True)
class _Choice:
    """What a column parameter says, and what it can choose from."""

    node: str
    name: str
    called: str
    """As the form does."""
    value: Any
    default: Any
    port: str
    columns: tuple[str, ...] | None
    """None while they are not known."""
    lost: FindLost
    spare: bool
    """Whether it need not name any."""

    def problems(self) -> Iterator[Problem]:
        if self.value == "":
            yield self._empty()
        chosen = self.value if isinstance(self.value, list) else [self.value]
        for column in (c for c in chosen if isinstance(c, str) and c):
            if self.columns is not None and column not in self.columns:
                yield self._missing(column, self.columns)

    def _empty(self) -> Problem:
        columns = self.columns or ()
        guess, fix = self._guess(columns)
        hint = f"Pick one of the {len(columns)} columns. {guess}".strip()
        return Problem(
            code="column_empty",
            node=self.node,
            field=self.name,
            message=f"{self.called} is not chosen.",
            hint=hint if columns else f"{self.port} needs a table first.",
            fix=fix,
        )

    def _guess(self, columns: tuple[str, ...]) -> tuple[str, Fix | None]:
        """Offer the likely target, where one is asked for, in a sentence and as an edit."""
        likely = likely_target(columns) if self.name.startswith("target") else None
        if likely is None:
            return "", None
        name, reason = likely
        return f"Perhaps {named(name)}: {reason}.", self._set(f"Use {named(name)}", name)

    def _set(self, words: str, value: Any) -> Fix:
        op = {"op": "set_params", "node": self.node, "params": {self.name: value}}
        return Fix(label=words, ops=(op,))

    def _missing(self, column: str, columns: tuple[str, ...]) -> Problem:
        instead = _nearest(column, columns)
        if instead is None and self.default in columns:
            instead = str(self.default)
        asked = f"; did you mean {named(instead)}?" if instead else "."
        shown = column if _PLAIN.fullmatch(column) else quoted(column)
        lost, count = self.lost(self.port, column), f"The table has {len(columns)} columns."
        guess, fix = "", self._fix(column, instead)
        if fix is None and lost.never:  # else it is better kept where it was lost
            guess, fix = self._guess(columns)
        return Problem(
            code="column_missing",
            node=self.node,
            field=self.name,
            message=f"{self.called} {shown} is not in {self.port}{asked}",
            hint=" ".join(filter(None, (lost.said, count, guess))),
            fix=fix,
        )

    def _fix(self, column: str, instead: str | None) -> Fix | None:
        fixed: Any = instead
        words = f"Use {named(instead)}"
        if isinstance(self.value, list):
            others = [other for other in self.value if other != column]
            if instead is None or instead in others:
                fixed, words = others, f"Remove {quoted(column)}"
            else:
                fixed = [instead if other == column else other for other in self.value]
        elif instead is None:
            return self._set("Choose none", None) if self.spare else None
        return self._set(words, fixed)


def _nearest(column: str, columns: tuple[str, ...]) -> str | None:
    folded = {name.casefold(): name for name in reversed(columns)}
    near = get_close_matches(column.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def _is_spare(field: Mapping[str, Any]) -> bool:
    """Whether a column need not be chosen, nor belongs to a choice as the groups to split by."""
    wanted = (field.get("x-when") or {}).values()
    return field.get("default", "") is None and all(isinstance(each, list) for each in wanted)


def _active(field: Mapping[str, Any], node: Node, info: CardInfo) -> bool:
    properties = info.params["properties"]
    for other, wanted in (field.get("x-when") or {}).items():
        value = node.params.get(other, properties.get(other, {}).get("default"))
        if value not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True
