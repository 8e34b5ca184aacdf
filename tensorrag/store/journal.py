"""Runs and their events, kept in SQLite: several processes write to one journal at once."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tensorrag.errors import RunNotFound
from tensorrag.plain import JsonObject
from tensorrag.store import findings, model_notes, spending
from tensorrag.store.database import Database
from tensorrag.store.journal_tables import MIGRATIONS, SCHEMA, VERSION
from tensorrag.store.models import Models
from tensorrag.store.presence import Presence
from tensorrag.store.run_entry import COLUMNS, ONGOING, RunEntry, entry_of, timestamp

WAITS = "status = 'queued' AND request IS NOT NULL"
"""In SQL: it waits its turn, also across restarts."""


class Journal:
    """Runs and events by run, in one file.

    Example:
        >>> journal = Journal(Path("journal.sqlite"))
        >>> run = journal.create_run({"pipeline": …}, pipeline_id="boston", name="Boston")
        >>> journal.append(run, [{"type": "run", "data": {"status": "running"}}])
        [1]
    """

    def __init__(self, path: Path, on_full: Callable[[], None] = lambda: None) -> None:
        """``on_full`` makes room on a full disk, so that what happened can be written."""
        self._database = Database(path, SCHEMA, VERSION, MIGRATIONS, on_full)
        self._seen: int | None = None
        self.presence = Presence(path.with_name("owners.lock"))
        """Which processes that own runs are alive, in other containers too."""
        self.spending = spending.Spending(self._database, self.presence)
        """What cards at paid places have cost."""
        self.models = Models(self._database)
        """The models that runs have trained."""
        self.findings = findings.Findings(self._database)
        """What was found of those that no run waited for."""

    @property
    def database(self) -> Database:
        """The file that it is kept in."""
        return self._database

    def changed_elsewhere(self) -> bool:
        """Tell whether another process has written since this was asked last."""
        before = self._seen
        ((self._seen,),) = self._database.read("PRAGMA data_version")
        return before not in (None, self._seen)

    def create_run(
        self,
        record: JsonObject,
        *,
        pipeline_id: str | None = None,
        name: str = "",
        problems: Sequence[JsonObject] = (),
        created: float | None = None,
        status: str = "queued",
        parent: str | None = None,
        request: JsonObject | None = None,
    ) -> str:
        """Note a run that this process owns, and return its id.

        Args:
            record: all that is needed to say later why two runs differ; JSON.
            pipeline_id: what it is a run of; the next run of the same is compared with it.
            name: what people call the pipeline.
            problems: what it runs in spite of.
            created: when it began, in seconds since 1970; now by default.
            status: ``queued`` for one that waits its turn, which it keeps across restarts if
                there is a request.
            parent: the run that it resumes.
            request: all that is needed to begin it later, or to resume it; JSON.
        """
        run, when = _new_id(), created if created is not None else time.time()
        known = (run, pipeline_id, name, status, when, *self.presence.here(), _text(problems))
        more = (_text(record), parent, request and _text(request))
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO runs (id, pipeline, name, status, created, host, pid, pid_started,"
                " problems, record, parent, request, nth) VALUES"
                # The latest run of a pipeline is never forgotten: no number is used twice.
                " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " 1 + coalesce((SELECT nth FROM runs WHERE pipeline IS ?"
                " ORDER BY number DESC LIMIT 1), 0))",
                (*known, *more, pipeline_id),
            )
        return run

    def begin_run(
        self, run: str, record: JsonObject, *, problems: Sequence[JsonObject], created: float
    ) -> None:
        """Begin a run that has waited: from now on this process owns it."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE runs SET status = 'running', record = ?, problems = ?, created = ?,"
                " host = ?, pid = ?, pid_started = ? WHERE id = ?",
                (_text(record), _text(problems), created, *self.presence.here(), run),
            )

    def append(
        self,
        run: str,
        events: Sequence[JsonObject],
        *,
        nodes: Mapping[str, tuple[JsonObject, JsonObject | None]] | None = None,
        status: str | None = None,
        finished: float | None = None,
    ) -> list[int]:
        """Record what happened as one transaction, and return the numbers of the events.

        Args:
            run: the id of the run.
            events: ``{"type", "node", "time", "data"}``, the middle two optional.
            nodes: what is now known of some nodes: how each is shown, and what it was made of.
            status: the new state of the run.
            finished: when it reached a final one, in seconds since 1970; now by default.

        Raises:
            RunNotFound: there is no such run.
        """
        with self._database.write() as connection:
            found = connection.execute(
                "SELECT number, pipeline, (SELECT coalesce(max(seq), 0) FROM events"
                " WHERE run = runs.id) FROM runs WHERE id = ?",
                (run,),
            ).fetchone()
            if found is None:
                raise _no_run(run)
            number, pipeline, last = found
            seqs = list(range(last + 1, last + 1 + len(events)))
            connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
                [_event_row(run, seq, event) for seq, event in zip(seqs, events, strict=True)],
            )
            connection.executemany(
                # Not REPLACE, which would change the order of the nodes.
                "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run, node)"
                " DO UPDATE SET shown = excluded.shown, made = excluded.made",
                [
                    (run, node, pipeline, number, _text(shown), made and _text(made))
                    for node, (shown, made) in (nodes or {}).items()
                ],
            )
            model_notes.note(connection, run, nodes or {})
            if status is not None:
                end = None if status in ONGOING else finished or time.time()
                connection.execute(
                    "UPDATE runs SET status = ?, finished = ? WHERE id = ?", (status, end, run)
                )
        return seqs

    def runs(self, limit: int = 50, pipeline_id: str | None = None) -> list[RunEntry]:
        """Return the latest runs, newest first; those of one pipeline if it is named.

        Of the runs of one pipeline it is also told where their cards were paid for.
        """
        where, values = ("WHERE pipeline = ?", [pipeline_id]) if pipeline_id else ("", [])
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM runs {where} ORDER BY number DESC LIMIT ?",  # noqa: S608
            (*values, limit),
        )
        rented = self.spending.places(pipeline_id) if pipeline_id else {}
        entries = (entry_of(row) for row in rows)
        return [replace(entry, rented=rented.get(entry.id, ())) for entry in entries]

    def run(self, run: str) -> RunEntry:
        """Return one run.

        Raises:
            RunNotFound: there is none of this id.
        """
        rows = self._database.read(f"SELECT {COLUMNS} FROM runs WHERE id = ?", (run,))  # noqa: S608
        if not rows:
            raise _no_run(run)
        return entry_of(rows[0])

    def resumed(self, parent: str | None) -> tuple[str, ...]:
        """Return the runs that one goes on with which resumes ``parent``, the latest first."""
        rows = self._database.read(
            "WITH RECURSIVE line (id, parent) AS (SELECT id, parent FROM runs WHERE id = ? UNION"
            " SELECT runs.id, runs.parent FROM runs JOIN line ON runs.id = line.parent)"
            " SELECT id FROM line",
            (parent,),
        )
        return tuple(run for (run,) in rows)

    def record(self, run: str) -> JsonObject:
        """Return the run record: what it ran, with what, on what.

        Raises:
            RunNotFound: there is none of this id.
        """
        rows = self._database.read("SELECT record FROM runs WHERE id = ?", (run,))
        if not rows:
            raise _no_run(run)
        record: JsonObject = json.loads(rows[0][0])
        return record

    def request(self, run: str) -> JsonObject | None:
        """Return what was asked for; None for a run of a version that did not keep it.

        Raises:
            RunNotFound: there is none of this id.
        """
        rows = self._database.read("SELECT request FROM runs WHERE id = ?", (run,))
        if not rows:
            raise _no_run(run)
        return json.loads(rows[0][0]) if rows[0][0] is not None else None

    def waiting(self) -> list[str]:
        """Return the runs that wait their turn, in order, whoever noted them."""
        rows = self._database.read(f"SELECT id FROM runs WHERE {WAITS} ORDER BY number")  # noqa: S608
        return [run for (run,) in rows]

    def to_json(self, run: str) -> JsonObject:
        """Return a run as ``tensorrag run --json`` prints it."""
        entry = self.run(run)
        rows = self._database.read(
            "SELECT node, shown FROM nodes WHERE run = ? ORDER BY rowid", (run,)
        )
        return {
            "run": entry.id,
            "status": entry.status,
            "seconds": entry.seconds,
            "problems": list(entry.problems),
            "nodes": {node: json.loads(shown) for node, shown in rows},
        }

    def made(self, run: str) -> dict[str, JsonObject]:
        """Return, by node, what its result was made of: key, parameters, inputs, handle."""
        rows = self._database.read("SELECT node, made FROM nodes WHERE run = ?", (run,))
        return {node: json.loads(made) for node, made in rows if made is not None}

    def previous(self, pipeline_id: str) -> dict[str, JsonObject]:
        """Return, by node, what was made of what when it last ran in this pipeline."""
        rows = self._database.read(
            "SELECT node, made, max(number) FROM nodes"
            " WHERE pipeline = ? AND made IS NOT NULL GROUP BY node",
            (pipeline_id,),
        )
        return {node: json.loads(made) for node, made, _ in rows}

    def knows(self, key: str) -> bool:
        """Whether a run had a card of this cache key."""
        sql = "SELECT 1 FROM nodes WHERE instr(made, ?) LIMIT 1"
        return bool(self._database.read(sql, (key,)))

    def events(self, run: str, after: int = 0, *, kind: str | None = None) -> list[JsonObject]:
        """Return the events of a run whose number is greater than ``after``, or those of a kind."""
        rows = self._database.read(
            "SELECT seq, time, node, type, data FROM events WHERE run = ? AND seq > ?"
            " AND type = coalesce(?, type) ORDER BY seq",
            (run, after, kind),
        )
        return [
            {
                "seq": seq,
                "time": when,
                "run": run,
                "node": node,
                "type": kind,
                "data": json.loads(data),
            }
            for seq, when, node, kind, data in rows
        ]

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()
        self.presence.leave()


def _new_id() -> str:
    """Return an id that no other run has, on any machine; later ones sort later."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def _event_row(run: str, seq: int, event: JsonObject) -> tuple[Any, ...]:
    when = event.get("time") or timestamp()
    return (run, seq, when, event.get("node"), event["type"], _text(event.get("data", {})))


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _no_run(run: str) -> RunNotFound:
    return RunNotFound(
        f"There is no run {run[:80]!r} in this workspace.", hint="`tensorrag runs` lists them."
    )
