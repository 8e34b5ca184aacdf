"""Deleting, opening and editing one pipeline at once: it comes out as in one order or the other."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tensorrag.edit.history import Version
from tensorrag.errors import ExecutorUnavailable, FileFormatError, PipelineError, RunRefused
from tensorrag.pipeline.files import load
from tensorrag.run import Request, Run
from tensorrag.run.sweep import Sweep
from tensorrag.store.run_entry import runs_of
from tensorrag.store.shelf import Shelf
from tests.clock import FULL
from tests.core.engine import chain, node
from tests.servers import Server, start_server
from tests.web.desk import Desk, Listener, until
from web.live.open_pipelines import PipelineNotFound

__all__ = ["start_server"]

WAITS = chain(node("number"), node("wait", steps=100_000))
SUM = chain(node("number", value=3), node("add", amount=4))
RENAME = [{"op": "rename", "name": "Edited"}]
TIMES = 300 if FULL else 20


async def edited(desk: Desk, name: str) -> str:
    """Open and edit a pipeline as the page does; says what came of it."""
    try:
        session = await desk.sessions.open(name)
        session.edit(RENAME)
        await session.saving.logged()
    except PipelineError as error:
        return "refused" if "deleted" in f"{error.message} {error.hint}" else repr(error)
    return "edited"


async def deleted(desk: Desk, name: str) -> str:
    try:
        await desk.sessions.pipelines.delete(name)
    except PipelineNotFound:
        return "gone already"
    return "deleted"


def kept(shelf: Shelf, name: str) -> list[Path]:
    return list(shelf.folder.rglob(f"{name}.*.json"))


async def test_deleting_and_editing_at_once_is_one_after_the_other(desk: Desk) -> None:
    random, shelf = Random(2), desk.workspace.pipelines
    outcomes = set()
    for _ in range(TIMES):
        name = await asyncio.to_thread(shelf.create, SUM)
        if random.random() < 0.5:
            await desk.sessions.open(name)
        acts: list[Callable[[Desk, str], Any]] = [deleted, deleted, edited, edited, edited]
        random.shuffle(acts)

        async def late(act: Callable[[Desk, str], Any], wait: float, name: str = name) -> str:
            await asyncio.sleep(wait)
            return str(await act(desk, name))

        begun = [late(act, random.choice([0, random.uniform(0, 0.01)])) for act in acts]
        said = await asyncio.gather(*begun)

        assert said.count("deleted") == 1
        assert not shelf.path(name).exists()
        assert not shelf.log(name).path.exists()
        assert name not in desk.sessions.pipelines._opening
        (file,) = await asyncio.to_thread(kept, shelf, name)
        whole = await asyncio.to_thread(load, file)
        if "edited" in said:
            assert whole.pipeline.name == "Edited"
        outcomes |= set(said)
        await asyncio.to_thread(shutil.rmtree, file.parent)
    assert outcomes == {"deleted", "gone already", "edited", "refused"}


async def test_who_opens_while_it_is_deleted_finds_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await desk.open(SUM)
    closing, may_close = asyncio.Event(), asyncio.Event()
    close = session.close

    async def slowly(**options: Any) -> None:
        await close(**options)
        closing.set()
        await may_close.wait()

    monkeypatch.setattr(session, "close", slowly)
    deletion = asyncio.create_task(desk.sessions.pipelines.delete(session.id))
    await closing.wait()
    opening = asyncio.create_task(desk.sessions.open(session.id))
    for _ in range(20):
        await asyncio.sleep(0)
    may_close.set()

    await deletion
    with pytest.raises(PipelineNotFound):
        await opening
    assert session.id not in desk.sessions.pipelines._opening


def is_at_work(run: Run) -> bool:
    return run.nodes["wait"].state == "running"


async def runs_of_both(desk: Desk) -> tuple[str, list[Run]]:
    """A pipeline of which a run and a sweep go on, and another run of each waits."""
    shelf, runs = desk.workspace.pipelines, desk.sessions.runs
    name, begun = await asyncio.to_thread(shelf.create, WAITS), list[Run]()
    for of in (name, runs_of(name)):
        begun += [await runs.begin(Request(WAITS, of, no_cache=True)) for _ in range(2)]
        going, waiting = begun[-2:]
        await until(partial(is_at_work, going), seconds=60)
        assert runs.waiting(of) == [waiting]
    return name, begun


@pytest.mark.parametrize("is_open", [True, False])
async def test_its_runs_and_sweeps_are_stopped(desk: Desk, is_open: bool) -> None:
    name, begun = await runs_of_both(desk)
    if is_open:
        await desk.sessions.open(name)

    await desk.sessions.pipelines.delete(name)

    assert [await run.wait() for run in begun] == ["cancelled"] * 4
    assert not desk.workspace.pipelines.path(name).exists()


async def test_nothing_begins_after_its_pipeline_was_deleted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, gate = await desk.open(SUM), asyncio.Event()
    looked_into, check = asyncio.Event(), desk.sessions.hosting.check

    async def slowly(*args: Any) -> Any:
        looked_into.set()
        await gate.wait()
        return await check(*args)

    monkeypatch.setattr(desk.sessions.hosting, "check", slowly)
    sweep = Sweep.new(session.id, "add", "amount", [1, 2, 3])
    asked = [asyncio.create_task(session.start()) for _ in range(2)]
    asked += [asyncio.create_task(desk.sessions.sweeps.begin(session, sweep))]
    await looked_into.wait()
    await desk.sessions.pipelines.delete(session.id)
    gate.set()

    for begun in asyncio.as_completed(asked):
        assert await (await begun).wait() == "cancelled"
    assert desk.executor.ran == []
    for of in (session.id, runs_of(session.id)):
        assert desk.sessions.runs.live(of) == []
    planned = desk.sessions.sweeps.get(sweep.id)
    assert planned is not None
    assert planned.left == []
    for late in (session.start(), desk.sessions.sweeps.begin(session, sweep)):
        with pytest.raises(RunRefused, match="was deleted"):
            await late


async def test_a_deletion_is_refused_where_a_card_cannot_be_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, begun = await runs_of_both(desk)
    session = await desk.sessions.open(name)
    view = Listener(session)

    async def lost(handle: str) -> None:
        raise ExecutorUnavailable("The cloud cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr(desk.executor, "cancel", lost)
        with pytest.raises(ExecutorUnavailable, match="cannot be reached"):
            await desk.sessions.pipelines.delete(name)

    told = view.closed
    assert not told
    assert await desk.sessions.open(name) is session
    assert [run.status for run in begun] == ["running", "queued"] * 2
    session.edit(RENAME)
    await session.saving.in_file()  # it is saved as before
    await desk.sessions.pipelines.delete(name)  # by now it answers
    assert view.closed
    assert [await run.wait() for run in begun] == ["cancelled"] * 4
    (file,) = await asyncio.to_thread(kept, desk.workspace.pipelines, name)
    assert load(file).pipeline.name == "Edited"


async def test_what_is_brought_back_comes_back_though_nobody_waits_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = desk.workspace.pipelines
    name = await asyncio.to_thread(shelf.create, SUM)
    await desk.sessions.pipelines.delete(name)
    restoring, may_go_on, restore = threading.Event(), threading.Event(), shelf.restore

    def slowly(pipeline_id: str) -> None:
        restoring.set()
        may_go_on.wait(timeout=60)
        restore(pipeline_id)

    monkeypatch.setattr(shelf, "restore", slowly)
    asking = asyncio.create_task(desk.sessions.pipelines.restore(name))
    await asyncio.to_thread(restoring.wait)
    asking.cancel()  # the tab was closed
    await asyncio.wait([asking])
    opening = asyncio.create_task(desk.sessions.open(name))
    await asyncio.wait([opening], timeout=0.05)  # it would be refused by now if it did not wait
    may_go_on.set()

    assert (await opening).pipeline.nodes.keys() == SUM.nodes.keys()


async def test_a_page_that_was_put_together_meanwhile_is_told(desk: Desk) -> None:
    session = await desk.open(SUM)
    await desk.sessions.pipelines.delete(session.id)

    assert Listener(session).closed


async def test_a_pipeline_that_cannot_be_read_can_be_deleted_while_it_is_opened(
    desk: Desk,
) -> None:
    name = await asyncio.to_thread(desk.workspace.pipelines.create, SUM)
    desk.workspace.pipelines.path(name).write_text("{")

    said = await asyncio.gather(
        desk.sessions.open(name), desk.sessions.pipelines.delete(name), return_exceptions=True
    )

    assert isinstance(said[0], FileFormatError)
    assert said[1] is None
    assert not desk.workspace.pipelines.path(name).exists()


async def test_a_name_that_is_being_given_goes_with_the_pipeline(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await desk.open(SUM)
    session.edit(RENAME)
    (latest, *_) = await session.versions.all()
    reading, read_on, read = threading.Event(), threading.Event(), session.versions._named

    def slowly() -> list[Version]:
        reading.set()
        read_on.wait(timeout=60)
        return read()

    monkeypatch.setattr(session.versions, "_named", slowly)
    monkeypatch.setattr(session.versions, "_read", lambda: [latest])
    naming = asyncio.create_task(session.versions.name(latest.revision, "Good"))
    await asyncio.to_thread(reading.wait)
    deletion = asyncio.create_task(desk.sessions.pipelines.delete(session.id))
    await asyncio.sleep(0.05)  # it would be over by now if it did not wait
    read_on.set()

    await naming
    await deletion
    with pytest.raises(PipelineError, match="deleted"):
        await session.versions.name(latest.revision, "Better")
    shelf = desk.workspace.pipelines
    assert not shelf.named(session.id).path.exists()
    assert len(list(shelf.folder.rglob(f"{session.id}.*.versions"))) == 1


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
async def test_what_is_no_file_can_be_deleted_from_the_list(desk: Desk, kind: str) -> None:
    path = desk.workspace.pipelines.path("odd")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    assert "odd" in [entry.id for entry in await desk.sessions.entries()]

    await desk.sessions.pipelines.delete("odd")

    assert "odd" not in [entry.id for entry in await desk.sessions.entries()]
    with pytest.raises(PipelineNotFound):
        await desk.sessions.pipelines.delete("odd")


async def test_over_http_every_answer_is_a_sentence(start_server: Callable[..., Server]) -> None:
    server = await asyncio.to_thread(start_server)
    statuses = set()
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        await client.get("/api/cards")
        for _ in range(10):
            empty = {"format": "tensorrag.pipeline", "version": 1, "nodes": [], "edges": []}
            name = (await client.post("/api/pipelines", json=empty)).json()["id"]
            address = f"/api/pipelines/{name}"
            answers = await asyncio.gather(
                client.get(address),
                client.post(f"{address}/edits", json={"ops": RENAME}),
                client.delete(address),
                client.post(f"{address}/edits", json={"ops": RENAME}),
                client.get(f"/edit/{name}"),
                client.delete(address),
            )
            codes = [answer.status_code for answer in answers]
            assert codes.count(204) == 1, codes
            assert max(codes) < 500, codes
            for answer in answers:
                if answer.status_code >= 400:
                    assert "deleted" in answer.text, answer.text
            assert (await client.get(address)).status_code == 404
            assert not (server.workspace / "pipelines" / f"{name}.json").exists()
            statuses |= set(codes)
    assert statuses >= {200, 204, 404}


async def test_the_list_has_what_was_edited_a_moment_ago(desk: Desk) -> None:
    session = await desk.open(SUM)
    for name in ("One", "Two", "Three"):
        session.edit([{"op": "rename", "name": name}])
        assert name in {entry.name for entry in await desk.sessions.entries()}
