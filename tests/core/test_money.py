"""What runs at paid places cost: estimated before, counted meanwhile, held to budgets."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tensorrag.cli.carrying_out import carried_out
from tensorrag.cli.terminal import follow
from tensorrag.errors import (
    ErrorInfo,
    ExecutorError,
    RunRefused,
    TaskFailed,
    Unheard,
    WorkspaceError,
)
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.rates import Rates
from tensorrag.run import Request, Run, budget, budget_watch, stray_budgets
from tensorrag.run.budget import Budget, Budgets
from tensorrag.run.node_run import NodeRun
from tensorrag.store.place import Place
from tensorrag.store.spending import Charge, Past, Work
from tensorrag.store.unsettled import Unsettled, unsettled_tasks
from tensorrag.task import Task
from tensorrag.types import Table
from tests.core.diabetes import pipeline
from tests.core.engine import Engine, InProcess, chain, node

RATES = Rates(
    gpus={},
    core=0.001,
    gib=0.0,
    cores=1,
    memory=1024,
    idle=60,
    grace=0,
    source="a price page",
    dated=date(2026, 8, 1),
)
"""A container is $0.001 a second, and waits for a minute: $0.06."""


@dataclass
class Paid(InProcess):
    """A place that takes money; every card takes 20 seconds there, as it says itself."""

    name: str = "modal"
    rates: Rates = RATES
    seconds: float | None = 20.0

    async def events(self, handle: str) -> Any:
        async for event in super().events(handle):
            yield event
        if self.seconds is not None:
            cost = {"cost": self.seconds * 0.001, "seconds": self.seconds}
            yield {"type": "cost", "data": cost}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = Engine(tmp_path)
    engine.workspace.settings.set("rehearse", False)  # some of these cards never end by themselves
    return engine


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> Paid:
    """A paid place, whose budgets are looked at so often that nobody waits for it."""
    monkeypatch.setattr(budget, "SOONEST", 0.02)
    for looks in (budget, budget_watch, stray_budgets):
        monkeypatch.setattr(looks, "LATEST", 0.05)
    return Paid()


def new(engine: Engine, paid: Paid, pipeline: Pipeline, **options: Any) -> Run:
    """A run of all cards at the paid place."""
    request = Request(pipeline, "numbers", on="modal", **options)
    executors = {"local": engine.executor, "modal": paid}
    return Run(request, engine.workspace, executors, engine.catalog, engine.check)


async def run(engine: Engine, paid: Paid, pipeline: Pipeline, **options: Any) -> Run:
    """Run it to its end."""
    started = new(engine, paid, pipeline, **options)
    await started.start()
    await started.wait()
    return started


def waits() -> Pipeline:
    """A card that ends only when it is stopped."""
    return chain(node("number"), node("wait", steps=100_000))


def spent_before(engine: Engine, cost: float) -> None:
    """Have this much spent this month by another run."""
    charge = Charge("t", "r", "n", "c", "modal", None, Work(), 0.001, 100, 0)
    engine.workspace.journal.spending.begin(charge)
    engine.workspace.journal.spending.end("t", cost=cost, stays=False)


def budget_events(run: Run) -> list[Any]:
    return [event["data"] for event in run.events if "budget" in event["data"]]


async def test_an_estimate_before_and_the_cost_after(engine: Engine, paid: Paid) -> None:
    first = (await run(engine, paid, chain(node("number")))).to_json()["nodes"]["number"]
    assert first["estimate"]["cost"] is None, "it never ran there"
    assert first["estimate"]["most"] == pytest.approx(3600 * 0.001 + 0.06)
    assert first["cost"] == pytest.approx(0.020)
    paid.seconds = 30
    changed = chain(node("number", value=2))
    second = (await run(engine, paid, changed)).to_json()["nodes"]["number"]
    assert second["estimate"]["seconds"] == 20
    assert second["estimate"]["cost"] == pytest.approx(0.020)
    assert second["estimate"]["source"] == "a price page, 1 Aug 2026"
    assert second["cost"] == pytest.approx(0.030)
    again = (await run(engine, paid, changed)).to_json()["nodes"]["number"]
    assert (again["cached"], again["estimate"], again["cost"]) == (True, None, None)


async def test_what_was_paid_is_known_again_where_its_table_was_dropped(
    engine: Engine, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unheard(task: object, place: object) -> str:
        raise Unheard("The line broke.")

    ended = await run(engine, paid, chain(node("number")))
    monkeypatch.setattr(paid, "submit", unheard)
    lost = await run(engine, paid, chain(node("number", value=2)))
    with engine.workspace.journal.database.write() as connection:
        connection.execute("DROP TABLE spending")
        connection.execute("UPDATE runs SET pid_started = 1")  # whoever began them is gone

    [anew] = engine.workspace.mend()

    spending = engine.workspace.journal.spending
    assert anew.table == "spending"
    assert spending.of_run(ended.id) == pytest.approx(0.02)
    assert spending.past("number", "modal", None) == [Past(20, Work())]
    assert spending.of_run(lost.id) == pytest.approx(3600 * 0.001), "its end is not known"
    assert [each.run for each in spending.unknown()] == [lost.id]


async def test_the_terminal_says_the_price_before_and_the_cost_after(
    engine: Engine, paid: Paid, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(engine, paid, chain(node("number")))
    started = new(engine, paid, chain(node("number", value=2), node("parity")))
    await started.start()
    await follow(started)
    said = capsys.readouterr().out
    assert "$ number           Modal: about $0.02, 20 s (16 to 24 s)\n" in said
    assert "$ parity           Modal: first time: unknown; at most $3.66\n" in said
    assert "$ together         at most $3.68 (prices: a price page, 1 Aug 2026)\n" in said
    assert "$0.02 (estimated $0.02)" in said
    assert "for $0.04." in said


async def test_what_runs_here_costs_nothing(engine: Engine) -> None:
    shown = (await engine.run(chain(node("number")))).to_json()["nodes"]["number"]
    assert (shown["estimate"], shown["cost"]) == (None, None)
    assert engine.workspace.journal.spending.this_month() == 0


async def test_models_are_compared_with_what_training_each_has_cost(
    engine: Engine, paid: Paid
) -> None:
    """Also by a later run that pays for nothing: what a model cost is known by the model."""
    both = compared(rented="train", own="train_here")

    async def costs(on: str | None) -> dict[str, float]:
        executors = {"local": engine.executor, "modal": paid}
        request = Request(both, "models", on=on)
        run = Run(request, engine.workspace, executors, engine.catalog, engine.check)
        await run.start()
        assert await run.wait() == "succeeded", run.to_json()
        table = engine.workspace.store.load(run.nodes["compare"].outputs["ranking"]["sha256"])
        assert isinstance(table, Table)
        return dict(table.to_pandas().set_index("model")["train_cost"])

    assert await costs(None) == {"rented": 0.02, "own": 0.0}
    assert await costs("local") == {"rented": 0.02, "own": 0.0}
    assert paid.ran == ["train"]


def compared(*, rented: str, own: str) -> Pipeline:
    """Two ridges, one of them trained where it is paid for, compared anew in every run."""
    one = pipeline()
    wires = [replace(e, target=own) for e in one.inputs_of(rented)]
    wires += [Edge(of, "trained_model", "compare", "models") for of in (rented, own)]
    wires += [Edge("split", "test_dataset", "compare", "test_dataset")]
    first = replace(one.nodes[rented], title="rented", run_on="modal")
    second = replace(first, id=own, title="own", run_on=None, params={**first.params, "seed": 7})
    compare = Node("compare", "compare_models", cache=False)
    return one.with_nodes(first, second, compare).with_edges(*wires)


async def test_every_try_is_paid(engine: Engine, paid: Paid) -> None:
    paid.flaky = 1
    pipeline = chain(node("number"))
    twice = pipeline.with_nodes(replace(pipeline.nodes["number"], retries=1))
    ended = await run(engine, paid, twice)
    assert ended.nodes["number"].cost == pytest.approx(0.040)
    assert ended.expected.cost == pytest.approx(2 * (3600 * 0.001 + 0.06)), "at most"
    # Both took 20 seconds; the second container was used after the first, or waited as well.
    month = engine.workspace.journal.spending.this_month()
    assert 0.040 + 0.060 <= month <= 0.040 + 0.120


async def test_a_card_that_was_moved_pays_for_all_its_containers(
    engine: Engine, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, result, spending = paid.events, paid.result, engine.workspace.journal.spending
    counting = []

    async def moved(handle: str) -> Any:
        async for event in events(handle):
            yield event
            if event["type"] == "started":
                yield event

    async def arriving(handle: str) -> Any:
        counting.append(spending.running())
        return await result(handle)

    monkeypatch.setattr(paid, "events", moved)
    monkeypatch.setattr(paid, "result", arriving)
    ended = await run(engine, paid, chain(node("number"), node("wait", steps=2, pause=0.05)))
    wait = ended.nodes["wait"]
    assert wait.cost is not None
    assert 0 < wait.cost < 0.02, "by the clock, not by what the last container said"
    assert counting == [0.001, 0.001], "until all is there: what the last one said is no end"
    assert spending.running() == 0


async def test_one_of_which_nobody_knows_whether_it_began_counts_as_if_it_ran(
    engine: Engine, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unheard(task: object, place: object) -> str:
        raise Unheard("The line broke.")

    monkeypatch.setattr(paid, "submit", unheard)
    ended = await run(engine, paid, chain(node("number")))
    assert ended.status == "failed"
    assert engine.workspace.journal.spending.running() == 0.001


async def test_a_card_that_is_cancelled_says_what_was_spent(engine: Engine, paid: Paid) -> None:
    paid.seconds = None  # it does not say so any more
    started = new(engine, paid, chain(node("number"), node("wait", steps=100_000)))
    await started.start()
    while started.nodes["wait"].state != "running":
        await asyncio.sleep(0.01)
    assert started.nodes["wait"].cost_so_far is not None
    await started.cancel()
    await started.wait()
    wait = started.nodes["wait"]
    assert wait.state == "cancelled"
    assert wait.cost is not None
    assert 0 < wait.cost < 0.03
    assert engine.workspace.journal.spending.running() == 0


async def test_one_that_is_taken_over_ends_at_the_limit_of_the_run_that_needs_it(
    engine: Engine, paid: Paid
) -> None:
    """It was begun by a server that is gone, for a run that would have let it go on for long."""
    stopped, never = list[str](), asyncio.Event()

    async def events(handle: str) -> Any:
        yield {"type": "started", "data": {}}
        await never.wait()

    async def cancel(handle: str) -> None:
        stopped.append(handle)

    paid.events, paid.cancel = events, cancel  # type: ignore[method-assign]
    left = Unsettled("r", "wait", {"executor": "modal"}, {"handle": "theirs", "ticket": "t"})

    async def stray(node: NodeRun) -> Unsettled | None:
        return left if node.id == "wait" else None

    pipeline = chain(node("number"), node("wait", steps=3))
    wait = replace(pipeline.nodes["wait"], title="A long wait", resources={"timeout": 0.2})
    executors = {"local": engine.executor, "modal": paid}
    await engine.run(chain(node("number")))
    request = Request(pipeline.with_nodes(wait), "numbers", on="modal")
    run = Run(request, engine.workspace, executors, engine.catalog, engine.check, stray=stray)
    await run.start()
    assert await asyncio.wait_for(run.wait(), 60) == "failed"
    error = run.nodes["wait"].error
    assert error is not None
    assert error.message.startswith("A long wait took longer than 0.2 seconds, its time limit")
    assert stopped == ["theirs"]


async def test_one_that_is_taken_over_may_take_its_time_to_arrive(
    engine: Engine, paid: Paid
) -> None:
    """Its container has ended within the limit; fetching what it made is no part of that."""

    async def events(handle: str) -> Any:
        yield {"type": "cost", "data": {"cost": 0.02, "seconds": 20}}

    async def late(handle: str) -> dict[str, Any]:
        await asyncio.sleep(1.2)  # the limit is over
        raise TaskFailed(ErrorInfo(type="Arrived", message="It arrived, and that is enough."))

    paid.events, paid.result = events, late  # type: ignore[method-assign]
    left = Unsettled("r", "number", {"executor": "modal"}, {"handle": "theirs", "ticket": "t"})

    async def stray(node: NodeRun) -> Unsettled | None:
        return left

    number = replace(node("number"), resources={"timeout": 1.0})
    executors = {"local": engine.executor, "modal": paid}
    request = Request(chain(number), "numbers", on="modal")
    run = Run(request, engine.workspace, executors, engine.catalog, engine.check, stray=stray)
    await run.start()
    await asyncio.wait_for(run.wait(), 60)
    error = run.nodes["number"].error
    assert error is not None
    assert error.message == "It arrived, and that is enough."


async def test_what_a_result_takes_to_arrive_is_not_paid(engine: Engine, paid: Paid) -> None:
    """Its container has ended: it may wait for room on this disk."""
    result, arrives = paid.result, asyncio.Event()

    async def late(handle: str) -> dict[str, Any]:
        await arrives.wait()
        return await result(handle)

    paid.result = late  # type: ignore[method-assign]
    started = new(engine, paid, chain(node("number")))
    await started.start()
    spending = engine.workspace.journal.spending
    async with asyncio.timeout(60):
        while spending.of_run(started.id) < 0.02 or spending.running():
            await asyncio.sleep(0.01)
    assert started.nodes["number"].state == "running"
    arrives.set()
    assert await started.wait() == "succeeded"
    assert [past.seconds for past in spending.past("number", "modal", None)] == [20]


def test_what_is_left_to_the_next_mark_says_when_to_look_again(engine: Engine) -> None:
    of_ten = Budget("run", limit=10.0)

    assert of_ten.left_to_next(4.0) == pytest.approx(1.0)
    assert of_ten.passed(6.0) == 50
    assert of_ten.left_to_next(6.0) == pytest.approx(1.5), "the mark that was told is behind it"
    assert of_ten.passed(11.0) == 100
    assert of_ten.left_to_next(11.0) == float("inf"), "nothing more is said"


@pytest.mark.parametrize(("rate", "seconds"), [(0.01, 1.0), (10.0, 0.5), (1000.0, 0.2), (0.0, 1.0)])
def test_a_budget_is_looked_at_when_its_next_mark_may_be_reached(
    engine: Engine, rate: float, seconds: float
) -> None:
    spending = engine.workspace.journal.spending
    if rate:
        spending.begin(Charge("ticket", "run", "n", "n", "modal", None, Work(), rate, 1000, 0))
        spending.began("ticket")

    look = Budgets(spending, [Budget("run", limit=10.0)]).look("another")

    assert look.wait == pytest.approx(seconds)


@pytest.mark.parametrize("hard", [False, True])
async def test_a_budget_is_warned_about_at_each_mark(
    engine: Engine, paid: Paid, hard: bool
) -> None:
    engine.workspace.settings.set("budget_run", 0.1)
    engine.workspace.settings.set("budget_hard", hard)
    ended = await run(engine, paid, chain(node("number")))  # 0.02 and 0.06 of waiting: 80 %
    assert ended.status == "succeeded"
    (told,) = budget_events(ended)
    assert (told["budget"], told["share"]) == ("run", 75)
    assert told["message"] == "75 % of the budget of this run are used: $0.08 of $0.10."


@pytest.mark.parametrize("setting", ["budget_hard", "rent_automatically"])
async def test_a_hard_budget_stops_the_run(engine: Engine, paid: Paid, setting: str) -> None:
    """Where GPUs are rented unasked, what a run may cost always holds."""
    engine.workspace.settings.set("budget_run", 0.0802)
    engine.workspace.settings.set("budget_hard", setting == "budget_hard")
    engine.workspace.settings.set(setting, True)
    ended = await run(engine, paid, waits())  # the first card uses 0.08; the second, $0.001 a s
    assert ended.status == "cancelled"
    assert ended.nodes["number"].state == "done", "what was paid for is kept"
    why = ended.nodes["wait"].reason or ""
    assert why.startswith("The budget of this run, $0.08, is used up: $0.08")
    assert [told["share"] for told in budget_events(ended)][-1] == 100


@pytest.mark.parametrize("of_machine", [None, 5.0])
async def test_the_budget_of_a_file_stops_the_run_too(
    engine: Engine, paid: Paid, of_machine: float | None
) -> None:
    engine.workspace.settings.set("budget_run", of_machine)
    ended = await run(engine, paid, replace(waits(), settings={"budget": 0.0802}))
    assert ended.status == "cancelled"
    assert ended.nodes["number"].state == "done"
    why = ended.nodes["wait"].reason or ""
    assert why.startswith("The budget of this run, $0.08 by its file, is used up")


async def test_a_file_cannot_raise_what_this_machine_allows(engine: Engine, paid: Paid) -> None:
    engine.workspace.settings.set("budget_run", 0.0802)
    ended = await run(engine, paid, replace(waits(), settings={"budget": 1000}))
    assert ended.status == "cancelled"
    assert (ended.nodes["wait"].reason or "").startswith("The budget of this run, $0.08, is used")


async def test_a_run_that_is_resumed_goes_on_with_its_budget(engine: Engine, paid: Paid) -> None:
    """What the run before has spent is spent: its first card, and a minute of waiting."""
    first = await run(engine, paid, chain(node("number")))
    engine.workspace.settings.set("budget_run", 0.0802)
    more = chain(node("number"), node("wait", steps=100_000))
    second = await run(engine, paid, more, parent=first.id)
    assert second.nodes["number"].cached, "nothing was paid for it again"
    assert second.status == "cancelled"
    assert (second.nodes["wait"].reason or "").startswith("The budget of this run, $0.08, is used")
    with pytest.raises(RunRefused, match=r"The budget of this run, \$0.08, is used up"):
        await new(engine, paid, more, parent=second.id).start()
    anew = new(engine, paid, more)
    await anew.start()
    await anew.cancel()
    assert await anew.wait() == "cancelled"


async def test_it_does_so_where_the_place_and_the_disk_fail_at_first(
    engine: Engine, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    spending = engine.workspace.journal.spending
    of_run, cancel, failed = spending.of_run, paid.cancel, list[str]()

    def read(run: str) -> float:
        if "disk" not in failed:
            failed.append("disk")
            raise WorkspaceError("The disk is full.")
        return of_run(run)

    async def reach(handle: str) -> None:
        if "place" not in failed:
            failed.append("place")
            raise ExecutorError("The cloud does not answer.")
        await cancel(handle)

    monkeypatch.setattr(spending, "of_run", read)
    monkeypatch.setattr(paid, "cancel", reach)
    engine.workspace.settings.set("budget_run", 0.0802)
    engine.workspace.settings.set("budget_hard", True)

    ended = await run(engine, paid, waits())

    assert (ended.status, failed) == ("cancelled", ["disk", "place"])
    assert ended.nodes["wait"].state == "cancelled"


async def test_it_does_so_where_the_stop_fails_just_after_a_card_was_submitted(
    engine: Engine, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, cancel, failed = paid.submit, paid.cancel, list[str]()
    started = new(engine, paid, waits())

    async def slowly(task: Task, place: Place) -> str:
        if task.card == "wait":
            engine.workspace.settings.set("budget_run", 0.01)  # the first card costs 0.02 already
            while not started.nodes["wait"].cancelling:
                await asyncio.sleep(0.01)
        return await submit(task, place)

    async def reach(handle: str) -> None:
        if not failed:
            failed.append(handle)
            raise ExecutorError("The cloud does not answer.")
        await cancel(handle)

    monkeypatch.setattr(paid, "submit", slowly)
    monkeypatch.setattr(paid, "cancel", reach)
    engine.workspace.settings.set("budget_hard", True)
    await started.start()

    assert await started.wait() == "cancelled"
    assert failed == [started.nodes["wait"].handle]
    assert (started.nodes["wait"].reason or "").startswith("The budget of this run, $0.01")


async def test_a_run_whose_cards_are_done_succeeds_though_nobody_can_read_what_was_spent(
    engine: Engine, paid: Paid, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(run: str) -> float:
        raise WorkspaceError("The disk is full.")

    monkeypatch.setattr(engine.workspace.journal.spending, "of_run", unreadable)
    engine.workspace.settings.set("budget_run", 5.0)
    ended = await run(engine, paid, chain(node("number")))
    assert ended.status == "succeeded"
    assert f"What run {ended.id} has cost cannot be read: The disk is full." in caplog.text


async def test_a_terminal_that_cannot_reach_a_card_says_so_and_may_leave_it(
    engine: Engine,
    paid: Paid,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def unreached(handle: str) -> None:
        raise ExecutorError("The cloud does not answer.", hint="Look at the network.")

    monkeypatch.setattr(paid, "cancel", unreached)
    started = new(engine, paid, waits())
    following = asyncio.create_task(carried_out(started, quiet=True))
    async for event in started.subscribe():
        if event["node"] == "wait" and event["data"].get("state") == "running":
            break
    signal.raise_signal(signal.SIGINT)
    while not (said := capsys.readouterr().err):
        await asyncio.sleep(0.01)
    assert said.startswith("The cloud does not answer. Look at the network.\nIt goes on there.")
    assert not following.done()
    signal.raise_signal(signal.SIGINT)
    answer, code = await following
    assert (answer["status"], code) == ("interrupted", 1)
    (left,) = unsettled_tasks(engine.workspace.journal)
    assert left.node == "wait", "it is looked for at the next start"
    for job in paid._jobs.values():
        job.reporter.stopping = True


async def test_a_budget_that_is_set_meanwhile_holds_too(engine: Engine, paid: Paid) -> None:
    started = new(engine, paid, waits())
    await started.start()
    while started.nodes["wait"].state != "running":
        await asyncio.sleep(0.01)
    engine.workspace.settings.set("budget_run", 0.01)  # one that has ended costs 0.02 already
    assert await started.wait() == "cancelled"
    why = started.nodes["wait"].reason or ""
    assert why.startswith("The budget of this run, $0.01, is used up")


async def test_a_soft_one_does_not(engine: Engine, paid: Paid) -> None:
    engine.workspace.settings.set("budget_run", 0.01)
    engine.workspace.settings.set("budget_hard", False)
    ended = await run(engine, paid, chain(node("number")))
    assert ended.status == "succeeded"
    assert budget_events(ended)[-1]["share"] == 100


async def test_nothing_paid_begins_once_a_hard_month_is_used_up(engine: Engine, paid: Paid) -> None:
    engine.workspace.settings.set("budget_month", 5.0)
    spent_before(engine, 5.02)
    with pytest.raises(RunRefused, match=r"this month, \$5.00, is used up: \$5.02 are spent"):
        await new(engine, paid, chain(node("number"))).start()
    assert engine.workspace.journal.runs() == []
    assert (await engine.run(chain(node("number")))).status == "succeeded", "this machine is free"
    again = await run(engine, paid, chain(node("number")))
    assert again.status == "succeeded", "what is known already costs nothing"


async def test_a_month_that_is_nearly_used_up_is_said_at_once(engine: Engine, paid: Paid) -> None:
    engine.workspace.settings.set("budget_month", 5.0)
    spent_before(engine, 4.6)
    ended = await run(engine, paid, chain(node("number")))
    assert budget_events(ended)[0]["message"].startswith("90 % of the budget of this month")


@pytest.mark.parametrize("text", ["0", "-1", '"5"', "NaN", "1e999", "true", "[5]"])
@pytest.mark.parametrize("name", ["budget_run", "budget_month"])
async def test_a_budget_that_cannot_be_understood_is_not_taken_for_none(
    engine: Engine, paid: Paid, name: str, text: str
) -> None:
    """Whoever writes 0 into the file means to spend nothing."""
    engine.workspace.settings.path.write_text(f'{{"rehearse": false, "{name}": {text}}}')
    with pytest.raises(RunRefused, match=r"settings\.json: ") as refused:
        await new(engine, paid, chain(node("number"))).start()
    assert "settings" in refused.value.hint
    assert paid._jobs == {}
    assert (await engine.run(chain(node("number")))).status == "succeeded", "this machine is free"


async def test_one_that_cannot_be_understood_any_more_holds_as_it_was(
    engine: Engine, paid: Paid
) -> None:
    settings = engine.workspace.settings
    settings.set("budget_month", 5.0)
    settings.set("budget_hard", True)
    going = new(engine, paid, waits())
    await going.start()
    async with asyncio.timeout(60):
        while "wait" not in paid.ran:
            await asyncio.sleep(0.01)

    settings.path.write_text('{"rehearse": false, "budget_hard": true, "budget_month": "5"}')
    spent_before(engine, 5.02)

    async with asyncio.timeout(60):
        assert await going.wait() == "cancelled"
    assert (going.nodes["wait"].reason or "").startswith("The budget of this month, $5.00")


def test_a_mark_is_told_once_though_the_settings_are_read_again_and_again(engine: Engine) -> None:
    settings, spending = engine.workspace.settings, engine.workspace.journal.spending
    settings.set("budget_month", 5.0)
    budgets = Budgets.of(spending, settings.values())
    spent_before(engine, 4.6)

    told = []
    for limit in (5.0, 5.0, 4.6):
        settings.set("budget_month", limit)
        budgets.renew(settings.values())
        told.append([each["share"] for each in budgets.look("run").told])

    assert told == [[90], [], [100]]


async def test_limits_that_were_lost_with_a_damaged_file_are_not_taken_for_none(
    engine: Engine, paid: Paid
) -> None:
    settings = engine.workspace.settings
    settings.path.write_text('{"budget_month": 5.0, "rehearse": fal')
    assert settings.values().budget_month is None
    with pytest.raises(RunRefused, match="no limit is known any more"):
        await new(engine, paid, chain(node("number"))).start()
    settings.set("budget_month", 5.0)
    settings.set("rehearse", False)
    assert (await run(engine, paid, chain(node("number")))).status == "succeeded"
