"""A run: which cards are started, re-used, blocked or cancelled, and what is told of it."""

from __future__ import annotations

from tensorrag.run.request import Request
from tensorrag.run.running import Run

__all__ = ["Request", "Run"]
