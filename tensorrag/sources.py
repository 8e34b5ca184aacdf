"""Where a card finds the files that are not on an edge: uploads, and paths people typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from tensorrag.errors import ParameterError


@dataclass(frozen=True)
class Sources:
    """The folders that a running card may look into."""

    uploads: Path
    """Uploaded files, named by their SHA-256."""
    base: Path
    """What relative paths start from."""


_sources: ContextVar[Sources | None] = ContextVar("tensorrag_sources", default=None)


@contextmanager
def looking_in(sources: Sources) -> Iterator[None]:
    """Let ``upload_path`` and ``local_path`` look into these folders."""
    token = _sources.set(sources)
    try:
        yield
    finally:
        _sources.reset(token)


def upload_path(upload: str) -> Path:
    """Return the file of an upload, ``"sha256:…"``.

    Raises:
        ParameterError: nothing like it was uploaded here.
    """
    digest = upload.removeprefix("sha256:")
    sources = _sources.get()
    if sources is not None and re.fullmatch(r"[0-9a-f]{64}", digest):
        path = sources.uploads / digest
        if path.is_file():
            return path
    raise ParameterError(
        "The uploaded file is not here.", field="upload", hint="Upload the file again."
    )


def local_path(path: str, *, field: str = "path") -> Path:
    """Return a path as people typed it, resolved from the pipeline's folder.

    Raises:
        ParameterError: it is empty, not on this machine, or not an ordinary file.
    """
    if not path.strip():
        raise ParameterError("No path is given.", field=field, hint="Type the path of a file.")
    if path.startswith(("\\\\", "//")) or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", path):
        raise ParameterError(
            f"{path!r} is not a path on this machine.", field=field, hint="Use a local file."
        )
    sources = _sources.get()
    base = sources.base if sources is not None else Path.cwd()
    try:
        found = base / Path(path).expanduser()
        there, ordinary = found.exists(), found.is_file()
    except (OSError, RuntimeError) as error:  # too long, not ours to look at, ~nobody
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise ParameterError(
            f"This path cannot be used: {reason[:1].lower()}{reason[1:]}.",
            field=field,
            hint="Give the path of a table's file.",
        ) from None
    if not there:
        raise ParameterError(f"There is no file {path!r}.", field=field, hint=f"Looked in {base}.")
    if not ordinary:
        raise ParameterError(
            f"{path!r} is not a file.", field=field, hint="Give the path of a table's file."
        )
    return found
