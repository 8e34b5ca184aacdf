"""What cards at paid places cost, as runs tell it, where somebody has dropped the table of that."""

from __future__ import annotations

import json
import math
import sqlite3

from tensorrag.plain import JsonObject


def enter(connection: sqlite3.Connection) -> None:
    """Note each card again that was sent to a paid place in a run that is known.

    One whose cost its run does not tell counts as one that has not ended.
    """
    rows = connection.execute(
        "SELECT shown, made, run, node, created, created, host, pid, pid_started"
        " FROM nodes JOIN runs ON runs.id = run"
        " WHERE instr(shown, '\"estimate\":{') ORDER BY nodes.number"
    ).fetchall()
    for written, made_of, *known in rows:
        shown, made = json.loads(written), json.loads(made_of or "{}")
        if shown["cost"] or made.get("handle") or (shown["error"] or {}).get("type") == "Unheard":
            _enter(connection, made.get("ticket") or "/".join(known[:2]), shown, known)


def _enter(
    connection: sqlite3.Connection, ticket: str, shown: JsonObject, known: list[object]
) -> None:
    estimate, cost = shown["estimate"], shown["cost"]
    place = (shown["card"], shown["executor"], estimate["gpu"], estimate["rate"], estimate["limit"])
    seconds = None if cost is None else cost / (estimate["rate"] or math.inf)
    connection.execute(
        "INSERT OR IGNORE INTO spending (run, node, asked, began, host, pid, pid_started, ticket,"
        " card, place, gpu, rate, most, seconds, cost, done, idle)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (*known, ticket, *place, seconds, cost, shown["state"] == "done"),
    )
