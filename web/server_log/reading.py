"""Reads the log of the server: its entries, the oldest first, found by level and by text."""

from __future__ import annotations

import logging
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
"""Which file it is, and how many bytes it has."""


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
        self._end = 0
        """Up to where the last of them is read."""
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
        found = [(path, stand) for path in files_in(self._root) if (stand := _stand(path))]
        before, now = self._read, [stand for _, stand in found]
        if now == before:
            return False
        if not _only_grew(before, now):
            self._entries, self._end = [], 0
            for path, _ in found[:-1]:
                self._add(path, 0)
        if found:
            self._end += self._add(found[-1][0], self._end)
        self._read = now
        return True

    def _add(self, path: Path, start: int) -> int:
        """Add whole lines from a place in a file on; returns how many bytes they were."""
        try:
            with path.open("rb") as file:
                file.seek(start)
                content = file.read()
        except OSError:  # turned over just now: the next look finds it elsewhere
            return 0
        content = content[: content.rfind(b"\n") + 1]
        for line in content.decode(errors="replace").split("\n")[:-1]:
            begins = _BEGINS.match(line)
            if begins or not self._entries:
                level = _NUMBERS.get(begins[1] if begins else "", logging.INFO)
                self._entries.append(_Entry(level))
            self._entries[-1].lines.append(line)
        return len(content)


def _only_grew(before: Sequence[_Stand], now: Sequence[_Stand]) -> bool:
    """Whether the same files are there as before, and only the last one is longer."""
    if not before or len(now) != len(before) or now[:-1] != before[:-1]:
        return False
    return now[-1][0] == before[-1][0] and now[-1][1] >= before[-1][1]


def _stand(path: Path) -> _Stand | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size
