"""Tasks that a process gave away which is gone: nobody knows how they ended, if they did."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tensorrag.plain import JsonObject
from tensorrag.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A task that was given to its executor by a process that is gone."""

    run: str
    node: str
    shown: JsonObject
    """The node, as ``tensorrag run --json`` prints it."""
    made: JsonObject
    """What its result is made of."""
    pipeline: str | None = None
    """What it was a run of."""
    lost: bool = False
    """Whether its run has ended without word of it, or was forgotten: nobody waits for it."""

    @property
    def handle(self) -> str:
        """How its executor calls it; its ticket, where nobody has heard that."""
        return self.made.get("handle") or self.ticket

    @property
    def ticket(self) -> str:
        """How it was called before its executor has said so; by that its cost is noted."""
        return self.made.get("ticket") or ""


def unsettled_tasks(journal: Journal) -> list[Unsettled]:
    """Return the tasks of interrupted runs of which nobody knows how they ended, if they did.

    What became of one is told with `Journal.append`; with neither handle nor ticket it is settled.
    """
    rows = journal.database.read(
        "SELECT run, node, shown, made, runs.pipeline FROM nodes JOIN runs ON id = run"
        " WHERE status = 'interrupted' AND made IS NOT NULL ORDER BY nodes.rowid"
    )
    found = [
        Unsettled(run, node, json.loads(shown), json.loads(made), pipeline)
        for run, node, shown, made, pipeline in rows
    ]
    return [each for each in found if each.shown["state"] == "cancelled" and each.handle]


def lost_tasks(journal: Journal) -> list[Unsettled]:
    """Return the paid tasks that may go on though no run waits for them any more.

    Their runs have ended without word of them, or were forgotten; their process is gone.
    """
    known = {each.ticket for each in unsettled_tasks(journal)}
    runs: dict[str, str | None] = dict(journal.database.read("SELECT id, pipeline FROM runs"))
    return [
        lost(each.run, each.node, each.place, each.ticket, runs.get(each.run))
        for each in journal.spending.unknown()
        if each.ticket not in known
    ]


def lost(run: str, node: str, place: str, ticket: str, pipeline: str | None) -> Unsettled:
    """Return a paid task that may go on though no run waits for it any more."""
    shown, made = {"executor": place, "state": "failed"}, {"ticket": ticket}
    return Unsettled(run, node, shown, made, pipeline, lost=True)
