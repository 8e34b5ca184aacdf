"""What was uploaded here stays known, also to another version of the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorrag.pipeline import Pipeline
from tensorrag.store.workspace import Workspace
from tests.core.engine import node
from tests.web.desk import Desk
from tests.web.test_actions import Hands
from web.live.session import Session

TABLE = b"a,b\n1,2\n"


def loading(upload: str) -> Pipeline:
    return Pipeline("Mine").with_nodes(node("load", "data_load", source="upload", upload=upload))


def columns(session: Session) -> Any:
    return session.checked.nodes["load"].schemas["dataset"].names  # type: ignore[union-attr]


def forget(workspace: Workspace) -> None:
    """Have it be as after an update: nothing that was seen is known any more."""
    with workspace.store.index.write() as connection:
        connection.execute("DELETE FROM peeks")


async def test_an_upload_is_looked_at_again_by_itself_after_an_update(desk: Desk) -> None:
    session = await desk.open(loading(desk.workspace.uploads.add([TABLE])))
    assert (columns(session), session.checking.unread()) == (("a", "b"), {})
    forget(desk.workspace)

    later = await desk.restarted()
    session = await later.sessions.open(session.id)
    await session.settled()

    assert (columns(session), session.checking.unread()) == (("a", "b"), {})
    assert later.tasks("peek") == ["data_load"]
    await later.sessions.close()


async def test_what_was_not_uploaded_here_is_not_looked_at(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_bytes(TABLE)
    strangers = [
        node("path", "data_load", source="path", path=str(tmp_path / "mine.csv")),
        node("inactive", "data_load", source="path", path="x", upload="sha256:" + "0" * 64),
        node("gone", "data_load", source="upload", upload="sha256:" + "0" * 64),
        node("climbs", "data_load", source="upload", upload=f"sha256:../../{tmp_path}/mine.csv"),
    ]
    await desk.open(Pipeline("Theirs").with_nodes(*strangers))

    assert desk.tasks("peek") == []


async def test_the_same_file_chosen_again_is_looked_at_again(desk: Desk) -> None:
    upload = desk.workspace.uploads.add([b"a,b\n1,2,3\n"])
    session = await desk.open(loading(upload))
    await session.settled()
    assert [problem.code for problem in session.problems] == ["source_unreadable"]
    looks = len(desk.tasks("peek"))

    Hands(session)("uploaded", of="load", param="upload", upload=upload, name="")
    await session.settled()

    assert len(desk.tasks("peek")) == looks + 1
