"""Folders of a store for what is not finished: each says whose it is.

A process that is killed leaves its folder behind, be there a line in it or gigabytes.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tensorrag.durable import make_folder

LEFTOVER_SECONDS = 24 * 3600
"""What is older belongs to nobody any more, wherever it was begun."""


@contextmanager
def folder(root: Path) -> Iterator[Path]:
    """Have a folder in a store for what this process writes, until the block ends."""
    made = new_folder(root)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def new_folder(root: Path) -> Path:
    """Make one that `sweep` leaves alone while this process lives."""
    make_folder(root / "tmp")
    whose = {"prefix": f"{os.getpid()}-", "suffix": f"@{platform.node()}"}
    return Path(tempfile.mkdtemp(dir=root / "tmp", **whose))


def sweep(root: Path) -> None:
    """Remove the folders of processes that are gone."""
    for path in (*(root / "tmp").glob("*"), *root.glob("tmp-*")):
        if _is_left(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_left(path: Path) -> bool:
    import psutil

    own, _, machine = path.name.partition("@")
    pid = own.partition("-")[0]
    if machine == platform.node() and pid.isdigit() and not psutil.pid_exists(int(pid)):
        return True
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > LEFTOVER_SECONDS
    return False
