"""Which tasks may go on at Modal: a file for each, written before it is spawned.

After a crash a task is found by these: by its handle, or by its ticket where nobody heard that.
That of one that gave a result stays for some days: whoever waited for it may have died before it
was stored, and Modal gives it once more.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from tensorrag.durable import make_folder, write_file
from tensorrag.store.place import Place
from tensorrag.task import Task

_NAME = re.compile(r"[A-Za-z0-9_-]{1,48}")


DAYS = 9
"""A task takes a day at most, and Modal keeps a result for seven."""


class Note(BaseModel):
    """One task."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Its ticket, which is also the name of its partition of the queue."""
    call: str = ""
    """How Modal calls it; empty while it is being spawned."""
    task: Task
    place: Place

    @property
    def handle(self) -> str:
        """How others call it."""
        return f"modal:{self.call}:{self.name}"


class Notes:
    """A folder of notes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, note: Note) -> None:
        """Keep a note, also through a power cut."""
        make_folder(self._folder)
        self._forget_old()
        write_file(self._path(note.name), note.model_dump_json().encode(), mode=0o600)

    def find(self, handle: str) -> Note | None:
        """Return the note of a handle, or of a ticket."""
        name = handle.rpartition(":")[2]
        if not _NAME.fullmatch(name):
            return None
        try:
            return Note.model_validate_json(self._path(name).read_bytes())
        except (OSError, ValidationError):
            return None

    def forget(self, name: str) -> None:
        """Remove the note of what has ended, and gave nothing that anybody would ask for."""
        self._path(name).unlink(missing_ok=True)

    def _forget_old(self) -> None:
        """Remove those of which Modal has not even the result any more."""
        for path in self._folder.glob("*.json"):
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - DAYS * 86400:
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
