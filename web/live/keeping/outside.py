"""What another program wrote into the file of an open pipeline: taken up, or offered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from tensorrag.pipeline import Pipeline
from web.live.keeping.pipeline_file import Theirs
from web.live.keeping.saving import Saving


class Adopting(Protocol):
    """Puts a pipeline that came out of the file in the place of the one that is open."""

    def __call__(self, pipeline: Pipeline, theirs: Theirs) -> None:
        """Make it one gesture that can be undone."""


class Outside:
    """While somebody looks it is offered; while nobody does, it is taken up at once.

    An edit that is made before anybody decided keeps what they wrote beside.
    """

    def __init__(
        self, saving: Saving, watched: Callable[[], bool], adopt: Adopting, tell: Callable[[], None]
    ) -> None:
        self.offer: Theirs | None = None
        """What they wrote, until somebody decided."""
        self._saving = saving
        self._watched = watched
        self._adopt = adopt
        self._tell = tell

    async def look(self) -> None:
        """Find out whether another program wrote the file."""
        found = await asyncio.to_thread(self._saving.theirs, self.offer)
        if found is not None and found.loaded is not None and not self._watched():
            self._take(found)
            found = None
        self._set(found)

    def take(self) -> None:
        """Take up what they wrote, as a gesture that can be undone."""
        if self.offer is not None:
            self._take(self.offer)
            self._set(None)

    async def keep_mine(self) -> None:
        """Write the file again; what they wrote is kept beside."""
        if self.offer is not None:
            self._set(None)
            await self._saving.keep_mine()

    def _take(self, theirs: Theirs) -> None:
        if theirs.loaded is not None and self._saving.may_accept(theirs):
            self._adopt(theirs.loaded.pipeline, theirs)

    def _set(self, offer: Theirs | None) -> None:
        before, self.offer = self.offer, offer
        if before is not offer:
            self._tell()
