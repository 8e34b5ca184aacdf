"""What every executor must do, whatever place it stands for.

A subclass gives two fixtures, ``executor`` and ``place``, and inherits the tests.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tensorrag.errors import ExecutorError, RunCancelled, TaskFailed
from tensorrag.executor import Executor
from tensorrag.perform import perform
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tests.clock import within
from tests.executors.card_texts import task

KEY = "ab" * 32


async def value_of(executor: Executor, job: Task, place: Place) -> Any:
    """Run one of the test cards and return its number."""
    result = await executor.result(await executor.submit(job, place))
    return result["outputs"]["metrics"]["value"]["r2"]


async def failure_of(executor: Executor, job: Task, place: Place) -> TaskFailed:
    """Run one of the test cards and return how it failed."""
    with pytest.raises(TaskFailed) as caught:
        await executor.result(await executor.submit(job, place))
    return caught.value


async def first(executor: Executor, handle: str, kind: str) -> Any:
    """Wait for an event of a kind and return its data."""
    async for event in executor.events(handle):
        if event["type"] == kind:
            return event["data"]
    raise AssertionError(f"no {kind}")


async def printed(executor: Executor, handle: str, stream: str = "stdout") -> str:
    """Return all that a card printed."""
    logs = [e["data"] async for e in executor.events(handle) if e["type"] == "log"]
    return "".join(log["text"] for log in logs if log["stream"] == stream)


class ExecutorContract:
    """Inherit to hold an executor against the protocol."""

    async def test_gives_the_result_that_perform_gives_here(
        self, executor: Executor, place: Place
    ) -> None:
        job = task("Return", 0.5)
        far = await executor.result(await executor.submit(job, place))
        near = perform(job, place)
        assert far.pop("pid") != near.pop("pid")
        assert far == near

    async def test_gives_the_error_that_perform_raises_here(
        self, executor: Executor, place: Place
    ) -> None:
        failed = await failure_of(executor, task("Raise"), place)
        assert failed.cause.type == "KeyError"
        assert "a column" in failed.cause.message
        assert failed.cause.traceback is not None
        assert "return {}['a column']" in failed.cause.traceback

    async def test_keeps_the_hint_of_a_deliberate_error(
        self, executor: Executor, place: Place
    ) -> None:
        failed = await failure_of(executor, task("Refuse"), place)
        assert (failed.cause.type, failed.message) == ("CardError", "The column is text.")
        assert failed.hint == "Choose a number."
        assert failed.cause.traceback is None

    async def test_wrong_parameters_are_an_error_of_the_card(
        self, executor: Executor, place: Place
    ) -> None:
        wrong = task("Return").model_copy(update={"params": {"number": "many"}})
        failed = await failure_of(executor, wrong, place)
        assert failed.cause.type == "ParameterError"

    async def test_passes_progress_on_and_the_last_report_always(
        self, executor: Executor, place: Place
    ) -> None:
        handle = await executor.submit(task("Report"), place)
        events = [event async for event in executor.events(handle)]
        assert events[0]["type"] == "started"
        reports = [event["data"] for event in events if event["type"] == "progress"]
        assert [r["done"] for r in reports] == sorted(r["done"] for r in reports)
        last = reports[-1]
        assert (last["done"], last["total"], last["unit"]) == (5, 5, "step")
        assert last["metrics"] == {"loss": 0.2}

    async def test_passes_on_what_the_card_prints(self, executor: Executor, place: Place) -> None:
        handle = await executor.submit(task("Print"), place)
        assert await printed(executor, handle) == "to stdout\n"
        assert "zu stderr: ü" in await printed(executor, handle, "stderr")

    async def test_whoever_follows_late_hears_everything(
        self, executor: Executor, place: Place
    ) -> None:
        handle = await executor.submit(task("Print"), place)
        await executor.result(handle)
        assert "to stdout" in await printed(executor, handle)

    async def test_a_cancelled_card_stops_at_its_next_report(
        self, executor: Executor, place: Place
    ) -> None:
        handle = await executor.submit(task("Learn"), place)
        await first(executor, handle, "progress")
        await executor.cancel(handle)
        async with asyncio.timeout(within(3)):
            with pytest.raises(RunCancelled):
                await executor.result(handle)

    async def test_a_task_can_be_cancelled_before_it_starts(
        self, executor: Executor, place: Place
    ) -> None:
        handle = await executor.submit(task("Sleep", 60), place)
        await executor.cancel(handle)
        async with asyncio.timeout(within(3)):
            with pytest.raises(RunCancelled):
                await executor.result(handle)

    async def test_cancelling_what_has_ended_changes_nothing(
        self, executor: Executor, place: Place
    ) -> None:
        handle = await executor.submit(task("Return", 2), place)
        result = await executor.result(handle)
        await executor.cancel(handle)
        assert await executor.result(handle) == result

    async def test_a_task_has_no_more_time_than_its_own(
        self, executor: Executor, place: Place
    ) -> None:
        failed = await failure_of(executor, task("Learn", timeout=0.5), place)
        assert failed.cause.type == "CardTimeout"
        assert "0.5 seconds" in failed.message

    async def test_a_card_that_ran_out_of_time_goes_on_where_it_was(
        self, executor: Executor, place: Place
    ) -> None:
        kept = None
        for timeout in (1.5, 6.0, 24.0):  # a busy machine takes longer to the first of them
            await failure_of(executor, task("Count", 1e6, timeout=timeout, key=KEY), place)
            kept = Store(place.store).checkpoints.get(KEY)
            if kept is not None:
                break
        assert kept is not None
        more = task("Count", kept.done + 2, key=KEY)
        handle = await executor.submit(more, place)
        answer = await executor.result(handle)
        assert answer["outputs"]["metrics"]["value"]["r2"] == kept.done
        assert f"It goes on after {kept.words}." in await printed(executor, handle)
        anew = more.model_copy(update={"anew": True, "ticket": "another"})
        assert await value_of(executor, anew, place) == 0

    async def test_takes_up_a_task_that_it_knows_and_no_other(
        self, executor: Executor, place: Place
    ) -> None:
        handle = await executor.submit(task("Return"), place)
        assert await executor.attach(handle)
        assert not await executor.attach("local:1:gone")
        with pytest.raises(ExecutorError):
            await executor.result("local:1:gone")
        await executor.result(handle)

    async def test_says_what_it_offers(self, executor: Executor) -> None:
        offers = await executor.offers()
        assert offers.executor == executor.name
        assert offers.available == bool(offers.offers)
        assert offers.available or (offers.reason and offers.hint)

    async def test_refuses_kinds_that_it_does_not_take(
        self, executor: Executor, place: Place
    ) -> None:
        assert "run" in executor.kinds
        if "predict" not in executor.kinds:
            with pytest.raises(ExecutorError):
                await executor.submit(Task(kind="predict"), place)

    async def test_tasks_run_side_by_side(self, executor: Executor, place: Place) -> None:
        handles = [await executor.submit(task("Sleep", 0.3), place) for _ in range(2)]
        async with asyncio.timeout(within(6)):
            starts = [await first(executor, handle, "started") for handle in handles]
            for handle in handles:
                await executor.result(handle)
        assert starts[0] != starts[1]
