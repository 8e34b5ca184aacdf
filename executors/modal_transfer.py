"""What a task takes to Modal and brings back: small files in a message, large by the volume."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from executors import modal_sdk
from executors.modal_fetch import arrivals, fetch
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
    """Take what a container made into the store, but for files that are here; returns the digests.

    Raises:
        WorkspaceError: the disk is full, or may not be written.
    """
    async with arrivals(place.store) as folder:
        for sha256 in await asyncio.to_thread(_lacking, parcel, place):
            await fetch(far_path(sha256), folder / sha256)
        arrived = await asyncio.to_thread(_unpacked, parcel, place, folder)
    return {artifact.digest for artifact in arrived}


def _lacking(parcel: Parcel, place: Place) -> list[str]:
    store = Store(place.store)
    named = filter(DIGEST.fullmatch, parcel["far"])
    return [sha256 for sha256 in named if not store.blob(sha256).is_file()]


def _unpacked(parcel: Parcel, place: Place, folder: Path) -> list[Artifact]:
    with full_disk_explained(place.store):
        return unpack(parcel, Store(place.store), folder)
