"""Brings files home from the volume: the disk of this machine is used in threads alone."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from executors import modal_sdk
from tensorrag.durable import full_disk_explained
from tensorrag.store.unfinished import new_folder


async def fetch(far: str, path: Path) -> None:
    """Copy a file from the volume.

    Raises:
        WorkspaceError: the disk is full, or may not be written.
        Exception: what the SDK raises.
    """
    write = _Writing(path)
    try:
        async for chunk in modal_sdk.volume().read_file.aio(far):
            await asyncio.to_thread(write, chunk)
    finally:
        await asyncio.to_thread(write.close)


class _Writing:
    """A file that is written chunk by chunk; it is opened with the first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __call__(self, chunk: bytes) -> None:
        with full_disk_explained(self._path.parent):
            self._file = self._file or self._path.open("wb")
            self._file.write(chunk)

    def close(self) -> None:
        """Write what is still to be written."""
        if self._file is not None:
            with full_disk_explained(self._path.parent):
                self._file.close()


@asynccontextmanager
async def arrivals(root: Path) -> AsyncIterator[Path]:
    """Have a folder in a store for what arrives, until the block ends.

    Raises:
        WorkspaceError: the disk is full, or may not be written.
    """
    folder = await asyncio.to_thread(_made, root)
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _made(root: Path) -> Path:
    with full_disk_explained(root):
        return new_folder(root)
