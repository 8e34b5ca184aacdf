"""T2: opening or importing a pipeline from elsewhere runs nothing and reads nothing until Run."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import ROOT, Server
from tests.trust.audit import CONNECTIONS, LOOKED_AT, OPENED, PROCESSES, Audit, Event
from tests.trust.hostile_pipelines import MARK, Canaries, file, hostile_pipelines, node


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[Canaries]:
    canaries = Canaries(tmp_path / "canaries")
    yield canaries
    canaries.close()


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "audit")


@pytest.fixture
def server(
    start_server: Callable[..., Server], audit: Audit, canaries: Canaries, tmp_path: Path
) -> Server:
    """A server whose processes write down what they do; runs may read the canaries."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    settings = workspace / "settings.json"
    settings.write_text(json.dumps({"allowed_folders": [str(canaries.folder)]}))
    settings.chmod(0o600)
    return start_server(workspace, **audit.environment)


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        yield client


def run(client: httpx.Client, pipeline_id: str) -> str:
    """Run a pipeline to its end; returns its status."""
    started = client.post("/api/runs", json={"pipeline_id": pipeline_id})
    started.raise_for_status()
    while True:
        run = client.get(f"/api/runs/{started.json()['run']}").json()
        if run["status"] not in ("queued", "running"):
            return str(run["status"])
        time.sleep(0.05)


def opened(client: httpx.Client, content: dict[str, object]) -> str:
    """Import a pipeline, get it, check it, and open its page; returns its id."""
    made = client.post("/api/pipelines", content=json.dumps(content))
    assert made.status_code == 201, made.text
    pipeline_id: str = made.json()["id"]
    client.get(f"/api/pipelines/{pipeline_id}").raise_for_status()
    client.post(f"/api/pipelines/{pipeline_id}/check").raise_for_status()
    client.get(f"/edit/{pipeline_id}").raise_for_status()
    return pipeline_id


@pytest.mark.slow
def test_no_process_no_file_no_connection_and_no_import(
    client: httpx.Client, audit: Audit, canaries: Canaries, server: Server
) -> None:
    harmless = file(node("load", "data_load"))
    assert run(client, opened(client, harmless)) == "succeeded"
    client.get("/").raise_for_status()
    pipelines = hostile_pipelines(canaries)
    assert len(pipelines) > 50
    audit.wait_until_quiet()
    mark = audit.mark()

    for content in pipelines.values():
        opened(client, content)
    listed = client.get("/api/pipelines").json()
    client.get("/").raise_for_status()
    for content in pipelines.values():
        client.post("/api/check", content=json.dumps(content)).raise_for_status()

    assert len(listed) == len(pipelines) + 2  # the harmless one, and the first start's sample
    happened = audit.since(mark)
    assert [event for event in happened if MARK in " ".join(event.what)] == []
    assert [event for event in happened if event.kind in PROCESSES | CONNECTIONS] == []
    assert [event for event in happened if event.kind == "import"] == []
    assert _elsewhere(happened, server.workspace) == set()
    assert canaries.touched == []
    assert not canaries.wrote.exists()

    # The audit is not blind: what a run reads is seen, and that another process reads it.
    reads = opened(client, pipelines["path: path"])
    mark = audit.mark()
    assert run(client, reads) == "succeeded"
    happened = audit.since(mark)
    reading = {event.process for event in happened if MARK in " ".join(event.what)}
    assert reading
    assert server.process.pid not in reading
    assert str(canaries.table) in _elsewhere(happened, server.workspace)


def _elsewhere(happened: list[Event], workspace: Path) -> set[str]:
    """Return what was opened or looked at outside the workspace and TensorRag's own code."""
    names = {event.what[0] for event in happened if event.kind in OPENED | LOOKED_AT}
    ours = [workspace, ROOT, Path(sys.prefix), Path(sys.base_prefix)]
    return {
        name
        for name in names
        if not name.isdecimal()  # the number of a file that is open already
        and not re.fullmatch(r"/proc/\d+/(sched)?stat", name)  # how long a process of ours waits
        and not any(Path(name).is_relative_to(folder) for folder in ours)
        and not workspace.is_relative_to(name)
    }
