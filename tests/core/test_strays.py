"""What goes on since a server that is gone: only those who need it wait for word of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import ExecutorError, RunCancelled, WorkspaceError
from tensorrag.run import strays as straying
from tensorrag.run.found_words import words
from tensorrag.run.node_run import NodeRun
from tensorrag.run.settling import Settling
from tensorrag.run.strays import Strays
from tensorrag.store.findings import Finding
from tensorrag.store.spending import Charge, Work
from tensorrag.store.unsettled import lost, unsettled_tasks
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
    await heard.wait()
    assert strays.of("numbers") == []
    assert [stray.node for stray in strays.unsure("numbers")] == ["wait"], "it is said, too"

    cloud.answering.set()
    while strays.unsure("numbers"):
        heard.clear()
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


class ObedientCloud(LostCloud):
    """One that answers, and says what a card has cost when it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.answering.set()
        self._stopped = asyncio.Event()
        self.cost: dict[str, float] = {"cost": 0.5, "seconds": 500}

    async def cancel(self, handle: str) -> None:
        await super().cancel(handle)
        self._stopped.set()

    async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        await self._stopped.wait()
        yield {"type": "cost", "data": self.cost}

    async def result(self, handle: str) -> dict[str, Any]:
        raise RunCancelled("It was cancelled.")


class ForgetfulCloud(SilentCloud):
    """One where nothing goes on."""

    async def attach(self, handle: str) -> bool:
        self.asked.set()
        return False


def charge(ticket: str) -> Charge:
    """A card at $0.001 a second, for at most 1,000 seconds."""
    return Charge(ticket, "run", "wait", "wait", "cloud", None, Work(), 0.001, 1000, 0)


@pytest.mark.parametrize(("read", "kept"), [("as it was", True), ("another", False)])
def test_what_was_made_of_another_source_than_was_looked_at_is_not_kept(
    workspace: Workspace, read: str, kept: bool
) -> None:
    (stray,) = unsettled_tasks(workspace.journal)
    stray = replace(stray, made={**stray.made, "fingerprint": "as it was"})

    Settling(workspace).keep(stray, {"outputs": {}, "fingerprint": read}, time.time())

    assert (workspace.store.results.get("its key") is not None) is kept
    assert [*unsettled_tasks(workspace.journal)] == []


def test_what_was_made_took_as_long_as_nobody_listened(workspace: Workspace) -> None:
    (entry,) = workspace.journal.runs()
    ended = time.time() - 100
    workspace.journal.append(entry.id, [], status="interrupted", finished=ended)
    (stray,) = unsettled_tasks(workspace.journal)

    Settling(workspace).keep(stray, {"outputs": {}}, time.time())

    result = workspace.store.results.get("its key")
    assert result is not None
    assert result.seconds == pytest.approx(100, abs=60)


def test_what_was_made_is_shown_where_its_run_is_looked_at(workspace: Workspace) -> None:
    (stray,) = unsettled_tasks(workspace.journal)

    Settling(workspace).keep(stray, {"outputs": {}, "device": "cuda"}, time.time())

    shown = workspace.journal.to_json(stray.run)["nodes"]["wait"]
    assert (shown["state"], shown["device"], shown["executor"]) == ("done", "cuda", "cloud")
    assert [event["data"] for event in workspace.journal.events(stray.run)] == [shown]


def test_what_cannot_be_written_is_asked_about_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*row: object, **more: object) -> list[int]:
        raise WorkspaceError("The disk is full.")

    (stray,) = unsettled_tasks(workspace.journal)
    with monkeypatch.context() as until_there_is_room:
        until_there_is_room.setattr(workspace.journal, "append", full)
        Settling(workspace).settle(stray)
    assert [each.handle for each in unsettled_tasks(workspace.journal)] == ["call-1"]

    Settling(workspace).settle(stray)
    assert [*unsettled_tasks(workspace.journal)] == []


def test_what_has_no_key_is_not_kept_and_goes_on_no_more(workspace: Workspace) -> None:
    (stray,) = unsettled_tasks(workspace.journal)

    Settling(workspace).keep(replace(stray, made={"handle": "call-1"}), {"outputs": {}}, 0.0)

    assert [*unsettled_tasks(workspace.journal)] == []
    assert workspace.journal.to_json(stray.run)["nodes"]["wait"]["state"] == "cancelled"


@pytest.mark.parametrize(
    ("paid", "cost"), [({"seconds": 500}, 0.5), ({"seconds": 500, "cost": 0.7}, 0.7)]
)
@pytest.mark.parametrize("done", [False, True])
def test_what_a_card_has_cost_and_taken_is_known_afterwards(
    workspace: Workspace, paid: dict[str, float], cost: float, done: bool
) -> None:
    spending = workspace.journal.spending
    spending.begin(charge("ticket"))
    spending.began("ticket")
    (stray,) = unsettled_tasks(workspace.journal)
    stray = replace(stray, made={**stray.made, "ticket": "ticket"})

    Settling(workspace).pay(stray, {**paid, "start": 12.0}, done=done)

    assert spending.this_month() == pytest.approx(cost)
    assert [past.seconds for past in spending.past("wait", "cloud", None)] == [500] * done
    assert spending.starts("cloud", None) == [12.0]


