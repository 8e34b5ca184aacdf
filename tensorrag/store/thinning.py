"""Keeps the history of runs from growing for ever: what is old and of no use to anybody goes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import ONGOING

DAYS = 90
"""Runs that ended longer ago may go."""
ALWAYS = 50
"""Of each pipeline, and of the runs that belong to none, so many stay however old they are."""
CAP = 10**9
"""Bytes of the whole journal: when it has more, younger runs go too, the oldest first."""
AT_ONCE = 100
"""Runs that are forgotten in one go: others who write wait no longer than that takes."""

PAST = """
WITH placed AS (
    SELECT *, row_number() OVER (PARTITION BY pipeline ORDER BY number DESC) AS place FROM runs
)
SELECT id, finished, place FROM placed
WHERE finished IS NOT NULL AND status NOT IN (?, ?) AND (pipeline IS NULL OR place > 1)
AND NOT (status = 'interrupted' AND request IS NOT NULL
         AND id NOT IN (SELECT parent FROM runs WHERE parent IS NOT NULL))
AND number NOT IN (
    SELECT max(number) FROM nodes WHERE pipeline IS NOT NULL GROUP BY pipeline, node
    UNION SELECT max(number) FROM nodes
    WHERE pipeline IS NOT NULL AND made IS NOT NULL GROUP BY pipeline, node
)
ORDER BY number
"""
"""In SQL: the ended runs that nothing depends on, oldest first."""


class Past(NamedTuple):
    """A run that nothing depends on."""

    id: str
    finished: float
    """Seconds since 1970."""
    place: int
    """1 for the latest run of its pipeline, 2 for the one before, and so on."""


def thin(journal: Journal, *, now: float | None = None, cap: int | None = None) -> int:
    """Forget runs, with all that they printed and reported, oldest first. Reads and writes files.

    A run goes when it ended more than 90 days ago and its pipeline has had 50 later ones, or when
    the journal has more than ``cap`` bytes, a gigabyte by default. However large it is, those stay
    that are needed:

    - what waits or goes on,
    - the latest run of each pipeline, and the last one of each of its cards: the page shows them,
      and the next run is compared with them,
    - what was interrupted and not resumed since.

    Results are not touched: the store has its own cap.

    Returns:
        How many runs were forgotten.
    """
    before = (time.time() if now is None else now) - DAYS * 86400
    cap, past = CAP if cap is None else cap, _past(journal)
    old = [run for run in past if run.finished < before and run.place > ALWAYS]
    forgotten = sum(_forget(journal, old[at : at + AT_ONCE]) for at in range(0, len(old), AT_ONCE))
    gone = set(old)
    rest = [run for run in past if run not in gone]
    while rest and journal.database.size() > cap:
        forgotten += _forget(journal, rest[:AT_ONCE])
        rest = rest[AT_ONCE:]
    return forgotten


def forget(journal: Journal, runs: Sequence[str]) -> None:
    """Remove runs with all that is known of them, in one transaction; what they cost stays."""
    ids = [(run,) for run in runs]
    with journal.database.write(durable=False) as connection:
        for table in ("events", "nodes"):
            connection.executemany(f"DELETE FROM {table} WHERE run = ?", ids)  # noqa: S608
        connection.executemany("DELETE FROM runs WHERE id = ?", ids)


def _past(journal: Journal) -> list[Past]:
    return [Past(*row) for row in journal.database.read(PAST, ONGOING)]


def _forget(journal: Journal, runs: list[Past]) -> int:
    forget(journal, [run.id for run in runs])
    return len(runs)
