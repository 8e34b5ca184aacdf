"""Keeps a pipeline on disk: in its edit log with every gesture, in its file right behind.

A gesture counts as saved once the log has it. What somebody else wrote into the file is never
written over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from tensorrag.edit.document import Change, Document
from tensorrag.errors import TensorRagError
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.names import quoted
from tensorrag.store.shelf import Shelf
from web.live.coalesced import Coalesced
from web.live.opening import Opened
from web.live.write_ahead import InFile, WriteAhead

RETRY = 5.0
"""Seconds after which it is tried again when the disk was full."""

Stamp = tuple[int, int]
NEVER: Stamp = (0, 0)
"""The stamp of no file."""


class ChangedOutsideError(TensorRagError):
    """Another program wrote the file; what it wrote was kept under another name."""


@dataclass(frozen=True, slots=True)
class _State:
    pipeline: Pipeline
    revision: int


class Saving:
    """Keeps the log and the file of one pipeline up to date."""

    def __init__(
        self, shelf: Shelf, pipeline_id: str, opened: Opened, document: Document
    ) -> None:
        """Take an opened pipeline, and the document in which it is edited."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when `text` says something else."""
        self.on_trouble: Callable[[TensorRagError], None] = lambda error: None
        """Called with what went wrong; it is tried again soon."""
        self.trouble: TensorRagError | None = None
        """Why the latest state is not on disk, if it could not be written."""
        found = opened.recovered
        now = _State(document.pipeline, document.revision)
        self._shelf, self._id = shelf, pipeline_id
        self._migrated_from = opened.migrated_from
        self._latest = self._durable = now
        self._written = replace(now, revision=0) if found.behind else now
        in_file = InFile(self._written.revision, opened.sha256)
        self._ahead = WriteAhead(opened.log, now.pipeline, in_file, lambda: document.steps)
        self._ahead.on_durable = self._is_durable
        self._ahead.on_trouble = self._fail
        # A file that another program wrote while its edits were still on their way is kept.
        self._stamp = NEVER if found.theirs is not None and found.behind else self._look()
        self._stopped = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._again: asyncio.TimerHandle | None = None
        self._work = Coalesced(self._write_latest)

    @property
    def saved(self) -> bool:
        """Whether log and file hold the latest state."""
        return self._written.revision == self._latest.revision and self.trouble is None

    @property
    def text(self) -> str:
        """What the top bar says."""
        if self.trouble is not None:
            return "Not saved"
        return "Saved" if self._durable.revision == self._latest.revision else "Saving…"

    def begin(self) -> None:
        """Bring the file up to date, if a crash left it behind."""
        if not self.saved:
            self._work.kick()

    def save(self, change: Change) -> None:
        """Write what a gesture led to; returns at once."""
        self._latest = _State(change.after, change.revision)
        self._ahead.add(change)

    def changed_outside(self) -> bool:
        """Tell whether another program has written the file, or taken it away."""
        return self.saved and self._look() != self._stamp

    async def accept(self, change: Change, sha256: str) -> None:
        """Take note of what another program wrote into the file; it is in the log, too."""
        self._stamp = await asyncio.to_thread(self._look)
        self.save(change)
        self._written = self._latest
        await self._ahead.note_written(InFile(change.revision, sha256))

    def stop(self) -> None:
        """Write nothing more: the pipeline was deleted."""
        self._stopped = True
        self._ahead.stop()

    async def reached(self, revision: int) -> None:
        """Wait until this revision, or a later one, is in the log and in the file.

        Raises:
            TensorRagError: it could not be written.
        """
        if self._written.revision < revision:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append((revision, waiting))
            await waiting

    async def settled(self) -> None:
        """Wait until all is written, or has failed."""
        await self._ahead.settled()
        await self._work.settled()

    async def close(self) -> None:
        """Write what is left."""
        if self._again is not None:
            self._again.cancel()
        await self._ahead.close()
        self.begin()
        await self._work.close()

    # --- the log ----------------------------------------------------------------------------

    def _is_durable(self, change: Change) -> None:
        self._durable = _State(change.after, change.revision)
        self._work.kick()
        self.on_change()

    def _fail(self, error: TensorRagError) -> None:
        known, self.trouble = self.trouble, error
        for _, waiting in self._taken(self._latest.revision):
            waiting.set_exception(error)
        if known is None or known.message != error.message:
            self.on_trouble(error)
        if self._again is None and not self._stopped:
            self._again = asyncio.get_running_loop().call_later(RETRY, self._try_again)
        self.on_change()

    def _try_again(self) -> None:
        self._again = None
        self._ahead.kick()
        self._work.kick()

    # --- the file ---------------------------------------------------------------------------

    async def _write_latest(self) -> None:
        state = self._durable
        if self._stopped or state.revision == self._written.revision:
            return
        try:
            sha256, kept = await asyncio.to_thread(self._write, state.pipeline)
        except TensorRagError as error:
            self._fail(error)
            return
        self._written = state
        if self._ahead.durable:
            self.trouble = None
        for _, waiting in self._taken(state.revision):
            waiting.set_result(None)
        if kept is not None:
            self.on_trouble(kept)
        self.on_change()
        await self._ahead.note_written(InFile(state.revision, sha256))

    def _taken(self, revision: int) -> list[tuple[int, asyncio.Future[None]]]:
        """Take out those who wait for this revision or an earlier one."""
        done = [each for each in self._waiting if each[0] <= revision]
        self._waiting = [each for each in self._waiting if each[0] > revision]
        return [each for each in done if not each[1].done()]

    def _write(self, pipeline: Pipeline) -> tuple[str, ChangedOutsideError | None]:
        seen = self._look()
        kept = self._keep_theirs() if seen not in (None, self._stamp) else None
        sha256 = self._shelf.save(self._id, pipeline, migrated_from=self._migrated_from)
        self._migrated_from = None
        self._stamp = self._look()
        return sha256, kept

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
