"""Pipeline files: strict about the file, patient with the graph.

A file is refused as a whole, with one sentence, when it is no JSON, exceeds the caps, has another
format or a newer version. Everything else opens, and `check` says what is wrong with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tensorrag.durable import write_file
from tensorrag.errors import FileFormatError, WorkspaceError
from tensorrag.pipeline import strict_json
from tensorrag.pipeline.as_json import FORMAT, VERSION, from_json, to_json
from tensorrag.pipeline.graph import Pipeline
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted

MAX_BYTES = 8 * 2**20
"""Largest pipeline file, in bytes."""

MIGRATIONS: Mapping[int, Callable[[JsonObject], JsonObject]] = {}
"""By version: what makes a file of the next version out of it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A pipeline out of a file, and what is to be said about the file."""

    pipeline: Pipeline
    warnings: tuple[str, ...] = ()
    """One sentence for each key that is unknown or of no use."""
    migrated_from: int | None = None
    """The version of the file, if it was older than the present one."""
    sha256: str = ""
    """Of the file's content; empty if it was read from elsewhere."""


def loads(text: str | bytes) -> Loaded:
    """Read a pipeline from the text of a file. Nothing that it points to is touched.

    Raises:
        FileFormatError: the file is refused; the message is one sentence.
    """
    return from_object(strict_json.loads(text, max_bytes=MAX_BYTES))


def from_object(raw: Any) -> Loaded:
    """Read a pipeline from the parsed JSON of a file; the object becomes the pipeline's own.

    Raises:
        FileFormatError: as `loads`.
    """
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise FileFormatError(
            f'This is JSON, but no pipeline: it is no object with "format": "{FORMAT}".',
            hint="Choose a file that was exported from TensorRag.",
        )
    version = _version(raw.get("version"))
    for step in range(version, VERSION):
        raw = MIGRATIONS[step](raw)
    pipeline, warnings = from_json(raw)
    return Loaded(pipeline, warnings, version if version < VERSION else None)


def dumps(pipeline: Pipeline) -> str:
    """Write a pipeline as the text of a file: keys in a fixed order, two spaces, a line feed.

    Raises:
        FileFormatError: it would be too large to be opened again, or holds what is no JSON.
    """
    try:
        text = json.dumps(to_json(pipeline), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise FileFormatError(
            f"The pipeline holds what is no JSON: {error}.",
            hint="Set that parameter to a number, a text or a list of them.",
        ) from None
    if size > MAX_BYTES:
        most = strict_json.megabytes(MAX_BYTES)
        raise FileFormatError(
            f"The pipeline is larger than {most}, the most a file may hold.",
            hint="Shorten its longest parameters, or split it into several pipelines.",
        )
    return text


def load(path: Path | str) -> Loaded:
    """Read a pipeline file.

    Raises:
        FileFormatError: it cannot be read, or is refused; the message names it.
    """
    path = Path(path)
    try:
        content = _read(path)
        return replace(loads(content), sha256=hashlib.sha256(content).hexdigest())
    except FileFormatError as error:
        raise FileFormatError(f"{quoted(path.name)}: {error.message}", hint=error.hint) from None


def is_json(path: Path | str) -> bool:
    """Tell whether a file can be read as JSON: one that cannot was damaged, or never was any."""
    try:
        strict_json.loads(_read(Path(path)), max_bytes=MAX_BYTES)
    except FileFormatError:
        return False
    return True


def save(pipeline: Pipeline, path: Path | str, *, migrated_from: int | None = None) -> str:
    """Write a pipeline file so that a crash leaves either the old one or the new one.

    Returns the sha256 of what was written.

    Args:
        pipeline: what to write.
        path: where; a link is followed, permissions of a file that is there are kept.
        migrated_from: version of the file that is there, if this replaces an older version;
            that one is kept beside it as ``NAME.v1.json``.

    Raises:
        FileFormatError: as `dumps`.
        WorkspaceError: the folder is not there, not writable, or the disk is full.
    """
    data = dumps(pipeline).encode()
    target = Path(path)
    try:
        target = target.resolve()  # a link stays one
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        if migrated_from is not None and target.exists():
            copy = target.with_suffix(f".v{migrated_from}{target.suffix}")
            write_file(copy, target.read_bytes(), mode=mode)
        write_file(target, data, mode=mode)
    except (OSError, RuntimeError) as error:
        raise WorkspaceError(
            f"{quoted(target.name)} was not saved: {_reason(error)}.",
            hint="Choose a folder that is there and that you may write to.",
        ) from error
    return hashlib.sha256(data).hexdigest()


def _version(raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 1:
        raise FileFormatError(
            'This is no pipeline: its "version" must be a whole number from 1 up.',
            hint='Write "version": 1, or export the pipeline again.',
        )
    if raw > VERSION:
        raise FileFormatError(
            f"It was written by a newer TensorRag: its version is {raw}, this one reads {VERSION}.",
            hint="Update TensorRag: pip install --upgrade tensorrag",
        )
    return raw


def _read(path: Path) -> bytes:
    """Read a regular file, and never wait for a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileFormatError("This is no file.", hint="Give the path of a JSON file.")
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise FileFormatError(
            f"It cannot be read: {_reason(error)}.",
            hint="Check the path, and that you may read the file.",
        ) from None


def _reason(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return reason[:1].lower() + reason[1:]
