"""No call is forgotten, and no result is lost, at the moments in which that is easily done."""

from __future__ import annotations

import asyncio
import errno
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status

from executors import modal_outcome, modal_remote
from executors.modal_deploy import deploy
from executors.modal_notes import Note, Notes
from executors.modal_remote import ModalExecutor
from tensorrag.errors import ExecutorUnavailable, RunCancelled, WorkspaceError
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tests.executors.card_texts import task, task_that
from tests.executors.contract import KEY, first
from tests.executors.modal_plane.account import account
from tests.executors.modal_plane.plane import Plane

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.modal]


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with account(tmp_path_factory.mktemp("modal")) as plane:
        deploy()
        yield plane


@pytest_asyncio.fixture(loop_scope="module")
async def executor(plane: Plane, tmp_path: Path) -> AsyncIterator[ModalExecutor]:
    executor = ModalExecutor(tmp_path)
    yield executor
    await executor.close()


async def nothing_goes_on(plane: Plane) -> None:
    """Wait until Modal has ended every card."""
    while any(call.output is None for call in tuple(plane.calls.values())):
        await asyncio.sleep(0.05)


async def test_what_nobody_waits_for_any_more_when_it_begins_is_ended(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor is closed while Modal takes a card on."""
    takes_on, taken, go_on = plane.FunctionMap, asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    async def slow(request: Any, metadata: Any) -> Any:
        answer = await takes_on(request, metadata)
        loop.call_soon_threadsafe(taken.set)
        await asyncio.to_thread(go_on.wait, 60)
        return answer

    monkeypatch.setattr(plane, "FunctionMap", slow)
    submitting = asyncio.create_task(executor.submit(task("Sleep", 600), place))
    await taken.wait()
    submitting.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await submitting
    await executor.close()
    await nothing_goes_on(plane)


async def test_a_token_that_is_withdrawn_meanwhile_ends_no_card(
    executor: ModalExecutor,
    plane: Plane,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go = tmp_path / "go"
    wait = f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\nreturn 1"

    loop, told = asyncio.get_running_loop(), asyncio.Event()

    async def refused(request: Any, metadata: Any) -> Any:
        loop.call_soon_threadsafe(told.set)
        raise GRPCError(Status.UNAUTHENTICATED, "the token is not known")

    with monkeypatch.context() as withdrawn:
        withdrawn.setattr(plane, "FunctionGetOutputs", refused)
        handle = await executor.submit(task_that(wait), place)
        await told.wait()
    go.touch()
    answer = await executor.result(handle)
    assert answer["outputs"]["metrics"]["value"]["r2"] == 1


async def test_a_call_whose_handle_cannot_be_noted_is_followed_all_the_same(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full just then; its ticket is on disk already."""
    write = Notes.write

    def full(self: Notes, note: Note) -> None:
        if note.call:
            raise WorkspaceError("The disk is full.")
        write(self, note)

    monkeypatch.setattr(Notes, "write", full)
    handle = await executor.submit(task("Sleep", 600), place)
    await first(executor, handle, "started")
    await executor.cancel(handle)
    await nothing_goes_on(plane)


async def test_whoever_hears_of_a_cancel_finds_what_was_kept(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modal says that the container has ended long before the checkpoint is here."""
    lists = plane.VolumeListFiles2

    async def slow(request: Any, metadata: Any) -> Any:
        await asyncio.sleep(1)
        return await lists(request, metadata)

    monkeypatch.setattr(plane, "VolumeListFiles2", slow)
    handle = await executor.submit(task("Count", 1e6, key=KEY), place)
    while not list(plane.folder.glob(f"volumes/*/checkpoints/{KEY}/*")):
        await asyncio.sleep(0.05)
    cancelling = asyncio.create_task(executor.cancel(handle))
    with pytest.raises(RunCancelled):
        await executor.result(handle)
    assert Store(place.store).checkpoints.get(KEY) is not None
    await cancelling


async def test_a_cancel_that_is_never_answered_is_said_to_be_so(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = asyncio.Event()

    async def never(request: Any, metadata: Any) -> Empty:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(silent.wait(), loop))
        return Empty()

    loop = asyncio.get_running_loop()
    handle = await executor.submit(task("Sleep", 600), place)
    await first(executor, handle, "started")
    with monkeypatch.context() as quiet:
        quiet.setattr(plane, "FunctionCallCancel", never)
        quiet.setattr(modal_remote, "PATIENCE", 0.5)
        with pytest.raises(ExecutorUnavailable, match="cannot be reached"):
            await executor.cancel(handle)
        silent.set()
    await executor.cancel(handle)
    await nothing_goes_on(plane)


async def test_a_result_for_which_there_is_no_room_waits_and_is_not_paid_again(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes, room = tempfile.mkdtemp, threading.Event()

    def full(*how: Any, **more: Any) -> str:
        if more.get("dir") == place.store / "tmp" and not room.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        return str(makes(*how, **more))

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    monkeypatch.setattr(modal_outcome, "AGAIN", 0.05)
    began, needed = len(plane.calls), 0
    handle = await executor.submit(task("Return", 3), place)
    async for event in executor.events(handle):
        if event["type"] == "log" and modal_outcome.WAITS in event["data"]["text"]:
            assert event["data"]["text"].startswith("The disk is full")
        if event["type"] == "waiting":
            needed = event["data"]["needed"]
            room.set()
    answer = await executor.result(handle)
    assert answer["outputs"]["metrics"]["value"]["r2"] == 3
    (made,) = answer["outputs"].values()
    assert needed == Store(place.store).get(made["sha256"]).size > 0
    assert len(plane.calls) == began + 1


async def test_a_result_waits_for_no_folder_that_may_never_be_written(
    executor: ModalExecutor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*how: Any, **more: Any) -> str:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", forbidden)
    handle = await executor.submit(task("Return", 3), place)
    with pytest.raises(WorkspaceError, match="may not be written"):
        await executor.result(handle)


async def test_who_gives_up_a_result_that_waits_for_room_is_heard(
    executor: ModalExecutor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*how: Any, **more: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    monkeypatch.setattr(modal_outcome, "AGAIN", 0.05)
    handle = await executor.submit(task("Return", 3), place)
    await first(executor, handle, "log")
    await executor.cancel(handle)
    with pytest.raises(RunCancelled):
        await executor.result(handle)
