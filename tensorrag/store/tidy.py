"""Keeps the store below its cap: what was of use longest ago goes first."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tensorrag.arranging import kept_rows
from tensorrag.errors import ArtifactError
from tensorrag.store.artifacts import Store
from tensorrag.store.checkpoints import DAYS_WHEN_FULL
from tensorrag.store.interruption import ongoing_since
from tensorrag.store.journal import Journal
from tensorrag.store.latest import latest_outputs

ROOM = 0.9
"""Share of the cap that is left after tidying, so that it need not be done all the time."""
YOUNG_SECONDS = 60
"""What was written within the last minute may be about to be recorded."""

_one_at_a_time = threading.Lock()


def tidy(
    store: Store, journal: Journal, *, cap: int, named: Callable[[], Iterable[str]] = tuple
) -> int:
    """Remove what nobody will finish, and the results used longest ago until the rest fits.

    The outputs of the latest run of every pipeline stay, and those of ``named`` versions, and
    models that are pinned, and checkpoints, and what was of use since the oldest run began that
    is going on.

    Returns:
        How many bytes of results were removed.
    """
    with _one_at_a_time:
        store.sweep()
        before = store.size()
        if before <= cap:
            return 0
        store.checkpoints.forget_old(DAYS_WHEN_FULL)
        kept_rows.forget(store.root / "arranged", 0)
        since = ongoing_since(journal) or time.time()
        pinned = latest_outputs(journal) | journal.models.pinned() | set(named())
        kept = _Kept(store, pinned | store.checkpoints.digests())
        size = kept.size
        for key, digests in _by_use(store, before=since):
            if size > cap * ROOM and not kept.pins(digests) and _forget(store, key, since):
                size -= kept.drop(digests)
        kept.remove_rest(since)
        return before - store.size()


class _Kept:
    """Counts how many results need each value, and each file."""

    def __init__(self, store: Store, pinned: Iterable[str]) -> None:
        self._store = store
        self._pinned = frozenset(pinned)
        self._uses: dict[str, int] = dict.fromkeys(self._pinned, 1)
        for _, digests in _by_use(store):
            for digest in digests:
                self._uses[digest] = self._uses.get(digest, 0) + 1
        self._dropped: set[str] = set()
        self._files: dict[str, int] = {}
        for digest in self._uses:
            for sha256 in self._files_of(digest):
                self._files[sha256] = self._files.get(sha256, 0) + 1

    @property
    def size(self) -> int:
        """Bytes of the files that are needed."""
        return sum(_size(self._store.blob(sha256)) for sha256 in self._files)

    def pins(self, digests: Iterable[str]) -> bool:
        """Whether one of these must stay."""
        return not self._pinned.isdisjoint(digests)

    def drop(self, digests: Iterable[str]) -> int:
        """One result needs these no longer; returns how many bytes nobody needs now."""
        freed = 0
        for digest in digests:
            self._uses[digest] -= 1
            if self._uses[digest] == 0:
                del self._uses[digest]
                self._dropped.add(digest)
                freed += sum(self._drop_file(sha256) for sha256 in self._files_of(digest))
        return freed

    def remove_rest(self, since: float) -> None:
        """Remove the files that nobody needs, and that no run wrote after ``since``."""
        settled = min(since, time.time() - YOUNG_SECONDS)
        needed = {*self._uses, *self._files}
        for folder in ("manifests", "blobs"):  # signatures lie beside the manifests
            for path in (self._store.root / folder).glob("*/*"):
                if path.stem not in needed:
                    _remove(path, since if path.stem in self._dropped else settled)

    def _drop_file(self, sha256: str) -> int:
        self._files[sha256] -= 1
        if self._files[sha256]:
            return 0
        del self._files[sha256]
        self._dropped.add(sha256)
        return _size(self._store.blob(sha256))

    def _files_of(self, digest: str) -> list[str]:
        try:
            return [file.sha256 for file in self._store.get(digest).files]
        except ArtifactError:
            return []


def _by_use(store: Store, *, before: float = math.inf) -> list[tuple[str, list[str]]]:
    """Return key and outputs of results, the one used longest ago first."""
    rows = store.index.read(
        "SELECT key, outputs FROM results WHERE used < ? ORDER BY used", (before,)
    )
    return [(key, list(json.loads(outputs).values())) for key, outputs in rows]


def _forget(store: Store, key: str, since: float) -> bool:
    """Forget a result, unless it was of use again meanwhile."""
    with store.index.write(durable=False) as connection:
        gone = connection.execute("DELETE FROM results WHERE key = ? AND used < ?", (key, since))
        return gone.rowcount > 0


def _remove(path: Path, limit: float) -> None:
    with suppress(FileNotFoundError):  # another process may be tidying too
        if path.stat().st_mtime < limit:
            path.unlink()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
