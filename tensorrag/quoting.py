"""How a sentence shows a name: of a column, a file, a card, or whatever else people may type."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SHOWN = 60
_END = 20


def visible(text: str) -> str:
    """Replace characters that nobody sees, or that turn the text around them, by a mark."""
    return _INVISIBLE.sub("\ufffd", text)


def unturned(text: str) -> str:
    """Replace characters that turn the text around them: no name is to look like another one."""
    return _TURNING.sub("\ufffd", text)


def readable(text: str) -> str:
    """Replace in a whole text, which may have lines, what a terminal or a reader is misled by."""
    return _UNREADABLE.sub("\ufffd", text)


Sentence = Annotated[str, AfterValidator(readable)]
"""Text for people, as a field of a model."""


def named(text: object) -> str:
    """Show a name inside a sentence as it is: on one line, and shortened in its middle.

    Example:
        >>> named("price")
        'price'
    """
    shown = visible(str(text))
    if len(shown) <= _SHOWN:
        return shown
    return f"{shown[: _SHOWN - _END - 1]}…{shown[-_END:]}"


def quoted(text: object) -> str:
    """Show a name inside a sentence in quotes, as it may be of several words."""
    return f'"{named(text)}"'
