"""Before a run: look at outside sources, check, choose where each card runs, or refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorrag.check import Checked, NodeFacts
from tensorrag.check.problems import Problem
from tensorrag.errors import ErrorInfo, PipelineError, RunRefused, TaskFailed
from tensorrag.executor import Executor
from tensorrag.peek import Peek
from tensorrag.pipeline import Node, Pipeline
from tensorrag.placement import Placement
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.run.placing import circumstances_of, placed, unknown_places, with_room
from tensorrag.store.place import Place
from tensorrag.task import Task

Checker = Callable[[Pipeline, Mapping[str, Peek]], Awaitable[Checked]]
"""Checks a pipeline, given what was seen at outside sources; where that happens is its business."""


class PipelineHasErrors(RunRefused):
    """What would run has errors; carries them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        where = f"{first.node}: " if first.node is not None else ""
        super().__init__(f"{where}{first.message}{more}", hint=first.hint)
        self.problems = problems


def with_params(pipeline: Pipeline, values: Mapping[str, Any]) -> Pipeline:
    """Return the pipeline with some parameters set, by ``node.parameter``.

    Raises:
        NodeNotFound: there is no such node.
        PipelineError: a name is not of this form.
    """
    for name, value in values.items():
        node_id, dot, parameter = name.partition(".")
        if not (node_id and dot and parameter):
            raise PipelineError(
                f"{quoted(name)} names no parameter.", hint="Write NODE.PARAMETER, as train.seed."
            )
        node = pipeline.node(node_id)
        changed = replace(node, params={**node.params, parameter: value})
        pipeline = pipeline.with_nodes(changed)
    return pipeline


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pipeline that may run: all of it will."""

    pipeline: Pipeline
    checked: Checked
    peeks: Mapping[str, Peek]
    """What was seen at outside sources just now, by peek key."""
    placements: Mapping[str, Placement]
    """Where each node runs, on what, and why."""


async def prepare(
    pipeline: Pipeline,
    check: Checker,
    executors: Mapping[str, Executor],
    place: Place,
    *,
    known: Mapping[str, Peek] | None = None,
    until: str | Sequence[str] | None = None,
    branch: str | None = None,
    on: str | None = None,
    gpu: str | None = None,
    may_rent: bool = False,
) -> Prepared:
    """Make a pipeline ready to run.

    Args:
        pipeline: may have errors in parts that would not run.
        check: checks it.
        executors: by name.
        place: where outside sources are looked at.
        known: what was seen there before.
        until: the node, or nodes, to stop at; only these and what they depend on run.
        branch: the node whose branch runs: it, what follows it, and what these depend on.
        on: the executor for all nodes, whatever they ask for.
        gpu: the one to rent for all cards that would use one.
        may_rent: whether a GPU may be rented for cards that name no place.

    Raises:
        NodeNotFound: there is no node to stop at.
        PipelineHasErrors: there are errors in what would run.
    """
    part = pipeline
    if branch is not None:
        part = await asyncio.to_thread(part.branch, branch)
    if until is not None:
        ends = [until] if isinstance(until, str) else until
        part = await asyncio.to_thread(part.upto, *ends)
    checked = await check(part, {})
    circumstances = await circumstances_of(
        part, checked, executors, on=on, gpu=gpu, may_rent=may_rent
    )
    placements = placed(part, checked, circumstances)
    unknown = unknown_places(part, placements, executors)
    _refuse(part, (*checked.problems, *unknown))
    peeks = await look(checked, executors, place, known)
    if peeks:
        checked = await check(part, peeks)
        _refuse(part, checked.problems)
        placements = placed(part, checked, circumstances)
    return Prepared(part, with_room(part, checked, circumstances), peeks, placements)


async def look(
    checked: Checked,
    executors: Mapping[str, Executor],
    place: Place,
    known: Mapping[str, Peek] | None = None,
) -> dict[str, Peek]:
    """Look at every outside source that the pipeline reads, all at once, in workers.

    Args:
        checked: says which sources there are.
        executors: places that can look.
        place: the folders they look in.
        known: what was seen before; a source that never changes is not looked at again, and the
            content of one that looks as it did then is not read again.

    Returns:
        What was seen by peek key; a source that cannot be read has its error in the Peek.

    Raises:
        ExecutorError: no executor could look.
    """
    wanted = {facts.peek_key: facts for facts in checked.nodes.values() if facts.peek_key}
    before = await asyncio.to_thread(_readable, wanted, known or {})
    constant = {key: peek for key, peek in before.items() if peek.constant}
    unseen = {key: facts for key, facts in wanted.items() if key not in constant}
    looks = (_peek(facts, executors, place, before.get(key)) for key, facts in unseen.items())
    return {**constant, **dict(zip(unseen, await asyncio.gather(*looks), strict=True))}


def _readable(keys: Iterable[str], known: Mapping[str, Peek]) -> dict[str, Peek]:
    """Return what was seen before at those of these sources that could be read."""
    found = {key: known.get(key) for key in keys}
    return {key: peek for key, peek in found.items() if peek is not None and peek.error is None}


async def _peek(
    facts: NodeFacts, executors: Mapping[str, Executor], place: Place, before: Peek | None
) -> Peek:
    executor = next((e for e in executors.values() if "peek" in e.kinds), None)
    if executor is None:
        raise PipelineError(
            "No executor can look at outside sources.",
            hint="Install an executor that can; this machine's own comes with TensorRag.",
        )
    task = Task(
        kind="peek",
        card=facts.card,
        entry=facts.entry,
        source=facts.source,
        params=facts.params,
        secrets=facts.secrets,
        timeout=facts.timeout,
        fingerprint=before.fingerprint if before is not None else None,
        stamp=before.stamp if before is not None else None,
    )
    try:
        handle = await executor.submit(task, place)
        peek = Peek.model_validate(await _answer(executor, handle))
        return before if peek.same and before is not None else peek
    except TaskFailed as error:
        return Peek(error=_of_looking(facts.title, ErrorInfo.of(error)))


async def _answer(executor: Executor, handle: str) -> JsonObject:
    """Wait for the result of a task; where nobody waits any longer, it is stopped."""
    try:
        return await executor.result(handle)
    except asyncio.CancelledError:
        await executor.cancel(handle)
        raise


def _of_looking(title: str, error: ErrorInfo) -> ErrorInfo:
    """Say what failed, of an error that was not raised on purpose."""
    if error.traceback is None:
        return error
    words = error.message.splitlines()[0].rstrip(".")
    message = f"{title} cannot look at its source: {error.type}: {words:.300}."
    return error.model_copy(update={"message": message})


def task_of(
    node: Node,
    facts: NodeFacts,
    inputs: Mapping[str, tuple[str, ...]],
    memory: float | None = None,
    rented_gpu: str | None = None,
    timeout: float | None = None,
) -> Task:
    """Return the task that runs a node.

    Args:
        node: for the resources that were asked for.
        facts: the card and its parameters.
        inputs: digests of its inputs by port.
        memory: MiB for a node that asks for none; None: what is usual where it runs.
        rented_gpu: the GPU to rent for it.
        timeout: seconds for a node that asks for no limit; None: what its card says.
    """
    return Task(
        kind="run",
        card=facts.card,
        title=facts.title,
        entry=facts.entry,
        source=facts.source,
        params=facts.params,
        secrets=facts.secrets,
        inputs={port: digests for port, digests in inputs.items() if digests},
        titles=facts.titles,
        cpus=threads(node, facts),
        gpu=facts.gpu is not None,
        rented_gpu=rented_gpu,
        timeout=float(node.resources.get("timeout") or timeout or facts.timeout),
        memory=node.resources.get("memory") or memory,
    )


def threads(node: Node, facts: NodeFacts) -> int:
    """Return how many threads a node may use: as it is set, else what its card makes use of."""
    return max(1, int(node.resources.get("cpus") or facts.cores))


def _refuse(pipeline: Pipeline, problems: tuple[Problem, ...]) -> None:
    """Errors of bypassed cards are in nobody's way."""
    errors = tuple(
        problem
        for problem in problems
        if problem.level == "error"
        and (
            problem.node is None
            or problem.node not in pipeline.nodes
            or pipeline.nodes[problem.node].enabled
        )
    )
    if errors:
        raise PipelineHasErrors(errors)
