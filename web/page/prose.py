"""Help as people read it: what stands between backticks is code."""

from __future__ import annotations

from web.page.markup import Element, Node


def prose(text: str) -> Node:
    """Draw a text; an odd backtick is one of its letters."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return text
    return [Element("code")[part] if at % 2 else part for at, part in enumerate(parts)]


def plain(text: str) -> str:
    """Write a text where nothing can be drawn, such as in a tooltip."""
    return text if text.count("`") % 2 else text.replace("`", "")
