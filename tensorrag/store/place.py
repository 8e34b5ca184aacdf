"""The folders that a task works with."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Place(BaseModel):
    """The folders that a task works with."""

    model_config = ConfigDict(frozen=True)

    store: Path
    uploads: Path
    base: Path
    """What relative paths in parameters start from; paths may lead into it."""
    cards: Path | None = None
    """The drop-in folder."""
    allowed: tuple[Path, ...] = ()
    """Folders that paths in parameters may lead into besides."""
    workspace: Path | None = None
    """Where TensorRag keeps what is its own: no path leads to that."""
