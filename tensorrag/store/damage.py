"""What is missing or damaged in the store: never used, set aside, and said in one sentence."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tensorrag.durable import make_folder
from tensorrag.errors import ArtifactDamaged, ArtifactNotFound


def gone(digest: str) -> ArtifactNotFound:
    """Return the error for a value of which a file is no longer there."""
    return ArtifactNotFound(
        f"A file of the stored result {digest[:12]} is gone.", hint="Run the card again."
    )


def damaged(digest: str) -> ArtifactDamaged:
    """Return the error for a value that is not what was written."""
    return ArtifactDamaged(
        f"The stored result {digest[:12]} is damaged and was set aside.",
        hint="Run the card again.",
    )


def set_aside(root: Path, path: Path) -> None:
    """Move a damaged file of the store out of the way; `Store.sweep` removes it after a month."""
    folder = root / "damaged"
    make_folder(folder)
    aside = path.replace(folder / f"{path.name}.{time.time_ns()}")
    os.utime(aside)
