"""What has gathered on the volume, and how it is removed: it stays until somebody does that."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from executors import modal_sdk
from executors.modal_counter import sign_in

LEAST_DAYS = 9
"""What is younger may be needed: a card takes a day at most, and Modal keeps a result for seven."""


@dataclass(frozen=True, slots=True)
class Far:
    """One file of the volume."""

    path: str
    size: int
    """Bytes."""
    written: float
    """When it was sent, or made, last: seconds since 1970."""

    def is_older(self, days: float) -> bool:
        """Whether nobody has sent or made it for so many days."""
        return self.written < time.time() - days * 86400


async def files() -> list[Far]:
    """List all that is there.

    Raises:
        Exception: what the SDK raises, or that nobody is signed in.
    """
    from modal.types import FileEntryType

    sign_in()
    entries = modal_sdk.volume().iterdir.aio("/", recursive=True)
    return [
        Far(entry.path, entry.size, entry.mtime)
        async for entry in entries
        if entry.type == FileEntryType.FILE
    ]


async def remove(old: Iterable[Far]) -> int:
    """Remove files; returns how many bytes they had. One that is gone by then is no trouble."""
    freed, volume = 0, modal_sdk.volume()
    for file in old:
        with suppress(FileNotFoundError):
            await volume.remove_file.aio(file.path)
            freed += file.size
    return freed
