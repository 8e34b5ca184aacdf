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
    """What relative paths in parameters start from."""
    cards: Path | None = None
    """The drop-in folder."""
    settings: Path | None = Field(None, exclude=True)
    """Where the executor finds secrets; not told to those who run cards."""
