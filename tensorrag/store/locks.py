"""Locks on files: between processes, and freed by the system when a process ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def locked(file: IO[str], *, wait: bool = False) -> bool:
        """Lock an open file; False where another process has it and ``wait`` is not asked for."""
        file.seek(2**30)  # beyond the text, which others must be able to read
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def locked(file: IO[str], *, wait: bool = False) -> bool:
        """Lock an open file; False where another process has it and ``wait`` is not asked for."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


def is_at(file: IO[str], path: Path) -> bool:
    """Tell whether an open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
