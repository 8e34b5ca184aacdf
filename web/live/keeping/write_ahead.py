"""Writes every gesture into the edit log, before anybody is told that it is saved.

Gestures that come while the disk is busy are written together, with one flush.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tensorrag.edit.document import Change
from tensorrag.edit.records import (
    KEPT_STEPS,
    all_records,
    change_record,
    state_record,
    written_record,
)
from tensorrag.edit.steps import Steps
from tensorrag.errors import TensorRagError
from tensorrag.pipeline import JsonObject
from tensorrag.store.edit_log import EditLog, EditLogCut
from web.live.coalesced import Coalesced
from web.live.trouble import explained

MOST_LINES = 5 * KEPT_STEPS
MOST_BYTES = 16 * 2**20
"""A log that is longer is written anew."""
_WRITERS = ThreadPoolExecutor(2, thread_name_prefix="edits")
"""Threads of their own: no gesture waits until large results are hashed, or old runs forgotten."""


@dataclass(frozen=True, slots=True)
class InFile:
    """The state that the file holds: its revision, and the sha256 of the file."""

    revision: int
    sha256: str


class WriteAhead:
    """The edit log of one open pipeline. Used on the event loop; the disk is used in threads."""

    def __init__(self, log: EditLog, in_file: InFile, steps: Callable[[], Steps]) -> None:
        """``steps`` gives the way that leads to the latest gesture."""
        self.on_durable: Callable[[Change], None] = lambda change: None
        """Called with the last gesture that is on disk now."""
        self.on_trouble: Callable[[TensorRagError], None] = lambda error: None
        """Called when the log cannot be written; nothing is lost, and `kick` tries again."""
        self._log = log
        self._in_file = in_file
        self._steps = steps
        self._pending: list[Change] = []
        self._stopped = False
        self._renew = False
        self._least = (0, 0)
        self._work = Coalesced(self._write)

    @property
    def durable(self) -> bool:
        """Whether every gesture is on disk."""
        return not self._pending

    def add(self, change: Change) -> None:
        """Write this gesture soon; returns at once."""
        if not self._stopped:
            self._pending.append(change)
            self.kick()

    def kick(self) -> None:
        """Write what is not written yet."""
        self._work.kick()

    def stop(self) -> None:
        """Write nothing more: the pipeline was deleted."""
        self._stopped = True
        self._pending.clear()

    async def note_written(self, in_file: InFile) -> None:
        """Take note of what the file holds. Need not be flushed: it can be found out again."""
        self._in_file = in_file
        if self._log.size and not self._stopped:
            await _in_writer(self._note, in_file)

    async def settled(self) -> None:
        """Wait until all is written, or has failed."""
        await self._work.settled()

    async def close(self) -> None:
        """Write what is left."""
        if self._pending:
            self.kick()
        await self._work.close()

    async def _write(self) -> None:
        changes = list(self._pending)
        if not changes:
            return
        anew = self._renew or self._too_long()
        steps = self._steps() if anew else None
        try:
            await _in_writer(self._store, changes, steps)
        except EditLogCut:
            self._renew = True
            self.kick()
            return
        except Exception as error:
            self.on_trouble(explained(error, "Edits could not be written into their log."))
            return
        if anew:
            self._renew, self._least = False, (self._log.lines, self._log.size)
        del self._pending[: len(changes)]
        self.on_durable(changes[-1])

    def _too_long(self) -> bool:
        lines, size = self._least
        log = self._log
        return log.lines > max(MOST_LINES, 2 * lines) or log.size > max(MOST_BYTES, 2 * size)

    def _store(self, changes: list[Change], steps: Steps | None) -> None:
        if steps is not None:
            last = changes[-1]
            self._log.rewrite(
                [*all_records(steps, last.after, last.revision), _written(self._in_file)]
            )
        else:
            self._log.append([*self._beginning(changes[0]), *map(change_record, changes)])

    def _beginning(self, first: Change) -> Iterable[JsonObject]:
        if self._log.size:
            return ()
        before = first.revision - 1
        written = InFile(min(before, self._in_file.revision), self._in_file.sha256)
        return (state_record(first.before, before), _written(written))

    def _note(self, in_file: InFile) -> None:
        try:
            self._log.append([_written(in_file)], flush=False)
        except TensorRagError:
            return


def _written(in_file: InFile) -> JsonObject:
    return written_record(in_file.revision, in_file.sha256)


async def _in_writer(work: Callable[..., None], *values: object) -> None:
    await asyncio.get_running_loop().run_in_executor(_WRITERS, work, *values)
