"""The manifest of a stored value: the list of its files, and what else is needed to read it."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from tensorrag.plain import JsonObject
from tensorrag.types import BUILT_IN

DIGEST = re.compile(r"[0-9a-f]{64}")
"""How a value, or a cache key, is written."""
PLAIN, SIGNED = 1, 2
"""Formats of an artifact: one that is signed is only used where its signature holds."""
_UNPICKLED = {kind.__name__ for kind in BUILT_IN if kind.unpickles}


class FileEntry(BaseModel):
    """One file of an artifact; ``size`` in bytes."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int


class Artifact(BaseModel):
    """The manifest of a stored value."""

    model_config = ConfigDict(frozen=True)

    type: str
    """Class name of the value."""
    format: int = PLAIN
    files: tuple[FileEntry, ...] = ()
    meta: JsonObject = {}
    """What ``Value.load`` needs besides the files."""

    @cached_property
    def manifest(self) -> bytes:
        """The manifest as canonical JSON: what the digest is taken over."""
        return canonical(self.model_dump())

    @cached_property
    def digest(self) -> str:
        """The sha256 of the manifest: the name of the value in the store."""
        return hashlib.sha256(self.manifest).hexdigest()

    @property
    def is_signed(self) -> bool:
        """Whether it may only be used where this workspace wrote it."""
        return self.format == SIGNED or self.type in _UNPICKLED

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def canonical(content: JsonObject) -> bytes:
    """Return the one spelling of a JSON object that digests are taken over."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
