"""Files by their content: each is kept once, under its sha256, and hashed once to make sure of it.

Afterwards its inode, size and times tell whether anybody has touched it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tensorrag.digests import look_of, sha256_of
from tensorrag.durable import make_folder, move_into_place
from tensorrag.errors import ArtifactDamaged
from tensorrag.store.damage import damaged, gone, set_aside
from tensorrag.store.database import Database
from tensorrag.store.manifest import FileEntry


class Blobs:
    """The files of a store. Where a value is at stake, ``digest`` names it in what is said."""

    def __init__(self, root: Path, index: Callable[[], Database]) -> None:
        """``index`` opens the store's database, where is written which files were found whole."""
        self._root, self._index = root, index
        self._stamps: dict[str, str] = {}

    def path(self, sha256: str) -> Path:
        """Where the file of this content lies."""
        return self._root / "blobs" / sha256[:2] / sha256

    def size(self) -> int:
        """Bytes of all files."""
        return sum(_size(path) for path in (self._root / "blobs").glob("*/*"))

    def keep(self, path: Path, name: str) -> FileEntry:
        """Move a file in, unless its content is there already, as that of a link into here is.

        Raises:
            ArtifactNotFound: what a link leads to is gone.
            ArtifactDamaged: it has other content by now; it is set aside.
        """
        if path.is_symlink():
            there = path.resolve()
            if there == self.path(there.name).resolve():
                entry = FileEntry(name=name, sha256=there.name, size=_size(there))
                self.verify([entry], entry.sha256)
                return entry
            path.unlink()
            shutil.copyfile(there, path)
        entry = FileEntry(name=name, sha256=sha256_of(path), size=path.stat().st_size)
        target = self.path(entry.sha256)
        if not self._has(entry):
            make_folder(target.parent)
            path.chmod(0o444)  # a card that maps an input must not write through it
            move_into_place(path, target)
            self._remember({entry.sha256: look_of(target) or ""})
        return entry

    def content(self, file: FileEntry, digest: str) -> bytes:
        """Read a file, and hold what was read against what was written.

        Raises:
            ArtifactNotFound: it is gone.
            ArtifactDamaged: it has other content; it is set aside.
        """
        path = self.path(file.sha256)
        try:
            content = path.read_bytes()
        except OSError:
            raise gone(digest) from None
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise self._damaged(path, digest)
        return content

    def verify(self, files: Sequence[FileEntry], digest: str, *, thorough: bool = False) -> None:
        """Make sure that every file is what was written; ``thorough`` reads also known ones.

        Raises:
            ArtifactNotFound: one of them is gone.
            ArtifactDamaged: one of them has other content; it is set aside.
        """
        stamps = self.stamps(files, digest)
        for file in files:
            if thorough or self._known_stamp(file.sha256) != stamps[file.sha256]:
                path = self.path(file.sha256)
                if sha256_of(path) != file.sha256:
                    raise self._damaged(path, digest)
                self._remember({file.sha256: stamps[file.sha256]})

    def stamps(self, files: Sequence[FileEntry], digest: str) -> dict[str, str]:
        """Return how files look from outside right now, by sha256.

        Raises:
            ArtifactNotFound: one of them is gone.
            ArtifactDamaged: one of them has another size; it is set aside.
        """
        found = {}
        for file in files:
            path = self.path(file.sha256)
            stamp = look_of(path)
            if stamp is None:
                raise gone(digest)
            if path.stat().st_size != file.size:
                raise self._damaged(path, digest)
            found[file.sha256] = stamp
        return found

    def _damaged(self, path: Path, digest: str) -> ArtifactDamaged:
        set_aside(self._root, path)
        return damaged(digest)

    def _has(self, entry: FileEntry) -> bool:
        path = self.path(entry.sha256)
        stamp = look_of(path)
        if stamp is None:
            return False
        return self._known_stamp(entry.sha256) == stamp or sha256_of(path) == entry.sha256

    def _remember(self, stamps: Mapping[str, str]) -> None:
        """Note that files which look like this were found to be whole."""
        self._stamps.update(stamps)
        if not os.access(self._root, os.W_OK):  # who may only read looks again another time
            return
        with self._index().write(durable=False) as connection:
            connection.executemany("INSERT OR REPLACE INTO stamps VALUES (?, ?)", stamps.items())

    def _known_stamp(self, sha256: str) -> str | None:
        if sha256 not in self._stamps:
            rows = self._index().read("SELECT stamp FROM stamps WHERE sha256 = ?", (sha256,))
            if not rows:
                return None
            self._stamps[sha256] = rows[0][0]
        return self._stamps[sha256]


def _size(path: Path) -> int:
    """Bytes of a file; none of one that another process has just removed."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
