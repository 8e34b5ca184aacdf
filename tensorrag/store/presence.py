"""Who of a workspace still lives where numbers of processes do not tell it: in other containers.

Whoever owns something locks a byte of one file while it lives, a byte that follows from who it is.
The kernel lets go of it in the moment in which the process ends, however it ends, and everybody
who has the file sees that.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import weakref
from contextlib import suppress
from pathlib import Path

from tensorrag.store.owner import Owner

_FLOCK = "hhqqi"
"""The kernel's ``struct flock``: what, from where, where, how many bytes, whose."""


class Presence:
    """The processes that own something in a workspace.

    Args:
        path: the file whose bytes they lock; it stays empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: weakref.finalize[..., Presence] | None = None

    def here(self) -> Owner:
        """Return this process, which shows from now on that it lives."""
        owner = Owner.here()
        if self._held is None:
            with suppress(OSError):
                self._hold(owner)
        return owner

    def is_alive(self, owner: Owner) -> bool:
        """Whether a process still exists; one on another machine counts as alive."""
        return self._is_held(owner) if owner.is_numbered_elsewhere else owner.alive

    def leave(self) -> None:
        """Let go: nothing of this process goes on any more."""
        if self._held is not None:
            self._held()
            self._held = None

    def _hold(self, owner: Owner) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        self._held = weakref.finalize(self, os.close, file)
        _lock(file, owner)

    def _is_held(self, owner: Owner) -> bool:
        try:
            file = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            return _is_locked(file, owner)
        except OSError:  # there are no such locks: what cannot be told counts as alive
            return True
        finally:
            os.close(file)


def _byte_of(owner: Owner) -> int:
    """Return which byte of the file stands for a process: one of 2^62."""
    told = hashlib.sha256(repr(tuple(owner)).encode()).digest()
    return int.from_bytes(told[:8], "big") >> 2


if sys.platform == "linux":
    import fcntl

    def _lock(file: int, owner: Owner) -> None:
        """Lock its byte for as long as this file is open, beside whoever else of us has it."""
        wanted = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, _byte_of(owner), 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, wanted)

    def _is_locked(file: int, owner: Owner) -> bool:
        wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _byte_of(owner), 1, 0)
        found = fcntl.fcntl(file, fcntl.F_OFD_GETLK, wanted)
        return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)

else:  # where processes have one number each

    def _lock(file: int, owner: Owner) -> None:
        """Nobody asks."""

    def _is_locked(file: int, owner: Owner) -> bool:
        return False
