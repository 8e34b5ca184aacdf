"""Takes in files with cards in Python that people drop on the page."""

from __future__ import annotations

import re
from pathlib import Path

from tensorrag.durable import write_file
from tensorrag.errors import CardError
from tensorrag.quoting import quoted

MAX_CARD_FILE = 500_000
"""Largest file with cards, in bytes."""

_FILE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\.py")


def write_card_file(folder: Path, name: str, text: str) -> str:
    """Write a file with cards into the drop-in folder, over one of the same name.

    Raises:
        CardError: this is no name for such a file, or the file is too large.
    """
    check_card_file(name, text)
    write_file(folder / name, _content(text))
    return name


def check_card_file(name: str, text: str) -> None:
    """Refuse what cannot be kept as a file with cards; nothing is written.

    Raises:
        CardError: this is no name for such a file, or the file is too large.
    """
    if not _FILE.fullmatch(name):
        raise CardError(
            f"{quoted(name)} is no name for a file with cards.",
            hint="Use letters, digits and underscores, and .py at the end.",
        )
    if len(_content(text)) > MAX_CARD_FILE:
        raise CardError(
            f"{quoted(name)} is larger than {MAX_CARD_FILE // 1000} kB.",
            hint="Put data into a file of its own.",
        )


def card_file(card: str) -> str:
    """Return what the file of a new card is called: like its id, as far as a file can be."""
    return f"{card.replace('/', '_')}.py"


def _content(text: str) -> bytes:
    return text.encode("utf-8", "replace")
