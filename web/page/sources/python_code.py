"""Colours of Python code: words as they mean something, all else as text."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator

from web.page.markup import Node, span

_SORTS = {tokenize.STRING: "s", tokenize.COMMENT: "c", tokenize.NUMBER: "n"}
_STRINGS = ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")
_SORTS |= {getattr(tokenize, name): "s" for name in _STRINGS if hasattr(tokenize, name)}


def coloured(text: str) -> Node:
    """Return code in which keywords, texts, numbers, comments and definitions are marked."""
    try:
        return list(_pieces(text))
    except (tokenize.TokenError, SyntaxError):
        return text


def _pieces(text: str) -> Iterator[Node]:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    at, defining = 0, False
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        sort = _SORTS.get(token.type, "")
        if token.type == tokenize.NAME:
            sort = "d" if defining else "k" if keyword.iskeyword(token.string) else ""
            defining = token.string in ("def", "class")
        if not sort or end <= start:
            continue
        yield text[at:start]
        yield span(f".py-{sort}")[text[start:end]]
        at = end
    yield text[at:]
