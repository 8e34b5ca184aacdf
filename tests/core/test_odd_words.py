"""A container may be taken over by its card, and say anything: no run falls over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tensorrag.progress import as_report
from tensorrag.run import Request, Run
from tests.core.engine import Engine, InProcess, chain, node

NOTHING: list[Any] = [None, 5, "text", [], {}, {"done": "x"}, {"done": None}, {"done": 10**400}]


@dataclass
class Odd(InProcess):
    """An executor that says something odd of each card before the rest."""

    said: Any = None
    kind: str = "progress"
    cancelled: list[str] = field(default_factory=list)

    async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        yield {"type": self.kind, "data": self.said}
        async for event in super().events(handle):
            yield event

    async def cancel(self, handle: str) -> None:
        self.cancelled.append(handle)
        await super().cancel(handle)


async def run(tmp_path: Path, odd: Odd) -> Run:
    engine = Engine(tmp_path)
    executors = {"local": engine.executor, "odd": odd}
    pipeline = chain(node("number"))
    request = Request(pipeline, on="odd")
    run = Run(request, engine.workspace, executors, engine.catalog, engine.check)
    await run.start()
    await run.wait()
    return run


@pytest.mark.parametrize("kind", ["progress", "log", "started", "cost", "waiting"])
@pytest.mark.parametrize("said", NOTHING, ids=lambda said: repr(said)[:20])
async def test_odd_words_end_no_card(tmp_path: Path, kind: str, said: Any) -> None:
    ended = await run(tmp_path, Odd(name="odd", said=said, kind=kind))
    assert ended.status == "succeeded", ended.to_json()


def test_of_a_report_that_is_taken_which_can_be_drawn() -> None:
    assert [as_report(said) for said in NOTHING] == [None] * len(NOTHING)
    odd = {"total": "x", "unit": ["y"], "left": True, "metrics": {"loss": "z", 5: 0.5}, "gpu": {}}
    report = as_report({"done": 3, **odd, "more": "of it"})
    assert report == {
        "done": 3, "total": None, "unit": "['y']", "left": None,
        "metrics": {"loss": None, "5": 0.5}, "gpu": {},
    }  # fmt: skip


async def test_a_card_whose_words_cannot_be_kept_does_not_go_on_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something of ours fails while it is listened to: what is rented for it is ended."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tensorrag.run.node_run.NodeRun.begin", broken)
    odd = Odd(name="odd")
    ended = await run(tmp_path, odd)
    assert ended.status == "failed"
    assert odd.cancelled != []


async def test_a_card_that_runs_says_that_its_result_waits_for_room(tmp_path: Path) -> None:
    """Its container has ended: what is said of it is not that a GPU does not come."""

    class Full(Odd):
        async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
            yield {"type": "started", "data": {}}
            yield {"type": "waiting", "data": {"needed": 2_900_000}}

    ended = await run(tmp_path, Full(name="odd"))
    shown = [event["data"] async for event in ended.subscribe() if event["type"] == "node"]
    (entry,) = [each for each in shown if each.get("waiting")]
    assert entry["state"] == "running"
    assert entry["waiting"] == {"needed": 2_900_000}
    assert ended.to_json()["nodes"]["number"]["waiting"] is None, "it is there"
