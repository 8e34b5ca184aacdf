"""The tables of the journal, and how older ones become like them."""

from __future__ import annotations

from tensorrag.store import findings, model_notes, spending

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, pipeline TEXT, name TEXT NOT NULL,
    status TEXT NOT NULL, created REAL NOT NULL, finished REAL,
    host TEXT NOT NULL, pid INTEGER NOT NULL, pid_started REAL NOT NULL,
    problems TEXT NOT NULL, record TEXT NOT NULL, parent TEXT, request TEXT, nth INTEGER
);
CREATE INDEX IF NOT EXISTS runs_of_pipeline ON runs (pipeline, number);
CREATE INDEX IF NOT EXISTS runs_by_status ON runs (status);
CREATE TABLE IF NOT EXISTS nodes (
    run TEXT NOT NULL, node TEXT NOT NULL, pipeline TEXT, number INTEGER NOT NULL,
    shown TEXT NOT NULL, made TEXT, PRIMARY KEY (run, node)
);
CREATE INDEX IF NOT EXISTS nodes_of_pipeline ON nodes (pipeline, node, number);
CREATE TABLE IF NOT EXISTS events (
    run TEXT NOT NULL, seq INTEGER NOT NULL, time TEXT NOT NULL, node TEXT,
    type TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run, seq)
);
"""
    + spending.SCHEMA
    + ";"
    + model_notes.SCHEMA
    + ";"
    + findings.SCHEMA
    + spending.STARTS
)
VERSION = 7
MIGRATIONS = {
    2: "ALTER TABLE runs ADD COLUMN parent TEXT; ALTER TABLE runs ADD COLUMN request TEXT",
    3: "ALTER TABLE runs ADD COLUMN nth INTEGER; UPDATE runs SET nth = (SELECT count(*)"
    " FROM runs AS earlier WHERE earlier.pipeline IS runs.pipeline"
    " AND earlier.number <= runs.number)",
    4: spending.SCHEMA,
    5: model_notes.SCHEMA,
    6: findings.SCHEMA,
    7: spending.STARTS,
}
