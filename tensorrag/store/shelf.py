"""The pipelines of a workspace: one file each, found by id."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tensorrag.durable import full_disk_explained, make_folder, sync_folder
from tensorrag.errors import FileFormatError, PipelineError, WorkspaceError
from tensorrag.pipeline import Pipeline, files
from tensorrag.pipeline.files import Loaded
from tensorrag.pipeline.names import quoted
from tensorrag.store.edit_log import EditLog

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
RESERVED = frozenset({"new"})
"""Ids that mean something else in the page's addresses."""
KEPT = "deleted"
"""Folder beside the pipelines where deleted ones wait for second thoughts."""
LOGS = "edits"
"""Folder beside the pipelines with the edit log of each."""
DAMAGED = "damaged"
"""Folder beside the pipelines for files that could not be read any more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A pipeline on the shelf."""

    id: str
    name: str
    description: str
    modified: float
    """Seconds since 1970."""
    cards: tuple[str, ...]
    """Card ids of its nodes, in order."""
    error: str | None = None
    """Why the file cannot be opened, if it cannot."""


class Shelf:
    """A folder of pipeline files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[int, Entry]] = {}

    def list(self) -> list[Entry]:
        """Return all pipelines, the one changed last first."""
        entries = [self._entry(path) for path in self.folder.glob("*.json")]
        return sorted(filter(None, entries), key=lambda entry: -entry.modified)

    def path(self, pipeline_id: str) -> Path:
        """Return where a pipeline of this id lies, or would lie.

        Raises:
            PipelineError: this can be no id.
        """
        if not _ID.fullmatch(pipeline_id):
            raise PipelineError(
                f"There is no pipeline {quoted(pipeline_id)} in this workspace.",
                hint="It was deleted, or the name is wrong.",
            )
        return self.folder / f"{pipeline_id}.json"

    def load(self, pipeline_id: str) -> Loaded:
        """Open a pipeline; nothing that it points to is touched.

        Raises:
            PipelineError: there is none of this id.
            FileFormatError: its file is refused.
        """
        path = self.path(pipeline_id)
        if not path.is_file():
            raise PipelineError(
                f"There is no pipeline {quoted(pipeline_id)} in this workspace.",
                hint="It was deleted, or the name is wrong.",
            )
        return files.load(path)

    def save(
        self, pipeline_id: str, pipeline: Pipeline, *, migrated_from: int | None = None
    ) -> str:
        """Write a pipeline over the one of this id: a crash leaves the old one or the new one.

        Returns the sha256 of the file.
        """
        return files.save(pipeline, self.path(pipeline_id), migrated_from=migrated_from)

    def log(self, pipeline_id: str) -> EditLog:
        """Return the edit log of a pipeline; it is made by the first edit."""
        return EditLog(self.folder / LOGS / f"{self.path(pipeline_id).stem}.log")

    def named(self, pipeline_id: str) -> EditLog:
        """Return what holds the named versions of a pipeline; it is made by the first one."""
        return EditLog(self.folder / LOGS / f"{self.path(pipeline_id).stem}.versions")

    def logs(self) -> Iterator[EditLog]:
        """Yield the edit logs that there are."""
        for path in (self.folder / LOGS).glob("*.log"):
            if _ID.fullmatch(path.stem):
                yield EditLog(path)

    def set_aside(self, pipeline_id: str) -> Path:
        """Move a file that cannot be read to where it is in nobody's way."""
        path = self.path(pipeline_id)
        with full_disk_explained(self.folder):
            make_folder(self.folder / DAMAGED)
            aside = self.folder / DAMAGED / _stamped(pipeline_id)
            path.rename(aside)
        return aside

    def create(self, pipeline: Pipeline, *, numbered: bool = False) -> str:
        """Put a pipeline on the shelf and return its id: its name, with a number where taken.

        Args:
            pipeline: what to put there.
            numbered: give the number to its name, too, for people to tell it from the others.
        """
        with full_disk_explained(self.folder):
            make_folder(self.folder)
            wanted, number = _slug(pipeline.name), 1
            while True:
                pipeline_id = wanted if number == 1 else f"{wanted}_{number}"
                if pipeline_id not in RESERVED and self._reserve(pipeline_id):
                    break
                number += 1
            self._keep_log(pipeline_id, _stamped(pipeline_id))  # of one that somebody removed
        if numbered and number > 1:
            pipeline = replace(pipeline, name=f"{pipeline.name} {number}")
        try:
            self.save(pipeline_id, pipeline)
        except (FileFormatError, WorkspaceError):
            self.path(pipeline_id).unlink()
            raise
        return pipeline_id

    def delete(self, pipeline_id: str) -> None:
        """Take a pipeline off the shelf; its file is kept in a folder beside it."""
        path = self.path(pipeline_id)
        try:
            with full_disk_explained(self.folder):
                make_folder(self.folder / KEPT)
                kept = _stamped(pipeline_id)
                path.rename(self.folder / KEPT / kept)
                sync_folder(self.folder)
                self._keep_log(pipeline_id, kept)
        except FileNotFoundError:
            raise PipelineError(
                f"There is no pipeline {quoted(pipeline_id)} in this workspace.",
                hint="It was deleted, or the name is wrong.",
            ) from None

    def _keep_log(self, pipeline_id: str, kept: str) -> None:
        for log in (self.log(pipeline_id).path, self.named(pipeline_id).path):
            if log.exists():
                make_folder(self.folder / KEPT)
                log.rename((self.folder / KEPT / kept).with_suffix(log.suffix))

    def _reserve(self, pipeline_id: str) -> bool:
        try:
            self.path(pipeline_id).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _entry(self, path: Path) -> Entry | None:
        try:
            seen = path.stat()
        except OSError:
            return None
        known = self._read.get(path)
        if known is None or known[0] != seen.st_mtime_ns:
            known = self._read[path] = (seen.st_mtime_ns, _described(path, seen.st_mtime))
        return known[1] if _ID.fullmatch(path.stem) else None


def _described(path: Path, modified: float) -> Entry:
    try:
        pipeline = files.load(path).pipeline
    except FileFormatError as error:
        return Entry(path.stem, path.stem, "", modified, (), error.message)
    cards = tuple(node.card for node in pipeline.nodes.values())
    return Entry(path.stem, pipeline.name or path.stem, pipeline.description, modified, cards)


def _stamped(pipeline_id: str) -> str:
    return f"{pipeline_id}.{int(time.time() * 1000)}.json"


def _slug(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "_".join(words)[:60].strip("_") or "pipeline"
