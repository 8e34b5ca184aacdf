"""The cards that there are, as others describe them; follows the drop-in folder."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from tensorrag.catalog import Catalog, Notice
from tensorrag.errors import TensorRagError
from tensorrag.registry import catalog_cache
from tensorrag.registry.modules import python_files
from web.live.cards.files import write_card_file
from web.live.hosting import Hosting
from web.live.trouble import explained

PAUSE = 1.0
"""Seconds between two looks at the drop-in folder."""

Stamps = list[tuple[str, int, int]]

log = logging.getLogger(__name__)


class CardWatch:
    """Holds the catalog, and tells when there is another one."""

    def __init__(self, folder: Path) -> None:
        self.catalog = Catalog(cards={}, types={})
        """Empty until the cards are described."""
        self.folder = folder
        """The drop-in folder."""
        self._hosting: Hosting | None = None
        self._ready = asyncio.Event()
        self._listeners: list[Callable[[Catalog], None]] = []
        self._following: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the cards are described."""
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        """Wait until the cards are described."""
        await self._ready.wait()

    def listen(self, callback: Callable[[Catalog], None]) -> Callable[[], None]:
        """Call this with every new catalog; returns what ends that."""
        self._listeners.append(callback)

        def stop() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return stop

    async def start(self, hosting: Hosting) -> None:
        """Begin with what the last start described, if nothing has changed since."""
        self._hosting = hosting
        known = await asyncio.to_thread(catalog_cache.known_catalog, self.folder)
        if known is not None:
            self._use(known)
        self._following = asyncio.create_task(self._follow(hosting))

    def stop(self) -> None:
        """Follow no more."""
        if self._following is not None:
            self._following.cancel()

    async def add(self, name: str, text: str) -> str:
        """Put a Python file with cards into the drop-in folder; returns what it is called there.

        Raises:
            CardError: this is no name for such a file, or the file is too large.
        """
        written = await asyncio.to_thread(write_card_file, self.folder, name, text)
        await self.look()
        return written

    async def look(self) -> None:
        """Have the cards described now: a file of the drop-in folder has changed."""
        if self._hosting is not None:
            await self._describe(self._hosting)

    async def has(self, name: str) -> bool:
        """Tell whether the drop-in folder has a file of this name."""
        return await asyncio.to_thread((self.folder / name).exists)

    async def _follow(self, hosting: Hosting) -> None:
        """Have the cards described, and again whenever the drop-in folder changes."""
        seen: Stamps | None = None
        while True:
            now = await asyncio.to_thread(_stamps, self.folder)
            if now != seen:
                try:
                    await self._describe(hosting)
                    seen = now
                except TensorRagError as error:
                    self._use(_none(error))
                except Exception as error:  # once for each state of the folder
                    wrong, seen = explained(error, "The cards could not be described."), now
                    if not self.ready:
                        self._use(_none(wrong))
            await asyncio.sleep(PAUSE)

    async def _describe(self, hosting: Hosting) -> None:
        catalog = await hosting.catalog()
        if catalog != self.catalog or not self.ready:
            self._use(catalog)
            await asyncio.to_thread(catalog_cache.keep, self.folder, catalog)

    def _use(self, catalog: Catalog) -> None:
        if catalog == self.catalog and self.ready:
            return
        if not catalog.cards and catalog.notices:
            log.warning("There are no cards: %s", catalog.notices[0].message)
        self.catalog = catalog
        self._ready.set()
        for callback in tuple(self._listeners):
            callback(catalog)


def _none(error: TensorRagError) -> Catalog:
    """Say in the palette why it is empty."""
    notice = Notice(file="All cards", message=error.message, hint=error.hint)
    return Catalog(cards={}, types={}, notices=(notice,))


def _stamps(folder: Path) -> Stamps:
    found = []
    for path in python_files(folder):
        try:
            seen = path.stat()
        except OSError:  # taken away in this moment
            continue
        found.append((path.name, seen.st_mtime_ns, seen.st_size))
    return found
