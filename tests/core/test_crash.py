"""What was shown as done survives the death of the process that showed it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tensorrag.store.workspace import Workspace

KILLS = 8

PROGRAM = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from tests.core.engine import Engine, chain, node

async def main():
    engine = Engine(Path(sys.argv[1]))
    for number in range(int(sys.argv[2]), 10**6):
        nodes = [node(f"link_{i}", "add", amount=i) for i in range(10)]
        run = engine.new(chain(node("number", value=number), *nodes))
        await run.start()
        async for event in run.subscribe():
            if event["type"] == "node" and event["data"]["state"] == "done":
                node_run = run.nodes[event["node"]]
                sys.stdout.write(f"{run.id} {event['seq']} {node_run.key}\\n")
                sys.stdout.flush()

asyncio.run(main())
"""


def work_until_killed(folder: Path, start: int, seconds: float) -> list[tuple[str, int, str]]:
    """Run pipelines in a process that is killed at some moment; gives what it showed as done."""
    command = [sys.executable, "-c", PROGRAM, str(folder), str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]  # it works
        killer = threading.Timer(seconds, os.kill, (process.pid, signal.SIGKILL))
        killer.start()
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    shown = [line.split() for line in lines if line.endswith("\n")]
    return [(run, int(seq), key) for run, seq, key in shown]


@pytest.mark.slow
def test_no_acknowledged_result_is_lost(tmp_path: Path) -> None:
    chance = random.Random(7)
    shown = []
    for kill in range(KILLS):
        shown += work_until_killed(tmp_path, kill * 1000, chance.uniform(0.01, 0.8))

    workspace = Workspace.open(tmp_path)
    workspace.journal.interrupted()
    for run, seq, key in shown:
        result = workspace.store.results.get(key)
        assert result is not None
        for digest in result.outputs.values():
            workspace.store.verify(workspace.store.get(digest), thorough=True)
        (event,) = workspace.journal.events(run, after=seq - 1)[:1]
        assert event["data"]["state"] == "done"
    assert len(shown) > 3 * KILLS  # work really happened
    statuses = [entry.status for entry in workspace.journal.runs(limit=10_000)]
    assert set(statuses) <= {"succeeded", "interrupted"}
    assert 1 <= statuses.count("interrupted") <= KILLS
