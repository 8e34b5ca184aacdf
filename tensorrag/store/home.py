"""Which folder is the workspace."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "TENSORRAG_WORKSPACE"
DEFAULT = "~/.tensorrag"


def home(path: Path | str | None = None) -> Path:
    """Return the workspace folder: the one given, ``$TENSORRAG_WORKSPACE``, or ``~/.tensorrag``."""
    return Path(path or os.environ.get(VARIABLE) or DEFAULT).expanduser().absolute()
