"""The edit log of a pipeline: every gesture, on disk before anybody is told that it is saved.

One line per record: a checksum, a space, JSON. Lines are only ever added, many with one flush,
and the whole is written anew now and then, so that it stays short. What a crash left half
written at the end is dropped; a line that was damaged later is noticed by its checksum.
"""

from __future__ import annotations

import json
import os
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tensorrag.durable import full_disk_explained, make_folder, sync_folder, write_file
from tensorrag.errors import WorkspaceError
from tensorrag.pipeline import JsonObject

TAIL = 4096
"""Bytes at the end of a log in which its last short record is looked for."""


@dataclass(frozen=True, slots=True)
class LogContent:
    """What a log says."""

    records: tuple[JsonObject, ...] = ()
    """The whole ones, in order."""
    damaged: bool = False
    """Whether there was one that cannot be read, in the middle."""


class EditLogCut(WorkspaceError):
    """The log was taken away or cut while it was in use: it must be written anew."""


class EditLog:
    """One file of records. For several threads; for one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        """How many records it holds."""
        self.size = 0
        """How many bytes of it are whole records."""
        self._lock = threading.Lock()

    def read(self) -> LogContent:
        """Return what it holds; nothing where there is no log.

        Raises:
            WorkspaceError: it may not be read.
        """
        try:
            with _explained(self.path):
                content = self.path.read_bytes()
        except FileNotFoundError:
            return LogContent()
        whole, _, _torn = content.rpartition(b"\n")
        lines = whole.split(b"\n") if whole else []
        records = [_record(line) for line in lines]
        while records and records[-1] is None:  # never flushed to its end
            lines.pop()
            records.pop()
        self.lines, self.size = len(lines), sum(len(line) + 1 for line in lines)
        return LogContent(tuple(r for r in records if r is not None), None in records)

    def last(self) -> JsonObject | None:
        """Return its last record without reading the others; None if that is long or torn."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                lines = file.read().split(b"\n")
        except OSError:
            return None
        return _record(lines[-2]) if len(lines) > 1 and not lines[-1] else None

    def append(self, records: Iterable[JsonObject], *, flush: bool = True) -> None:
        """Add records and flush them to disk, all with one flush.

        Records that are added without a flush may be lost in a power cut.

        Raises:
            WorkspaceError: the disk is full; nothing was added.
            EditLogCut: see there.
        """
        lines = [_line(record) for record in records]
        with self._lock, _explained(self.path.parent):
            make_folder(self.path.parent)
            is_new = not self.path.exists()
            with self.path.open("ab") as file:
                if os.fstat(file.fileno()).st_size < self.size:
                    raise EditLogCut(
                        f"{self.path.name} was changed by another program.",
                        hint="Open the pipeline again.",
                    )
                file.truncate(self.size)  # what a crash or a full disk left half written
                file.write(b"".join(lines))
                file.flush()
                if flush:
                    os.fsync(file.fileno())
            if is_new:
                sync_folder(self.path.parent)
            self.lines += len(lines)
            self.size += sum(map(len, lines))

    def rewrite(self, records: Iterable[JsonObject]) -> None:
        """Replace the whole log: a crash leaves the old one or the new one.

        Raises:
            WorkspaceError: the disk is full; the old one is still there.
        """
        lines = [_line(record) for record in records]
        with self._lock, _explained(self.path.parent):
            make_folder(self.path.parent)
            write_file(self.path, b"".join(lines))
            self.lines, self.size = len(lines), sum(map(len, lines))

    def set_aside(self) -> Path:
        """Give it another name, so that a new one can begin; returns that name."""
        with self._lock, _explained(self.path.parent):
            aside = self.path.with_suffix(f".damaged-{int(time.time() * 1000)}")
            self.path.rename(aside)
            self.lines = self.size = 0
        return aside


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn whatever keeps the log from being written into a sentence."""
    try:
        with full_disk_explained(folder):
            yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise WorkspaceError(
            f"{folder} cannot be used: {reason[:1].lower()}{reason[1:]}.",
            hint="Make it a folder that you may write to.",
        ) from error


def _line(record: JsonObject) -> bytes:
    text = json.dumps(record, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _record(line: bytes) -> JsonObject | None:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    record = json.loads(text)
    return record if isinstance(record, dict) else None