def test_what_ended_with_its_run_is_paid_for_until_then(workspace: Workspace) -> None:
    spending = workspace.journal.spending
    spending.begin(charge("ticket"))
    spending.began("ticket")
    (stray,) = unsettled_tasks(workspace.journal)
    later = time.time() + 300
    workspace.journal.append(stray.run, [], status="interrupted", finished=later)

    Settling(workspace).write_off(replace(stray, made={**stray.made, "ticket": "ticket"}))

    assert spending.this_month() == pytest.approx(0.3, abs=0.05)  # 300 s at $0.001
    assert [*unsettled_tasks(workspace.journal)] == []


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
    while unsettled_tasks(workspace.journal):
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


async def until(true: Callable[[], Any]) -> None:
    """Wait until something is the case; what never is fails."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


def lose(workspace: Workspace, ticket: str, idle: float = 0) -> None:
    """Have a run end that heard nothing of a card which it sent; its process is gone."""
    (entry,) = workspace.journal.runs()
    workspace.journal.spending.begin(replace(charge(ticket), run=entry.id, idle=idle))
    workspace.journal.spending.began(ticket)
    workspace.journal.append(entry.id, [], nodes={"wait": ({"state": "failed"}, None)})
    workspace.journal.append(entry.id, [], status="failed")
    as_of_another_process(workspace, ticket)


@pytest.mark.parametrize("needed", [False, True])
async def test_what_a_run_sent_that_ended_without_word_of_it_is_stopped(
    workspace: Workspace, *, needed: bool
) -> None:
    """Whoever starts next looks for it: the editor, or the command line."""
    lose(workspace, "ticket")
    cloud = ObedientCloud()
    heard = list[Finding]()
    strays = Strays(workspace, {"cloud": cloud}, found=heard.append)  # type: ignore[dict-item]
    strays.start(needed=needed)
    spending = workspace.journal.spending
    await until(lambda: heard)
    assert not spending.unknown()
    assert not spending.running()
    assert cloud.cancelled == ["ticket"]
    assert spending.this_month() == 0.5, "it said what it has cost"
    (entry,) = workspace.journal.runs()
    assert workspace.journal.to_json(entry.id)["nodes"]["wait"] == {"state": "failed"}, "as it was"
    assert workspace.journal.findings.unread() == heard, "until somebody has read it"
    assert words(heard[0], "Wait") == (
        "Wait of run 1 still ran on cloud though no run waited for it.",
        "It was stopped, and cost $0.50.",
    )
    workspace.journal.findings.read("ticket")
    assert workspace.journal.findings.unread() == []
    await strays.close()


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ({"cost": 0.5, "seconds": 500}, 0.6, 0.6),  # and $0.10 while its container waits for more
        ({}, 0.0, 0.05),  # nobody said anything: its container is gone, and only time counts
    ],
)
async def test_the_container_of_one_that_is_stopped_is_paid_for_while_it_waits(
    workspace: Workspace, told: dict[str, float], least: float, most: float
) -> None:
    spending = workspace.journal.spending
    lose(workspace, "ticket", idle=100)
    cloud = ObedientCloud()
    cloud.cost = told
    heard = list[Finding]()
    strays = Strays(workspace, {"cloud": cloud}, found=heard.append)  # type: ignore[dict-item]
    strays.start()
    await until(lambda: heard)
    assert least <= round(spending.this_month(), 6) <= most
    await strays.close()


async def test_what_a_run_sent_that_does_not_go_on_is_told_with_what_it_counts_as(
    workspace: Workspace,
) -> None:
    lose(workspace, "ticket")
    heard = list[Finding]()
    strays = Strays(workspace, {"cloud": ForgetfulCloud()}, found=heard.append)  # type: ignore[dict-item]
    strays.start()
    await until(lambda: heard)
    said, counts = words(heard[0], "Wait")
    assert said == "Wait of run 1 does not run on cloud any more."
    assert counts.startswith("It counts as ")
    assert not workspace.journal.spending.unknown()
    await strays.close()


async def test_what_was_kept_from_beginning_is_told_as_that(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(workspace, "ticket")
    cloud, heard = ObedientCloud(), list[Finding]()
    monkeypatch.setattr(cloud, "cost", {"cost": 0.0, "seconds": 0.0})
    strays = Strays(workspace, {"cloud": cloud}, found=heard.append)  # type: ignore[dict-item]
    strays.start()
    await until(lambda: heard)
    assert words(heard[0], "Wait") == (
        "Wait of run 1 has not begun on cloud, and will not.",
        "It cost nothing.",
    )
    await strays.close()


class AmnesicCloud(LostCloud):
    """One that says that a card goes on, and then knows nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self.answering.set()

        self.listened_to = asyncio.Event()

    async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        await self.listened_to.wait()
        yield {}
        raise ExecutorError("It knows nothing of this card any more.")


