"""The names that stand in pipeline files: what they may be."""

import re

NAME_PATTERN = "[a-z][a-z0-9_]{0,63}"
"""What ids of nodes and names of ports and parameters look like."""

CARD_PATTERN = f"{NAME_PATTERN}(/{NAME_PATTERN})?"
"""What ids of cards look like: ``train``, or ``pack/card``."""

NAME_LENGTH = 64
"""Longest name, in characters."""

_NAME = re.compile(NAME_PATTERN)


def is_name(text: str) -> bool:
    """Tell whether this may be the id of a node or the name of a port or parameter."""
    return _NAME.fullmatch(text) is not None
