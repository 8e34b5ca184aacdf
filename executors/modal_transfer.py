"""What a task takes to Modal and brings back: small files in a message, large by the volume."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from executors import modal_sdk
from executors.modal_parcel import Parcel, far_path, pack, unpack
from tensorrag.durable import full_disk_explained
from tensorrag.store.artifacts import Store
from tensorrag.store.checkpoints import Kept
from tensorrag.store.manifest import DIGEST, Artifact
from tensorrag.store.place import Place
from tensorrag.store.uploads import Uploads
from tensorrag.task import Task

_UPLOAD = re.compile(r"sha256:[0-9a-f]{64}")


def kept_before(task: Task, place: Place) -> Kept | None:
    """Return how far an earlier one was that this one goes on with."""
    store = Store(place.store)
    kept = None if task.anew else store.checkpoints.get(task.key)
    return kept if kept is not None and store.holds(kept.digest) else None


def parcel_of(task: Task, place: Place, kept: Kept | None) -> Parcel:
    """Pack what a task needs; its far files are yet to be sent.

    Raises:
        ArtifactError: one of its inputs is gone or damaged.
    """
    digests = [digest for some in task.inputs.values() for digest in some]
    digests += [kept.digest] if kept is not None else []
    uploads = Uploads(place.uploads)
    named = [v for v in task.params.values() if isinstance(v, str) and _UPLOAD.fullmatch(v)]
    return pack(Store(place.store), digests, [uploads.path(name) for name in named])


async def send(far: list[str], place: Place) -> None:
    """Put files on the volume by their content; what is there already is not sent again."""
    if not far:
        return
    store = Store(place.store)
    async with modal_sdk.volume().batch_upload.aio(force=True) as batch:
        for sha256 in far:
            blob = store.blob(sha256)
            path = blob if blob.is_file() else place.uploads / sha256
            batch.put_file(path, far_path(sha256))


async def receive(parcel: Parcel, place: Place) -> set[str]:
    """Take what a container made into the store; returns the digests.

    Raises:
        WorkspaceError: the disk is full, or may not be written.
    """
    folder = await asyncio.to_thread(_folder_for, place)
    try:
        for sha256 in filter(DIGEST.fullmatch, parcel["far"]):
            await _fetch(sha256, folder / sha256)
        arrived = await asyncio.to_thread(_unpacked, parcel, place, folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return {artifact.digest for artifact in arrived}


async def _fetch(sha256: str, path: Path) -> None:
    """Copy a file from the volume; this machine's disk is used in threads alone."""
    write = _Writing(path)
    try:
        async for chunk in modal_sdk.volume().read_file.aio(far_path(sha256)):
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


def _folder_for(place: Place) -> Path:
    """Make a folder beside the store for what arrives."""
    with full_disk_explained(place.store):
        place.store.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=place.store, prefix="tmp-"))


def _unpacked(parcel: Parcel, place: Place, folder: Path) -> list[Artifact]:
    with full_disk_explained(place.store):
        return unpack(parcel, Store(place.store), folder)
