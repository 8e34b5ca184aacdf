"""The folders that a task works with."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Place(BaseModel):
    """The folders that a task works with."""

    model_config = ConfigDict(frozen=True)

    store: Path
    uploads: Path
    base: Path
    """What relative paths in parameters start from; paths may lead into it."""
    cards: Path | None = None
    """The drop-in folder."""
    settings: Path | None = Field(None, exclude=True)
    """Where the executor finds secrets; not told to those who run cards."""
    allowed: tuple[Path, ...] = ()
    """Folders that paths in parameters may lead into besides."""
    hosts: tuple[str, ...] = ()
    """Hosts in networks of one's own that addresses in parameters may lead to."""
    workspace: Path | None = None
    """Where TensorRag keeps what is its own: no path leads to that."""
