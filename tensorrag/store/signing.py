"""Signatures: how a workspace knows what it wrote itself.

Reading a pickled model runs whatever is in it, so only models that were written here are read. A
signature is an HMAC over kind, digest and facts, with a key that never leaves the workspace. The
digest covers every byte of the files.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from tensorrag.durable import full_disk_explained, make_folder, sync_folder, write_file
from tensorrag.errors import WorkspaceError

KEY_BYTES = 32


class Signatures:
    """The key of a workspace, and the signatures that were made with it.

    Args:
        root: the folder of the store. The key is a file beside it that only its owner may read:
            whoever copies a whole store from elsewhere brings no key along.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.key_file = root.with_name(f"{root.name}.key")

    def sign(self, digest: str, signed: bytes) -> None:
        """Say that this workspace wrote the artifact of this digest.

        Args:
            digest: of the artifact.
            signed: its manifest: kind, files by their sha256, and facts.
        """
        path = self.path(digest)
        make_folder(path.parent)
        write_file(path, self._hmac(digest, signed), mode=0o444)

    def holds(self, digest: str, signed: bytes) -> bool:
        """Whether this workspace wrote it."""
        try:
            found = self.path(digest).read_bytes()
        except OSError:
            return False
        return hmac.compare_digest(found, self._hmac(digest, signed))

    def path(self, digest: str) -> Path:
        """Where the signature of an artifact lies."""
        return self._root / "manifests" / digest[:2] / f"{digest}.sig"

    def _hmac(self, digest: str, signed: bytes) -> bytes:
        message = digest.encode() + b"\n" + signed
        return hmac.new(self._key, message, hashlib.sha256).hexdigest().encode()

    @cached_property
    def _key(self) -> bytes:
        known = self._read()
        if known is None:
            self._draw()
            known = self._read()
        if known is None:
            raise self._unreadable("it is gone again")
        return known

    def _read(self) -> bytes | None:
        """Return the key; None where there is none. One that was cut short is none.

        Models of a lost key count as a stranger's: they are made again.
        """
        try:
            key = self.key_file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(str(error.strerror).lower()) from None
        if len(key) != KEY_BYTES:
            with suppress(FileNotFoundError):  # another process may just have done so
                self.key_file.replace(self.key_file.with_suffix(f".damaged-{_unique()}"))
            return None
        with suppress(OSError):
            if self.key_file.stat().st_mode & 0o077:
                self.key_file.chmod(0o600)
        return key

    def _draw(self) -> None:
        """Draw a key, unless another process is a moment faster."""
        make_folder(self._root)
        drawn = self.key_file.with_suffix(f".{_unique()}")
        with full_disk_explained(self._root):
            write_file(drawn, secrets.token_bytes(KEY_BYTES), mode=0o600)
            with suppress(FileExistsError):
                os.link(drawn, self.key_file)
            drawn.unlink()
            sync_folder(self._root)

    def _unreadable(self, reason: str) -> WorkspaceError:
        return WorkspaceError(
            f"The key {self.key_file}, by which stored models are known, cannot be read: {reason}.",
            hint="Make it readable for yourself (chmod 600), or move it away: "
            "models are then made again.",
        )


def _unique() -> str:
    return secrets.token_hex(4)
