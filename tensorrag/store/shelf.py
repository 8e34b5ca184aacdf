"""The pipelines of a workspace: one file each, found by id."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from tensorrag.durable import create_file, full_disk_explained, make_folder, sync_folder
from tensorrag.errors import FileFormatError, PipelineError
from tensorrag.pipeline import Node, Pipeline, files
from tensorrag.pipeline.essence import essence
from tensorrag.pipeline.files import Loaded
from tensorrag.quoting import quoted
from tensorrag.store.edit_log import EditLog

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_ASIDE = re.compile(r"\.[a-z0-9][a-z0-9_-]{0,79}\.json\.[a-z0-9_]{8}")
"""What a file is called while it is written."""
RESERVED = frozenset({"new"})
"""Ids that mean something else in the page's addresses."""
KEPT = "deleted"
"""Folder beside the pipelines where deleted ones wait for second thoughts."""
LOGS = "edits"
"""Folder beside the pipelines with the edit log of each."""
DAMAGED = "damaged"
"""Folder beside the pipelines for files that could not be read any more."""
DRAWN = 60
"""Cards that are kept in mind of each pipeline for its picture."""


@dataclass(frozen=True, slots=True)
class NamedResults:
    """What a named version keeps in the store."""

    pipeline: str
    """What people called it then."""
    version: str
    """What the version is called."""
    digests: frozenset[str]


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
    sketch: Pipeline | None = None
    """Its first cards and their wires without any settings, for a picture."""
    essence: Mapping[str, str] = field(default_factory=dict)
    """What decides on its results, by card."""


class Shelf:
    """A folder of pipeline files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._creating = threading.Lock()
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

    def results(self) -> Iterator[NamedResults]:
        """Yield what the named versions keep in the store."""
        for path in sorted((self.folder / LOGS).glob("*.versions")):
            for record in EditLog(path).read().records:
                digests = record.get("results")
                if isinstance(digests, list) and digests:
                    named = str(record.get("pipeline", {}).get("name", ""))
                    version = str(record.get("name", ""))
                    yield NamedResults(named, version, frozenset(map(str, digests)))

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

        The id of a deleted pipeline counts as taken: its history and its runs are its own.

        Args:
            pipeline: what to put there.
            numbered: give its name a number, too, where another has it, to tell them apart.
        """
        if numbered:
            pipeline = replace(pipeline, name=self._free_name(pipeline.name))
        content, wanted = files.dumps(pipeline).encode(), _slug(pipeline.name)
        names = (wanted if number == 1 else f"{wanted}_{number}" for number in count(1))
        with self._creating, full_disk_explained(self.folder):
            make_folder(self.folder)
            return next(name for name in names if self._put(name, content))

    def delete(self, pipeline_id: str) -> None:
        """Take a pipeline off the shelf; its file is kept in a folder beside it.

        Raises:
            PipelineError: there is none of this id.
        """
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

    def is_deleted(self, pipeline_id: str) -> bool:
        """Whether a pipeline was taken off the shelf, and is not there again."""
        return (
            _ID.fullmatch(pipeline_id) is not None
            and not self.path(pipeline_id).exists()
            and bool(self._deleted(pipeline_id))
        )

    def restore(self, pipeline_id: str) -> None:
        """Put a deleted pipeline back as it was, with its edits and its named versions.

        Raises:
            PipelineError: no deleted one of this id is kept, or there is one of it again.
        """
        path, kept = self.path(pipeline_id), self._deleted(pipeline_id)
        if not kept:
            raise PipelineError(
                f"No deleted pipeline {quoted(pipeline_id)} is kept.",
                hint="Look into the folder pipelines/deleted of the workspace.",
            )
        if path.exists():
            raise PipelineError(
                f"There is a pipeline {quoted(pipeline_id)} already.",
                hint="Delete that one first, or import the file from pipelines/deleted.",
            )
        with full_disk_explained(self.folder):
            # The file last: whoever sees it finds its edits, too.
            for log in (self.log(pipeline_id).path, self.named(pipeline_id).path):
                aside = kept[-1].with_suffix(log.suffix)
                if aside.exists():
                    make_folder(log.parent)
                    aside.rename(log)
            kept[-1].rename(path)
            sync_folder(self.folder)

    def sweep(self) -> None:
        """Remove what a crash left half written. Only while nobody else writes here."""
        for path in self.folder.glob(".*.json.*"):
            if _ASIDE.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _deleted(self, pipeline_id: str) -> Sequence[Path]:
        """Return the deleted files of this id that are kept, the latest last."""
        return sorted((self.folder / KEPT).glob(f"{pipeline_id}.*.json"))

    def _put(self, pipeline_id: str, content: bytes) -> bool:
        """Write a file under an id that nobody has, and nobody had; tells whether that worked.

        It is there whole or not at all: a crash leaves no file that is no pipeline.
        """
        path = self.path(pipeline_id)
        if pipeline_id in RESERVED or path.exists() or self._deleted(pipeline_id):
            return False
        self._keep_log(pipeline_id, _stamped(pipeline_id))  # of one that somebody removed
        return create_file(path, content)

    def _free_name(self, name: str) -> str:
        taken = {entry.name for entry in self.list()}
        names = (name if number == 1 else f"{name} {number}" for number in count(1))
        return next(each for each in names if each not in taken)

    def _keep_log(self, pipeline_id: str, kept: str) -> None:
        for log in (self.log(pipeline_id).path, self.named(pipeline_id).path):
            if log.exists():
                make_folder(self.folder / KEPT)
                log.rename((self.folder / KEPT / kept).with_suffix(log.suffix))

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
    named, said = pipeline.name or path.stem, pipeline.description
    drawn = _sketch(pipeline)
    return Entry(path.stem, named, said, modified, cards, sketch=drawn, essence=essence(pipeline))


def _sketch(pipeline: Pipeline) -> Pipeline:
    drawn = list(pipeline.nodes.values())[:DRAWN]
    nodes = {node.id: Node(node.id, node.card, position=node.position) for node in drawn}
    ends = (edge for edge in pipeline.edges if edge.source in nodes and edge.target in nodes)
    return Pipeline(nodes=nodes, edges=tuple(ends))


def _stamped(pipeline_id: str) -> str:
    return f"{pipeline_id}.{int(time.time() * 1000)}.json"


def _slug(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "_".join(words)[:60].strip("_") or "pipeline"
