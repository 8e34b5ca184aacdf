"""The versions of an open pipeline: what its edit log remembers, and what somebody named."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from tensorrag.edit.document import Document
from tensorrag.edit.history import (
    Version,
    history,
    named_record,
    named_versions,
    with_name,
)
from tensorrag.errors import PipelineError
from tensorrag.store.shelf import Shelf
from web.live.saving import Saving


class Versions:
    """Reads and writes in threads; is asked on the event loop."""

    def __init__(self, shelf: Shelf, pipeline_id: str, document: Document, saving: Saving) -> None:
        self._shelf, self._id = shelf, pipeline_id
        self._document, self._saving = document, saving
        self._opened = time.time()
        self._naming = asyncio.Lock()
        self._closed = False

    async def all(self) -> list[Version]:
        """Return them all, the latest first: that is the pipeline as it is now.

        Raises:
            WorkspaceError: the latest could not be written, or nothing can be read.
        """
        await self._saving.logged(self._document.revision)
        found = await asyncio.to_thread(self._read)
        now, revision = self._document.pipeline, self._document.revision
        if found and found[0].pipeline == now:
            return found
        return [Version(revision, self._opened, now, "As it is now"), *found]

    async def get(self, revision: int) -> Version:
        """Return one.

        Raises:
            PipelineError: it is not remembered any more, or never was.
        """
        for version in await self.all():
            if version.revision == revision:
                return version
        raise PipelineError(
            "This version is not remembered.",
            hint="The latest edits are, and every version that was given a name.",
        )

    async def name(self, revision: int, name: str) -> Version:
        """Call a version so, and keep it for good; an empty name takes it away.

        Returns what it is now.

        Raises:
            PipelineError: there is no such version, or it cannot be called so.
            WorkspaceError: it could not be written.
        """
        async with self._naming:
            if self._closed:
                raise PipelineError("The pipeline was deleted.", hint="Open another one.")
            version = await self.get(revision)
            await asyncio.to_thread(self._name, version, name)
        return replace(version, name=" ".join(name.split()))

    async def close(self) -> None:
        """Give no more names: the pipeline was deleted."""
        async with self._naming:
            self._closed = True

    def _read(self) -> list[Version]:
        records = self._shelf.log(self._id).read().records
        return history(records, self._named(), self._document.catalog)

    def _named(self) -> list[Version]:
        return named_versions(self._shelf.named(self._id).read().records)

    def _name(self, version: Version, name: str) -> None:
        named = with_name(self._named(), version, name)
        self._shelf.named(self._id).rewrite([named_record(each) for each in named])
