"""The store of values by content: what a card made is kept once, and found by its digest.

A value is one or more files and a little JSON. The files lie under ``blobs`` by their own
sha256, the list of them under ``manifests`` by the sha256 of the list, so that one value may be
many files and equal files are kept once.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Container
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from tensorrag import redaction
from tensorrag.durable import full_disk_explained, make_folder, write_file
from tensorrag.errors import ArtifactError, ArtifactForeign, ArtifactNotFound
from tensorrag.plain import JsonObject
from tensorrag.store import unfinished
from tensorrag.store.blobs import Blobs
from tensorrag.store.damage import damaged, set_aside
from tensorrag.store.database import Database
from tensorrag.store.index import open_index
from tensorrag.store.manifest import DIGEST, PLAIN, SIGNED, Artifact
from tensorrag.store.signing import Signatures
from tensorrag.types import Value, value_type

if TYPE_CHECKING:
    from tensorrag.store.checkpoints import Checkpoints
    from tensorrag.store.results import Peeks, Results

DAMAGED_SECONDS = 30 * 24 * 3600
"""Damaged files, and marks of what was tried, that are older interest nobody any more."""

_KEPT_SECONDS = {
    "damaged": DAMAGED_SECONDS,
    "rehearsed": DAMAGED_SECONDS,
    "arranged": unfinished.LEFTOVER_SECONDS,
}


class Store:
    """A folder of artifacts, used by several processes at once.

    Example:
        >>> store = Store(Path("store"))
        >>> digest = store.put(table).digest
        >>> store.load(digest)
        Table(50000 rows × 14 columns)
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.signatures = Signatures(root)
        self._blobs = Blobs(root, lambda: self.index)

    @cached_property
    def index(self) -> Database:
        """The database beside the files."""
        return open_index(self.root)

    @cached_property
    def results(self) -> Results:
        """What cards made, by cache key."""
        from tensorrag.store.results import Results

        return Results(self)

    @cached_property
    def peeks(self) -> Peeks:
        """What was seen at outside sources, by peek key."""
        from tensorrag.store.results import Peeks

        return Peeks(self.index)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """How far cards are that were stopped, by cache key."""
        from tensorrag.store.checkpoints import Checkpoints

        return Checkpoints(self)

    def put(self, value: Value) -> Artifact:
        """Store a value; one that is there already is kept as it is.

        Raises:
            ArtifactError: the value's own facts are no JSON, or a secret is in it.
            WorkspaceError: the disk is full.
        """
        with full_disk_explained(self.root), unfinished.folder(self.root) as folder:
            meta = value.save(folder)
            paths = sorted(p for p in folder.rglob("*") if p.is_file() or p.is_symlink())
            _refuse_secrets(paths, meta)
            files = tuple(
                self._blobs.keep(path, path.relative_to(folder).as_posix()) for path in paths
            )
            made = SIGNED if value.unpickles else PLAIN
            artifact = Artifact(type=type(value).__name__, format=made, files=files, meta=meta)
            self._keep_manifest(artifact)
            if artifact.is_signed:
                self.signatures.sign(artifact.digest, artifact.manifest)
        return artifact

    def adopt(self, manifest: bytes, folder: Path) -> Artifact:
        """Keep a value that was made for this workspace elsewhere, and vouch for it.

        Args:
            manifest: as `Artifact.manifest` has it.
            folder: its files by their sha256, which are moved from there; one that is in the
                store already need not be.

        Raises:
            ArtifactDamaged: something is missing, or not what the manifest says.
            WorkspaceError: the disk is full.
        """
        try:
            artifact = Artifact.model_validate_json(manifest)
        except ValidationError:
            raise damaged(hashlib.sha256(manifest).hexdigest()) from None
        with full_disk_explained(self.root):
            for file in artifact.files:
                arrived = folder / file.sha256
                if arrived.is_file() and self._blobs.keep(arrived, file.name) != file:
                    raise damaged(artifact.digest)
            try:
                self.verify(artifact)
            except ArtifactNotFound:
                raise damaged(artifact.digest) from None
            self._keep_manifest(artifact)
        if artifact.is_signed:
            self.signatures.sign(artifact.digest, artifact.manifest)
        return artifact

    def get(self, digest: str) -> Artifact:
        """Return the manifest of a stored value.

        Raises:
            ArtifactNotFound: nothing of this digest is stored.
            ArtifactDamaged: the manifest is not what was written.
        """
        path = self._manifest(digest)
        try:
            content = path.read_bytes()
        except OSError:
            raise ArtifactNotFound(
                f"The stored result {digest[:12]} is gone.", hint="Run the card again."
            ) from None
        if hashlib.sha256(content).hexdigest() != digest:
            set_aside(self.root, path)
            raise damaged(digest)
        try:
            return Artifact.model_validate_json(content)
        except ValidationError:
            set_aside(self.root, path)
            raise damaged(digest) from None

    def load(self, digest: str, kind: type[Value] | None = None) -> Value:
        """Read a value back, after its files were verified.

        Args:
            digest: its name.
            kind: of a value that travels along no edge; by default one of `value_types`.

        Raises:
            ArtifactNotFound: it, or one of its files, is gone.
            ArtifactDamaged: a file is not what was written; it is set aside.
            ArtifactForeign: reading it would run code, and this workspace did not write it.
        """
        artifact = self.get(digest)
        kind = kind or value_type(artifact.type)
        if kind.unpickles:
            self.check_signature(artifact)
            contents = {
                file.name: self._blobs.content(file, artifact.digest) for file in artifact.files
            }
            return kind.load_bytes(contents, artifact.meta)
        self.verify(artifact)
        files = {file.name: self.blob(file.sha256) for file in artifact.files}
        return kind.load(files, artifact.meta)

    def check_signature(self, artifact: Artifact) -> None:
        """Make sure that this workspace wrote it; raises ArtifactForeign where it did not."""
        if not self.signatures.holds(artifact.digest, artifact.manifest):
            raise ArtifactForeign(
                f"The stored {artifact.type} {artifact.digest[:12]} was not written by this "
                "workspace, so it is not opened: it could run any code.",
                hint="Run the card that makes it again.",
            )

    def verify(
        self, artifact: Artifact, *, thorough: bool = False, read: Container[str] = ()
    ) -> None:
        """Make sure that every file is what was written, but for those in ``read``, by sha256.

        A file is read once; afterwards its inode, size and times tell whether it was touched.
        ``thorough`` reads it again all the same.

        Raises:
            ArtifactNotFound: a file is gone.
            ArtifactDamaged: a file has other content; it is set aside.
        """
        files = [file for file in artifact.files if file.sha256 not in read]
        self._blobs.verify(files, artifact.digest, thorough=thorough)

    def holds(self, digest: str) -> bool:
        """Whether this value is there, whole and unharmed."""
        try:
            artifact = self.get(digest)
            self.verify(artifact)
            if artifact.is_signed:
                self.check_signature(artifact)
        except ArtifactError:
            return False
        return True

    def stamps(self, artifact: Artifact) -> dict[str, str]:
        """Return how its files look from outside right now, by sha256.

        Raises:
            ArtifactNotFound: one of them is gone.
            ArtifactDamaged: one of them has another size; it is set aside.
        """
        return self._blobs.stamps(artifact.files, artifact.digest)

    def blob(self, sha256: str) -> Path:
        """Where the file of this content lies."""
        return self._blobs.path(sha256)

    def drop_manifest(self, digest: str) -> None:
        """Remove the list of a value's files, and its signature."""
        self._manifest(digest).unlink(missing_ok=True)
        self.signatures.path(digest).unlink(missing_ok=True)

    def size(self) -> int:
        """Bytes of all stored files."""
        return self._blobs.size()

    def sweep(self) -> None:
        """Remove what crashed processes left half written, and what was set aside long ago."""
        unfinished.sweep(self.root)
        for name, seconds in _KEPT_SECONDS.items():
            for path in (self.root / name).glob("*"):
                if _age(path) > seconds:
                    path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        self.index.close()

    def _keep_manifest(self, artifact: Artifact) -> None:
        try:
            content = artifact.manifest
        except (TypeError, ValueError) as error:
            raise ArtifactError(
                f"A {artifact.type} cannot be stored: what it says of itself is no JSON ({error}).",
                hint="Let `save` return numbers, texts, lists and dictionaries of them only.",
            ) from error
        path = self._manifest(artifact.digest)
        if not path.exists() or path.read_bytes() != content:
            make_folder(path.parent)
            write_file(path, content, mode=0o444)

    def _manifest(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise ArtifactNotFound(
                f"{digest[:80]!r} is not the name of a stored result.",
                hint="Run the card again, or look the name up in the run.",
            )
        return self.root / "manifests" / digest[:2] / f"{digest}.json"


def _refuse_secrets(paths: list[Path], meta: JsonObject) -> None:
    """Keep no secret that this process was given: values are shown, exported and passed on."""
    hidden = redaction.here()
    told = any(hidden.text(str(each)) != str(each) for each in (meta, *paths)) if hidden else False
    if told or any(hidden.is_in(path) for path in paths):
        raise ArtifactError(
            "The card put a secret into its result, which was not stored.",
            hint="Return what was made with the secret, without the secret.",
        )


def _age(path: Path) -> float:
    """Seconds since a file was written or set aside."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
