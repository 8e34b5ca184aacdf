"""Fixtures of the executor tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorrag.store.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Folders for tasks."""
    return Place(store=tmp_path / "store", uploads=tmp_path / "uploads", base=tmp_path)
