"""T12: a full disk is a message. An editor works on a disk of 20 MB that really runs full."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tensorrag.store.workspace import Workspace
from tests.core.engine import chain, node
from tests.servers import Server
from tests.trust.crashing import (
    begin,
    client,
    create,
    ended,
    found,
    states,
    until,
    with_small_cards,
)

SIZE = "20m"
SLOW = chain(node("number"), node("wait", steps=600, pause=0.1))
BIG = '''
from typing import NamedTuple
import numpy as np, pandas as pd
from tensorrag import Card, Table, TableSchema


class Big(Card):
    """Make a large table of noise."""

    megabytes: int = 1

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        noise = np.random.default_rng(self.megabytes).random(self.megabytes * 2**17)
        return self.Out(Table.from_pandas(pd.DataFrame({"number": noise})))

    def propagate(self) -> TableSchema:
        return TableSchema()
'''


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 20 MB."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("Only root on Linux may mount a small disk.")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(mounted)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("Here, not even root may mount a small disk.")
    yield mounted
    subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def fill(disk: Path, *, left: int) -> Path:
    """Fill the disk up with a file, so that so many bytes are left."""
    file = disk / f"somebody-elses-file-{time.time_ns()}"
    with file.open("wb") as out:
        for _ in range(1000):
            found = os.statvfs(disk)
            room = found.f_bavail * found.f_frsize - left
            if room <= 0:
                return file
            try:
                os.posix_fallocate(out.fileno(), file.stat().st_size, room)
            except OSError as error:  # the server wrote something meanwhile: there is less by now
                if error.errno != errno.ENOSPC:
                    raise
    raise AssertionError("The disk does not fill up.")


def leftovers(workspace: Path) -> list[Path]:
    """Files that were begun and not finished; folders may come and go while this looks."""
    names = ("*.tmp", ".tmp*", "*.part", "*.partial")
    files = [Path(folder, file) for folder, _, inside in os.walk(workspace) for file in inside]
    unfinished = workspace / "store" / "tmp"
    return [file for file in files if unfinished in file.parents or any(map(file.match, names))]


def verify(workspace: Path) -> int:
    """Look at all that is stored, byte by byte; returns how many values there are."""
    opened = Workspace.open(workspace)
    nodes = [opened.journal.to_json(run.id)["nodes"] for run in opened.journal.runs()]
    digests = {
        output["sha256"]
        for run in nodes
        for each in run.values()
        for output in (each["outputs"] or {}).values()
    }
    for digest in digests:
        opened.store.verify(opened.store.get(digest), thorough=True)
    opened.close()
    for name in ("journal.sqlite", "store/index.sqlite"):
        with sqlite3.connect(workspace / name) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
    return len(digests)


def reason(run: dict[str, Any], card: str) -> str:
    """What a failed run says of one card."""
    assert run["status"] == "failed", run
    error = run["nodes"][card]["error"]
    return f"{error['message']} {error['hint']}"


@pytest.mark.slow
def test_a_full_disk_fails_the_run_with_one_sentence_and_nothing_else_is_lost(
    disk: Path, start_server: Callable[..., Server]
) -> None:
    workspace = with_small_cards(disk / "workspace")
    (workspace / "cards" / "big.py").write_text(BIG)
    server = start_server(workspace)
    with client(server) as http:
        small = create(http, chain(node("number"), node("add")))
        large = create(http, chain(node("big", megabytes=6), node("add")))
        assert ended(http, begin(http, pipeline_id=small))["status"] == "succeeded"

        # A card makes more than fits: it fails, and says why.
        filler = fill(disk, left=2 * 2**20)
        run = ended(http, begin(http, pipeline_id=large))
        assert reason(run, "big").startswith("The disk is full: nothing more fits into ")
        assert "Free some space" in reason(run, "big")
        assert run["nodes"]["add"]["state"] == "blocked"
        assert leftovers(workspace) == []

        # Not a byte is left in the middle of a run, and the journal still gets to say so.
        filler.unlink()
        cut = begin(http, pipeline_id=create(http, SLOW))
        until(lambda: states(found(http, cut)).get("wait") == "running")
        filler = fill(disk, left=0)
        assert "The disk is full" in reason(ended(http, cut), "wait")

        # An edit that cannot be saved is said to be unsaved, and is saved when it can be.
        rest = fill(disk, left=0)
        edited = rename(http, small, "Edited on a full disk")
        assert edited.status_code == 507, edited.text
        assert "The disk is full" in edited.json()["detail"]
        assert http.get("/healthz").status_code == 200

        for file in (filler, rest):
            file.unlink()
        run = ended(http, begin(http, pipeline_id=large))
        assert run["status"] == "succeeded", run
        again = rename(http, small, "Edited once more")
        assert again.status_code == 200
        assert leftovers(workspace) == []
    server.stop()
    with client(start_server(workspace)) as http:
        assert found(http, cut)["status"] == "failed"  # not interrupted: it could be noted
    assert "Edited once more" in (workspace / "pipelines" / f"{small}.json").read_text()
    assert verify(workspace) >= 3
    assert leftovers(workspace) == []


def rename(http: httpx.Client, pipeline: str, name: str) -> httpx.Response:
    """Give a pipeline another name."""
    now = http.get(f"/api/pipelines/{pipeline}")
    content = {**now.json(), "name": name}
    headers = {"If-Match": now.headers["ETag"]}
    return http.put(f"/api/pipelines/{pipeline}", json=content, headers=headers)
