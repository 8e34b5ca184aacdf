"""The pipeline that somebody looked at last: the next start begins with it."""

from __future__ import annotations

import asyncio

from tensorrag.store.settings import Settings

NAME = "last_pipeline"


class LastOpened:
    """Remembered across restarts."""

    def __init__(self, settings: Settings) -> None:
        """Look up what the settings have. Reads a file."""
        known = settings.get(NAME)
        self.id = known if isinstance(known, str) else None
        """None where nobody ever looked at one."""
        self._settings = settings
        self._writing: asyncio.Task[None] | None = None

    def remember(self, pipeline_id: str) -> None:
        """Somebody looks at this one."""
        if pipeline_id != self.id:
            self.id = pipeline_id
            self._writing = asyncio.create_task(self._write(pipeline_id, self._writing))

    async def close(self) -> None:
        """Wait until it is written."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write(self, pipeline_id: str, before: asyncio.Task[None] | None) -> None:
        if before is not None:  # or the one before could be written after it
            await asyncio.wait([before])
        await asyncio.to_thread(self._settings.set, NAME, pipeline_id)
