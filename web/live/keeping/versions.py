"""The versions of an open pipeline: what its edit log remembers, and what somebody named."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tensorrag.edit.document import Document
from tensorrag.edit.history import (
    Version,
    history,
    named_record,
    named_versions,
    with_name,
)
from tensorrag.errors import PipelineError, WorkspaceError
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.essence import essence
from tensorrag.store.shelf import Shelf
from web.live.keeping.saving import Saving

Results = Callable[[Pipeline], Awaitable[frozenset[str]]]
log = logging.getLogger(__name__)


class Versions:
    """Reads and writes in threads; is asked on the event loop."""

    def __init__(
        self, shelf: Shelf, pipeline_id: str, document: Document, saving: Saving, results: Results
    ) -> None:
        """``results`` tells the digests of what is stored of a pipeline."""
        self._shelf, self._id, self._results = shelf, pipeline_id, results
        self._document, self._saving = document, saving
        self._opened = time.time()
        self._naming = asyncio.Lock()
        self._closed = False

    async def all(self) -> list[Version]:
        """Return them all, the latest first: that is the pipeline as it is now.

        Raises:
            WorkspaceError: the latest could not be written, or nothing can be read.
        """
        await self._saving.logged()
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
            if name:
                version = replace(version, results=await self._results(version.pipeline))
            await asyncio.to_thread(self._name, version, name)
        return replace(version, name=" ".join(name.split()))

    async def ran(self) -> None:
        """Keep what a run has made, if the pipeline as it is now has a name."""
        pipeline = self._document.pipeline
        async with self._naming:
            if self._closed:
                return
            try:
                named, now = await asyncio.to_thread(self._named), essence(pipeline)
                same = [each for each in named if essence(each.pipeline) == now]
                if same:
                    made = await self._results(pipeline)
                    named = [replace(v, results=made) if v in same else v for v in named]
                    await asyncio.to_thread(self._write, named)
            except WorkspaceError as error:
                log.warning("A version could not keep its results: %s", error.message)

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
        self._write(with_name(self._named(), version, name))

    def _write(self, named: list[Version]) -> None:
        self._shelf.named(self._id).rewrite([named_record(each) for each in named])
