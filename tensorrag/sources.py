"""Where a card finds the files that are not on an edge: uploads, and paths people typed.

A pipeline may come from a stranger, so what it names is read only inside allowed folders. The
file is opened here, and what is open is checked once more: a link that is turned elsewhere
between the check and the opening leads nowhere.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tensorrag.errors import FolderNotAllowed, ParameterError
from tensorrag.folders import Folders
from tensorrag.quoting import visible

SETTING = "allowed_folders"

SETTLED_SECONDS = 2.0
"""A file that was written longer ago shows by its times when it is written again, on any disk."""


@dataclass(frozen=True)
class Sources:
    """The folders that a running card may look into."""

    uploads: Path
    """Uploaded files, named by their SHA-256."""
    base: Path
    """What relative paths start from; paths may lead into it."""
    folders: Folders = field(default_factory=Folders)
    """What else may be read."""
    hosts: frozenset[str] = frozenset()
    """Hosts in networks of one's own that may be read from all the same; in small letters."""
    known: tuple[str | None, str | None] = (None, None)
    """Stamp and fingerprint of the source as it was looked at before."""
    read: list[str] = field(default_factory=list, compare=False)
    """Fingerprints of what was read, as far as the card said so."""


_sources: ContextVar[Sources | None] = ContextVar("tensorrag_sources", default=None)


@contextmanager
def looking_in(sources: Sources) -> Iterator[None]:
    """Let ``open_upload`` and ``open_path`` look into these folders."""
    token = _sources.set(sources)
    try:
        yield
    finally:
        _sources.reset(token)


def note_read(fingerprint: str) -> None:
    """Say what was really read: the result is kept as that of this content, and of no other.

    Args:
        fingerprint: of the content, as `Peek.fingerprint` has it.
    """
    sources = _sources.get()
    if sources is not None:
        sources.read.append(fingerprint)


def stamp_of(file: IO[bytes]) -> str | None:
    """Return how an open file looks from outside, which changes whenever its content does.

    None for one that was written a moment ago: its times may be too coarse to show it again.
    """
    seen = os.fstat(file.fileno())
    if time.time() - max(seen.st_mtime, seen.st_ctime) < SETTLED_SECONDS:
        return None
    return f"{seen.st_dev} {seen.st_ino} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns}"


def known_stamp() -> str | None:
    """Return how the source looked from outside when it was seen before; None where it was not."""
    sources = _sources.get()
    return sources.known[0] if sources is not None else None


def known_fingerprint(stamp: str | None) -> str | None:
    """Return the fingerprint of a source that looks as it did before; None where it does not."""
    sources = _sources.get()
    if sources is None or stamp is None or sources.known[0] != stamp:
        return None
    return sources.known[1]


def allowed_hosts() -> frozenset[str]:
    """Return the hosts that may be read from although they are in a network of one's own."""
    sources = _sources.get()
    return sources.hosts if sources is not None else frozenset()


def open_upload(upload: str) -> IO[bytes]:
    """Open the file of an upload, ``"sha256:…"``.

    Raises:
        ParameterError: nothing like it was uploaded here.
    """
    digest = upload.removeprefix("sha256:")
    sources = _sources.get()
    if sources is not None and re.fullmatch(r"[0-9a-f]{64}", digest):
        try:
            return (sources.uploads / digest).open("rb")
        except OSError:
            pass  # it is not here
    raise ParameterError(
        "The uploaded file is not here.", field="upload", hint="Upload the file again."
    )


def open_path(path: str, *, field: str = "path") -> IO[bytes]:
    """Open a file by a path as people typed it, from the pipeline's folder on.

    Raises:
        ParameterError: it is empty, not on this machine, outside the allowed folders, not an
            ordinary file, or may not be read.
    """
    typed = path.strip()
    _refuse_elsewhere(typed, field)
    sources = _sources.get() or Sources(uploads=Path(), base=Path.cwd())
    folders = sources.folders.with_base(sources.base)
    try:
        wanted = sources.base / Path(typed).expanduser()
        if not folders.allow(Path(os.path.normpath(wanted))):
            raise _outside(typed, folders, field)
        real = Path(os.path.realpath(wanted, strict=True))
        if not folders.allow(real):
            raise _outside(typed, folders, field)
        return _opened(real, folders, typed, field)
    except FileNotFoundError:
        hint = f"Looked in {sources.base}."
        raise ParameterError(f"There is no file {_shown(typed)}.", field=field, hint=hint) from None
    except PermissionError:
        raise ParameterError(
            f"{_shown(typed)} may not be read by the user that TensorRag runs as.",
            field=field,
            hint="Change the permissions of the file, or copy it.",
        ) from None
    except (OSError, RuntimeError, ValueError) as error:  # too long, ~nobody, a zero byte
        if isinstance(error, ParameterError):
            raise
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise ParameterError(
            f"This path cannot be used: {reason[:1].lower()}{reason[1:]}.",
            field=field,
            hint="Give the path of a table's file.",
        ) from None


def _refuse_elsewhere(path: str, field: str) -> None:
    """Refuse what is no path on this machine, before anything is looked up."""
    if not path:
        raise ParameterError("No path is given.", field=field, hint="Type the path of a file.")
    if re.match(r"[\\/]{2}", path):
        raise ParameterError(
            f"{_shown(path)} names another host.",
            field=field,
            hint="Copy the file to this machine, or upload it.",
        )
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", path)
    if scheme:
        raise ParameterError(
            f"{_shown(path)} is no path: {scheme[1].lower()} addresses are not read.",
            field=field,
            hint="Give the path alone."
            if scheme[1].lower() == "file"
            else "Download the file, then upload it or give its path.",
        )


def _opened(real: Path, folders: Folders, typed: str, field: str) -> IO[bytes]:
    """Open a resolved path, and make sure that what is open is what was checked."""
    if not stat.S_ISREG(real.lstat().st_mode):
        raise _no_file(typed, field)
    flags = os.O_RDONLY
    for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(real, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _no_file(typed, field)
        if not folders.allow(_path_of(descriptor, real)):
            raise _outside(typed, folders, field)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _path_of(descriptor: int, real: Path) -> Path:
    """Return where an open file lies now."""
    try:
        return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
    except OSError:
        pass  # only Linux tells
    again = Path(os.path.realpath(real))
    same = os.path.samestat(os.fstat(descriptor), os.stat(again))
    return again if same else Path(os.devnull)


def _no_file(typed: str, field: str) -> ParameterError:
    return ParameterError(
        f"{_shown(typed)} is not a file.", field=field, hint="Give the path of a table's file."
    )


def _outside(typed: str, folders: Folders, field: str) -> ParameterError:
    return FolderNotAllowed(
        f"{_shown(typed)} is not in an allowed folder.",
        field=field,
        hint=f"Upload the file, or add its folder to {SETTING} in the settings. "
        f"Now allowed: {folders.shown}.",
    )


def _shown(path: str) -> str:
    text = visible(path)
    return repr(text if len(text) <= 120 else f"{text[:80]}…{text[-30:]}")
