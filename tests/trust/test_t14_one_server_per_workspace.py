"""T14: a workspace has one server at a time, and a folder that cannot be one says why."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tensorrag.errors import WorkspaceError, WorkspaceLocked
from tensorrag.store.workspace import Workspace
from tests.servers import Server, Serving, launch


def refusal(folder: Path, tmp_path: Path, *, plain: bool = False) -> str:
    """Start a server on a folder that it cannot have; returns what it says, one or two lines."""
    server = launch(folder, tmp_path / "refused.log", plain=plain)
    try:
        assert server.process.wait(timeout=240) == 1
    finally:
        server.stop()
    said = server.output()
    assert "Traceback" not in said
    assert said.count("\n") <= 2
    return said


def answers(server: Server, path: str) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", timeout=60, trust_env=False)


def test_the_second_server_is_refused_and_told_where_the_first_is(
    serving: Serving, tmp_path: Path
) -> None:
    first = serving()

    said = refusal(first.workspace, tmp_path)

    assert f"open in another server (process {first.process.pid})" in said
    assert f"Use it at {first.url}" in said
    assert answers(first, "/healthz").status_code == 200


def test_by_another_way_to_the_same_folder_too(serving: Serving, tmp_path: Path) -> None:
    first = serving()
    (tmp_path / "link").symlink_to(first.workspace)

    assert f"process {first.process.pid}" in refusal(tmp_path / "link", tmp_path)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_is_gone_holds_nothing(serving: Serving, end: signal.Signals) -> None:
    first = serving()
    first.announced()
    pipelines = answers(first, "/api/pipelines").json()
    assert pipelines
    first.process.send_signal(end)
    first.process.wait(timeout=240)

    second = serving()

    assert second.process.pid != first.process.pid
    assert answers(second, "/api/pipelines").json() == pipelines


def test_a_process_that_only_has_the_same_number_holds_nothing(tmp_path: Path) -> None:
    """What the lock says is for people; what counts is the lock itself."""
    workspace = Workspace.open(tmp_path / "workspace")
    (workspace.root / "serve.lock").write_text('{"pid": 1, "address": "http://127.0.0.1:1"}')

    with workspace.lock():
        pass
    for odd in ("", "{", "[]", "null", '{"pid": {}}', "\0\0"):
        (workspace.root / "serve.lock").write_text(odd)
        with (
            workspace.lock(),
            pytest.raises(WorkspaceLocked, match="is open in another server"),
            Workspace(workspace.root).lock(),
        ):
            pass


def test_a_lock_that_cannot_be_taken_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    lock = workspace.root / "serve.lock"
    lock.mkdir()
    with pytest.raises(WorkspaceError, match=r"serve.lock cannot be locked: is a directory\."):
        workspace.lock().__enter__()
    lock.rmdir()

    def none_here(*_: object, **__: object) -> bool:  # as on some disks of a network
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("tensorrag.store.workspace.locked", none_here)
    with pytest.raises(WorkspaceError, match="cannot be locked: no locks available") as refused:
        workspace.lock().__enter__()
    assert "--workspace" in refused.value.hint


def test_a_workspace_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    said = refusal(tmp_path / "file" / "below", tmp_path)

    assert "cannot be a workspace: a file is in the way." in said
    assert "--workspace" in said
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="takes the administrator's right away")
@pytest.mark.parametrize("made", [False, True], ids=["not there yet", "read-only"])
def test_a_workspace_that_may_not_be_written(tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "below" / "workspace"
    Workspace.open(folder) if made else folder.parent.mkdir()
    for path in (*folder.glob("*"), folder, folder.parent):
        if path.exists():
            path.chmod(0o555)

    said = refusal(folder, tmp_path, plain=True)

    assert f"{folder} may not be written." in said
    assert "Choose another workspace, or change the permissions of this one." in said


@pytest.mark.parametrize("moved", [True, False], ids=["moved", "deleted"])
def test_a_workspace_that_is_gone_ends_its_server(
    serving: Serving, start_server: Callable[..., Server], tmp_path: Path, moved: bool
) -> None:
    """It locks nobody out any more: another server may begin at the same place."""
    server = serving()
    server.announced()
    server.workspace.rename(tmp_path / "moved")
    if not moved:
        shutil.rmtree(tmp_path / "moved")

    assert server.process.wait(timeout=240) == 1

    said = server.output().splitlines()[1:]
    assert said == [
        f"The workspace {server.workspace} was moved or deleted, so the server has ended.",
        "Start it again with --workspace and the folder as it is called now.",
    ]
    if moved:
        again = start_server(tmp_path / "moved")
        again.announced()
        assert len(answers(again, "/api/pipelines").json()) == 1
