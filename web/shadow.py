"""Blacks out secrets in what is written down: those that are known, and what looks like one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tensorrag.redaction import MARK, Blackout

LOOK = 1.0
"""Seconds between two looks at the settings for secrets that are new."""


class Shadow:
    """Blacks out the secrets of the settings, and whatever looks like one.

    Args:
        path: of the settings; they are read again when it has changed.
        secrets: reads them.
    """

    def __init__(self, path: Path, secrets: Callable[[], list[str]]) -> None:
        self._path, self._secrets = path, secrets
        self._blackout = Blackout()
        self._seen: tuple[int, ...] = ()
        self._looked = 0.0

    def text(self, text: str) -> str:
        """Return a text without them."""
        self._look()
        text = self._blackout.text(text)
        for pattern, instead in _LOOKS_SECRET:
            text = pattern.sub(instead, text)
        return text

    def _look(self) -> None:
        if time.monotonic() - self._looked < LOOK and self._looked:
            return
        self._looked = time.monotonic()
        with suppress(Exception):  # what cannot be read now is read the next time
            stat = self._path.stat()
            seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if seen != self._seen:
                self._blackout = Blackout(self._secrets())
                self._seen = seen


_QUOTES = r"[\\'\"]{0,3}"
_NAMES = r"(?:token|password|passwd|secret|api_?key|access_?key|credential)[\w-]{0,40}"
_LOOKS_SECRET = (
    # Headers, as they are written, and as pairs in Python: (b'cookie', b'a=b').
    (
        re.compile(
            rf"(authorization|cookie)({_QUOTES}\s*[:=,]\s*b?{_QUOTES})[^\n'\"]+", re.IGNORECASE
        ),
        rf"\1\2{MARK}",
    ),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {MARK}"),
    (re.compile(r"(\w://)[^/\s:@]{1,200}:[^/\s@]{1,2000}@"), rf"\1{MARK}@"),
    (
        re.compile(
            rf"({_NAMES})({_QUOTES}\s*[:=]\s*b?{_QUOTES})[^\s'\"\\&,;)\]}}>]+", re.IGNORECASE
        ),
        rf"\1\2{MARK}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\b(?:hf|ghp|gho|sk)[_-][\w-]{16,}"), MARK),
)
