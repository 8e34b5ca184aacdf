"""Folders of a store for what is not finished: each says whose it is.

A process that is killed leaves its folder behind, be there a line in it or gigabytes.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tensorrag.durable import make_folder
from tensorrag.store.owner import Owner

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
    host, pid, started = Owner.here()
    whose = {"prefix": f"{pid}-{started:.2f}-", "suffix": f"@{host}"}
    return Path(tempfile.mkdtemp(dir=root / "tmp", **whose))


def sweep(root: Path) -> None:
    """Remove the folders of processes that are gone."""
    for path in (*(root / "tmp").glob("*"), *root.glob("tmp-*")):
        if _is_left(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_left(path: Path) -> bool:
    if (owner := _owner_of(path)) and not owner.alive:
        return True
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > LEFTOVER_SECONDS
    return False


def _owner_of(path: Path) -> Owner | None:
    """Tell from its name whose a folder is."""
    own, _, host = path.name.partition("@")
    with suppress(ValueError):
        pid, started, _ = own.split("-", 2)
        return Owner(host, int(pid), float(started))
    return None
