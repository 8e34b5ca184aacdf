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
    """For each file what was typed last, and that of another tab. In threads: these are files.

    Args:
        folder: where they lie; it is made when the first one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self, file: str) -> tuple[Unsaved, ...]:
        """Return what is kept for a file, the last first; what cannot be read is none."""
        found = [_read(path) for path in self._paths(file)]
        return tuple(each for each in found if each is not None)

    def keep(self, file: str, unsaved: Unsaved, before: str | None = None) -> None:
        """Keep a text in place of the one ``before``, and beside that of another tab.

        Raises:
            CardError: it is longer than `MOST`.
            WorkspaceError: the disk is full, or the folder may not be written.
        """
        if len(unsaved.text) > MOST:
            raise CardError("It is too long.", hint="Put data into a file of its own.")
        make_folder(self._folder)
        last, other = self._paths(file)
        kept = _read(last)
        if kept is not None and kept.text not in (unsaved.text, before):
            last.replace(other)
        elif unsaved in self.all(file)[1:]:  # it is taken up here
            other.unlink(missing_ok=True)
        write_file(last, json.dumps(asdict(unsaved)).encode(), mode=0o600)

    def forget(self, file: str, text: str) -> None:
        """Forget this text of a file; what another tab has kept stays."""
        last, other = self._paths(file)
        for path in (last, other):
            kept = _read(path)
            if kept is not None and kept.text == text:
                path.unlink(missing_ok=True)
        if other.exists() and not last.exists():
            other.replace(last)

    def move(self, file: str, to: str) -> None:
        """Keep the texts of a file under another name."""
        for path, there in zip(self._paths(file), self._paths(to), strict=True):
            if path.exists():
                path.replace(there)

    def _paths(self, file: str) -> tuple[Path, Path]:
        return self._folder / f"{file}.json", self._folder / f"{file}.other.json"


def _read(path: Path) -> Unsaved | None:
    try:
        found = json.loads(path.read_bytes())
        return Unsaved(str(found["text"]), str(found["based_on"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