async def test_what_cannot_be_picked_up_is_told(workspace: Workspace) -> None:
    going_on(workspace)
    cloud, heard = AmnesicCloud(), list[Finding]()
    cloud.listened_to.set()
    strays = Strays(workspace, {"cloud": cloud}, found=heard.append)  # type: ignore[dict-item]
    strays.start()
    await until(lambda: heard)
    said, counts = words(heard[0])
    assert said.startswith("What became of wait of run 1 on cloud cannot be told. It knows nothing")
    assert counts.startswith("It counts as ")
    assert not unsettled_tasks(workspace.journal)
    await strays.close()


async def test_what_a_run_needs_and_cannot_be_picked_up_that_run_says_itself(
    workspace: Workspace,
) -> None:
    going_on(workspace)
    cloud, heard = AmnesicCloud(), list[Finding]()
    strays = Strays(workspace, {"cloud": cloud}, found=heard.append)  # type: ignore[dict-item]
    strays.start()
    assert await strays.making(node("cloud", "its key")) is not None
    cloud.listened_to.set()
    await until(lambda: not strays.of("numbers"))
    assert not heard
    assert not unsettled_tasks(workspace.journal)
    await strays.close()


def going_on(workspace: Workspace) -> None:
    """Have a paid card go on that the server which is gone has sent."""
    (entry,) = workspace.journal.runs()
    workspace.journal.spending.begin(replace(charge("ticket"), run=entry.id))
    made = {"key": "its key", "ticket": "ticket", "handle": "call-1"}
    shown = {"state": "cancelled", "executor": "cloud"}
    workspace.journal.append(entry.id, [], nodes={"wait": (shown, made)})
    as_of_another_process(workspace, "ticket")


async def test_what_a_run_here_has_lost_is_stopped_while_the_server_lives(
    workspace: Workspace,
) -> None:
    """Nobody has to start again for what it cost to be known."""
    (entry,) = workspace.journal.runs()
    spending, cloud, heard = workspace.journal.spending, ObedientCloud(), list[Finding]()
    spending.begin(replace(charge("ticket"), run=entry.id))
    spending.began("ticket")
    strays = Strays(workspace, {"cloud": cloud}, found=heard.append)  # type: ignore[dict-item]
    strays.lose(lost(entry.id, "wait", "cloud", "ticket", "numbers"))
    await until(lambda: heard)
    assert cloud.cancelled == ["ticket"]
    assert spending.running() == 0
    assert spending.this_month() == 0.5
    await strays.close()


async def test_what_goes_on_of_a_deleted_pipeline_is_stopped(workspace: Workspace) -> None:
    shelf = workspace.pipelines
    shelf.path("numbers").write_text("{}")
    shelf.delete("numbers")
    cloud = ObedientCloud()
    strays = Strays(workspace, {"cloud": cloud})  # type: ignore[dict-item]
    strays.start()
    await until(lambda: not unsettled_tasks(workspace.journal))
    assert cloud.cancelled == ["call-1"]
    await strays.close()


async def test_what_goes_on_is_held_to_the_budget_of_the_month(workspace: Workspace) -> None:
    """Nobody resumes its run, which would look at what it costs."""
    (entry,) = workspace.journal.runs()
    made = {"key": "its key", "ticket": "ticket", "handle": "call-1"}
    shown = {"state": "cancelled", "executor": "cloud", "reason": "interrupted"}
    workspace.journal.append(entry.id, [], nodes={"wait": (shown, made)})
    workspace.journal.spending.begin(charge("ticket"))
    as_of_another_process(workspace, "ticket")
    cloud = ObedientCloud()
    strays = Strays(workspace, {"cloud": cloud})  # type: ignore[dict-item]
    strays.start()
    await until(lambda: strays.of("numbers"))
    assert cloud.cancelled == []
    workspace.settings.set("budget_month", 0.000001)
    await until(lambda: not strays.of("numbers"))
    assert cloud.cancelled == ["call-1"]
    left = workspace.journal.to_json(entry.id)["nodes"]["wait"]
    assert left["reason"].startswith("The budget of this month")
    await strays.close()


def as_of_another_process(workspace: Workspace, ticket: str) -> None:
    """Have a card sent by a process that is gone."""
    with workspace.journal.database.write() as connection:
        sql = "UPDATE spending SET pid_started = 1 WHERE ticket = ?"
        connection.execute(sql, (ticket,))
