"""Ten runs of twenty cards at once: do all finish, and does the page answer meanwhile?

    python -m benchmarks.many_runs [--runs 10] [--cards 20] [--cores 2]

A real server works on a scratch workspace, held to so many cores. Each card computes for about
50 ms in a process of its own, and none is answered from the cache. Meanwhile a card of another
pipeline is dragged in a real Chromium, again and again: the time from letting go of the mouse
until the page of a second tab shows it there is what is measured, beside that of an edit over
HTTP, which is on disk when it is answered.
"""

import argparse
import json
import random
import statistics
import sys
import threading
import time
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks.serving import server
from scripts.get_chromium import on_this_machine

CARDS = '''
"""A card that has something to do."""
from typing import NamedTuple
import numpy as np, pandas as pd
from tensorrag import Card, Table, TableSchema


class Work(Card):
    """Multiply matrices for a while."""

    number: int = 0
    times: int = 12

    class Out(NamedTuple):
        table: Table

    def run(self, *tables: Table) -> Out:
        matrix = np.random.default_rng(self.number).random((400, 400))
        for _ in range(self.times):
            matrix = matrix @ matrix / 400
        total = sum(float(table.to_pandas()["total"].sum()) for table in tables)
        return self.Out(Table.from_pandas(pd.DataFrame({"total": [total + matrix.sum()]})))

    def propagate(self, *tables: TableSchema) -> TableSchema:
        return TableSchema()
'''
LIMIT_MS = 250.0
PAUSE_S = 0.15
"""Between two gestures of the one person."""


def pipeline(number: int, cards: int) -> dict[str, Any]:
    """Return a chain of cards, none like one of another pipeline."""
    first = random.Random(number).randrange(10**9)
    nodes = [
        {
            "id": f"work_{at}",
            "card": "work",
            "params": {"number": first + at},
            "position": {"x": 232 * (at % 5), "y": 190 * (at // 5)},
        }
        for at in range(cards)
    ]
    edges = [
        {
            "source": f"work_{at}",
            "source_port": "table",
            "target": f"work_{at + 1}",
            "target_port": "tables",
        }
        for at in range(cards - 1)
    ]
    head = {"format": "tensorrag.pipeline", "version": 1, "name": f"Chain {number}"}
    return {**head, "nodes": nodes, "edges": edges}


class Edits:
    """One program that edits one pipeline over HTTP, and notes how long each edit takes."""

    def __init__(self, http: httpx.Client, pipeline_id: str) -> None:
        self.took: list[float] = []
        self._http, self._id = http, pipeline_id
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go)

    def __enter__(self) -> "Edits":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _go(self) -> None:
        while not self._stopping.wait(PAUSE_S):
            op = {"op": "move", "positions": {"work_0": {"x": len(self.took), "y": -600}}}
            began = time.perf_counter()
            answer = self._http.post(f"/api/pipelines/{self._id}/edits", json={"ops": [op]})
            answer.raise_for_status()
            self.took.append((time.perf_counter() - began) * 1000)


def drag(page: Page, other: Page, node: str, right: bool) -> float:
    """Drag a card; returns ms from letting go until another tab shows it where it is now."""
    where = f'[data-testid=canvas] [data-node="{node}"]'
    before = other.locator(where).evaluate("each => each.getBoundingClientRect().x")
    box = page.locator(where).bounding_box() or {"x": 0, "y": 0}
    x, y = box["x"] + 60, box["y"] + 14
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (40 if right else -40), y, steps=4)
    page.wait_for_timeout(50)  # a hand is not that quick either: the page draws the card there
    began = time.perf_counter()
    page.mouse.up()
    other.wait_for_function(
        "([at, x]) => Math.abs(document.querySelector(at).getBoundingClientRect().x - x) > 5",
        arg=[where, before],
        polling=5,
    )
    return (time.perf_counter() - began) * 1000


def measure(runs: int, cards: int, cores: int) -> dict[str, Any]:
    """Run them all at once, and edit meanwhile."""
    with server(cores, {"work.py": CARDS}) as http, sync_playwright() as playwright:
        ids = [
            http.post("/api/pipelines", json=pipeline(number, cards)).json()["id"]
            for number in range(runs + 2)
        ]
        browser = playwright.chromium.launch(
            executable_path=on_this_machine(), args=["--no-sandbox", "--disable-gpu"]
        )
        tabs = [browser.new_page(viewport={"width": 1280, "height": 720}) for _ in (1, 2)]
        for tab in tabs:
            tab.goto(f"{http.base_url}/edit/{ids[-1]}")
            tab.locator('[data-node="work_0"]').wait_for(timeout=60_000)
        idle = [drag(tabs[0], tabs[1], "work_0", at % 2 == 0) for at in range(20)]
        began = time.perf_counter()
        started = [
            http.post("/api/runs", json={"pipeline_id": each}).json()["run"] for each in ids[:runs]
        ]
        took: list[float] = []
        with Edits(http, ids[-2]) as edits:
            while _going(http, started):
                took.append(drag(tabs[0], tabs[1], "work_0", len(took) % 2 == 0))
                time.sleep(PAUSE_S)
        seconds = time.perf_counter() - began
        outcomes = [http.get(f"/api/runs/{run}").json() for run in started]
        browser.close()
    nodes = [node for run in outcomes for node in run["nodes"].values()]
    return {
        "runs": len(outcomes),
        "succeeded": sum(run["status"] == "succeeded" for run in outcomes),
        "cards_run": sum(node["state"] == "done" and not node["cached"] for node in nodes),
        "seconds": round(seconds, 1),
        "gesture_idle_ms": _figures(idle),
        "gesture_ms": _figures(took),
        "http_edit_ms": _figures(edits.took),
    }


def _going(http: httpx.Client, runs: list[str]) -> bool:
    listed = {each["run"]: each["status"] for each in http.get("/api/runs").json()}
    return any(listed[run] in ("queued", "running") for run in runs)


def _figures(took: list[float]) -> dict[str, float]:
    if len(took) < 2:
        return {"count": len(took)}
    return {
        "count": len(took),
        "p50": round(statistics.median(took), 1),
        "p95": round(statistics.quantiles(took, n=20)[-1], 1),
        "worst": round(max(took), 1),
    }


def main() -> None:
    """Measure, print, and fail where a run did not finish or the page was slow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--cards", type=int, default=20)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    found = measure(given.runs, given.cards, given.cores)
    print(json.dumps(found, indent=2))
    slow = found["gesture_ms"].get("p95", 0.0) > LIMIT_MS
    done = found["cards_run"] == given.runs * given.cards
    sys.exit(1 if slow or not done else 0)


if __name__ == "__main__":
    main()
