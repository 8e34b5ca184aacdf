"""The folder with everything in it."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tensorrag.errors import FileFormatError, PipelineError, WorkspaceError
from tensorrag.pipeline import Node, Pipeline
from tensorrag.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def test_a_workspace_is_made_where_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORRAG_WORKSPACE", str(tmp_path / "mine"))

    workspace = Workspace.open()

    assert workspace.root == tmp_path / "mine"
    assert workspace.cards.is_dir()
    assert workspace.pipelines.list() == []


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(WorkspaceError, match="in the way"):
        Workspace.open(tmp_path / "file")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be a workspace: file name too long"):
        Workspace.open(tmp_path / ("x" * 300))


def test_a_home_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(WorkspaceError, match="cannot be a workspace: there is no such home"):
        Workspace.open("~nobody-of-this-name/x")


def test_an_upload_to_a_disk_that_may_only_be_read_names_its_folder(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)  # even of what is not there, on such a disk

    with pytest.raises(WorkspaceError, match=f"{workspace.root}/uploads may not be written"):
        workspace.uploads.add([b"a,b"])


def test_a_workspace_that_may_only_be_read_is_one_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)

    with pytest.raises(WorkspaceError, match="may not be written"):
        Workspace.open(workspace.root)


def test_a_shelf_that_may_only_be_read_is_one_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = workspace.pipelines.create(Pipeline("Mine"))

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    monkeypatch.setattr(Path, "rename", refuse)

    with pytest.raises(WorkspaceError, match="may not be written"):
        workspace.pipelines.create(Pipeline("Another"))
    with pytest.raises(WorkspaceError, match="may not be written"):
        workspace.pipelines.delete(kept)
    assert [entry.name for entry in workspace.pipelines.list()] == ["Mine"]


CREATES_AND_DIES = """
import os, signal, sys
from pathlib import Path
from tensorrag.pipeline import Pipeline
from tensorrag.store.shelf import Shelf

