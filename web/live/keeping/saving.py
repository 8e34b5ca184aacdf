"""Keeps a pipeline on disk: in its edit log with every gesture, in its file right behind.

A gesture counts as saved once the log has it. Whatever keeps it from being written is told, and
it is tried again until it works.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from tensorrag.edit.document import Change, Document
from tensorrag.errors import PipelineError, TensorRagError
from tensorrag.pipeline import Pipeline
from tensorrag.store.shelf import Shelf
from web.live.coalesced import Coalesced
from web.live.keeping.milestone import Milestone
from web.live.keeping.opening import Notice, Opened
from web.live.keeping.pipeline_file import NEVER, PipelineFile, Theirs
from web.live.keeping.write_ahead import InFile, WriteAhead
from web.live.trouble import explained

log = logging.getLogger(__name__)

RETRY = 3.0
"""Seconds after which it is tried again, for example when the disk was full."""


@dataclass(frozen=True, slots=True)
class _State:
    pipeline: Pipeline
    revision: int


class Saving:
    """Keeps the log and the file of one pipeline up to date."""

    def __init__(self, shelf: Shelf, pipeline_id: str, opened: Opened, document: Document) -> None:
        """Take an opened pipeline, and the document in which it is edited. Looks at the disk."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when `text` or `trouble` is another."""
        self.on_notice: Callable[[Notice], None] = lambda notice: None
        """Called with what happened to the file that people should know."""
        self.trouble: TensorRagError | None = None
        """Why the latest state is not on disk, if it could not be written."""
        self._id = pipeline_id
        found = opened.recovered
        self._latest = self._durable = _State(document.pipeline, document.revision)
        self._logged = Milestone(document.revision)
        self._in_file = Milestone(0 if found.behind else document.revision)
        self._file = PipelineFile(shelf, pipeline_id, migrated_from=opened.migrated_from)
        if found.theirs is not None:
            self._file.stamp = NEVER  # what another program wrote meanwhile is not known yet
        in_file = InFile(self._in_file.revision, opened.sha256)
        self._ahead = WriteAhead(opened.log, in_file, lambda: document.steps)
        self._ahead.on_durable = self._is_durable
        self._ahead.on_trouble = self._fail
        self._accepted = ""
        self._stopped = False
        self._again: asyncio.TimerHandle | None = None
        self._work = Coalesced(self._write_latest)

    @property
    def saved(self) -> bool:
        """Whether log and file hold the latest state."""
        return self._in_file.revision == self._latest.revision and self.trouble is None

    @property
    def text(self) -> str:
        """What the top bar says."""
        if self.trouble is not None:
            return "Not saved"
        return "Saved" if self._logged.revision == self._latest.revision else "Saving…"

    @property
    def revision(self) -> int:
        """The latest one that is in the log."""
        return self._logged.revision

    def begin(self) -> None:
        """Bring the file up to date, if a crash left it behind."""
        if not self.saved:
            self._work.kick()

    def save(self, change: Change) -> None:
        """Write what a gesture led to; returns at once."""
        self._latest = _State(change.after, change.revision)
        self._ahead.add(change)

    def theirs(self, known: Theirs | None = None) -> Theirs | None:
        """Return what another program wrote into the file since. In a thread: uses the disk.

        While an edit is on its way to the file there is nothing: what they wrote is kept beside.
        """
        return self._file.theirs(known) if self.saved else None

    def may_accept(self, theirs: Theirs) -> bool:
        """Tell whether the file is still as they wrote it, as far as is known."""
        return self.saved and self._file.stamp == theirs.since

    def accept(self, change: Change, theirs: Theirs) -> None:
        """Take note that the state after this change came from the file."""
        self._file.stamp = theirs.stamp
        self._accepted = theirs.loaded.sha256 if theirs.loaded is not None else ""
        self.save(change)
        self._in_file.advance(change.revision)

    async def keep_mine(self) -> None:
        """Write the file though nothing was edited; what another program wrote is kept beside."""
        self._in_file.revision = 0
        self._work.kick()
        await self._work.settled()

    async def logged(self) -> None:
        """Wait until the latest gesture is in the log: no crash can take it away from then on.

        Raises:
            TensorRagError: it could not be written; it is tried again.
        """
        await self._logged.reached(self._latest.revision)

    async def in_file(self) -> None:
        """Wait until the file holds the latest state, too.

        Raises:
            TensorRagError: it could not be written; it is tried again.
        """
        await self._in_file.reached(self._latest.revision)

    def stop(self) -> None:
        """Write nothing more: the pipeline was deleted."""
        self._stopped = True
        self._ahead.stop()
        gone = PipelineError("The pipeline was deleted.", hint="Open another one.")
        self._logged.end(gone)
        self._in_file.end(gone)

    async def settled(self) -> None:
        """Wait until all is written, or has failed."""
        await self._ahead.settled()
        await self._work.settled()

    async def close(self) -> None:
        """Write what is left."""
        await self._ahead.close()
        self.begin()
        await self._work.close()
        if self.trouble is not None and not self._stopped:
            log.error("%s was not saved: %s", self._id, self.trouble.message)
        if self._again is not None:
            self._again.cancel()

    # --- the log ----------------------------------------------------------------------------

    def _is_durable(self, change: Change) -> None:
        self._durable = _State(change.after, change.revision)
        self._logged.advance(change.revision)
        self._work.kick()
        self.on_change()

    def _fail(self, error: TensorRagError) -> None:
        self.trouble = error
        self._logged.fail(error)
        self._in_file.fail(error)
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
        if self._stopped or state.revision <= self._in_file.revision:
            self._recover()
            await self._note_accepted(state.revision)
            return
        try:
            sha256, notice = await asyncio.to_thread(self._file.write, state.pipeline)
        except Exception as error:
            self._fail(explained(error, f"The file of {self._id} could not be written."))
            return
        self._in_file.advance(state.revision)
        self._recover()
        if notice is not None:
            self.on_notice(notice)
        self.on_change()
        await self._ahead.note_written(InFile(state.revision, sha256))

    async def _note_accepted(self, revision: int) -> None:
        sha256, self._accepted = self._accepted, ""
        if sha256 and not self._stopped:
            await self._ahead.note_written(InFile(revision, sha256))

    def _recover(self) -> None:
        if self._ahead.durable and self.trouble is not None:
            self.trouble = None
            self.on_change()
