"""What the journal has of a run before its first card: that it waits, begins, or never will."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tensorrag.errors import WorkspaceError
from tensorrag.plain import JsonObject
from tensorrag.run.chronicle import Chronicle
from tensorrag.run.request import Request
from tensorrag.store.journal import Journal


class Entry:
    """A run's place in the journal, which gives it its id."""

    def __init__(self, journal: Journal, request: Request, run_id: str = "") -> None:
        self.chronicle = Chronicle(journal, run_id)
        """What happens in the run."""
        self._journal, self._request = journal, request

    @property
    def id(self) -> str:
        """The id of the run; empty before it is entered."""
        return self.chronicle.run

    def wait(self) -> None:
        """Enter a run that waits its turn. For a thread."""
        self._enter({})
        self.chronicle.note("run", {"status": "queued"})
        self.chronicle.record()

    def begin(self, record: JsonObject, problems: Sequence[JsonObject], created: float) -> None:
        """Enter a run that begins, or say so of one that waited. For a thread."""
        now: dict[str, Any] = {"problems": problems, "created": created}
        if self.id:
            self._journal.begin_run(self.id, record, **now)
        else:
            self._enter(record, status="running", **now)

    async def refuse(self, problems: Sequence[JsonObject]) -> None:
        """Say why a run whose turn came cannot begin, if that can be written."""
        begin, now = self._journal.begin_run, time.time()
        with suppress(WorkspaceError):  # it ends all the same
            await asyncio.to_thread(begin, self.id, {}, problems=problems, created=now)

    async def end(self, status: str, more: JsonObject | None = None) -> None:
        """End a run that has not begun."""
        self.chronicle.note("run", {"status": status, "seconds": 0.0, **(more or {})})
        try:
            await asyncio.to_thread(self.chronicle.record, status)
        except WorkspaceError:
            self.chronicle.give_up()
        self.chronicle.ended = True
        self.chronicle.tell()

    def _enter(self, record: JsonObject, **more: Any) -> None:
        self.chronicle.run = self._journal.create_run(
            record,
            pipeline_id=self._request.pipeline_id,
            name=self._request.pipeline.name,
            parent=self._request.parent,
            request=self._request.to_json(),
            **more,
        )
