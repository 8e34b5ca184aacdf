"""Writes a pipeline to its file after every gesture, and never over what somebody else wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tensorrag.errors import TensorRagError
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.names import quoted
from tensorrag.store.shelf import Shelf
from web.live.coalesced import Coalesced

Stamp = tuple[int, int]


class ChangedOutsideError(TensorRagError):
    """Another program wrote the file; what it wrote was kept under another name."""


class Saving:
    """Keeps the file of one pipeline up to date."""

    def __init__(
        self, shelf: Shelf, pipeline_id: str, pipeline: Pipeline, migrated_from: int | None = None
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called when `text` says something else."""
        self.on_trouble: Callable[[TensorRagError], None] = lambda error: None
        """Called with what went wrong; the next change tries again."""
        self._shelf = shelf
        self._id = pipeline_id
        self._written = self._latest = pipeline
        self._migrated_from = migrated_from
        self.trouble: TensorRagError | None = None
        """Why the latest state is not in the file, if it could not be written."""
        self._stopped = False
        self._stamp = self._look()
        self._work = Coalesced(self._write_latest)

    @property
    def saved(self) -> bool:
        """Whether the file holds the latest state."""
        return self._written is self._latest and self.trouble is None

    @property
    def text(self) -> str:
        """What the top bar says."""
        if self.trouble is not None:
            return "Not saved"
        return "Saved" if self.saved else "Saving…"

    def save(self, pipeline: Pipeline) -> None:
        """Write this state soon; returns at once."""
        self._latest = pipeline
        self._work.kick()

    def changed_outside(self) -> bool:
        """Tell whether another program has written the file, or taken it away."""
        return self.saved and self._look() != self._stamp

    def accept(self, pipeline: Pipeline) -> None:
        """Take note that the file holds this state, which came from it."""
        self._written = self._latest = pipeline
        self._stamp = self._look()

    def stop(self) -> None:
        """Write nothing more: the pipeline was deleted."""
        self._stopped = True

    async def settled(self) -> None:
        """Wait until all is written, or has failed."""
        await self._work.settled()

    async def close(self) -> None:
        """Write what is left."""
        if not self.saved:
            self._work.kick()
        await self._work.close()

    async def _write_latest(self) -> None:
        pipeline = self._latest
        if self._stopped:
            return
        try:
            kept = await asyncio.to_thread(self._write, pipeline)
        except TensorRagError as error:
            self.trouble = error
            self.on_trouble(error)
        else:
            self._written, self.trouble = pipeline, None
            if kept is not None:
                self.on_trouble(kept)
        self.on_change()

    def _write(self, pipeline: Pipeline) -> ChangedOutsideError | None:
        seen = self._look()
        kept = self._keep_theirs() if seen not in (None, self._stamp) else None
        self._shelf.save(self._id, pipeline, migrated_from=self._migrated_from)
        self._migrated_from = None
        self._stamp = self._look()
        return kept

    def _keep_theirs(self) -> ChangedOutsideError | None:
        try:
            theirs = self._shelf.load(self._id).pipeline
        except TensorRagError:
            return None  # no pipeline: nothing that could be kept as one
        name = f"{theirs.name or self._id} (changed outside)"[:200]
        self._shelf.create(replace(theirs, name=name))
        return ChangedOutsideError(
            "Another program changed the file of this pipeline while it was open.",
            hint=f"What it wrote is kept as {quoted(name)}.",
        )

    def _look(self) -> Stamp | None:
        try:
            seen = self._shelf.path(self._id).stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size
