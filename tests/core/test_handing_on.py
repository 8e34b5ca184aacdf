"""What a card has made is of use before it is drawn: what follows then, and what never may."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import ErrorInfo, RunCancelled, TaskFailed
from tensorrag.pipeline import Pipeline
from tensorrag.run import Run
from tests.core.engine import Engine, InProcess, _Job, chain, node, wire


@dataclass
class Drawing(InProcess):
    """Says what sources have made, and draws for as long as a test likes."""

    drawn: asyncio.Event = field(default_factory=asyncio.Event)
    slow: asyncio.Event = field(default_factory=asyncio.Event)
    """Lets the number 2 be made."""
    crashes: int = 0
    """How often it crashes while it draws."""
    lies: bool = False
    """Whether it says that it has made what is nowhere."""
    fingerprint: str | None = None
    """Of what sources have read, whatever was seen before."""

    async def _run(self, job: _Job) -> dict[str, Any]:
        if job.task.kind != "run":
            return await super()._run(job)
        self.ran.append(job.task.card)
        await job.events.put({"type": "started", "data": {}})
        try:
            if job.task.params.get("value") == 2:
                await self.slow.wait()
            answer = await asyncio.to_thread(job.perform)
            if job.task.card in ("number", "times"):
                await job.events.put({"type": "made", "data": self._made(answer)})
                await self._draw(job)
            if self.fingerprint is not None and job.task.card == "times":
                answer["fingerprint"] = self.fingerprint
            return answer
        finally:
            await job.events.put(None)

    def _made(self, answer: dict[str, Any]) -> dict[str, Any]:
        made = answer["outputs"]["number"]
        return {"outputs": {"number": {**made, "sha256": "0" * 64} if self.lies else made}}

    async def _draw(self, job: _Job) -> None:
        if self.crashes:
            self.crashes -= 1
            raise TaskFailed(ErrorInfo(type="CardCrashed", message="It crashed while it drew."))
        await self.drawn.wait()
        if job.reporter.stopping:
            raise RunCancelled("It was cancelled while it drew.")


@pytest.fixture
def draws() -> Drawing:
    return Drawing()


@pytest.fixture
def engine(tmp_path: Path, draws: Drawing) -> Engine:
    engine = Engine(tmp_path)
    engine.executor = draws
    return engine


async def ended(run: Run, node_id: str) -> None:
    """Wait until a node has ended, and that was told."""
    async with asyncio.timeout(60):
        async for event in run.subscribe():
            if event["node"] == node_id and event["data"].get("state") in ("done", "cancelled"):
                return


def states(run: Run) -> dict[str, str]:
    return {node_id: one.state for node_id, one in run.nodes.items()}


SHORT = chain(node("number"), node("parity"))


async def test_cards_below_one_that_draws_run_to_their_end(engine: Engine, draws: Drawing) -> None:
    run = engine.new(chain(node("number"), node("add"), node("parity")))
    await run.start()
    await ended(run, "parity")

    assert states(run) == {"number": "running", "add": "done", "parity": "done"}
    draws.drawn.set()
    assert await run.wait() == "succeeded"
    assert engine.number(run, "parity") == 0


async def test_a_card_waits_for_all_that_it_takes(engine: Engine, draws: Drawing) -> None:
    add = node("add")
    pipeline = Pipeline(name="Numbers").with_nodes(
        node("first", "number", value=1), node("second", "number", value=2), add
    )
    run = engine.new(pipeline.with_edges(wire("first", add), wire("second", add)))
    draws.drawn.set()
    await run.start()
    await ended(run, "first")

    assert not run.nodes["add"].launched, "handed on and done, the first counts once"
    draws.slow.set()
    assert await run.wait() == "succeeded"
    assert engine.number(run, "add") == 1 + 2 + 1


async def test_one_that_crashes_while_it_draws_is_tried_again(
    engine: Engine, draws: Drawing
) -> None:
    draws.crashes = 1
    draws.drawn.set()

    run = await engine.run(chain(replace(node("number"), retries=1), node("parity")))

    assert run.status == "succeeded"
    assert sorted(draws.ran) == ["number", "number", "parity"], "and what is below it runs once"


async def test_one_can_be_cancelled_while_it_draws(engine: Engine, draws: Drawing) -> None:
    add = node("add")
    pipeline = SHORT.with_nodes(node("second", "number", value=2), add)
    run = engine.new(pipeline.with_edges(wire("number", add), wire("second", add)))
    await run.start()
    await ended(run, "parity")

    await run.cancel("number")
    draws.drawn.set()
    await ended(run, "number")
    draws.slow.set()

    assert await run.wait() == "cancelled"
    assert states(run) == {
        "number": "cancelled",
        "parity": "done",
        "second": "done",
        "add": "blocked",
    }


async def test_a_run_that_is_interrupted_then_keeps_what_was_done_below(
    engine: Engine, draws: Drawing
) -> None:
    run = engine.new(SHORT)
    await run.start()
    await ended(run, "parity")

    await run.interrupt()
    draws.drawn.set()
    again = await engine.run(SHORT)

    assert run.status == "interrupted"
    assert {each.id: each.cached for each in again.nodes.values()} == {
        "number": False,
        "parity": True,
    }


async def test_equal_cards_wait_for_the_picture_and_run_once(
    engine: Engine, draws: Drawing
) -> None:
    below = node("below", "parity")
    twins = SHORT.with_nodes(node("twin", "number"), below).with_edges(wire("twin", below))
    run = engine.new(twins)
    await run.start()
    await ended(run, "parity")
    draws.drawn.set()

    assert await run.wait() == "succeeded"
    assert draws.ran == ["number", "parity"]


async def test_what_is_nowhere_is_not_handed_on(engine: Engine, draws: Drawing) -> None:
    draws.lies = True
    draws.drawn.set()

    run = await engine.run(SHORT)

    assert run.status == "succeeded"
    assert draws.ran == ["number", "parity"]


TIMES = '''
from pathlib import Path
from typing import NamedTuple

from tensorrag import Card, Peek, Table, TableSchema


class Times(Card):
    """Do something with a number that a file tells."""

    path: str = ""

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        return self.Out(number)

    def propagate(self, number: TableSchema) -> TableSchema:
        return TableSchema()

    def peek(self) -> Peek:
        return Peek(schemas=(TableSchema(),), fingerprint=Path(self.path).read_text())
'''


async def test_what_was_read_of_a_source_that_changed_is_found_again(
    tmp_path: Path, draws: Drawing
) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "times.py").write_text(TIMES)
    engine, file = Engine(tmp_path), tmp_path / "file"
    engine.executor = draws
    draws.drawn.set()
    pipeline = chain(node("number"), node("times", path=str(file)), node("parity"))
    file.write_text("as it was seen")
    draws.fingerprint = "as it was read"
    await engine.run(pipeline)

    file.write_text(draws.fingerprint)
    again = await engine.run(pipeline)

    assert again.nodes["times"].cached
