"""Uploaded files, each kept under the digest of its content: its name is a label elsewhere."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from tensorrag.durable import full_disk_explained, make_folder, move_into_place
from tensorrag.errors import WorkspaceError

LIMIT = 100 * 2**20
"""Largest upload, in bytes."""
CHUNK = 2**20
LEFTOVER_SECONDS = 24 * 3600
"""Unfinished files older than this belong to nobody any more."""
_UPLOAD = re.compile(r"sha256:([0-9a-f]{64})")


class Uploads:
    """A folder of files by content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, stream: IO[bytes] | Iterable[bytes], *, limit: int = LIMIT) -> str:
        """Keep a file and return how pipelines name it: ``sha256:…``.

        Args:
            stream: an open file, or its content in pieces.
            limit: most bytes that it may have; they are counted, whatever it claims.

        Raises:
            WorkspaceError: it is larger than the limit, or the disk is full.
        """
        temporary = self.folder / f".{secrets.token_hex(8)}"
        with full_disk_explained(self.folder):
            make_folder(self.folder)
            try:
                digest = _write(temporary, _pieces(stream), limit)
                temporary.chmod(0o444)
                move_into_place(temporary, self.folder / digest)
            finally:  # where the disk may only be read, even this is an error
                temporary.unlink(missing_ok=True)
        return f"sha256:{digest}"

    def sweep(self) -> None:
        """Remove what arrived in part when a process crashed."""
        for path in self.folder.glob(".*"):
            with suppress(FileNotFoundError):  # it has just arrived whole
                if time.time() - path.stat().st_mtime > LEFTOVER_SECONDS:
                    path.unlink()

    def path(self, upload: str) -> Path:
        """Return where an upload lies.

        Raises:
            WorkspaceError: nothing like it was uploaded here.
        """
        found = _UPLOAD.fullmatch(upload)
        path = self.folder / found[1] if found else None
        if path is None or not path.is_file():
            raise WorkspaceError(
                "This uploaded file is not in the workspace.", hint="Upload the file again."
            )
        return path


def _write(path: Path, pieces: Iterable[bytes], limit: int) -> str:
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for piece in pieces:
            size += len(piece)
            if size > limit:
                raise WorkspaceError(
                    f"The file is larger than {limit / 2**20:g} MB, the most that can be uploaded.",
                    hint="Put it on this machine and give its path instead.",
                )
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _pieces(stream: IO[bytes] | Iterable[bytes]) -> Iterable[bytes]:
    read = getattr(stream, "read", None)
    return iter(lambda: read(CHUNK), b"") if read is not None else stream
