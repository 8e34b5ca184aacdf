"""A folder for what workers leave while they work, and the sweeping of those left behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX = "tensorrag-scratch-"
_LOCK = "lock"


class Scratch:
    """A folder of this process, removed with it; a locked file in it shows that it lives.

    Args:
        parent: where it is made, and where those of processes that were killed are removed.
    """

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove it and all that is in it."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def sweep(parent: Path) -> None:
    """Remove the folders whose processes are gone."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if not _is_locked(folder / _LOCK):
                shutil.rmtree(folder, ignore_errors=True)


def _is_locked(path: Path) -> bool:
    with path.open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
