"""Looks the store through: is every value what was written, and what must stay, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tensorrag.errors import ArtifactError, ArtifactForeign
from tensorrag.store.artifacts import Store
from tensorrag.store.journal import Journal
from tensorrag.store.latest import latest, latest_outputs
from tensorrag.store.shelf import Shelf


class Pin(BaseModel):
    """Why some values stay whatever the cap of the store says."""

    model_config = ConfigDict(frozen=True)

    pipeline: str
    """What people call it."""
    run: str
    """Its latest run, whose results stay; empty where a version keeps them."""
    version: str = ""
    """What the version is called that keeps them."""
    values: int
    size: int
    """Bytes; of files that several pins need, each counts them."""


class Verified(BaseModel):
    """What a look through the store found."""

    model_config = ConfigDict(frozen=True)

    values: int = 0
    """How many were read, each file of them whole."""
    size: int = 0
    """Bytes that were read and hashed."""
    damaged: tuple[str, ...] = ()
    """Sentences, one for each value that is not what was written; its files are set aside."""
    foreign: tuple[str, ...] = ()
    """Sentences, one for each model that this workspace did not write: never opened."""


def verify(store: Store) -> Verified:
    """Read and hash every file of every value, once; takes as long as reading the whole store."""
    values, damaged, foreign = 0, [], []
    sizes: dict[str, int] = {}
    for digest in _digests(store):
        try:
            artifact = store.get(digest)
            store.verify(artifact, thorough=True, read=sizes)
            if artifact.is_signed:
                store.check_signature(artifact)
            values += 1
            sizes |= {file.sha256: file.size for file in artifact.files}
        except ArtifactForeign as error:
            foreign.append(error.message)
        except ArtifactError as error:
            damaged.append(error.message)
    return Verified(
        values=values,
        size=sum(sizes.values()),
        damaged=tuple(damaged),
        foreign=tuple(foreign),
    )


def pins(store: Store, journal: Journal, shelf: Shelf) -> list[Pin]:
    """Say what is pinned: results of the latest run of every pipeline, and of named versions."""
    runs = [(name, run, "", digests) for run, name, digests in latest(journal)]
    versions = [(kept.pipeline, "", kept.version, kept.digests) for kept in shelf.results()]
    return [
        Pin(
            pipeline=name or "(no name)",
            run=run,
            version=version,
            values=len(digests),
            size=_size(store, digests),
        )
        for name, run, version, digests in (*runs, *versions)
        if digests
    ]


def pinned_size(store: Store, journal: Journal, named: Collection[str]) -> int:
    """Bytes of all that is pinned, each file counted once; ``named`` is what versions keep."""
    return _size(store, latest_outputs(journal) | store.checkpoints.digests() | set(named))


def _digests(store: Store) -> Iterator[str]:
    for path in sorted((store.root / "manifests").glob("*/*.json")):
        if not path.name.startswith("."):
            yield Path(path).stem


def _size(store: Store, digests: Collection[str]) -> int:
    files: dict[str, int] = {}
    for digest in digests:
        try:
            files |= {file.sha256: file.size for file in store.get(digest).files}
        except ArtifactError:
            continue  # it is gone already, or was damaged
    return sum(files.values())
