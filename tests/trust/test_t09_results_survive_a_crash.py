"""T9: a result that was shown as done survives the sudden death of the editor.

An editor is killed at random moments while it runs one pipeline after the other. Whatever it told
as done until then is looked up afterwards: in the journal, in the store, and byte by byte.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tensorrag.pipeline.as_json import to_json
from tensorrag.store.workspace import Workspace
from tests.clock import FULL
from tests.core.engine import chain, node
from tests.servers import Server
from tests.trust.crashing import begin, client, ended, kill, with_small_cards

KILLS = 60 if FULL else 3
CARDS = 8
"""Cards of each run."""

Told = tuple[str, str, str]
"""Run, node and digest of a result that was shown as done."""


def stream(server: Server, first: int, told: list[Told]) -> None:
    """Run one pipeline after the other, none like another, until the editor answers no more."""
    with client(server) as http:
        for number in range(first, first + 1000):
            adding = [node(f"add_{at}", "add", amount=at) for at in range(1, CARDS)]
            pipeline = to_json(chain(node("number", value=number), *adding))
            try:
                run = begin(http, pipeline=pipeline)
                with http.stream("GET", f"/api/runs/{run}/events") as events:
                    for line in events.iter_lines():
                        note(line, told)
            except httpx.HTTPError:
                return


def note(line: str, told: list[Told]) -> None:
    """Note a result that a line of a stream of events tells as done."""
    if not line.startswith("data: "):
        return
    event = json.loads(line.removeprefix("data: "))
    if event["type"] == "node" and event["data"]["state"] == "done":
        told.append((event["run"], event["node"], event["data"]["outputs"]["number"]["sha256"]))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_acknowledged_result_is_lost(
    tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    folder, chance = with_small_cards(tmp_path / "workspace"), random.Random(9)
    told: list[Told] = []
    rounds_with_results = 0
    for round_ in range(KILLS):
        server, before = start_server(folder), len(told)
        work = threading.Thread(target=stream, args=(server, round_ * 1000, told))
        work.start()
        # Every third time while it still warms up, else once it is at full speed.
        enough = before + (1 if round_ % 3 == 2 else CARDS)
        while work.is_alive() and len(told) < enough:
            work.join(0.02)
        work.join(chance.uniform(0.0, 1.5))
        assert kill(server) == [], "a process outlived the editor by a second"
        work.join(30)
        rounds_with_results += len(told) > before

    workspace = Workspace.open(folder)
    for run, node_id, digest in told:
        shown = workspace.journal.to_json(run)["nodes"][node_id]
        assert (shown["state"], shown["outputs"]["number"]["sha256"]) == ("done", digest)
        workspace.store.verify(workspace.store.get(digest), thorough=True)
    for name in ("journal.sqlite", "store/index.sqlite"):
        with sqlite3.connect(folder / name) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
    workspace.close()

    # And the next editor says the same: what it cut off was interrupted, the rest is known.
    server = start_server(folder)
    with client(server) as http:
        entries = http.get("/api/runs", params={"limit": 1000}).json()
        assert {entry["status"] for entry in entries} <= {"succeeded", "interrupted"}
        cut = [entry["run"] for entry in entries if entry["status"] == "interrupted"]
        outcome = ended(http, begin(http, resume=cut[0])) if cut else None
    assert outcome is None or outcome["status"] == "succeeded"
    print(f"{KILLS} kills, {len(entries)} runs, {len(cut)} cut off, {len(told)} results told")  # noqa: T201
    assert rounds_with_results == KILLS  # work really happened, in every round
    assert len(told) >= 5 * KILLS
    assert cut
