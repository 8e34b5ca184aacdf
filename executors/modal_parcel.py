"""What travels between this machine and a container: files, small ones in the message itself.

A parcel is builtins and bytes. What is near travels in it; what is far lies on the volume, by its
content, and is sent there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from pydantic import ValidationError

from tensorrag.errors import ArtifactDamaged
from tensorrag.store.artifacts import Store
from tensorrag.store.manifest import Artifact

FORMAT = 3
"""Raised whenever requests or answers change: both ends must agree."""

APP, DATA, EVENTS = "tensorrag", "tensorrag-data", "tensorrag-events"

REVOKED = "-revoked"
"""What is added to the name of a task where somebody notes that it must not begin."""

NEAR = 8 << 20
"""Bytes of all files that may travel in one message."""


MOST = 1 << 50
"""Bytes: a larger number is no size."""


class Parcel(TypedDict):
    """Stored values, and uploads, on their way."""

    manifests: list[bytes]
    uploads: list[str]
    near: dict[str, bytes]
    """Contents by their sha256."""
    far: list[str]


EMPTY: Parcel = {"manifests": [], "uploads": [], "near": {}, "far": []}


def pack(store: Store, digests: Iterable[str], uploads: Iterable[Path] = ()) -> Parcel:
    """Put stored values and uploads into a parcel; the far files are yet to be sent.

    Raises:
        ArtifactError: one of them is gone or damaged.
    """
    files, manifests, uploads = {}, [], tuple(uploads)
    for digest in dict.fromkeys(digests):
        artifact = store.get(digest)
        store.verify(artifact)
        if artifact.is_signed:
            store.check_signature(artifact)
        manifests.append(artifact.manifest)
        files.update({file.sha256: store.blob(file.sha256) for file in artifact.files})
    files.update({path.name: path for path in uploads})
    near: dict[str, bytes] = {}
    room = NEAR
    for sha256, path in files.items():
        size = path.stat().st_size
        if size <= room:
            room -= size
            near[sha256] = path.read_bytes()
    return {
        "manifests": manifests,
        "uploads": [path.name for path in uploads],
        "near": near,
        "far": [sha256 for sha256 in files if sha256 not in near],
    }


def unpack(parcel: Parcel, store: Store, folder: Path) -> list[Artifact]:
    """Keep the values of a parcel.

    Args:
        parcel: from the other end.
        store: takes them.
        folder: has the far files by their sha256; what is taken is moved from there.

    Raises:
        ArtifactDamaged: what arrived is not what was sent.
    """
    for sha256, content in parcel["near"].items():
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ArtifactDamaged("A value was damaged on its way.", hint="Run the card again.")
        (folder / sha256).write_bytes(content)
    return [store.adopt(manifest, folder) for manifest in parcel["manifests"]]


def bytes_of(parcel: Parcel) -> int:
    """Return how much room the values of a parcel take, as far as its manifests say."""
    files: dict[str, int] = {}
    for manifest in parcel["manifests"]:
        with suppress(ValidationError):  # it is refused when it is unpacked
            files.update({f.sha256: f.size for f in Artifact.model_validate_json(manifest).files})
    return min(sum(files.values()), MOST)


def far_path(sha256: str) -> str:
    """Where a file of this content lies on the volume."""
    return f"/blobs/{sha256[:2]}/{sha256}"
