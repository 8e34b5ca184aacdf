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
            writing = asyncio.to_thread(self._settings.set, NAME, pipeline_id)
            self._writing = asyncio.create_task(writing)
