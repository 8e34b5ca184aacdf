"""Reads the log of the server: its entries, the oldest first, found by level and by text."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from web.server_log.writing import files_in

Level = Literal["", "warning", "error"]
"""The least that an entry must be; empty for all of them."""

_BEGINS = re.compile(r"\S+Z ([A-Z]+) ")
_NUMBERS = logging.getLevelNamesMapping()
_Stand = tuple[int, int]
"""Which file it is, and how many bytes of it are read."""


@dataclass
class _Entry:
    """What was logged at once: a line, and those that belong to it, as a traceback does."""

    level: int
    lines: list[str] = field(default_factory=list)

    def has(self, text: str) -> bool:
        return any(text in line.lower() for line in self.lines)


class ServerLog:
    """The log of a workspace, for those who page and search. For threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._entries: list[_Entry] = []
        self._read: list[_Stand] = []
        self._wanted: tuple[Level, str] | None = None
        self._found: Sequence[str] = ()
        self._lock = threading.Lock()

    def lines(self, *, level: Level = "", search: str = "") -> Sequence[str]:
        """Return the lines of all entries, or of those that are grave enough and hold a text."""
        with self._lock:
            if self._catch_up() or self._wanted != (level, search):
                self._wanted = (level, search)
                self._found = list(self._find(level, search.lower()))
            return self._found

    def _find(self, level: Level, text: str) -> Iterator[str]:
        least = _NUMBERS[level.upper()] if level else 0
        for entry in self._entries:
            if entry.level >= least and (not text or entry.has(text)):
                yield from entry.lines

    def _catch_up(self) -> bool:
        """Read what was added since the last time; all of it where the files were turned over."""
        files = [path for path in files_in(self._root) if path.exists()]
        now = [_stand(path) for path in files]
        if now == self._read:
            return False
        if not self._only_grew(now):
            self._entries, self._read = [], []
        done = len(self._read)
        for at, path in enumerate(files[max(0, done - 1) :], start=max(0, done - 1)):
            start = self._read[at][1] if at < done else 0
            self._read[at:] = [(now[at][0], start + self._add(path, start))]
        return True

    def _only_grew(self, now: Sequence[_Stand]) -> bool:
        """Whether those files are there that were read, and only the last one is longer."""
        before = self._read
        if not before or len(now) != len(before):
            return False
        (file, size), (was, read) = now[-1], before[-1]
        return now[:-1] == before[:-1] and file == was and size >= read

    def _add(self, path: Path, start: int) -> int:
        """Add whole lines from a place in a file on; returns how many bytes they were."""
        with path.open("rb") as file:
            file.seek(start)
            content = file.read()
        content = content[: content.rfind(b"\n") + 1]
        for line in content.decode(errors="replace").split("\n")[:-1]:
            begins = _BEGINS.match(line)
            if begins or not self._entries:
                level = _NUMBERS.get(begins[1] if begins else "", logging.INFO)
                self._entries.append(_Entry(level))
            self._entries[-1].lines.append(line)
        return len(content)


def _stand(path: Path) -> _Stand:
    found = os.stat(path)
    return found.st_ino, found.st_size
