"""Checkpoints on the volume: a container that is pre-empted loses seconds of its work, not all.

Each is one file that never changes, in a folder by the cache key of its card; the latest name is
the latest one. The container that takes its place finds it there, and so does whoever resumes the
run; both know it by its content, as every value that a container made.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from executors import modal_sdk
from executors.modal_fetch import arrivals, fetch
from tensorrag.store.artifacts import Store
from tensorrag.store.checkpoints import Kept
from tensorrag.types.checkpoint import Checkpoint

if TYPE_CHECKING:
    import modal

FOLDER = "checkpoints"

PAUSE = 0.5
"""Seconds between two looks whether the card has kept something."""

DAYS = 7
"""A checkpoint that lies there longer is removed by the next container that keeps one."""

_NOTE, _MANIFEST = "kept.json", "manifest.json"


class Courier:
    """Brings what one task keeps from the container to the volume.

    Args:
        volume: mounted at ``mount``.
        mount: where.
        store: of the container, which the card works with.
        key: of the task; empty where it keeps nothing.
    """

    def __init__(self, volume: modal.Volume, mount: Path, store: Store, key: str) -> None:
        self._volume, self._store, self._key = volume, store, key
        self._root = mount / FOLDER
        self._sent = ""

    def fetch(self, *, look_again: bool) -> None:
        """Take what an earlier container kept, unless what came along is further.

        Args:
            look_again: whether there may be something since this container was started.
        """
        if not self._key:
            return
        if look_again:
            self._volume.reload()
        for path in sorted(self._folder.glob("*"), reverse=True):
            kept = unwrap(path, self._store)
            if kept is not None:
                here = self._store.checkpoints.get(self._key)
                if here is None or here.done <= kept.done:
                    self._store.checkpoints.note(self._key, kept)
                    self._sent = kept.digest
                return

    @contextmanager
    def working(self) -> Iterator[None]:
        """Bring what is kept while the block runs, and at its end."""
        over = threading.Event()
        thread = threading.Thread(target=self._work, args=(over,), daemon=True)
        if self._key:
            thread.start()
        try:
            yield
        finally:
            over.set()
            if self._key:
                thread.join()

    def clear(self) -> None:
        """The card is done: nobody goes on from what it kept."""
        if self._key and self._folder.exists():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._volume.commit()

    def _work(self, over: threading.Event) -> None:
        last = False
        while not last:
            last = over.wait(PAUSE)
            with suppress(Exception):  # the next one may do better; the card goes on all the same
                self._bring()

    def _bring(self) -> None:
        kept = self._store.checkpoints.get(self._key)
        if kept is None or kept.digest == self._sent:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        before = list(self._folder.glob("*"))
        wrap(self._folder / f"{time.time_ns():020d}", self._store, kept)
        for path in (*before, *self._old()):
            path.unlink(missing_ok=True)
        self._volume.commit()
        self._sent = kept.digest

    def _old(self) -> list[Path]:
        limit = time.time_ns() - DAYS * 86400 * 10**9
        return [path for path in self._root.glob("*/*") if _moment(path.name) < limit]

    @property
    def _folder(self) -> Path:
        return self._root / self._key


def wrap(path: Path, store: Store, kept: Kept) -> None:
    """Write a checkpoint as one file, whole or not at all."""
    artifact = store.get(kept.digest)
    half = path.with_name(f".{path.name}")
    with zipfile.ZipFile(half, "w") as file:
        file.writestr(_NOTE, kept.model_dump_json())
        file.writestr(_MANIFEST, artifact.manifest)
        for each in artifact.files:
            file.write(store.blob(each.sha256), each.sha256)
    half.replace(path)


def unwrap(path: Path, store: Store) -> Kept | None:
    """Put the checkpoint of a file into a store; None where it is none, or damaged."""
    try:
        with zipfile.ZipFile(path) as file, tempfile.TemporaryDirectory(dir=store.root) as name:
            if any(info.compress_type != zipfile.ZIP_STORED for info in file.infolist()):
                return None
            kept = Kept.model_validate_json(file.read(_NOTE))
            file.extractall(name)
            artifact = store.adopt(file.read(_MANIFEST), Path(name))
    except Exception:  # whatever a container may have written there
        return None
    is_it = artifact.type == Checkpoint.__name__ and artifact.digest == kept.digest
    return kept if is_it else None


async def bring_home(key: str, store: Store) -> None:
    """Take the latest checkpoint of a card from the volume into the store of this machine.

    Raises:
        Exception: whatever the SDK raises where there is none.
    """
    if not key:
        return
    volume = modal_sdk.volume()
    paths = [entry.path async for entry in volume.iterdir.aio(f"/{FOLDER}/{key}")]
    names = [path for path in paths if _moment(Path(path).name)]
    if not names:
        return
    async with arrivals(store.root) as folder:
        path = folder / "checkpoint"
        await fetch(max(names), path)
        kept = await asyncio.to_thread(unwrap, path, store)
    if kept is not None:
        await asyncio.to_thread(store.checkpoints.note, key, kept)


def _moment(name: str) -> int:
    """Nanoseconds since 1970 at which a file of this name was written; 0 where it is no such."""
    return int(name) if name.isascii() and name.isdecimal() else 0
