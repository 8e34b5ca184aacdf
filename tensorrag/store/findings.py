"""What was found of cards at paid places that no run waited for, until somebody has read it."""

from __future__ import annotations

import time
from typing import Literal, NamedTuple

from tensorrag.store.database import Database
from tensorrag.store.run_entry import swept

SCHEMA = """
CREATE TABLE IF NOT EXISTS findings (
    ticket TEXT PRIMARY KEY, found REAL NOT NULL, pipeline TEXT, name TEXT, number INTEGER,
    card TEXT NOT NULL, node TEXT NOT NULL, place TEXT NOT NULL, gpu TEXT, cost REAL,
    state TEXT NOT NULL, why TEXT NOT NULL
);
"""

State = Literal["stopped", "done", "over", "lost"]
"""It went on and was stopped; it was done before it could be; it did not go on; it cannot be told
what became of it."""

_COLUMNS = "ticket, pipeline, name, number, card, node, place, gpu, cost, state, why"


class Finding(NamedTuple):
    """One card, and what was found of it."""

    ticket: str
    pipeline: str | None
    """What it was run for; None where that run is forgotten."""
    name: str | None
    """What people called that pipeline."""
    number: int | None
    """Of the run."""
    card: str
    node: str
    place: str
    gpu: str | None
    cost: float | None
    """US$."""
    state: State
    why: str
    """What is said where it cannot be told what became of it."""


class Findings:
    """The table of what was found.

    Args:
        database: the journal's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, ticket: str, state: State, why: str = "") -> Finding | None:
        """Keep what was found of a card that is paid for; None where nothing was paid."""
        with self._database.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO findings (found, {_COLUMNS})"  # noqa: S608
                " SELECT ?, ticket, pipeline, name, nth, card, node, place, gpu, cost, ?, ?"
                " FROM spending LEFT JOIN runs ON id = run WHERE ticket = ?",
                (time.time(), state, why, ticket),
            )
        return next(iter(self._read("WHERE ticket = ?", ticket)), None)

    def unread(self) -> list[Finding]:
        """Return what nobody has read yet, the oldest first."""
        return self._read("ORDER BY found")

    def read(self, ticket: str) -> None:
        """Somebody has read it: it need not be told again."""
        with self._database.write(durable=False) as connection:
            connection.execute("DELETE FROM findings WHERE ticket = ?", (ticket,))

    def _read(self, which: str, *values: str) -> list[Finding]:
        rows = self._database.read(f"SELECT {_COLUMNS} FROM findings {which}", values)  # noqa: S608
        found = (Finding(*row) for row in rows)
        return [each._replace(pipeline=swept(each.pipeline)) for each in found]
