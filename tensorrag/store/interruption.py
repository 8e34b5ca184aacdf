"""Whose run it is: one whose process is gone was interrupted, and claims nothing any more."""

from __future__ import annotations

import time
from datetime import datetime

from tensorrag.plain import JsonObject
from tensorrag.store.database import Row
from tensorrag.store.journal import WAITS, Journal
from tensorrag.store.owner import Owner
from tensorrag.store.run_entry import ONGOING

SILENT_SECONDS = 24 * 3600
"""After so long without a word nobody expects one of another machine."""


def interrupt_abandoned(journal: Journal) -> list[str]:
    """Mark the runs whose process is gone as interrupted, and return their ids.

    Of a process on another machine it is known by its silence: machines change their names. A run
    that goes on there all the same says how it ends.
    """
    gone = [run for run, _, *owner in _begun(journal) if _is_gone(journal, run, Owner(*owner))]
    for run in gone:
        interrupt(journal, run)
    return gone


def interrupt(journal: Journal, run: str) -> None:
    """End a run whose process went, or goes, away in the middle of it."""
    events: list[JsonObject] = []
    nodes: dict[str, tuple[JsonObject, JsonObject | None]] = {}
    made = journal.made(run)
    for node, shown in journal.to_json(run)["nodes"].items():
        if shown["state"] in ONGOING:
            left = {**shown, "state": "cancelled", "cancelling": False, "reason": "interrupted"}
            nodes[node] = (left, made.get(node))
            events.append({"type": "node", "node": node, "data": left})
    events.append({"type": "run", "data": {"status": "interrupted"}})
    seen = _last_seen(journal, run)
    journal.append(run, events, nodes=nodes, status="interrupted", finished=seen)


def ongoing_since(journal: Journal) -> float | None:
    """When the oldest of the runs began that go on now, in seconds since 1970."""
    alive = (
        began for _, began, *owner in _begun(journal) if journal.presence.is_alive(Owner(*owner))
    )
    return min(alive, default=None)


def _is_gone(journal: Journal, run: str, owner: Owner) -> bool:
    if owner.is_elsewhere:
        return time.time() - _last_seen(journal, run) > SILENT_SECONDS
    return not journal.presence.is_alive(owner)


def _begun(journal: Journal) -> list[Row]:
    """Return the runs that began and have not ended, oldest first, and whose they are."""
    return journal.database.read(
        "SELECT id, created, host, pid, pid_started FROM runs"  # noqa: S608
        f" WHERE status IN (?, ?) AND NOT ({WAITS}) ORDER BY number",
        ONGOING,
    )


def _last_seen(journal: Journal, run: str) -> float:
    """When something last happened in a run, in seconds since 1970."""
    ((last,),) = journal.database.read("SELECT max(time) FROM events WHERE run = ?", (run,))
    return datetime.fromisoformat(last).timestamp() if last else journal.run(run).created
