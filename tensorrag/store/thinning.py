"""Keeps the history of runs from growing for ever: what is old and of no use to anybody goes."""

from __future__ import annotations

import time

from tensorrag.store.journal import Journal, Past

DAYS = 90
"""Runs that ended longer ago may go."""
ALWAYS = 50
"""Of each pipeline, and of the runs that belong to none, so many stay however old they are."""
CAP = 10**9
"""Bytes of the whole journal: when it has more, younger runs go too, the oldest first."""
AT_ONCE = 100
"""Runs that are forgotten in one go: others who write wait no longer than that takes."""


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
    cap, past = CAP if cap is None else cap, journal.past()
    old = [run for run in past if run.finished < before and run.place > ALWAYS]
    forgotten = sum(_forget(journal, old[at : at + AT_ONCE]) for at in range(0, len(old), AT_ONCE))
    gone = set(old)
    rest = [run for run in past if run not in gone]
    while rest and journal.size() > cap:
        forgotten += _forget(journal, rest[:AT_ONCE])
        rest = rest[AT_ONCE:]
    return forgotten


def _forget(journal: Journal, runs: list[Past]) -> int:
    journal.forget([run.id for run in runs])
    return len(runs)
