"""Pipelines of cards that do one thing each, run by a real editor over HTTP."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.executors.card_texts import SOURCE
from tests.servers import Server, launch

OURS = {"tr-forkserver", "tr-supervisor", "tr-worker", "tr-cardhost"}
"""What is below a server while nothing runs."""


@dataclass(frozen=True)
class Act:
    """A card, and what it may use."""

    card: str
    number: float = 1.0
    timeout: float | None = None
    memory: float | None = None

    @property
    def node(self) -> str:
        """Its card id, and the id of its node."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.card).lower()

    def to_json(self) -> dict[str, Any]:
        """Return its node as a file has it."""
        needs = {"timeout": self.timeout, "memory": self.memory}
        return {
            "id": self.node,
            "card": self.node,
            "params": {"number": self.number},
            "position": {"x": 0, "y": 0},
            "resources": {name: value for name, value in needs.items() if value is not None},
        }


class Stage:
    """An editor that knows these cards.

    Args:
        server: runs already.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = httpx.Client(base_url=server.url, timeout=30, trust_env=False)

    def start(self, *acts: Act) -> str:
        """Begin a run of these cards, side by side; returns its id."""
        pipeline = {
            "format": "tensorrag.pipeline", "version": 1, "name": acts[0].card,
            "nodes": [act.to_json() for act in acts], "edges": [],
        }  # fmt: skip
        answer = self.client.post("/api/runs", json={"pipeline": pipeline})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run"])

    def look(self, run: str) -> dict[str, Any]:
        """Return a run as it is now."""
        outcome: dict[str, Any] = self.client.get(f"/api/runs/{run}").json()
        return outcome

    def end(self, run: str, seconds: float = 120) -> dict[str, Any]:
        """Wait for the end of a run; returns it."""
        until = time.monotonic() + seconds
        while (outcome := self.look(run))["status"] in ("queued", "running"):
            assert time.monotonic() < until, outcome
            time.sleep(0.05)
        return outcome

    def play(self, *acts: Act) -> dict[str, Any]:
        """Run these cards to their end."""
        return self.end(self.start(*acts))

    def cancel(self, run: str, node: str | None = None) -> None:
        """Ask for the end of a run, or of one card."""
        answer = self.client.post(f"/api/runs/{run}/cancel", json={"node": node} if node else {})
        assert answer.status_code == 202, answer.text

    def events(self, run: str) -> Iterator[dict[str, Any]]:
        """Follow a run, from its start to its end."""
        with self.client.stream("GET", f"/api/runs/{run}/events", timeout=120) as events:
            for line in events.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def trees(self, run: str, words: Mapping[str, str]) -> dict[str, set[int]]:
        """Wait until each card has printed its word, and behind it the pid of one of its processes.

        Args:
            run: that goes on.
            words: by node.

        Returns:
            The pids of all processes of each card, by node.
        """
        found: dict[str, set[int]] = {}
        for event in self.events(run):
            if event["type"] == "log" and event["node"] in words:
                said = re.search(words[event["node"]] + r" (\d+)", event["data"]["text"])
                if said:
                    found[event["node"]] = _tree(psutil.Process(int(said[1])))
            if len(found) == len(words):
                return found
        raise AssertionError(f"They never said it: {words}")

    def left(self) -> list[psutil.Process]:
        """Return the processes below the server that are not there while nothing runs."""
        below = psutil.Process(self.server.process.pid).children(recursive=True)
        workers = [process for process in below if _name(process) == "tr-worker"]
        others = [process for process in below if _name(process) not in (*OURS, "")]
        return others + workers[3:]  # some are kept ready


def _tree(process: psutil.Process) -> set[int]:
    """Return all processes below the supervisor of one: it gets what escapes, too."""
    supervisor = next(each for each in process.parents() if each.name() == "tr-supervisor")
    return {each.pid for each in supervisor.children(recursive=True)}


def _name(process: psutil.Process) -> str:
    try:
        return "" if process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def stage(folder: Path, settings: Mapping[str, Any] | None = None) -> Iterator[Stage]:
    """Start an editor with these cards in a workspace, and end it."""
    (folder / "cards").mkdir(parents=True, exist_ok=True)
    if settings is not None:
        (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "cards" / "acts.py").write_text(SOURCE)
    server = launch(folder, folder.with_suffix(".log"))
    try:
        server.wait()
        editor = Stage(server)
        with editor.client:
            yield editor
    finally:
        server.stop()
