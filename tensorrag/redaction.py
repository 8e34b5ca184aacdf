"""Blacks out secrets: in texts, in streams of text, in JSON, and finds them in files.

A secret is recognised as it is, and as it looks when it was quoted by Python, JSON or a URL, or
turned into base64 by itself. What was cut up, encrypted or compressed cannot be recognised.
"""

from __future__ import annotations

import base64
import json
import mmap
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

MARK = "•••"
"""What stands in the place of a secret."""
SHORTEST = 8
"""Characters of a secret at least: a shorter one might be part of any word."""


class Blackout:
    """Knows some secrets, and replaces them.

    Example:
        >>> Blackout(["correct-horse"]).text("token=correct-horse!")
        'token=•••!'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {each for secret in secrets for each in _spellings(secret)}
        ordered = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self._spellings = tuple(ordered)
        encodings = ("utf-8", "utf-16-le", "utf-32-le")
        self._bytes = {each.encode(name) for each in spellings for name in encodings}

    def __bool__(self) -> bool:
        return self._pattern is not None

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        return self._pattern.sub(MARK, text) if self._pattern is not None else text

    def json(self, content: Any) -> Any:
        """Return JSON without the secrets, in keys too."""
        if isinstance(content, str):
            return self.text(content)
        if isinstance(content, dict):
            return {self.text(key): self.json(value) for key, value in content.items()}
        if isinstance(content, list):
            return [self.json(item) for item in content]
        return content

    def is_in(self, path: Path) -> bool:
        """Whether a file holds one of the secrets."""
        if not self or not path.stat().st_size:
            return False
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
            return any(all_.find(word) >= 0 for word in self._bytes)

    def unfinished(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a secret."""
        most = min(len(text), max(map(len, self._spellings), default=1) - 1)
        longest_first = range(most, 0, -1)
        return next((n for n in longest_first if self._begins(text[-n:])), 0)

    def _begins(self, text: str) -> bool:
        return any(len(each) > len(text) and each.startswith(text) for each in self._spellings)


class Stream:
    """A text that arrives in pieces: a secret that is cut in two is blacked out all the same."""

    def __init__(self, blackout: Blackout) -> None:
        self._blackout = blackout
        self._held = ""

    def feed(self, piece: str, *, final: bool = False) -> str:
        """Return what can be passed on; what may be half a secret waits for the rest."""
        text = self._blackout.text(self._held + piece)
        waits = 0 if final else self._blackout.unfinished(text)
        self._held = text[len(text) - waits :]
        return text[: len(text) - waits]


_here = Blackout()


def hide(secrets: Iterable[str]) -> None:
    """Name the secrets that this process was given."""
    global _here
    _here = Blackout(secrets)


def here() -> Blackout:
    """What this process has to hide."""
    return _here


def _spellings(secret: str) -> set[str]:
    """Return how a secret may be spelled in a text, each of its longer lines included."""
    words = {secret, *(line for line in secret.split("\n") if len(line) >= SHORTEST)}
    quoted = {each for word in words for each in _quoted(word)}
    return {each for each in words | quoted if len(each) >= SHORTEST}


def _quoted(word: str) -> set[str]:
    octets = word.encode()
    return {
        repr(word)[1:-1],
        ascii(word)[1:-1],
        json.dumps(word)[1:-1],
        json.dumps(word, ensure_ascii=False)[1:-1],
        quote(word),
        quote(word, safe=""),
        quote_plus(word),
        base64.b64encode(octets).decode(),
        base64.urlsafe_b64encode(octets).decode().rstrip("="),
        base64.b64encode(octets).decode().rstrip("="),
    }
