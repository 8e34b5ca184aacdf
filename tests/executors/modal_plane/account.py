"""A Modal account for a while: whoever uses the SDK talks to the stand-in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from tests.executors.modal_plane.plane import TOKEN, Plane, PlaneThread


@contextmanager
def account(folder: Path) -> Iterator[Plane]:
    """Sign in to a stand-in of its own; nothing is deployed to it yet."""
    elsewhere = PlaneThread(folder)
    signed_in = {
        "MODAL_SERVER_URL": elsewhere.plane.server_url,
        "MODAL_CONFIG_PATH": str(folder / "modal.toml"),
        "MODAL_TOKEN_ID": TOKEN[0],
        "MODAL_TOKEN_SECRET": TOKEN[1],
    }
    with patch.dict(os.environ, signed_in):
        forget_client()
        _forget_app()
        try:
            yield elsewhere.plane
            assert not elsewhere.plane.unknown, "the SDK asked for what is not modelled"
        finally:
            forget_client()
            elsewhere.stop()


_apps: list[ModuleType] = []
"""Apps of accounts that are gone. Never collected: the SDK leaves something open."""


def _forget_app() -> None:
    """Have the app made anew: once deployed, it keeps names of that account alone."""
    known = sys.modules.pop("executors.modal_app", None)
    if known is not None:
        _apps.append(known)


def forget_client() -> None:
    """Have the SDK sign in anew: it does so once for a process."""
    import modal
    from modal.client import _Client

    if _Client._client_from_env is not None:
        modal.Client.from_env().close()
