"""What was found of cards at paid places that no run waited for, until somebody has read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from tensorrag.store.findings import Finding, Findings


class Found:
    """What nobody has read yet, the oldest first. Used on the event loop alone.

    Args:
        kept: where it is, also across restarts.
        changed: hears of which pipeline there is more to be read, or less.
    """

    def __init__(self, kept: Findings, changed: Callable[[str | None], None]) -> None:
        self._kept, self._changed = kept, changed
        self._unread: dict[str, Finding] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Take up what was not read when the server before ended."""
        for finding in await asyncio.to_thread(self._kept.unread):
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Take in what was found just now."""
        self._unread[finding.ticket] = finding
        self._changed(finding.pipeline)

    def of(self, pipeline_id: str) -> list[Finding]:
        """Return what there is to be read of the cards of a pipeline."""
        return [each for each in self._unread.values() if each.pipeline == pipeline_id]

    def elsewhere(self, pipelines: Collection[str]) -> list[Finding]:
        """Return what there is to be read of cards of none of these pipelines."""
        return [each for each in self._unread.values() if each.pipeline not in pipelines]

    def read(self, ticket: str) -> None:
        """Somebody has read it; one that is not known is nobody's business."""
        finding = self._unread.pop(ticket, None)
        if finding is not None:
            task = asyncio.create_task(asyncio.to_thread(self._kept.read, ticket))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
            self._changed(finding.pipeline)

    async def close(self) -> None:
        """Wait until what was read is noted."""
        await asyncio.gather(*self._reading, return_exceptions=True)
