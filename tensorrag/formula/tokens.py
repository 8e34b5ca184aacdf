"""Cuts a formula into tokens."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from tensorrag.formula.mistake import Mistake
from tensorrag.quoting import named, quoted

Sort = Literal["number", "text", "word", "column", "sign", "end"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<column>`(?:[^`]|``)*`)"
    r"|(?P<word>[^\W\d][\w.]*)"
    r"|(?P<sign><=|>=|==|!=|<>|\*\*|[-+*/%^<>=(),]))"
)
_SAME = {"=": "==", "<>": "!=", "**": "^"}
_UNCLOSED = {"'": "text", '"': "text", "`": "column"}
_INSTEAD = {"&": "and", "|": "or", "!": "not"}
WORDS = frozenset({"and", "or", "not", "in", "is", "missing", "true", "false"})
"""Words with a meaning of their own, in any case."""


@dataclass(frozen=True)
class Token:
    """A word, number, text or sign, and where it stands."""

    sort: Sort
    text: str
    """Without quotes; signs and words with a meaning in their usual form."""
    at: int
    length: int = 0

    def says(self, *signs: str) -> bool:
        """Tell whether it is one of these signs or words with a meaning."""
        return self.sort in ("sign", "word") and self.text in signs


def tokens(text: str) -> list[Token]:
    """Cut a text into tokens; the last one is its end.

    Raises:
        Mistake: something in it means nothing.
    """
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _meaningless(text, at)
        found.append(_token(match))
        at = match.end()
    return [*found, Token("end", "", end)]


def written(column: str) -> str:
    """Write the name of a column as it stands in a formula."""
    plain = column.isidentifier() and column.lower() not in WORDS
    return column if plain else "`" + column.replace("`", "``") + "`"


def number(token: Token) -> int | float:
    """Read a number: whole where it is written so and fits in 64 bits.

    Raises:
        Mistake: it is too large.
    """
    if token.text.isdecimal() and len(token.text) <= 20 and int(token.text) < 2**64:
        return int(token.text)
    value = float(token.text)
    if not math.isfinite(value):
        raise Mistake(token.at, f"{named(token.text)} is too large a number.")
    return value


def _token(match: re.Match[str]) -> Token:
    sort: Sort = match.lastgroup  # type: ignore[assignment]
    raw, at = match[sort], match.start(sort)
    if sort in ("text", "column"):
        quote = raw[0]
        return Token(sort, raw[1:-1].replace(quote * 2, quote), at, len(raw))
    text = raw.lower() if sort == "word" and raw.lower() in WORDS else _SAME.get(raw, raw)
    return Token(sort, text, at, len(raw))


def _meaningless(text: str, at: int) -> Mistake:
    at += len(text[at:]) - len(text[at:].lstrip())
    sign = text[at]
    if sign in _UNCLOSED:
        return Mistake(at, f"this {_UNCLOSED[sign]} has no end.", f"Close it with {sign}.")
    hint = f"Write {_INSTEAD[sign]}." if sign in _INSTEAD else ""
    return Mistake(at, f"{quoted(sign)} means nothing here.", hint)
