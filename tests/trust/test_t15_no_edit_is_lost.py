"""T15: edits of two tabs arrive in both, and none that was acknowledged is lost, kill or no kill.

``TENSORRAG_STRESS=full`` makes it 1,000 edits and 12 kills.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import from_json
from tensorrag.pipeline.files import load
from tests.clock import FULL
from tests.servers import Server, Serving
from tests.trust.crashing import until
from tests.trust.test_t12_a_full_disk_is_a_message import disk, fill, leftovers

__all__ = ["disk"]

EDITS, KILLS = (1_000, 12) if FULL else (60, 2)
EMPTY = {"format": "tensorrag.pipeline", "version": 1, "name": "Shared", "nodes": [], "edges": []}


@dataclass
class Tab:
    """Somebody who edits as fast as the server answers, and remembers what it acknowledged."""

    name: str
    servers: list[Server]
    pipeline: str
    most: int
    acknowledged: int = 0
    refused: int = 0
    """Times that there was no answer."""
    seconds: list[float] = field(default_factory=list)
    """How long each acknowledged edit took."""
    cards: dict[str, tuple[str | None, float]] = field(default_factory=dict)
    """Title and place of each card, as it was acknowledged."""
    doubtful: dict[str, tuple[str | None, float]] = field(default_factory=dict)
    """What was sent and never answered: it may have come to be, or not."""

    def work(self) -> None:
        """Edit until enough was acknowledged."""
        random = Random(self.name)
        while self.acknowledged < self.most:
            card, now, op = self._gesture(random)
            if not self._send(op):
                self.doubtful[card] = now
                self.refused += 1
                time.sleep(0.1)
                continue
            self.doubtful.pop(card, None)
            self.cards[card] = now
            self.acknowledged += 1

    def _gesture(self, random: Random) -> tuple[str, tuple[str | None, float], Any]:
        number = self.acknowledged + self.refused
        certain = [card for card in self.cards if card not in self.doubtful]
        if not certain or random.random() < 0.3:
            card = f"{self.name}{number}"
            return (
                card,
                (None, 0.0),
                {"op": "add", "card": "data_split", "id": card, "x": 0, "y": 0},
            )
        card = random.choice(certain)
        title, x = self.cards[card]
        if random.random() < 0.5:
            title = f"{self.name} {number}"
            return card, (title, x), {"op": "set_node", "node": card, "title": title}
        place = {"x": number + 1, "y": 0}
        return card, (title, place["x"]), {"op": "move", "positions": {card: place}}

    def _send(self, op: Any) -> bool:
        address = f"{self.servers[-1].url}/api/pipelines/{self.pipeline}/edits"
        start = time.perf_counter()
        try:
            answer = httpx.post(address, json={"ops": [op]}, timeout=30, trust_env=False)
        except httpx.HTTPError:
            return False
        assert answer.status_code == 200, answer.text
        self.seconds.append(time.perf_counter() - start)
        return True

    def check(self, pipeline: Pipeline) -> None:
        """Everything that was acknowledged is there, as it was acknowledged last."""
        for card, acknowledged in self.cards.items():
            assert card in pipeline.nodes, f"{card} was acknowledged, and is gone"
            node = pipeline.nodes[card]
            expected = {acknowledged, self.doubtful.get(card, acknowledged)}
            assert (node.title, node.position.x) in expected, card


def created(server: Server, pipeline: Any = EMPTY) -> str:
    answer = httpx.post(f"{server.url}/api/pipelines", json=pipeline, timeout=60, trust_env=False)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def got(server: Server, pipeline: str) -> httpx.Response:
    return httpx.get(f"{server.url}/api/pipelines/{pipeline}", timeout=60, trust_env=False)


def ready(server: Server) -> Server:
    """Wait until the cards are known."""
    httpx.get(f"{server.url}/api/cards", timeout=60, trust_env=False).raise_for_status()
    return server


def file_of(server: Server, pipeline: str) -> Path:
    return server.workspace / "pipelines" / f"{pipeline}.json"


def until_saved(server: Server, pipeline: str, name: str) -> None:
    until(lambda: load(file_of(server, pipeline)).pipeline.name == name)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_two_tabs_and_a_server_that_is_killed(serving: Serving) -> None:
    servers = [ready(serving())]
    pipeline = created(servers[0])
    tabs = [Tab(name, servers, pipeline, EDITS // 2) for name in ("one", "other")]
    threads = [threading.Thread(target=tab.work, daemon=True) for tab in tabs]
    for thread in threads:
        thread.start()

    random, kills = Random(15), 0
    for kill in range(1, KILLS + 1):
        due = EDITS * kill // (KILLS + 1)
        while sum(tab.acknowledged for tab in tabs) < due:
            assert all(thread.is_alive() for thread in threads)
            time.sleep(random.uniform(0.001, 0.01))
        servers[-1].process.kill()
        servers[-1].process.wait()
        kills += 1
        servers.append(ready(serving()))
    for thread in threads:
        thread.join(timeout=600)
        assert not thread.is_alive()

    servers[-1].process.kill()
    servers[-1].process.wait()
    last = serving()
    found = load(file_of(last, pipeline)).pipeline
    for tab in tabs:
        tab.check(found)
        tab.check(from_json(got(last, pipeline).json())[0])
    acknowledged = sum(tab.acknowledged for tab in tabs)
    assert acknowledged >= EDITS
    assert sum(tab.refused for tab in tabs) >= kills, "no kill ever met a tab at work"
    seconds = sorted(second for tab in tabs for second in tab.seconds)
    print(  # noqa: T201
        f"\n{acknowledged} edits acknowledged, {kills + 1} kills, "
        f"{sum(tab.refused for tab in tabs)} without an answer, {len(found.nodes)} cards; "
        f"an edit took {seconds[len(seconds) // 2] * 1e3:.1f} ms (median), "
        f"{seconds[int(len(seconds) * 0.95)] * 1e3:.1f} ms (p95)."
    )


@pytest.mark.slow
def test_a_save_on_an_old_revision_is_refused_also_after_a_crash(serving: Serving) -> None:
    server = ready(serving())
    pipeline = created(server)
    old = got(server, pipeline).headers["etag"]
    edits = f"/api/pipelines/{pipeline}/edits"
    rename = {"ops": [{"op": "rename", "name": "Edited"}]}
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        assert client.post(edits, json=rename, headers={"If-Match": old}).status_code == 200
        assert client.post(edits, json=rename, headers={"If-Match": old}).status_code == 409

    server.process.kill()
    server.process.wait()
    again = serving()
    with httpx.Client(base_url=again.url, timeout=60, trust_env=False) as client:
        put = client.put(f"/api/pipelines/{pipeline}", json=EMPTY, headers={"If-Match": old})

    assert put.status_code == 409
    assert put.json()["detail"] == "The pipeline was changed since this revision."
    assert load(file_of(again, pipeline)).pipeline.name == "Edited"


@pytest.mark.slow
def test_edits_on_a_full_disk_are_refused_with_a_sentence_and_saved_once_there_is_room(
    disk: Path, start_server: Callable[..., Server]
) -> None:
    server = ready(start_server(disk / "workspace"))
    pipeline = created(server)
    edits = f"{server.url}/api/pipelines/{pipeline}/edits"

    def edit(name: str) -> httpx.Response:
        ops = [{"op": "rename", "name": name, "description": "x" * 20_000}]
        return httpx.post(edits, json={"ops": ops}, timeout=60, trust_env=False)

    assert edit("Before").status_code == 200
    until_saved(server, pipeline, "Before")
    filler = fill(disk, left=0)
    refused = edit("Meanwhile")
    assert refused.status_code == 507, refused.text
    assert "The disk is full" in refused.json()["detail"]
    assert load(file_of(server, pipeline)).pipeline.name == "Before"
    assert got(server, pipeline).json()["name"] == "Meanwhile"

    filler.unlink()
    until_saved(server, pipeline, "Meanwhile")
    assert edit("After").status_code == 200
    assert leftovers(server.workspace) == []
