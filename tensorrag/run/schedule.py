"""Decides what runs when: from outcomes to what is done, what is blocked, and what starts next.

Nothing here waits or starts anything; a `Run` does, and tells what came of it.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tensorrag.errors import RunCancelled
from tensorrag.plain import JsonObject
from tensorrag.run.node_run import NodeRun, new_ticket
from tensorrag.run.plan import Planned, Planner, cache_key
from tensorrag.run.prepare import Prepared, task_of
from tensorrag.run.rereading import as_read, is_other
from tensorrag.store.artifacts import Store
from tensorrag.store.results import Result
from tensorrag.task import Task

Outcome = JsonObject | BaseException
"""What an executor answered to a task, or what it ended with instead."""
TellCosts = Callable[[Sequence[str]], tuple[float | None, ...]]
"""Tells what the models under some digests cost, in US$; None of one that nobody here knows."""


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from what has happened."""

    changed: tuple[NodeRun, ...]
    """Nodes to be shown anew, in order."""
    launch: tuple[NodeRun, ...]
    """Nodes to be started now."""


class Schedule:
    """The nodes of one run, and the order among them.

    Args:
        prepared: the pipeline, checked.
        planner: knows what need not run again.
        store: where results are recorded.
        memory: MiB that a node may use which asks for none; None: what is usual where it runs.
        resumes: whether it goes on with what another run had begun.
    """

    def __init__(
        self,
        prepared: Prepared,
        planner: Planner,
        store: Store,
        memory: float | None = None,
        *,
        resumes: bool = False,
    ) -> None:
        self.run = ""
        """The id of the run, once it has one."""
        self.nodes = {
            node_id: NodeRun.of(node_id, facts, prepared.placements[node_id])
            for node_id, facts in prepared.checked.nodes.items()
        }
        self._placements = prepared.placements
        self._pipeline, self._facts = prepared.pipeline, prepared.checked.nodes
        self._peeks = prepared.peeks
        self._planner, self._store, self._memory = planner, store, memory
        self._anew = frozenset[str]() if resumes else frozenset(planner.fresh)
        """Nodes that begin from the beginning, though how far they were is kept."""
        self._first = planner.all()
        self._settled: dict[str, Planned] = {}
        graph = self._pipeline.graph()
        self._below: Mapping[str, list[str]] = {n: list(graph.successors(n)) for n in self.nodes}
        self._missing = {n: sum(1 for _ in graph.predecessors(n)) for n in self.nodes}
        """How many nodes above each have not ended."""
        self._ready = deque(n for n, count in self._missing.items() if count == 0)
        self._twins: dict[str, list[NodeRun]] = {}
        """By key that is being made: other nodes that wait for the very same result."""
        self._begun = False
        self._changed: list[NodeRun] = []
        self._launch: list[NodeRun] = []

    def take(self, outcomes: Iterable[tuple[NodeRun, Outcome]] = ()) -> Step:
        """Take in what has ended; says what follows. Reads and writes the store."""
        for node, outcome in outcomes:
            self._end(node, outcome)
        for node in self.nodes.values():
            if node.cancelling and not node.launched and not node.ended:
                node.cancel()
                self._settle(node)
        while self._ready:
            self._place(self.nodes[self._ready.popleft()])
        if not self._begun:
            self._begun = True
            self._show_waiting()
        step = Step(tuple(self._changed), tuple(self._launch))
        self._changed, self._launch = [], []
        return step

    def task(self, node: NodeRun, costs: TellCosts) -> Task:
        """Return the task that runs a node which is to be started.

        Args:
            node: it.
            costs: is asked for a card that asks for it.
        """
        inputs = self._settled[node.id].inputs
        facts = self._facts[node.id]
        gpu, timeout = self._placements[node.id].gpu, self._pipeline.settings.get("timeout")
        one = self._pipeline.nodes[node.id]
        task = task_of(one, facts, inputs, self._memory, gpu, timeout)
        peek = self._peeks.get(facts.peek_key or "")
        seen: JsonObject = {
            "key": node.key or "",
            "fingerprint": node.made.get("fingerprint"),
            "stamp": peek.stamp if peek is not None else None,
        }
        if facts.reads_costs:
            seen["costs"] = {port: costs(digests) for port, digests in task.inputs.items()}
        return task.model_copy(update={**seen, "anew": node.id in self._anew})

    @property
    def first(self) -> Mapping[str, Planned]:
        """What was to be expected of each node before anything had run."""
        return self._first

    def outputs(self, node_id: str) -> Mapping[str, str]:
        """Return the digests of what a node made, by port; none before it is there."""
        settled = self._settled.get(node_id)
        return settled.outputs if settled is not None else {}

    @property
    def over(self) -> bool:
        """Whether every node has ended."""
        return all(node.ended for node in self.nodes.values())

    def give_up(self, error: BaseException) -> tuple[NodeRun, ...]:
        """End all that has not ended yet, because the run itself cannot go on."""
        left = tuple(node for node in self.nodes.values() if not node.ended)
        for node in left:
            node.fail(error)
        return left

    def _end(self, node: NodeRun, outcome: Outcome) -> None:
        """Take in what came of a card; it is done once its result is on disk."""
        twins = self._twins.pop(node.key or "", [])
        try:
            if isinstance(outcome, BaseException):
                raise outcome
            seconds = node.elapsed() or 0.0
            by = {"run": self.run, "node": node.id}
            result = Result.of(outcome, seconds=seconds, executor=node.executor, **by)
            if is_other(outcome, node.made):
                self._reread(node, outcome)
            # Without a cache key it is kept to be looked at, and never found again.
            node.key = node.key or secrets.token_hex(32)
            self._store.results.put(node.key, result)
            node.finish(result, cached=False)
            self._settled[node.id] = Planned("done", node.key, result, outputs=result.outputs)
        except RunCancelled:
            kept = self._store.checkpoints.get(node.key)
            node.cancel(f"cancelled: {kept.words} is kept" if kept else "cancelled")
        except Exception as error:
            node.fail(error, self._store.checkpoints.get(node.key))
        for twin in twins:
            self._first.pop(twin.id, None)
            self._ready.append(twin.id)
        self._settle(node)

    def _reread(self, node: NodeRun, answer: JsonObject) -> None:
        """Keep a result as that of what was read, where the source changed since it was seen."""
        facts, fingerprint = self._facts[node.id], answer["fingerprint"]
        node.key = cache_key(facts, self._settled[node.id].inputs, fingerprint)
        node.made = {**node.made, "fingerprint": fingerprint, "key": node.key}
        if facts.peek_key is not None:
            self._store.peeks.put(facts.peek_key, as_read(answer))

    def _place(self, node: NodeRun) -> None:
        """Decide on a node above which everything has ended."""
        if node.ended or node.launched:
            return
        if not self._is_blocked(node):
            planned = self._plan(node)
            node.made, node.key = planned.made, planned.key
            self._settled[node.id] = planned
            if planned.state == "stale":
                self._start(node)
                return
            self._finish(node, planned)
        self._settle(node)

    def _plan(self, node: NodeRun) -> Planned:
        """Return the plan of before where it said all; by now the inputs are known."""
        first = self._first.get(node.id)
        if first is not None and first.key is not None:
            return first
        return self._planner.node(node.id, self._settled)

    def _finish(self, node: NodeRun, planned: Planned) -> None:
        if planned.result is not None:
            node.finish(planned.result, cached=True)
        elif planned.state == "bypassed":
            node.state = "bypassed"
        else:
            node.block(planned.blocked_by or "", planned.reason or "")

    def _is_blocked(self, node: NodeRun) -> bool:
        for edge in self._pipeline.inputs_of(node.id):
            above = self.nodes[edge.source]
            if above.state in ("failed", "cancelled"):
                words = "was cancelled" if above.state == "cancelled" else "failed"
                node.block(above.id, f"{above.title} {words}")
            elif above.state == "blocked":
                node.block(above.blocked_by or above.id, above.reason or "")
            else:
                continue
            return True
        return False

    def _start(self, node: NodeRun) -> None:
        """Have it run, unless another node is making the very same result right now."""
        first = self._first.get(node.id)
        node.reason = (first or self._settled[node.id]).reason
        kept = self._store.checkpoints.get(node.key)
        if kept is not None and node.id not in self._anew:
            node.reason = f"continues after {kept.words}"
        if node.key is not None and node.id not in self._planner.fresh:
            if node.key in self._twins:
                self._twins[node.key].append(node)
                return
            self._twins[node.key] = []
        node.launched, node.ticket = True, new_ticket()
        self._launch.append(node)
        self._changed.append(node)

    def _settle(self, node: NodeRun) -> None:
        """A node has ended: see what has become ready below it."""
        self._changed.append(node)
        for below in self._below[node.id]:
            self._missing[below] -= 1
            if self._missing[below] == 0:
                self._ready.append(below)

    def _show_waiting(self) -> None:
        """Say at the beginning why each card will run."""
        for node in self.nodes.values():
            if not node.ended and not node.launched:
                node.reason = self._first[node.id].reason
                self._changed.append(node)
