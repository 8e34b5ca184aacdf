"""What tests of the engine share: small cards, and an executor inside the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tensorrag.check import Checked, check
from tensorrag.errors import ErrorInfo, RunCancelled, TaskFailed
from tensorrag.executor import Executor, Offers
from tensorrag.peek import Peek
from tensorrag.perform import perform
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.progress import Reporter, reporting
from tensorrag.registry.finding import Registry
from tensorrag.run import Request, Run
from tensorrag.store.place import Place
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task, TaskKind

CARDS = '''
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tensorrag import Card, Field, ParameterError, Peek, Table, TableSchema, report


def one(number):
    return Table.from_pandas(pd.DataFrame({"number": [number]}))


class Number(Card):
    """Make a number."""

    value: int = 1
    unused: int = Field(0, when={"value": 99})

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        return self.Out(one(self.value))

    def propagate(self) -> TableSchema:
        return TableSchema()


class Add(Card):
    """Add up numbers, and something more."""

    amount: int = 1
    seed: int = 0

    class Out(NamedTuple):
        number: Table

    def run(self, *numbers: Table) -> Out:
        total = sum(number.to_pandas()["number"].sum() for number in numbers)
        return self.Out(one(total + self.amount))

    def propagate(self, *numbers: TableSchema) -> TableSchema:
        return TableSchema()


class Parity(Card):
    """Tell whether a number is even: 0 or 1."""

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        return self.Out(one(number.to_pandas()["number"].sum() % 2))

    def propagate(self, number: TableSchema) -> TableSchema:
        return TableSchema()


class Fail(Card):
    """Fail."""

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        raise ParameterError("The number is no good.", hint="Take another.")

    def propagate(self, number: TableSchema) -> TableSchema:
        return TableSchema()


class Wait(Card):
    """Wait, and say how far it is."""

    steps: int = 1000
    pause: float = 0.01

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        for step in range(self.steps):
            report(step + 1, self.steps, "step", loss=1 / (step + 1))
            time.sleep(self.pause)
        return self.Out(number)

    def propagate(self, number: TableSchema) -> TableSchema:
        return number


class ReadNumber(Card):
    """Read a number from a file."""

    path: str = ""

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        text = Path(self.path).read_text()
        return self.Out(one(-1 if text == "secret" else int(text)))

    def propagate(self) -> TableSchema:
        return TableSchema()

    def peek(self) -> Peek:
        try:
            text = Path(self.path).read_text()
        except OSError:
            raise ParameterError("There is no such file.", field="path", hint="Look again.")
        fingerprint = None if text == "secret" else text
        return Peek(schemas=(TableSchema(rows=1),), fingerprint=fingerprint)
'''


@dataclass
class InProcess:
    """An executor that performs tasks in threads of this process."""

    name: str = "local"
    kinds: frozenset[TaskKind] = frozenset({"run", "peek", "describe", "propagate"})
    ran: list[str] = field(default_factory=list)
    """The cards that were run, in order."""
    flaky: int = 0
    """How many of the next tasks fail."""
    _jobs: dict[str, _Job] = field(default_factory=dict)

    async def offers(self) -> Offers:
        return Offers(executor=self.name, available=True)

    async def submit(self, task: Task, place: Place) -> str:
        handle = f"{self.name}-{len(self._jobs)}"
        job = self._jobs[handle] = _Job(task, place, asyncio.get_running_loop())
        job.work = asyncio.create_task(self._run(job))
        # Nobody asks for the result of what they cancelled: how it ended is not unheard of.
        job.work.add_done_callback(lambda work: work.cancelled() or work.exception())
        return handle

    async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        job = self._jobs[handle]
        while (event := await job.events.get()) is not None:
            yield event

    async def cancel(self, handle: str) -> None:
        self._jobs[handle].reporter.stopping = True

    async def result(self, handle: str) -> dict[str, Any]:
        job = self._jobs[handle]
        assert job.work is not None
        return await job.work

    async def attach(self, handle: str) -> bool:
        return handle in self._jobs

    async def close(self) -> None:
        for job in self._jobs.values():
            job.reporter.stopping = True

    async def _run(self, job: _Job) -> dict[str, Any]:
        try:
            if job.task.kind == "run":
                self.ran.append(job.task.card)
            await job.events.put({"type": "started", "data": {"device": "cpu"}})
            if self.flaky:
                self.flaky -= 1
                raise TaskFailed(ErrorInfo(type="Flaky", message="Bad luck."))
            return await asyncio.to_thread(job.perform)
        except (TaskFailed, RunCancelled):
            raise
        except Exception as error:
            raise TaskFailed(ErrorInfo.of(error)) from error
        finally:
            await job.events.put(None)


@dataclass
class _Job:
    task: Task
    place: Place
    loop: asyncio.AbstractEventLoop
    work: asyncio.Task[dict[str, Any]] | None = None
    events: asyncio.Queue[dict[str, Any] | None] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.reporter = Reporter(self._emit)

    def perform(self) -> dict[str, Any]:
        with reporting(self.reporter):
            return perform(self.task, self.place, later=True)

    def _emit(self, data: dict[str, Any]) -> None:
        event = {"type": "progress", "data": data}
        self.loop.call_soon_threadsafe(self.events.put_nowait, event)


@dataclass
class Engine:
    """A workspace with the small cards, and what is needed to run pipelines of them."""

    root: Path

    def __post_init__(self) -> None:
        self.workspace = Workspace.open(self.root)
        (self.workspace.cards / "numbers.py").write_text(CARDS)
        self.registry = Registry.load(self.workspace.cards)
        self.catalog = self.registry.catalog()
        self.executor: Executor = InProcess()

    async def check(self, pipeline: Pipeline, peeks: Mapping[str, Peek]) -> Checked:
        return check(pipeline, self.registry, peeks)

    def new(self, pipeline: Pipeline, **options: Any) -> Run:
        """A run of a pipeline, compared with the one before."""
        request = Request(pipeline, **{"pipeline_id": "numbers", **options})
        executors = {"local": self.executor}
        return Run(request, self.workspace, executors, self.catalog, self.check)

    async def run(self, pipeline: Pipeline, **options: Any) -> Run:
        """Run a pipeline to its end."""
        run = self.new(pipeline, **options)
        await run.start()
        await run.wait()
        return run

    @property
    def ran(self) -> list[str]:
        """The cards that were run, in order."""
        assert isinstance(self.executor, InProcess)
        return self.executor.ran

    def spoil(self, tasks: int) -> None:
        """Let the next tasks fail."""
        assert isinstance(self.executor, InProcess)
        self.executor.flaky = tasks

    def number(self, run: Run, node: str) -> int:
        """The number that a node has made."""
        digest = run.nodes[node].outputs["number"]["sha256"]
        value: Any = self.workspace.store.load(digest)
        return int(value.to_pandas()["number"][0])


def chain(*nodes: Node) -> Pipeline:
    """A pipeline in which each card feeds the next."""
    pipeline = Pipeline(name="Numbers").with_nodes(*nodes)
    return pipeline.with_edges(*(wire(above.id, below) for above, below in pairwise(nodes)))


def wire(source: str, target: Node) -> Edge:
    """The only wire that there can be between these."""
    return Edge(source, "number", target.id, "numbers" if target.card == "add" else "number")


def node(node_id: str, card: str | None = None, **params: Any) -> Node:
    """A node of one of the small cards; its id is the card's unless it is given."""
    return Node(node_id, card or node_id, params=params)
