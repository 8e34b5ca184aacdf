"""The store's database: results by cache key, what was seen at sources, and files found whole."""

from __future__ import annotations

import os
from pathlib import Path

from tensorrag.durable import make_folder
from tensorrag.store.database import Database

TABLES = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, outputs TEXT NOT NULL, summary TEXT NOT NULL, previews TEXT NOT NULL,
    seconds REAL NOT NULL, device TEXT, executor TEXT, created REAL NOT NULL, used REAL NOT NULL,
    sha256 TEXT
);
CREATE TABLE IF NOT EXISTS peeks (key TEXT PRIMARY KEY, peek TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS stamps (sha256 TEXT PRIMARY KEY, stamp TEXT NOT NULL)
"""
VERSION = 2
MIGRATIONS = {2: "ALTER TABLE results ADD COLUMN sha256 TEXT"}


def open_index(root: Path) -> Database:
    """Return the database in a folder, which is made where that is allowed."""
    if os.access(root.parent, os.W_OK):
        make_folder(root)
    return Database(root / "index.sqlite", TABLES, VERSION, MIGRATIONS)
