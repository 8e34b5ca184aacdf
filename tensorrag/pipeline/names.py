"""The names that stand in pipeline files: what they may be, and how a message shows any other."""

import re

NAME_PATTERN = "[a-z][a-z0-9_]{0,63}"
"""What ids of nodes and names of ports and parameters look like."""

CARD_PATTERN = f"{NAME_PATTERN}(/{NAME_PATTERN})?"
"""What ids of cards look like: ``train``, or ``pack/card``."""

NAME_LENGTH = 64
"""Longest name, in characters."""

_NAME = re.compile(NAME_PATTERN)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_SHOWN = 60


def is_name(text: str) -> bool:
    """Tell whether this may be the id of a node or the name of a port or parameter."""
    return _NAME.fullmatch(text) is not None


def visible(text: str) -> str:
    """Replace characters that nobody sees, or that turn the text around them, by a mark."""
    return _INVISIBLE.sub("\ufffd", text)


def unturned(text: str) -> str:
    """Replace characters that turn the text around them: no name is to look like another one."""
    return _TURNING.sub("\ufffd", text)


def quoted(text: object) -> str:
    """Show a name from a file inside a sentence: in quotes, on one line, not too long."""
    shown = visible(str(text))
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 1] + "…"
    return f'"{shown}"'
