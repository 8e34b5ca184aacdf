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
    """What relative paths in parameters start from."""
    cards: Path | None = None
    """The drop-in folder."""
