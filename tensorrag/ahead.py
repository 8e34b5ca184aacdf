"""What executors begin for a command that has yet to import what will use it."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import entry_points


def begin() -> None:
    """Have each executor begin what takes long to start; what fails is begun once it is needed."""
    for point in entry_points(group="tensorrag.ahead"):
        with suppress(Exception):
            point.load()()
