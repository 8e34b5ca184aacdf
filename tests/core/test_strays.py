"""What goes on since a server that is gone: only those who need it wait for word of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import ExecutorError
from tensorrag.run.node_run import NodeRun
from tensorrag.run.strays import Strays
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
        assert await strays.handle(other) is None
    mine = asyncio.create_task(strays.handle(node("cloud", "its key")))
    await asyncio.sleep(0)
    assert not mine.done()

    cloud.answering.set()
    assert await mine == "call-1"
    assert [stray.run for stray in strays.of("numbers")] != []
    await strays.close()
