"""Texts of cards that were typed and not saved: kept, so that no reload loses one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tensorrag.durable import make_folder, write_file
from tensorrag.errors import CardError

MOST = 900_000
"""Characters of a text that is kept: a page cannot send more of them at once."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A text, and what it was made from."""

    text: str
    based_on: str
    """Digest of the file that it began with; empty where there was none."""


class UnsavedTexts:
    """One text for each file. In threads: these are files.

    Args:
        folder: where they lie; it is made when the first one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, file: str) -> Unsaved | None:
        """Return what is kept for a file; what cannot be read is none."""
        try:
            found = json.loads(self._path(file).read_bytes())
            return Unsaved(str(found["text"]), str(found["based_on"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, file: str, unsaved: Unsaved) -> None:
        """Keep a text, in place of the one before.

        Raises:
            CardError: it is longer than `MOST`.
            WorkspaceError: the disk is full, or the folder may not be written.
        """
        if len(unsaved.text) > MOST:
            raise CardError("It is too long.", hint="Put data into a file of its own.")
        make_folder(self._folder)
        write_file(self._path(file), json.dumps(asdict(unsaved)).encode(), mode=0o600)

    def forget(self, file: str, text: str) -> None:
        """Forget this text of a file; what another tab has kept in its place stays."""
        kept = self.get(file)
        if kept is not None and kept.text == text:
            self._path(file).unlink(missing_ok=True)

    def move(self, file: str, to: str) -> None:
        """Keep the text of a file under another name."""
        if self._path(file).exists():
            self._path(file).replace(self._path(to))

    def _path(self, file: str) -> Path:
        return self._folder / f"{file}.json"
