"""Whose turn it is: at the limit, runs of different pipelines begin as they were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tensorrag.pipeline import Pipeline
from tensorrag.run import Request, Run
from tests.core.engine import chain, node
from tests.web.desk import Desk, until
from web.live.runs import turns
from web.live.runs.turns import Turns


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = await Desk(tmp_path / "workspace").start()
    yield desk
    await desk.sessions.close()


def number(value: int) -> Pipeline:
    return chain(node("number", value=value))


async def test_one_that_is_looked_into_for_long_is_not_overtaken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 1)
    runs, check, gate = desk.sessions.runs, desk.sessions.hosting.check, asyncio.Event()
    looked_into, ended = asyncio.Event(), list[Run]()
    runs.when_ended(ended.append)

    async def slowly(pipeline: Pipeline, *more: Any) -> Any:
        if pipeline == number(2):
            looked_into.set()
            await gate.wait()
        return await check(pipeline, *more)

    def asked(value: int) -> asyncio.Task[Run]:
        request = Request(number(value), f"p{value}")
        return asyncio.create_task(runs.begin(request))

    monkeypatch.setattr(desk.sessions.hosting, "check", slowly)
    first = await runs.begin(Request(chain(node("number"), node("wait", steps=100_000)), "p1"))
    second = asked(2)
    await looked_into.wait()
    third = await asked(3)
    await first.cancel()
    await until(lambda: runs.current("p1") is None)
    fourth = await asked(4)
    gate.set()

    in_turn = [first, await second, third, fourth]
    await until(lambda: len(ended) == 4)
    assert ended == in_turn
    assert [run.status for run in ended] == ["cancelled", *["succeeded"] * 3]


@dataclass(eq=False)
class Asked:
    """As much of a run as whose turn it is depends on."""

    pipeline_id: str | None


@pytest.mark.parametrize(
    ("going", "before", "begins"),
    [
        ([], ["b"], True),
        ([], ["b", "c"], False),
        ([], ["b", "b"], True),  # of one pipeline, one goes on at a time
        ([], [None, None], False),  # and of none, all do
        (["b"], ["b"], True),  # it waits for the one that goes on
        (["b"], ["c"], False),
    ],
)
def test_those_asked_for_before_keep_their_places_as_far_as_they_may_begin(
    going: list[str], before: list[str | None], begins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 2)
    of = Turns()

    def ask(pipeline: str | None) -> Run:
        run = cast(Run, Asked(pipeline))
        of.ask(run)
        return run

    for pipeline in going:
        assert of.begin(ask(pipeline))
    kept = [ask(pipeline) for pipeline in before]
    mine = ask("mine")
    later = ask("later")

    assert of.begin(mine) is begins
    assert of.asked == [*kept, *[mine] * (not begins), later], "who asked later keeps nothing"


def test_one_that_waits_is_not_overtaken_by_a_later_one_of_its_pipeline() -> None:
    line, first, second, third = Turns(), *(cast(Run, Asked("p")) for _ in range(3))
    for run in (first, second, third):
        line.ask(run)
    assert line.begin(first)
    line.wait(second)
    line.leave(first)

    assert not line.begin(third)
    assert line.due() == [second]
