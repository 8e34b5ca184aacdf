"""What cards at paid places cost: noted before each is sent, so that no crash forgets any of it.

A row outlives the run that it belongs to. One whose card has not ended, and whose process is gone,
counts at its limit until somebody finds out how it ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tensorrag.store.database import Database
from tensorrag.store.owner import Owner
from tensorrag.store.paid import Paid, total
from tensorrag.store.presence import Presence

SCHEMA = """
CREATE TABLE IF NOT EXISTS spending (
    ticket TEXT PRIMARY KEY, run TEXT NOT NULL, node TEXT NOT NULL, card TEXT NOT NULL,
    place TEXT NOT NULL, gpu TEXT, rows INTEGER, epochs INTEGER, parameters INTEGER,
    host TEXT NOT NULL, pid INTEGER NOT NULL, pid_started REAL NOT NULL,
    asked REAL NOT NULL, rate REAL NOT NULL, most REAL NOT NULL, idle REAL NOT NULL,
    began REAL, seconds REAL, cost REAL, done INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS spending_by_time ON spending (asked);
CREATE INDEX IF NOT EXISTS spending_of_run ON spending (run);
CREATE INDEX IF NOT EXISTS spending_of_card ON spending (card, place, gpu, asked)
"""

STARTS = """
CREATE TABLE IF NOT EXISTS starts (
    ticket TEXT PRIMARY KEY, place TEXT NOT NULL, gpu TEXT, seconds REAL NOT NULL, at REAL NOT NULL
);
"""

REMEMBERED = 20
"""How many of the latest times of a card are looked at to estimate the next one."""


class Work(NamedTuple):
    """How much a card has to do; None where that is not known, or does not apply."""

    rows: int | None = None
    epochs: int | None = None
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A card that is about to be sent to a place that bills by the second."""

    ticket: str
    run: str
    node: str
    card: str
    place: str
    gpu: str | None
    work: Work
    rate: float
    """US$ per second."""
    most: float
    """Seconds after which it is ended."""
    idle: float
    """Seconds that its container stays, and is paid for, afterwards."""


class Past(NamedTuple):
    """How long a card took before."""

    seconds: float
    work: Work


class Unknown(NamedTuple):
    """A card of which nobody knows how it ended, or whether."""

    ticket: str
    run: str
    node: str
    place: str


class Spending:
    """The table of what was spent.

    Args:
        database: the journal's.
        presence: who of those that own what is spent is alive.
    """

    def __init__(self, database: Database, presence: Presence) -> None:
        self._database, self._presence = database, presence

    def begin(self, charge: Charge) -> None:
        """Note a card before it is sent; once this returns, no crash takes it back."""
        owner, now = self._presence.here(), time.time()
        row = (charge.ticket, charge.run, charge.node, charge.card, charge.place, charge.gpu)
        costs = (now, charge.rate, charge.most, charge.idle)
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO spending (ticket, run, node, card, place, gpu, rows,"
                " epochs, parameters, host, pid, pid_started, asked, rate, most, idle)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, *charge.work, *owner, *costs),
            )

    def began(self, ticket: str) -> None:
        """Note that it has begun: from now on it is paid for."""
        with self._database.write(durable=False) as connection:
            connection.execute(
                "UPDATE spending SET began = ? WHERE ticket = ? AND began IS NULL",
                (time.time(), ticket),
            )

    def take_over(self, ticket: str, run: str | None = None) -> None:
        """Note that this process listens to a card now, for this run if one needs it.

        From now on it counts by the clock, and no longer at its limit.
        """
        with self._database.write() as connection:
            connection.execute(
                "UPDATE spending SET run = coalesce(?, run), host = ?, pid = ?, pid_started = ?,"
                " began = coalesce(began, asked) WHERE ticket = ? AND cost IS NULL",
                (run, *self._presence.here(), ticket),
            )

    def end(
        self,
        ticket: str,
        *,
        seconds: float | None = None,
        cost: float | None = None,
        done: bool = False,
        stays: bool = True,
        start: float | None = None,
    ) -> None:
        """Note how it ended; a ticket that is not known is nobody's business.

        Args:
            ticket: the card's.
            seconds: that are paid for; those since it began by default, none where it never did.
            cost: in US$, where the place has said so; seconds times rate by default.
            done: whether it gave a result: only then the next time is estimated from it.
            stays: whether its container waits for another card, and is paid for meanwhile.
            start: seconds that its container was up before it; none where it was used before.
        """
        now = time.time()
        with self._database.write() as connection:
            connection.execute(
                "UPDATE spending SET began = coalesce(began, ? - coalesce(?, 0)),"
                " seconds = coalesce(?, max(0, min(most, ? - began)), 0), done = ?,"
                " idle = CASE WHEN ? THEN idle ELSE 0 END WHERE ticket = ?",
                (now, seconds, seconds, now, done, stays, ticket),
            )
            connection.execute(
                "UPDATE spending SET cost = coalesce(?, seconds * rate) WHERE ticket = ?",
                (cost, ticket),
            )
            if start:
                connection.execute(
                    "INSERT OR REPLACE INTO starts SELECT ticket, place, gpu, ?, ? FROM spending"
                    " WHERE ticket = ?",
                    (start, now, ticket),
                )

    def write_off(self, ticket: str, at: float | None = None) -> None:
        """Note of one that nobody has noted the end of that it had ended by then, or never began.

        Args:
            ticket: the card's.
            at: when it was last heard of, in seconds since 1970; now by default.
        """
        with self._database.write() as connection:
            connection.execute(
                "UPDATE spending SET idle = 0, seconds = 0 WHERE ticket = ? AND cost IS NULL",
                (ticket,),
            )
            connection.execute(
                "UPDATE spending SET seconds = max(0, min(most, ? - began))"
                " WHERE ticket = ? AND cost IS NULL AND began NOT NULL",
                (time.time() if at is None else at, ticket),
            )
            connection.execute(
                "UPDATE spending SET cost = seconds * rate WHERE ticket = ? AND cost IS NULL",
                (ticket,),
            )

    def unknown(self) -> list[Unknown]:
        """Return the cards that have not ended, as far as is known, and whose process is gone."""
        rows = self._database.read(
            "SELECT ticket, run, node, place, host, pid, pid_started FROM spending"
            " WHERE cost IS NULL ORDER BY asked"
        )
        alive = self._presence.is_alive
        return [Unknown(*row[:4]) for row in rows if not alive(Owner(*row[4:]))]

    def knows(self, ticket: str) -> bool:
        """Whether a card is paid for."""
        return bool(self._database.read("SELECT 1 FROM spending WHERE ticket = ?", (ticket,)))

    def past(self, card: str, place: str, gpu: str | None) -> list[Past]:
        """Return how long a card took at a place on a GPU, the latest first."""
        rows = self._database.read(
            "SELECT seconds, rows, epochs, parameters FROM spending WHERE done = 1"
            " AND card = ? AND place = ? AND gpu IS ? ORDER BY asked DESC LIMIT ?",
            (card, place, gpu, REMEMBERED),
        )
        return [Past(seconds, Work(*work)) for seconds, *work in rows]

    def starts(self, place: str, gpu: str | None) -> list[float]:
        """Return how long containers of a place took to start with a GPU, the latest first."""
        rows = self._database.read(
            "SELECT seconds FROM starts WHERE place = ? AND gpu IS ? ORDER BY at DESC LIMIT ?",
            (place, gpu, REMEMBERED),
        )
        return [seconds for (seconds,) in rows]

    def places(self, pipeline: str) -> dict[str, tuple[tuple[str, str | None], ...]]:
        """Return where cards of the runs of a pipeline have begun: by run, places and GPUs."""
        rows = self._database.read(
            "SELECT DISTINCT run, place, gpu FROM spending JOIN runs ON runs.id = run"
            " WHERE pipeline = ? AND began NOT NULL ORDER BY asked",
            (pipeline,),
        )
        found: dict[str, tuple[tuple[str, str | None], ...]] = {}
        for run, *place in rows:
            found[run] = (*found.get(run, ()), (place[0], place[1]))
        return found

    def of_run(self, run: str) -> float:
        """Return what a run has cost so far, in US$, waiting containers included."""
        return total(self._paid("run = ?", run))

    def of_ended(self, runs: Sequence[str]) -> float:
        """Return what the cards of some runs have cost together that are known to have ended."""
        known = f"run IN ({', '.join('?' * len(runs))}) AND cost NOT NULL"
        return total(self._paid(known, *runs)) if runs else 0.0

    def this_month(self, now: float | None = None) -> float:
        """Return what all cards of this calendar month (UTC) have cost so far, in US$.

        One that was sent before midnight and goes on, or may, is of the month that has come: no
        budget ends with a month.
        """
        start = month_start(now)
        goes_on = "began + coalesce(seconds, most) >= ?"
        return total(self._paid(f"asked >= ? OR {goes_on}", start, start))

    def running(self) -> float:
        """Return what is being spent in a second just now, in US$."""
        going_on = self._paid("cost IS NULL AND began NOT NULL")
        return sum(each.rate for each in going_on if each.alive)

    def _paid(self, where: str, *values: float | str) -> list[Paid]:
        rows = self._database.read(
            "SELECT place, gpu, rate, most, idle, began, seconds, cost, host, pid, pid_started"  # noqa: S608
            f" FROM spending WHERE {where} ORDER BY asked",
            values,
        )
        return [self._read(*row) for row in rows]

    def _read(self, place: str, gpu: str | None, *rest: Any) -> Paid:
        *known, host, pid, pid_started = rest
        alive = known[-1] is None and self._presence.is_alive(Owner(host, pid, pid_started))
        return Paid._make(((place, gpu), *known, alive))


def month_start(now: float | None = None) -> float:
    """Return when this calendar month (UTC) began, in seconds since 1970."""
    moment = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