folder, moment = Path(sys.argv[1]), 0
while True:  # each time one moment later
    moment += 1
    if child := os.fork():
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            print(moment)
            break
        continue
    left = moment
    def die(event, args):
        global left
        if args and str(args[0]).startswith(str(folder)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(die)
    Shelf(folder).create(Pipeline("Mine"))
    os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_crash_leaves_a_new_pipeline_whole_or_not_at_all(workspace: Workspace) -> None:
    shelf = workspace.pipelines
    program = [sys.executable, "-c", CREATES_AND_DIES, str(shelf.folder)]

    died = subprocess.run(program, capture_output=True, text=True, check=True)

    assert int(died.stdout) > 5, "it died at as many different moments"
    (shelf.folder / ".mine.json.swp").touch()  # of somebody's text editor
    workspace.sweep()
    entries = shelf.list()
    assert [path.name for path in shelf.folder.glob(".*")] == [".mine.json.swp"]
    assert {(entry.name, entry.error) for entry in entries} == {("Mine", None)}
    assert {path.stem for path in shelf.folder.glob("*.json")} == {entry.id for entry in entries}


@pytest.mark.parametrize("links", [True, False])
def test_many_that_are_made_at_once_get_an_id_each(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if not links:  # as on a FAT disk
        monkeypatch.setattr(os, "link", refuse)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(workspace.pipelines.create, [Pipeline("Mine")] * 24))

    assert len(set(made)) == 24
    assert {entry.id for entry in workspace.pipelines.list()} == set(made)
    assert not list(workspace.pipelines.folder.glob(".*")), "nothing is left beside them"


def test_a_pipeline_is_kept_under_its_name(workspace: Workspace) -> None:
    pipeline = Pipeline(name="My houses!").with_nodes(Node("load", "data_load"))

    first = workspace.pipelines.create(pipeline)
    second = workspace.pipelines.create(pipeline)

    assert (first, second) == ("my_houses", "my_houses_2")
    assert workspace.pipelines.load(first).pipeline == pipeline
    (entry, _) = workspace.pipelines.list()
    assert (entry.name, entry.cards) == ("My houses!", ("data_load",))


def test_a_name_can_take_the_number_of_its_place(workspace: Workspace) -> None:
    for _ in range(3):
        workspace.pipelines.create(Pipeline("Houses"), numbered=True)

    names = {entry.name for entry in workspace.pipelines.list()}
    assert names == {"Houses", "Houses 2", "Houses 3"}


def test_a_saved_pipeline_comes_first(workspace: Workspace) -> None:
    old, new = (workspace.pipelines.create(Pipeline(name=name)) for name in ("old", "new"))
    assert new == "new_2"  # /edit/new is the page that makes one

    workspace.pipelines.save(old, Pipeline(name="changed"))

    assert [entry.name for entry in workspace.pipelines.list()] == ["changed", "new"]


def test_a_file_that_is_no_pipeline_is_listed_with_the_reason(workspace: Workspace) -> None:
    (workspace.root / "pipelines" / "broken.json").write_text("{")

    (entry,) = workspace.pipelines.list()

    assert entry.id == "broken"
    assert "not JSON" in (entry.error or "")
    with pytest.raises(FileFormatError):
        workspace.pipelines.load("broken")


def test_a_deleted_pipeline_is_gone_but_not_lost(workspace: Workspace) -> None:
    pipeline_id = workspace.pipelines.create(Pipeline(name="gone"))

    workspace.pipelines.delete(pipeline_id)

    assert workspace.pipelines.list() == []
    with pytest.raises(PipelineError, match="no pipeline"):
        workspace.pipelines.load(pipeline_id)
    with pytest.raises(PipelineError, match="no pipeline"):
        workspace.pipelines.delete(pipeline_id)
    assert len(list((workspace.root / "pipelines" / "deleted").iterdir())) == 1


def test_a_deleted_pipeline_comes_back_with_its_edits_and_named_versions(
    workspace: Workspace,
) -> None:
    shelf = workspace.pipelines
    pipeline = Pipeline(name="Mine").with_nodes(Node("load", "data_load"))
    mine = shelf.create(pipeline)
    shelf.log(mine).append([{"is": "edit"}])
    shelf.named(mine).append([{"is": "name"}])

    shelf.delete(mine)
    another = shelf.create(Pipeline(name="Mine"))
    shelf.restore(mine)

    assert another == "mine_2", "its runs and its history would be another's"
    assert shelf.load(mine).pipeline == pipeline
    assert shelf.log(mine).read().records == ({"is": "edit"},)
    assert shelf.named(mine).read().records == ({"is": "name"},)
    with pytest.raises(PipelineError, match="No deleted pipeline"):
        shelf.restore(mine)


def test_what_was_deleted_last_comes_back_and_never_over_another(workspace: Workspace) -> None:
    shelf = workspace.pipelines
    mine = shelf.create(Pipeline(name="Mine", description="first"))
    shelf.delete(mine)
    shelf.save(mine, Pipeline(name="Mine", description="put there by hand"))

    with pytest.raises(PipelineError, match="There is a pipeline"):
        shelf.restore(mine)
    assert shelf.load(mine).pipeline.description == "put there by hand"


def test_a_picture_needs_no_settings_and_no_card_beyond_the_first(workspace: Workspace) -> None:
    cards = [Node(f"n{at}", "data_load", params={"path": "x" * 100}) for at in range(70)]
    workspace.pipelines.create(Pipeline(name="Long").with_nodes(*cards))

    (entry,) = workspace.pipelines.list()

    assert entry.sketch is not None
    assert len(entry.sketch.nodes) == 60
    assert not any(node.params for node in entry.sketch.nodes.values())


@pytest.mark.parametrize("pipeline_id", ["../settings", "", "a/b", "A", "x" * 200])
def test_an_id_reaches_no_other_file(workspace: Workspace, pipeline_id: str) -> None:
    with pytest.raises(PipelineError):
        workspace.pipelines.load(pipeline_id)


def test_an_upload_is_found_by_its_content(workspace: Workspace) -> None:
    upload = workspace.uploads.add(io.BytesIO(b"a,b\n1,2\n"))

    assert upload.startswith("sha256:")
    assert workspace.uploads.path(upload).read_bytes() == b"a,b\n1,2\n"
    assert workspace.uploads.add([b"a,b\n", b"1,2\n"]) == upload


def test_the_bytes_of_an_upload_are_counted(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="larger than"):
        workspace.uploads.add([b"x" * 60, b"x" * 60], limit=100)

    assert list((workspace.root / "uploads").iterdir()) == []


def test_only_what_is_nobodys_any_more_is_swept(workspace: Workspace) -> None:
    uploads, scratch = workspace.root / "uploads", workspace.root / "scratch"
    upload = workspace.uploads.path(workspace.uploads.add([b"a\n"]))
    crashed, arriving, working = uploads / ".crashed", uploads / ".arriving", scratch / "worker"
    for path in (crashed, arriving, working):
        path.write_bytes(b"half")
    for path in (upload, crashed, working):
        os.utime(path, (0, 0))

    workspace.sweep()

    assert not crashed.exists()
    assert all(path.exists() for path in (upload, arriving, working))


@pytest.mark.parametrize("upload", ["", "sha256:", "sha256:../../x", "md5:0"])
def test_what_was_not_uploaded_is_not_there(workspace: Workspace, upload: str) -> None:
    with pytest.raises(WorkspaceError, match="not in the workspace"):
        workspace.uploads.path(upload)
