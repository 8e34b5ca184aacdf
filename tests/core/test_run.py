"""Runs: order, states, what is used again, and what a run leaves behind."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Never

import pytest

from tensorrag.errors import (
    ExecutorError,
    ExecutorUnavailable,
    NodeNotFound,
    RunRefused,
    WorkspaceError,
)
from tensorrag.executor import Offer, Offers
from tensorrag.pipeline import Node, Pipeline
from tensorrag.run import Request, Run
from tensorrag.run.prepare import PipelineHasErrors
from tensorrag.store.place import Place
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task
from tests.core.engine import Engine, InProcess, chain, node, wire


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def states(run: Run) -> dict[str, str]:
    return {node_id: one.state for node_id, one in run.nodes.items()}


async def until_running(run: Run, node_id: str) -> None:
    async for event in run.subscribe():
        if event["node"] == node_id and event["data"].get("state") == "running":
            return


async def until_told(run: Run, node_id: str, *, cancelling: bool) -> None:
    told = False
    async with asyncio.timeout(60):
        async for event in run.subscribe():
            if event["node"] == node_id and event["type"] == "node":
                told = told or event["data"]["cancelling"]
                if told and event["data"]["cancelling"] == cancelling:
                    return


# --- order and states ---------------------------------------------------------------------------


async def test_cards_run_in_order_and_hand_on_what_they_made(engine: Engine) -> None:
    run = await engine.run(chain(node("number", value=3), node("add", amount=4), node("parity")))

    assert run.status == "succeeded"
    assert states(run) == {"number": "done", "add": "done", "parity": "done"}
    assert engine.ran == ["number", "add", "parity"]
    assert engine.number(run, "add") == 7


async def test_many_wires_arrive_in_the_order_of_the_file(engine: Engine) -> None:
    first, second, total = node("a", "number", value=1), node("b", "number", value=2), node("add")
    pipeline = Pipeline().with_nodes(first, second, total)

    run = await engine.run(pipeline.with_edges(wire("b", total), wire("a", total)))

    arrived = engine.workspace.journal.made(run.id)["add"]["inputs"]["numbers"]
    assert [source for source, _, _ in arrived] == ["b", "a"]
    assert engine.number(run, "add") == 4


async def test_independent_branches_run_at_once(engine: Engine) -> None:
    left, right = node("left", "wait", steps=900), node("right", "wait", steps=901)
    pipeline = chain(node("number"), left).with_nodes(right)
    run = engine.new(pipeline.with_edges(wire("number", right)))
    await run.start()

    await until_running(run, "left")
    await until_running(run, "right")

    assert states(run) == {"number": "done", "left": "running", "right": "running"}
    await run.cancel()
    await run.wait()


async def test_one_failing_branch_does_not_stop_the_others(engine: Engine) -> None:
    first, fail, below, last = node("number"), node("fail"), node("parity"), node("add")
    pipeline = chain(first, fail, below, last).with_nodes(node("other", "parity"))
    run = await engine.run(pipeline.with_edges(wire("number", node("other", "parity"))))

    assert run.status == "failed"
    assert states(run) == {
        "number": "done",
        "fail": "failed",
        "parity": "blocked",
        "add": "blocked",
        "other": "done",
    }
    error = run.to_json()["nodes"]["fail"]["error"]
    assert (error["type"], error["message"]) == ("ParameterError", "The number is no good.")
    assert error["hint"] == "Take another."
    assert [run.nodes[n].blocked_by for n in ("parity", "add")] == ["fail", "fail"]
    assert run.nodes["add"].reason == "Fail failed"


async def test_a_run_can_stop_at_a_node(engine: Engine) -> None:
    run = await engine.run(chain(node("number"), node("add"), node("parity")), until="add")

    assert states(run) == {"number": "done", "add": "done"}
    with pytest.raises(NodeNotFound):
        await engine.new(chain(node("number")), until="nothing").start()


async def test_a_run_can_stop_at_several_nodes_and_be_asked_for_again(engine: Engine) -> None:
    pipeline = chain(node("number"), node("add"), node("parity")).with_nodes(
        node("other", "number")
    )
    run = await engine.run(pipeline, until=["add", "other"])

    assert states(run) == {"number": "done", "add": "done", "other": "done"}
    assert Request.from_json(run.request.to_json()).until == ["add", "other"]


async def test_a_bypassed_card_passes_its_input_through(engine: Engine) -> None:
    first, last = node("number", value=7), node("add", amount=1)
    bypassed = replace(node("parity"), enabled=False)

    run = await engine.run(chain(first, bypassed, last))

    assert states(run) == {"number": "done", "parity": "bypassed", "add": "done"}
    assert engine.number(run, "add") == 8


async def test_below_a_bypassed_source_all_is_blocked(engine: Engine) -> None:
    run = await engine.run(chain(replace(node("number"), enabled=False), node("parity")))

    assert states(run) == {"number": "bypassed", "parity": "blocked"}
    assert run.nodes["parity"].blocked_by == "number"
    assert run.status == "failed"


async def test_a_card_is_tried_as_often_as_it_says(engine: Engine) -> None:
    engine.spoil(2)
    run = await engine.run(chain(replace(node("number"), retries=2)))
    assert run.status == "succeeded"
    assert engine.ran == ["number"] * 3

    engine.spoil(2)
    run = await engine.run(chain(replace(node("number", value=2), retries=1)))
    assert run.status == "failed"
    assert run.to_json()["nodes"]["number"]["error"]["message"] == "Bad luck."


async def test_equal_cards_run_once(engine: Engine) -> None:
    twins = Pipeline().with_nodes(node("a", "number", value=5), node("b", "number", value=5))

    run = await engine.run(twins)

    assert engine.ran == ["number"]
    assert sorted(one.cached for one in run.nodes.values()) == [False, True]
    assert engine.number(run, "a") == engine.number(run, "b") == 5


# --- refused ------------------------------------------------------------------------------------


async def test_errors_in_what_would_run_refuse_it(engine: Engine) -> None:
    pipeline = chain(node("number"), node("add", amount="many"))

    with pytest.raises(RunRefused) as refused:
        await engine.run(pipeline)

    assert isinstance(refused.value, PipelineHasErrors)
    (problem,) = refused.value.problems
    assert (problem.node, problem.field, problem.level) == ("add", "amount", "error")
    assert engine.workspace.journal.runs() == []


async def test_errors_elsewhere_do_not(engine: Engine) -> None:
    pipeline = chain(node("number"), node("add"), node("parity", nonsense=1))
    assert (await engine.run(pipeline, until="add")).status == "succeeded"

    bypassed = replace(node("parity", nonsense=1), enabled=False)
    assert (await engine.run(chain(node("number"), bypassed))).status == "succeeded"


async def test_an_executor_that_is_not_here_refuses_it(engine: Engine) -> None:
    with pytest.raises(PipelineHasErrors, match='"moon"'):
        await engine.run(chain(replace(node("number"), run_on="moon")))


# --- used again ---------------------------------------------------------------------------------


def pipeline_of(**amount: Any) -> Pipeline:
    return chain(node("number", value=3), node("add", **amount), node("parity"))


async def test_a_second_run_is_answered_from_the_cache(engine: Engine) -> None:
    first = await engine.run(pipeline_of(amount=2))
    second = await engine.run(pipeline_of(amount=2))

    assert len(engine.ran) == 3
    assert all(one.cached for one in second.nodes.values())
    assert [one.reason for one in first.nodes.values()] == ["first run"] * 3
    assert [one.reason for one in second.nodes.values()] == [None] * 3
    for name in second.nodes:
        assert second.nodes[name].outputs == first.nodes[name].outputs


async def test_a_changed_parameter_runs_what_is_below_it_and_says_so(engine: Engine) -> None:
    await engine.run(pipeline_of(amount=2))

    run = await engine.run(pipeline_of(amount=5))

    reasons = {node_id: one.reason for node_id, one in run.nodes.items()}
    assert reasons == {"number": None, "add": "amount 2 → 5", "parity": "Add changed"}
    assert engine.ran == ["number", "add", "parity", "add", "parity"]
    assert engine.number(run, "parity") == 0


async def test_equal_inputs_are_recognised_however_they_were_made(engine: Engine) -> None:
    await engine.run(pipeline_of(amount=2))

    run = await engine.run(pipeline_of(amount=2, seed=1))

    assert run.nodes["add"].reason == "seed 0 → 1"
    assert not run.nodes["add"].cached
    assert run.nodes["parity"].cached
    assert run.nodes["parity"].reason is None


async def test_a_parameter_that_does_not_matter_changes_nothing(engine: Engine) -> None:
    await engine.run(chain(node("number", unused=1)))

    run = await engine.run(chain(node("number", unused=2)))

    assert run.nodes["number"].cached


async def test_another_wire_runs_it_again(engine: Engine) -> None:
    a, b, total = node("a", "number", value=1), node("b", "number", value=2), node("add")
    nodes = Pipeline().with_nodes(a, b, total)
    await engine.run(nodes.with_edges(wire("a", total)))

    run = await engine.run(nodes.with_edges(wire("b", total)))

    assert run.nodes["add"].reason == "input numbers changed"


async def test_all_runs_again_where_that_is_asked_for(engine: Engine) -> None:
    await engine.run(pipeline_of())

    run = await engine.run(pipeline_of(), no_cache=True)

    assert len(engine.ran) == 6
    assert {one.reason for one in run.nodes.values()} == {"asked to run again"}


async def test_a_card_without_cache_runs_every_time(engine: Engine) -> None:
    pipeline = chain(node("number"), replace(node("add"), cache=False), node("parity"))
    await engine.run(pipeline)

    run = await engine.run(pipeline)

    assert [one.cached for one in run.nodes.values()] == [True, False, True]
    assert run.nodes["add"].reason == "runs every time"


async def test_what_failed_is_tried_again_and_the_rest_is_kept(engine: Engine) -> None:
    pipeline = chain(node("number"), node("fail"))
    await engine.run(pipeline)

    run = await engine.run(pipeline)

    assert run.nodes["number"].cached
    assert run.nodes["fail"].state == "failed"
    assert run.nodes["fail"].reason == "failed before"


async def test_a_lost_file_is_made_again(engine: Engine) -> None:
    await engine.run(chain(node("number")))
    for path in (engine.workspace.root / "store" / "blobs").glob("*/*"):
        path.unlink()

    run = await engine.run(chain(node("number")))

    assert run.status == "succeeded"
    assert run.nodes["number"].reason == "its result is no longer stored"


async def test_a_changed_file_is_read_again(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "number.txt"
    file.write_text("4")
    pipeline = chain(node("read_number", path=str(file)), node("parity"))
    first = await engine.run(pipeline)
    assert (await engine.run(pipeline)).nodes["read_number"].cached

    file.write_text("5")
    run = await engine.run(pipeline)

    assert run.nodes["read_number"].reason == "its data changed"
    assert (engine.number(first, "read_number"), engine.number(run, "read_number")) == (4, 5)
    assert engine.workspace.journal.record(run.id)["fingerprints"] == {"read_number": "5"}


async def test_a_source_without_a_fingerprint_is_read_every_time(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "number.txt"
    file.write_text("secret")
    pipeline = chain(node("read_number", path=str(file)))
    await engine.run(pipeline)

    run = await engine.run(pipeline)

    read = run.nodes["read_number"]
    assert (read.state, read.cached, read.reason) == ("done", False, "its source may have changed")
    assert read.key is not None
    result = engine.workspace.store.results.get(read.key)
    assert result is not None
    assert result.previews["number"]["rows"] == 1


async def test_a_file_that_cannot_be_read_refuses_the_run(engine: Engine) -> None:
    with pytest.raises(PipelineHasErrors) as refused:
        await engine.run(chain(node("read_number", path="/nowhere"), node("parity")))

    (problem,) = refused.value.problems
    assert (problem.node, problem.field) == ("read_number", "path")
    assert problem.message == "There is no such file."


# --- cancelled ----------------------------------------------------------------------------------


async def test_a_cancelled_run_ends(engine: Engine) -> None:
    run = engine.new(chain(node("number"), node("wait"), node("parity")))
    await run.start()
    await until_running(run, "wait")

    await run.cancel()

    assert await run.wait() == "cancelled"
    assert states(run) == {"number": "done", "wait": "cancelled", "parity": "cancelled"}


async def test_whoever_gives_up_starting_a_run_does_not_take_it_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = asyncio.Event()

    async def never(*asked: object) -> Never:
        looking.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(engine, "check", never)
    run = engine.new(chain(node("number")))
    starting = asyncio.create_task(run.start())
    await looking.wait()

    starting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not run.ended


async def test_a_card_says_that_it_is_being_stopped_before_its_executor_answers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = engine.new(chain(node("number"), node("wait"), node("parity")))
    await run.start()
    await until_running(run, "wait")
    answers, cancel = asyncio.Event(), engine.executor.cancel

    async def reach(handle: str) -> None:
        await answers.wait()
        await cancel(handle)

    monkeypatch.setattr(engine.executor, "cancel", reach)
    cancelling = asyncio.create_task(run.cancel())

    await until_told(run, "wait", cancelling=True)
    assert run.cancelling
    kept = engine.workspace.journal.to_json(run.id)["nodes"]
    assert (kept["wait"]["state"], kept["wait"]["cancelling"]) == ("running", True)
    answers.set()
    await cancelling
    assert await run.wait() == "cancelled"
    assert not any(each["cancelling"] for each in run.to_json()["nodes"].values())


async def test_one_card_can_be_cancelled(engine: Engine) -> None:
    pipeline = chain(node("number"), node("wait"), node("parity"))
    other = node("other", "add")
    run = engine.new(pipeline.with_nodes(other).with_edges(wire("number", other)))
    await run.start()
    await until_running(run, "wait")

    await run.cancel("wait")

    assert await run.wait() == "cancelled"
    assert states(run) == {
        "number": "done",
        "wait": "cancelled",
        "parity": "blocked",
        "other": "done",
    }
    assert run.nodes["parity"].reason == "Wait was cancelled"
    with pytest.raises(NodeNotFound):
        await run.cancel("nothing")


async def test_a_run_of_which_one_card_failed_has_failed_though_another_was_cancelled(
    engine: Engine,
) -> None:
    pipeline, wait = chain(node("number"), node("fail")), node("wait")
    run = engine.new(pipeline.with_nodes(wait).with_edges(wire("number", wait)))
    await run.start()
    await until_running(run, "wait")
    await run.cancel("wait")

    assert await run.wait() == "failed"
    assert states(run) == {"number": "done", "fail": "failed", "wait": "cancelled"}


async def test_a_result_that_is_taken_again_is_of_use_now(engine: Engine) -> None:
    """What was of no use for longest makes room first."""
    pipeline = chain(node("number"))
    await engine.run(pipeline)
    index = engine.workspace.store.index
    with index.write() as connection:
        connection.execute("UPDATE results SET used = 0")

    await engine.run(pipeline)

    assert [used > 0 for (used,) in index.read("SELECT used FROM results")] == [True]


async def test_a_card_that_cannot_be_reached_keeps_no_other_from_being_cancelled(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = chain(node("number"), node("wait"))
    other = node("other", "wait", steps=999)
    run = engine.new(pipeline.with_nodes(other).with_edges(wire("number", other)))
    await run.start()
    await until_running(run, "wait")
    await until_running(run, "other")
    cancel, lost = engine.executor.cancel, run.nodes["wait"].handle

    async def reach(handle: str) -> None:
        if handle == lost:
            raise ExecutorError("The cloud does not answer.")
        await cancel(handle)

    monkeypatch.setattr(engine.executor, "cancel", reach)
    with pytest.raises(ExecutorError, match="does not answer"):
        await run.cancel()
    await until_told(run, "wait", cancelling=False)
    assert not run.cancelling
    monkeypatch.undo()
    await run.cancel()  # by now it answers

    assert await run.wait() == "cancelled"
    assert states(run) == {"number": "done", "wait": "cancelled", "other": "cancelled"}


async def test_a_card_that_cannot_be_reached_just_after_it_was_submitted_can_be_stopped_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, cancel = engine.executor.submit, engine.executor.cancel
    submitting, may_go_on = asyncio.Event(), asyncio.Event()

    async def slowly(task: Task, place: Place) -> str:
        if task.card == "wait":
            submitting.set()
            await may_go_on.wait()
        return await submit(task, place)

    async def lost(handle: str) -> None:
        raise ExecutorUnavailable("The cloud cannot be reached.")

    monkeypatch.setattr(engine.executor, "submit", slowly)
    monkeypatch.setattr(engine.executor, "cancel", lost)
    run = engine.new(chain(node("number"), node("wait", steps=3_000)))
    await run.start()
    await submitting.wait()
    await run.cancel()  # it has no handle yet: nobody can tell whether it can be reached
    may_go_on.set()

    await until_told(run, "wait", cancelling=False)
    assert not run.nodes["wait"].ended, "it goes on there"
    monkeypatch.setattr(engine.executor, "cancel", cancel)
    await run.cancel()
    assert await run.wait() == "cancelled"
    assert states(run) == {"number": "done", "wait": "cancelled"}


async def test_a_card_that_has_not_begun_can_be_cancelled(engine: Engine) -> None:
    run = engine.new(chain(node("number"), node("add"), node("parity")))
    await run.start()

    await run.cancel("parity")  # before the first one has, too
    await run.wait()

    assert states(run) == {"number": "done", "add": "done", "parity": "cancelled"}


# --- told and recorded --------------------------------------------------------------------------


async def test_events_are_told_and_kept_alike(engine: Engine) -> None:
    run = engine.new(chain(node("number"), node("wait", steps=30)))
    await run.start()

    heard = [event async for event in run.subscribe()]

    assert heard == engine.workspace.journal.events(run.id)
    assert [event["seq"] for event in heard] == list(range(1, len(heard) + 1))
    assert heard[0]["data"] == {"status": "running"}
    assert heard[-1]["data"]["status"] == "succeeded"
    told = [event["data"]["state"] for event in heard if event["type"] == "node"]
    assert sorted(set(told)) == ["done", "queued", "running"]
    assert [event async for event in run.subscribe(after=len(heard) - 1)] == heard[-1:]


async def test_progress_is_told_now_and_then_and_the_last_always(engine: Engine) -> None:
    run = await engine.run(chain(node("number"), node("wait", steps=60)))

    reports = [event["data"] for event in run.events if event["type"] == "progress"]

    assert reports[-1]["done"] == 60
    assert reports[-1]["metrics"] == {"loss": pytest.approx(1 / 60)}
    assert 2 <= len(reports) <= 6  # 0.6 seconds


async def test_a_done_card_is_told_after_its_result_is_kept(engine: Engine) -> None:
    run = engine.new(chain(node("number"), node("add")))
    await run.start()

    async for event in run.subscribe():
        if event["type"] == "node" and event["data"]["state"] == "done":
            key = run.nodes[event["node"]].key
            assert key is not None
            assert engine.workspace.store.results.get(key) is not None


async def test_a_run_as_json(engine: Engine) -> None:
    run = await engine.run(chain(node("number", value=3)))

    shown = run.to_json()

    assert set(shown) == {"run", "status", "seconds", "problems", "nodes"}
    number = shown["nodes"]["number"]
    assert number["card"] == "number"
    assert (number["state"], number["cached"], number["error"]) == ("done", False, None)
    assert (number["executor"], number["device"], number["cost"]) == ("local", "cpu", None)
    output = number["outputs"]["number"]
    assert set(output) == {"type", "sha256", "schema", "value"}
    assert (output["type"], output["schema"]["rows"]) == ("Table", 1)
    stored = engine.workspace.journal.to_json(run.id)
    assert stored["nodes"] == shown["nodes"]
    assert json.loads(json.dumps(shown)) == shown


async def test_nodes_keep_the_order_of_the_file(engine: Engine) -> None:
    last = node("parity")
    pipeline = Pipeline().with_nodes(last, node("other", "number", value=2), node("number"))
    run = await engine.run(pipeline.with_edges(wire("number", last)))

    assert list(run.to_json()["nodes"]) == ["parity", "other", "number"]
    assert list(engine.workspace.journal.to_json(run.id)["nodes"]) == list(run.nodes)


async def test_the_record_says_why_two_runs_differ(engine: Engine) -> None:
    run = await engine.run(chain(node("number"), node("add", seed=7)), parent="before")

    record = engine.workspace.journal.record(run.id)

    assert record["params"]["add"] == {"amount": 1, "seed": 7}
    assert record["seeds"] == {"add": 7}
    assert record["threads"] == {"number": 1, "add": 1}
    assert record["executors"] == {"number": "local", "add": "local"}
    assert record["parent"] == "before"
    assert len(record["cards"]["add"]["source_sha256"]) == 64
    assert record["environment"]["libraries"]["pandas"]
    assert record["pipeline"]["format"] == "tensorrag.pipeline"
    made = engine.workspace.journal.made(run.id)
    assert made["add"]["handle"] == "local-1"


async def test_the_handle_is_stored_before_anything_is_awaited(engine: Engine) -> None:
    """Else a task would be lost when the server ends just after it was submitted."""
    stored: list[tuple[str, str | None]] = []

    class Watching(InProcess):
        async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
            made = engine.workspace.journal.made(run.id)
            stored.append((handle, made["number"]["handle"]))
            async for event in super().events(handle):
                yield event

    engine.executor = Watching()
    run = engine.new(chain(node("number")))
    await run.start()
    await run.wait()

    assert stored == [("local-0", "local-0")]


async def test_a_dropped_run_was_interrupted(engine: Engine) -> None:
    run = engine.new(chain(node("number"), node("wait")))
    await run.start()
    await until_running(run, "wait")

    (main,) = [task for task in asyncio.all_tasks() if task.get_name() == f"run {run.id}"]
    main.cancel()
    await run.wait()

    assert run.status == "interrupted"
    assert engine.workspace.journal.to_json(run.id)["nodes"]["wait"]["reason"] == "interrupted"


@pytest.mark.parametrize(("more", "ends"), [([], "succeeded"), ([node("wait")], "interrupted")])
async def test_what_was_being_recorded_when_the_process_ends_is_recorded_first(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, more: list[Node], ends: str
) -> None:
    """An end stays an end: the journal never says two of them."""
    append, recording, go_on = engine.workspace.journal.append, threading.Event(), threading.Event()

    def slow(*args: Any, **kwargs: Any) -> Any:
        if any(shown["state"] == "done" for shown, _ in (kwargs.get("nodes") or {}).values()):
            recording.set()
            assert go_on.wait(60)
        return append(*args, **kwargs)

    monkeypatch.setattr(engine.workspace.journal, "append", slow)
    run = engine.new(chain(node("number"), *more))
    await run.start()
    await asyncio.to_thread(recording.wait, 60)

    leaving = asyncio.create_task(run.interrupt())
    await asyncio.sleep(0)  # it has been cancelled by now
    go_on.set()
    await leaving

    told = [e["data"]["status"] for e in engine.workspace.journal.events(run.id, kind="run")]
    assert (run.status, told) == (ends, ["running", ends])
    journal = engine.workspace.journal.to_json(run.id)
    assert (journal["status"], journal["nodes"]["number"]["state"]) == (ends, "done")


async def test_what_ends_while_another_is_being_recorded_is_no_interruption(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, recording, go_on = engine.workspace.journal.append, threading.Event(), threading.Event()

    def slow(*args: Any, **kwargs: Any) -> Any:
        if any(shown["state"] == "done" for shown, _ in (kwargs.get("nodes") or {}).values()):
            recording.set()
            assert go_on.wait(60)
        return append(*args, **kwargs)

    class OneAfterAnother(InProcess):
        async def result(self, handle: str) -> dict[str, Any]:
            answer = await super().result(handle)
            if self._jobs[handle].task.params["value"] == 2:
                await asyncio.to_thread(recording.wait, 60)
            return answer

    engine.executor = OneAfterAnother()
    monkeypatch.setattr(engine.workspace.journal, "append", slow)
    run = engine.new(Pipeline().with_nodes(node("number"), node("other", "number", value=2)))
    await run.start()
    await asyncio.to_thread(recording.wait, 60)
    loop = run._loop
    assert loop is not None
    async with asyncio.timeout(60):
        while not loop._outcomes:  # the other one has ended, and nobody has looked at that yet
            await asyncio.sleep(0.01)

    leaving = asyncio.create_task(run.interrupt())
    await asyncio.sleep(0)  # it has been cancelled by now
    go_on.set()
    await leaving

    journal = engine.workspace.journal.to_json(run.id)
    states = [shown["state"] for shown in journal["nodes"].values()]
    assert (run.status, journal["status"], states) == ("succeeded", "succeeded", ["done", "done"])


async def test_a_journal_that_cannot_be_written_fails_the_run_with_its_reason(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = engine.new(chain(node("number"), node("wait")))
    await run.start()
    await until_running(run, "wait")

    def full(*args: object, **kwargs: object) -> None:
        raise WorkspaceError("The disk is full.") from sqlite3.OperationalError()

    monkeypatch.setattr(engine.workspace.journal, "append", full)
    assert await run.wait() == "failed"

    error = run.nodes["wait"].error
    assert error is not None
    assert error.message == "The disk is full."
    assert run.events[-1]["data"]["status"] == "failed"


async def test_a_card_has_its_own_time_limit_then_the_pipelines_then_its_kinds(
    engine: Engine,
) -> None:
    own = replace(node("number"), resources=MappingProxyType({"timeout": 5}))
    pipeline = Pipeline().with_nodes(own, node("a", "add"))
    await engine.run(pipeline)
    await engine.run(replace(pipeline, settings=MappingProxyType({"timeout": 70})), no_cache=True)

    assert isinstance(engine.executor, InProcess)
    limits = [job.task.timeout for job in engine.executor._jobs.values()]
    assert limits == [5, 3600, 5, 70]


# --- where a card runs --------------------------------------------------------------------------

GPU_CARD = '''
from typing import NamedTuple
import pandas as pd
from tensorrag import Card, Table, TableSchema
from tensorrag.footprint import Footprint

class OnGpu(Card):
    """Would use a GPU."""
    gpu = "T4"

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        return self.Out(Table.from_pandas(pd.DataFrame({"number": [1]})))

    def propagate(self) -> TableSchema:
        return TableSchema()

    def footprint(self, schemas) -> Footprint:
        return Footprint(memory=20 * 10**9)
'''


class WithGpu(InProcess):
    """This machine, if it had a GPU."""

    async def offers(self) -> Offers:
        gpu = Offer(device="cuda", label="This machine · GPU")
        return Offers(executor="local", available=True, offers=(gpu,))


class Shut(InProcess):
    """A place where nobody is signed in."""

    async def offers(self) -> Offers:
        return Offers(executor=self.name, available=False, reason="Nobody is in.", hint="Go in.")


async def test_a_gpu_is_rented_unasked_where_the_settings_allow_it_and_never_by_the_command_line(
    tmp_path: Path,
) -> None:
    Workspace.open(tmp_path).cards.joinpath("on_gpu.py").write_text(GPU_CARD)
    engine = Engine(tmp_path)
    pipeline = Pipeline().with_nodes(node("number"), node("on_gpu"))
    modal = InProcess(name="modal")
    places = {"local": InProcess(), "modal": modal}
    known = (engine.workspace, places, engine.catalog, engine.check)

    async def where(*, rents: bool) -> dict[str, str]:
        request = Request(pipeline, no_cache=True)
        run = Run(request, *known, rents=rents)
        await run.start()
        assert await run.wait() == "succeeded"
        assert all(node.placed for node in run.nodes.values()), "each says why it ran there"
        warned = [problem["code"] for problem in run.problems]
        unasked = run.nodes["on_gpu"].executor == "modal"
        assert warned == (["does_not_fit"] if unasked else []), "a T4 has less than that"
        return {node_id: node.executor for node_id, node in run.nodes.items()}

    here = {"number": "local", "on_gpu": "local"}
    settings = engine.workspace.settings
    settings.set("rent_automatically", True)
    assert await where(rents=True) == here, "there is no cap"
    settings.set("budget_run", 0.5)
    assert await where(rents=True) == {"number": "local", "on_gpu": "modal"}
    asked = Request(pipeline, on="modal", gpu="L4", no_cache=True)
    run = Run(Request.from_json(asked.to_json()), *known)
    await run.start()
    assert await run.wait() == "succeeded"
    tasks = [job.task for job in modal._jobs.values()][-2:]
    assert {task.card: task.rented_gpu for task in tasks} == {"number": None, "on_gpu": "L4"}
    assert await where(rents=False) == here, "the command line asks for it by itself alone"
    places["modal"] = Shut(name="modal")
    assert await where(rents=True) == here, "nobody is signed in"
    del places["modal"]
    assert await where(rents=True) == here
    places["modal"] = modal
    places["local"] = WithGpu()
    assert await where(rents=True) == here, "what this machine has costs nothing"
