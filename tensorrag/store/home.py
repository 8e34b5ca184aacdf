"""Which folder is the workspace."""

from __future__ import annotations

import os
from pathlib import Path

from tensorrag.errors import WorkspaceError

VARIABLE = "TENSORRAG_WORKSPACE"
DEFAULT = "~/.tensorrag"


def home(path: Path | str | None = None) -> Path:
    """Return the workspace folder: the one given, ``$TENSORRAG_WORKSPACE``, or ``~/.tensorrag``.

    Raises:
        WorkspaceError: it is in the home of somebody who is not known here.
    """
    wanted = Path(path or os.environ.get(VARIABLE) or DEFAULT)
    try:
        return wanted.expanduser().absolute()
    except RuntimeError:
        raise WorkspaceError(
            f"{wanted} cannot be a workspace: there is no such home folder.",
            hint="Choose another folder with --workspace.",
        ) from None


def is_named(path: Path | str | None) -> bool:
    """Tell whether somebody says which folder it is, by an option or ``$TENSORRAG_WORKSPACE``."""
    return bool(path or os.environ.get(VARIABLE))
