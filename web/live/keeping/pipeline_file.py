"""The file of an open pipeline, which other programs may write, too.

What somebody else wrote into it is never written over: it is kept beside, and said so.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from tensorrag.errors import FileFormatError, PipelineError
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.files import Loaded
from tensorrag.quoting import quoted
from tensorrag.store.shelf import Shelf
from web.live.keeping.opening import Notice

Stamp = tuple[int, int] | None
"""When a file was written last, in nanoseconds, and its size; None where there is none."""
NEVER: Stamp = (0, 0)
"""The stamp of no file."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """What another program wrote into the file."""

    stamp: Stamp
    since: Stamp
    """What was known of the file before."""
    loaded: Loaded | None
    """None where it is no pipeline."""
    why: str = ""
    """Why it is none."""


class PipelineFile:
    """Everything here uses the disk: in threads."""

    def __init__(self, shelf: Shelf, pipeline_id: str, *, migrated_from: int | None) -> None:
        self._shelf, self._id = shelf, pipeline_id
        self._migrated_from = migrated_from
        self._lock = threading.Lock()
        self.stamp = self.look()
        """Of what is known of the file."""

    def look(self) -> Stamp:
        """Return the stamp of what is there now."""
        try:
            seen = self._shelf.path(self._id).stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size

    def theirs(self, known: Theirs | None = None) -> Theirs | None:
        """Return what another program wrote since; None where nothing is new, or nothing is left.

        Args:
            known: what was found before; returned again, unread, while it is the same.
        """
        with self._lock:
            return self._theirs(known)

    def write(self, pipeline: Pipeline) -> tuple[str, Notice | None]:
        """Write a state; returns the sha256 of the file, and what is to be said.

        Raises:
            TensorRagError: it could not be written.
        """
        with self._lock:
            kept = self._keep(self._theirs(None))
            sha256 = self._shelf.save(self._id, pipeline, migrated_from=self._migrated_from)
            self._migrated_from = None
            self.stamp = self.look()
        return sha256, kept

    def _theirs(self, known: Theirs | None) -> Theirs | None:
        stamp = self.look()  # older than what is read: what is written meanwhile is found next
        if stamp in (None, self.stamp):
            return None
        if known is not None and (known.stamp, known.since) == (stamp, self.stamp):
            return known
        try:
            return Theirs(stamp, self.stamp, self._shelf.load(self._id))
        except (FileFormatError, PipelineError) as error:
            return Theirs(stamp, self.stamp, None, error.message)

    def _keep(self, theirs: Theirs | None) -> Notice | None:
        if theirs is None:
            return None
        said = "Another program changed the file of this pipeline while it was open."
        if theirs.loaded is None:
            aside = self._shelf.set_aside(self._id)
            return said, f"What it wrote is no pipeline, and is kept as {aside}."
        found = theirs.loaded.pipeline
        name = f"{found.name or self._id} (changed outside)"[:200]
        self._shelf.create(replace(found, name=name))
        return said, f"What it wrote is kept as {quoted(name)}."
