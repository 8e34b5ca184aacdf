"""A file that holds some room, so that on a full disk the journal can still say what happened."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

SIZE = 4 * 2**20
"""Bytes that are held."""


class Ballast:
    """Room that is given up when the disk is full, and taken again when there is enough of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._dropped = False

    def lay(self) -> None:
        """Hold the room, unless it is held already, or taking it would make the disk full."""
        with suppress(OSError):
            if self.path.exists() or shutil.disk_usage(self.path.parent).free < 3 * SIZE:
                return
            self._write()
            self._dropped = False

    def drop(self) -> None:
        """Give the room up."""
        with suppress(OSError):
            self.path.unlink()
            self._dropped = True

    def lay_again(self) -> None:
        """Hold it again, if it was given up here."""
        if self._dropped:
            self.lay()

    def _write(self) -> None:
        try:
            with self.path.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, SIZE)
                else:
                    file.write(os.urandom(SIZE))
        except OSError:
            self.path.unlink(missing_ok=True)
            raise
