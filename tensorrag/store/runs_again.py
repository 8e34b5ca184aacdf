"""What other tables of the journal tell of runs, where somebody has dropped that of the runs."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from datetime import UTC, datetime

from tensorrag.store.run_entry import ONGOING

_PIPELINE = '{"pipeline": {}}'
"""The record of a run of which nobody knows any more what it was of."""


def enter(connection: sqlite3.Connection) -> None:
    """Enter each run again of which cards are known; what they made stays that of the latest."""
    known = connection.execute("SELECT number, run, pipeline FROM nodes GROUP BY run").fetchall()
    nth: Counter[str | None] = Counter()
    for number, run, pipeline in sorted(known):
        nth[pipeline] += 1
        status, ended = _end(connection, run)
        began = datetime.strptime(f"{run[:15]}Z", "%Y%m%d-%H%M%S%z").timestamp()
        connection.execute(
            "INSERT OR IGNORE INTO runs (number, id, pipeline, name, status, created, finished,"
            " host, pid, pid_started, problems, record, nth)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, 0, '[]', ?, ?)",
            (number, run, pipeline, pipeline or "", status, began, max(began, ended), _PIPELINE,
             nth[pipeline]),
        )  # fmt: skip


def _end(connection: sqlite3.Connection, run: str) -> tuple[str, float]:
    """Return how a run ended, and when, in seconds since 1970, as far as its events tell."""
    said = connection.execute(
        "SELECT data, time FROM events WHERE run = ? AND type = 'run' ORDER BY seq DESC LIMIT 1",
        (run,),
    ).fetchone()
    status = json.loads(said[0])["status"] if said else "interrupted"
    ended = datetime.fromisoformat(said[1]).astimezone(UTC).timestamp() if said else 0.0
    return "interrupted" if status in ONGOING else status, ended
