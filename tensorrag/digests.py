"""Digests of files; one that was hashed while it was written is not read again for it."""

from __future__ import annotations

import hashlib
from pathlib import Path

_known: dict[str, str] = {}
"""By how a file looked from outside, of files that this process wrote."""


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content, reading it unless it is known."""
    known = _known.pop(look_of(path) or "", None)
    if known is not None:
        return known
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def note(path: Path, sha256: str) -> None:
    """Have the digest of a file known until it is asked for, or somebody touches the file."""
    if look := look_of(path):
        _known[look] = sha256


def look_of(path: Path) -> str | None:
    """Say how a file looks from outside: it changes whenever somebody writes to the file."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return f"{seen.st_ino} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns}"
