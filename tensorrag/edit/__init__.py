"""Edits: checked commands on a pipeline, undo and redo."""

from __future__ import annotations

from tensorrag.edit.commands import apply

__all__ = ["apply"]
