"""What the tests of crashes share: an editor with small cards, its runs, and its sudden death."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.plain import JsonObject
from tests.clock import within
from tests.core.engine import CARDS
from tests.servers import Server


def with_small_cards(workspace: Path) -> Path:
    """Put the cards of the engine's tests into a workspace."""
    folder = workspace / "cards"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "numbers.py").write_text(CARDS)
    settings = workspace / "settings.json"
    settings.touch(0o600)
    settings.write_text('{"rehearse": false}')  # what waits in a cloud waits only there
    return workspace


def client(server: Server) -> httpx.Client:
    """Speak to an editor over HTTP."""
    return httpx.Client(base_url=server.url, timeout=60, trust_env=False)


def create(http: httpx.Client, pipeline: Pipeline) -> str:
    """Put a pipeline into the workspace; returns its id."""
    answer = http.post("/api/pipelines", json=to_json(pipeline))
    answer.raise_for_status()
    return str(answer.json()["id"])


def begin(http: httpx.Client, **request: Any) -> str:
    """Begin a run; returns its id."""
    answer = http.post("/api/runs", json=request)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["run"])


def found(http: httpx.Client, run: str) -> JsonObject:
    """Return a run as it is now."""
    answer = http.get(f"/api/runs/{run}")
    answer.raise_for_status()
    content: JsonObject = answer.json()
    return content


def states(run: JsonObject) -> dict[str, str]:
    """The state of each card of a run."""
    return {node: each["state"] for node, each in run["nodes"].items()}


def until(true: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait until something is the case; returns it."""
    end = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < end, f"not the case after {seconds:g} s"
        time.sleep(0.05)
    return value


def ended(http: httpx.Client, run: str, seconds: float = 120) -> JsonObject:
    """Wait until a run has ended; returns it."""

    def over() -> JsonObject | None:
        now = found(http, run)
        return None if now["status"] in ("queued", "running") else now

    outcome: JsonObject = until(over, seconds)
    return outcome


def kill(server: Server) -> list[psutil.Process]:
    """Kill an editor without warning; returns what of it is still there a second later."""
    family = psutil.Process(server.process.pid).children(recursive=True)
    server.process.kill()
    server.process.wait(timeout=60)
    end = time.monotonic() + within(1)
    while time.monotonic() < end and any(_alive(process) for process in family):
        time.sleep(0.02)
    return [process for process in (*family, *_that_work_in(server.workspace)) if _alive(process)]


def _alive(process: psutil.Process) -> bool:
    """Whether it does, or could do, anything; what only waits to be buried does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _that_work_in(folder: Path) -> list[psutil.Process]:
    """Processes that have left the family, too, work in a scratch folder of the workspace."""
    inside = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and Path(process.cwd()).is_relative_to(folder):
                inside.append(process)
        except (psutil.Error, OSError):  # gone, or somebody else's
            continue
    return inside
