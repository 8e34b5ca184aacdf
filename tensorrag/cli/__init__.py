"""The command line."""

from __future__ import annotations

from tensorrag.cli.commands import main

__all__ = ["main"]
