"""How far cards are that were stopped, by cache key: one checkpoint for each, the latest.

Its numbers lie in the store by their content, signed as models are. A note by the cache key names
them, and is replaced whole. It goes when the card is done, when no run remembers the card, or after
a month; where room is short, after a week.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from tensorrag.durable import make_folder, write_file
from tensorrag.errors import ArtifactError
from tensorrag.store.manifest import DIGEST
from tensorrag.types.checkpoint import Arrays, Checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from tensorrag.store.artifacts import Store
    from tensorrag.store.journal import Journal
    from tensorrag.store.manifest import Artifact


DAYS = 30
"""A checkpoint is kept so long, whatever room there is."""
DAYS_WHEN_FULL = 7
"""So long where the store has more than its cap."""


class Kept(BaseModel):
    """What is known of a checkpoint."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    digest: str
    by: str = ""
    """The ticket of the task that kept it."""
    done: float = 0
    total: float | None = None
    unit: str = ""

    @property
    def words(self) -> str:
        """How far the card was: ``epoch 12 of 50``."""
        of = f" of {self.total:g}" if self.total is not None else ""
        return f"{self.unit or 'step'} {self.done:g}{of}"


class Checkpoints:
    """The checkpoints of a store, by cache key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.root / "checkpoints"

    def get(self, key: str | None) -> Kept | None:
        """Return what is known under a key; None where nothing is, or it was damaged."""
        if key is None or not DIGEST.fullmatch(key):
            return None
        try:
            return Kept.model_validate_json(self._path(key).read_bytes())
        except (OSError, ValidationError):
            return None

    def load(self, kept: Kept) -> Arrays:
        """Return the numbers; raises ArtifactError where they are gone, damaged or foreign."""
        return cast("Checkpoint", self._store.load(kept.digest, Checkpoint)).arrays

    def put(self, key: str, arrays: Arrays, kept: Kept) -> None:
        """Keep numbers in the place of those before; ``kept.digest`` is found here.

        Raises:
            CardError: these are no arrays by name.
            WorkspaceError: the disk is full; those of before stay.
        """
        digest = self._store.put(Checkpoint(arrays, of=key)).digest
        self.note(key, kept.model_copy(update={"digest": digest}))

    def note(self, key: str, kept: Kept) -> None:
        """Point a key to a checkpoint that is in the store; the one before is removed."""
        before = self.get(key)
        make_folder(self._folder)
        write_file(self._path(key), kept.model_dump_json().encode())
        if before is not None and before.digest != kept.digest:
            self._remove(before)

    def forget(self, key: str) -> None:
        """Remove the checkpoint of a key, if there is one."""
        kept = self.get(key)
        self._path(key).unlink(missing_ok=True)
        if kept is not None:
            self._remove(kept)

    def digests(self) -> set[str]:
        """Return the digests of all checkpoints: they stay in the store."""
        kept = [self.get(key) for key in self._keys()]
        return {each.digest for each in kept if each is not None}

    def thin(self, journal: Journal) -> None:
        """Remove those of which no run knows any more."""
        for key in tuple(self._keys()):
            if not journal.knows(key):
                self.forget(key)

    def forget_old(self, days: float = DAYS) -> None:
        """Remove those that nobody has gone on from for so long."""
        for key in tuple(self._keys()):
            with suppress(OSError):
                if self._path(key).stat().st_mtime < time.time() - days * 86400:
                    self.forget(key)

    def artifact(self, kept: Kept) -> Artifact | None:
        """Return the manifest of a checkpoint; None where it is gone or damaged."""
        try:
            return self._store.get(kept.digest)
        except ArtifactError:
            return None

    def _keys(self) -> Iterator[str]:
        return (path.stem for path in self._folder.glob("*.json"))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _remove(self, kept: Kept) -> None:
        """Remove its files: nothing else in the store holds the very same numbers."""
        artifact = self.artifact(kept)
        with suppress(OSError):
            for file in artifact.files if artifact is not None else ():
                self._store.blob(file.sha256).unlink(missing_ok=True)
            self._store.drop_manifest(kept.digest)
