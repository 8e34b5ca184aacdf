"""Files that are there whole or not at all, also after a crash or a power cut."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tensorrag.errors import WorkspaceError


def write_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace a file by this content: write aside, flush to disk, rename.

    Raises:
        WorkspaceError: the disk is full, or the folder may not be written.
    """
    with _written_aside(path, content, mode) as temporary:
        move_into_place(temporary, path)


def create_file(path: Path, content: bytes) -> bool:
    """Write a new file, never over another; tells whether there was none of this name.

    Raises:
        WorkspaceError: the disk is full, or the folder may not be written.
    """
    with _written_aside(path, content, 0o644) as temporary:
        _sync(temporary)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links: whoever looks first has the name
            if path.exists():
                return False
            os.replace(temporary, path)
        sync_folder(path.parent)
        return True


@contextmanager
def _written_aside(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """Write what a file will hold beside it; gives where, until that is moved or done with."""
    with full_disk_explained(path.parent):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            temporary.chmod(mode)
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)


def move_into_place(temporary: Path, path: Path) -> None:
    """Flush a finished file to disk, give it its name, and flush the name too."""
    _sync(temporary)
    os.replace(temporary, path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create a folder and those above it, so that they survive a power cut."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Flush the names in a folder to disk; a rename is not durable before that."""
    if os.name != "nt":  # Windows cannot open a folder, and needs no flush of it
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def full_disk_explained(folder: Path) -> Iterator[None]:
    """Turn the system's words for a full or forbidden disk into a sentence with a remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WorkspaceError(
                f"The disk is full: nothing more fits into {folder}.",
                hint="Free some space, then try again.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise WorkspaceError(
                f"{folder} may not be written.",
                hint="Choose another workspace, or change the permissions of this one.",
            ) from error
        raise
