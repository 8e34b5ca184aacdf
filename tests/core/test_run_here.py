"""Runs whose cards have processes of their own on this machine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tensorrag.executor import open_executors
from tensorrag.pipeline import Pipeline
from tensorrag.run import Run
from tests.core.engine import Engine, chain, node, wire

CARDS = '''
import os
from typing import NamedTuple

from tensorrag import Card, Table, TableSchema


class Speak(Card):
    """Say something."""

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        print("hello")
        return self.Out(number)

    def propagate(self, number: TableSchema) -> TableSchema:
        return number


class Shy(Card):
    """Make something that it cannot show."""

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        return self.Out(number)

    def propagate(self, number: TableSchema) -> TableSchema:
        return number

    def face(self, outputs):
        return outputs[0].smile()

    def previews(self, outputs):
        return {"number": "a picture"}


class Vanish(Card):
    """End the process."""

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        os._exit(0)

    def propagate(self, number: TableSchema) -> TableSchema:
        return number
'''


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "more.py").write_text(CARDS)
    engine = Engine(tmp_path)
    engine.executor = open_executors(engine.workspace.scratch)["local"]
    yield engine
    await engine.executor.close()


async def first(run: Run, kind: str, node_id: str) -> None:
    """Wait for the first event of a kind."""
    async for event in run.subscribe():
        if (event["type"], event["node"]) == (kind, node_id):
            return


async def test_every_card_has_a_process_of_its_own(engine: Engine) -> None:
    run = await engine.run(chain(node("number", value=3), node("add"), node("parity")))

    assert run.status == "succeeded"
    made = engine.workspace.journal.made(run.id)
    pids = {one["pid"] for one in made.values()}
    assert len(pids) == 3
    assert not pids & {os.getpid(), None}
    assert engine.number(run, "add") == 4


async def test_what_a_card_prints_is_in_its_log(engine: Engine) -> None:
    run = await engine.run(chain(node("number"), node("speak")))

    (line,) = [event for event in run.events if event["type"] == "log"]
    assert line["node"] == "speak"
    assert "hello" in line["data"]["text"]


async def test_a_result_that_a_card_cannot_show_is_kept_and_shown_as_any_other(
    engine: Engine,
) -> None:
    run = await engine.run(chain(node("number", value=3), node("shy")))

    assert run.status == "succeeded"
    assert engine.number(run, "shy") == 3
    assert run.nodes["shy"].face == run.nodes["number"].face
    log = "".join(event["data"]["text"] for event in run.events if event["type"] == "log")
    assert "The result is there, but showing it failed" in log
    assert "no attribute 'smile'" in log


async def test_a_card_whose_process_ends_fails_alone(engine: Engine) -> None:
    other = node("parity")
    pipeline: Pipeline = chain(node("number"), node("vanish"), node("add")).with_nodes(other)

    run = await engine.run(pipeline.with_edges(wire("number", other)))

    states = {node_id: one.state for node_id, one in run.nodes.items()}
    assert states == {"number": "done", "vanish": "failed", "add": "blocked", "parity": "done"}
    error = run.nodes["vanish"].error
    assert error is not None
    assert "without giving a result" in error.message


async def test_a_running_card_can_be_cancelled(engine: Engine) -> None:
    run = engine.new(chain(node("number"), node("wait", pause=0.05)))
    await run.start()
    await first(run, "progress", "wait")

    await run.cancel()

    assert await run.wait() == "cancelled"
    assert run.nodes["wait"].state == "cancelled"
    assert (run.nodes["wait"].seconds or 0) > 0
