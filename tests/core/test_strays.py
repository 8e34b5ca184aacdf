"""What goes on since a server that is gone: only those who need it wait for word of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import ExecutorError
from tensorrag.run import strays as straying
from tensorrag.run.node_run import NodeRun
from tensorrag.run.strays import Strays
from tensorrag.store.spending import Charge, Work
from tensorrag.store.workspace import Workspace


class SilentCloud:
    """An executor that does not answer until it is told to."""

    def __init__(self) -> None:
        self.asked, self.answering = asyncio.Event(), asyncio.Event()

    async def attach(self, handle: str) -> bool:
        self.asked.set()
        await self.answering.wait()
        return True

    async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        await asyncio.Event().wait()
        yield {}

    async def result(self, handle: str) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise ExecutorError("It never ends.")


class LostCloud(SilentCloud):
    """One that cannot be reached before it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled: list[str] = []

    async def attach(self, handle: str) -> bool:
        self.asked.set()
        if not self.answering.is_set():
            raise ExecutorError("There is no network.")
        return True

    async def cancel(self, handle: str) -> None:
        self.cancelled.append(handle)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One whose last server was killed while a card ran in the cloud."""
    workspace = Workspace.open(tmp_path)
    run = workspace.journal.create_run({}, pipeline_id="numbers", status="interrupted")
    shown = {"state": "cancelled", "executor": "cloud"}
    made = {"key": "its key", "handle": "call-1"}
    workspace.journal.append(run, [], nodes={"wait": (shown, made)}, status="interrupted")
    return workspace


def node(executor: str, key: str | None) -> NodeRun:
    found = NodeRun("n", "wait", "Wait", executor)
    found.key = key
    return found


async def test_a_cloud_that_does_not_answer_keeps_no_other_card_waiting(
    workspace: Workspace,
) -> None:
    cloud = SilentCloud()
    strays = Strays(workspace, {"cloud": cloud})  # type: ignore[dict-item]
    strays.start()
    await cloud.asked.wait()

    for other in (node("local", "its key"), node("cloud", "another"), node("cloud", None)):
        assert await strays.making(other) is None
    mine = asyncio.create_task(strays.making(node("cloud", "its key")))
    await asyncio.sleep(0)
    assert not mine.done()

    cloud.answering.set()
    found = await mine
    assert found is not None
    assert found.handle == "call-1"
    assert [stray.run for stray in strays.of("numbers")] != []
    await strays.close()


async def test_a_cloud_that_could_not_be_reached_is_asked_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(straying, "AGAIN", 0.01)
    cloud, heard = LostCloud(), asyncio.Event()
    strays = Strays(workspace, {"cloud": cloud}, lambda pipeline: heard.set())  # type: ignore[dict-item]
    strays.start()
    await cloud.asked.wait()
    assert strays.of("numbers") == []

    cloud.answering.set()
    await heard.wait()

    assert [stray.handle for stray in strays.of("numbers")] == ["call-1"]
    await strays.close()


async def test_cancel_says_so_where_the_cloud_cannot_be_reached(workspace: Workspace) -> None:
    cloud = LostCloud()
    strays = Strays(workspace, {"cloud": cloud})  # type: ignore[dict-item]
    strays.start()
    (entry,) = workspace.journal.runs()

    with pytest.raises(ExecutorError, match="wait may still run: cloud does not say"):
        await strays.cancel(entry.id)
    assert cloud.cancelled == []

    cloud.answering.set()
    await strays.cancel(entry.id)
    assert cloud.cancelled == ["call-1"]
    await strays.close()


async def test_the_command_line_takes_up_only_what_its_cards_need(workspace: Workspace) -> None:
    """An editor beside it may follow the others: what is taken up here ends with the command."""
    cloud = LostCloud()
    cloud.answering.set()
    strays = Strays(workspace, {"cloud": cloud})  # type: ignore[dict-item]
    strays.start(needed=True)
    assert await strays.making(node("cloud", "another")) is None
    assert not cloud.asked.is_set()
    assert await strays.making(node("cloud", "its key")) is not None
    assert cloud.asked.is_set()
    await strays.close()


class ForgetfulCloud(SilentCloud):
    """One where nothing goes on."""

    async def attach(self, handle: str) -> bool:
        self.asked.set()
        return False


def charge(ticket: str) -> Charge:
    """A card at $0.001 a second, for at most 1,000 seconds."""
    return Charge(ticket, "run", "wait", "wait", "cloud", None, Work(), 0.001, 1000, 0)


@pytest.mark.parametrize("began", [False, True])
async def test_what_does_not_go_on_counts_no_longer_at_its_limit(
    workspace: Workspace, *, began: bool
) -> None:
    """It was noted before it was sent, by a server that is gone, and never seen again."""
    spending, (entry,) = workspace.journal.spending, workspace.journal.runs()
    spending.begin(charge("ticket"))
    if began:
        spending.began("ticket")
    made = {"key": "its key", "ticket": "ticket"}
    shown = {"state": "cancelled", "executor": "cloud"}
    workspace.journal.append(entry.id, [], nodes={"wait": (shown, made)}, status="interrupted")
    as_of_another_process(workspace, "ticket")
    assert spending.this_month() == 1
    strays = Strays(workspace, {"cloud": ForgetfulCloud()})  # type: ignore[dict-item]
    strays.start()
    while workspace.journal.unsettled():
        await asyncio.sleep(0.01)
    assert spending.this_month() < 0.5
    await strays.close()


async def test_what_is_followed_counts_by_the_clock(workspace: Workspace) -> None:
    spending, (entry,) = workspace.journal.spending, workspace.journal.runs()
    spending.begin(charge("ticket"))
    made = {"key": "its key", "ticket": "ticket", "handle": "call-1"}
    shown = {"state": "cancelled", "executor": "cloud"}
    workspace.journal.append(entry.id, [], nodes={"wait": (shown, made)}, status="interrupted")
    as_of_another_process(workspace, "ticket")
    cloud = LostCloud()
    cloud.answering.set()
    strays = Strays(workspace, {"cloud": cloud})  # type: ignore[dict-item]
    strays.start()
    stray = await strays.making(node("cloud", "its key"))
    assert stray is not None
    assert spending.this_month() < 0.5
    # The run that needs it pays: its budget holds for what a server began that is gone.
    spending.take_over(stray.ticket, "resumed")
    assert spending.running() == 0.001
    assert spending.of_run("resumed") > 0
    await strays.close()


def as_of_another_process(workspace: Workspace, ticket: str) -> None:
    """Have a card sent by a process that is gone."""
    with workspace.journal.database.write() as connection:
        sql = "UPDATE spending SET pid_started = 1 WHERE ticket = ?"
        connection.execute(sql, (ticket,))
