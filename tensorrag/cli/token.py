"""`tensorrag token`: the link that lets people in, and a new one for when it got about."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from tensorrag.store.workspace import Workspace


def link(workspace: Path | None, *, rotate: bool) -> str:
    """Return the link to the running server, or only the token where none runs.

    Args:
        workspace: the folder; the default one if it is None.
        rotate: whether to draw a new token first, which logs everybody out within seconds.
    """
    opened = Workspace.open(workspace)
    settings = opened.settings
    token = settings.new_secret("token") if rotate else settings.secret("token")
    address = _address(opened.root / "serve.lock")
    return f"{address}/?token={token}" if address else token


def _address(lock: Path) -> str:
    """Return where a server says that it is; empty where none is."""
    try:
        said = json.loads(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    if not isinstance(said, dict) or not psutil.pid_exists(int(said.get("pid") or 0)):
        return ""
    return str(said.get("address") or "")
