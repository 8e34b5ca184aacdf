"""Pipelines without the page: what the command line runs and checks."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from tensorrag.card import Peek
from tensorrag.catalog import Catalog
from tensorrag.check import Checked
from tensorrag.check.problems import Problem
from tensorrag.cli.opening import as_it_is_now, open_pipeline
from tensorrag.errors import PipelineError, TensorRagError
from tensorrag.executor import Executor
from tensorrag.pipeline import Pipeline
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.registry.catalog_cache import keep, known_catalog
from tensorrag.run import Request, Run
from tensorrag.run.hosted import Hosted
from tensorrag.run.prepare import PipelineHasErrors, look, open_executors, warm, with_params
from tensorrag.run.request import asked
from tensorrag.run.strays import Strays
from tensorrag.run.sweep import Sweep, table, tried, value_of
from tensorrag.store.interruption import interrupt_abandoned
from tensorrag.store.workspace import Workspace

EXIT_CODES = {"succeeded": 0, "failed": 1, "cancelled": 1, "interrupted": 1}
REFUSED = 2


@dataclass(frozen=True, slots=True)
class Call:
    """What was typed after ``tensorrag run``."""

    pipeline: str | None
    until: str | None = None
    settings: tuple[str, ...] = ()
    """Each ``NODE.PARAM=VALUE``."""
    on: str | None = None
    gpu: str | None = None
    no_cache: bool = False
    resume: str | None = None
    """The run to go on with, instead of a pipeline."""


def run(
    call: Call, workspace: Path | None = None, *, quiet: bool = False
) -> tuple[JsonObject, int]:
    """Run a pipeline to its end, showing it on the terminal unless it is to be quiet.

    Returns:
        The object of ``run --json``, and the exit code.

    Raises:
        TensorRagError: no such pipeline can be opened, or the call makes no sense.
    """
    return asyncio.run(_run(call, Workspace.open(workspace), quiet=quiet))


def sweep(
    call: Call, written: str, workspace: Path | None = None, *, quiet: bool = False
) -> tuple[JsonObject, int]:
    """Run a pipeline once for each value of one field, as ``NODE.PARAM=0.1,0.2`` says.

    Returns:
        What `tensorrag.run.sweep.table` says, and the exit code of the worst run.

    Raises:
        TensorRagError: no such pipeline can be opened, or the call makes no sense.
    """
    return asyncio.run(_sweep(call, written, Workspace.open(workspace), quiet=quiet))


def check(name: str, workspace: Path | None = None) -> tuple[Problem, ...]:
    """Look at the sources of a pipeline, and list what is wrong with it.

    Raises:
        TensorRagError: there is no such pipeline, or it cannot be opened.
    """
    return asyncio.run(_check(name, Workspace.look(workspace, make=True)))


def describe(workspace: Path | None = None) -> Catalog:
    """Have all cards described that are installed or dropped in."""
    return asyncio.run(_describe(Workspace.look(workspace, make=True)))


def parsed(settings: tuple[str, ...]) -> dict[str, Any]:
    """Read ``NODE.PARAM=VALUE``; a value that is no JSON is text.

    Raises:
        PipelineError: there is no ``=``.
    """
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise PipelineError(
                f"{quoted(setting)} sets nothing.", hint="Write NODE.PARAM=VALUE, as train.seed=7."
            )
        values[name] = value_of(text)
    return values


async def _sweep(
    call: Call, written: str, workspace: Workspace, *, quiet: bool
) -> tuple[JsonObject, int]:
    opened = open_pipeline(call.pipeline or "", workspace)
    field, equals, values = written.partition("=")
    if not (equals and "." in field):
        raise PipelineError(
            f"{quoted(written)} sweeps nothing.",
            hint="Write NODE.PARAM=VALUES, as train.seed=1,2,3 or model.epochs=20..100 by 20.",
        )
    planned = Sweep.of_field(opened.id, field, values)
    how = {"until": call.until, "on": call.on, "gpu": call.gpu, "no_cache": call.no_cache}
    requests = planned.requests(opened.pipeline, parsed(call.settings), base=opened.base, **how)
    executors, code = open_executors(workspace.scratch), 0
    try:
        hosted = Hosted(executors, workspace.place(opened.base))
        catalog = known_catalog(workspace.cards) or await _catalog(hosted, workspace)
        checker = Checking(hosted, workspace)
        for request in requests:
            outcome, ended = await _carried_out(
                Run(request, workspace, executors, catalog, checker), quiet=quiet
            )
            code = max(code, ended)
            if ended == REFUSED or outcome["status"] == "cancelled":
                break
    finally:
        found = tried(workspace.journal, planned.of, planned.target, planned.id)
        await close(executors, workspace)
    return table(planned.id, field, found), code


async def _run(call: Call, workspace: Workspace, *, quiet: bool) -> tuple[JsonObject, int]:
    request = _resumed(call.resume, workspace) if call.resume else _asked(call, workspace)
    known = known_catalog(workspace.cards)
    executors = open_executors(workspace.scratch)
    # While the pipeline is checked, the libraries that its cards need are loaded.
    warm(executors, networks=_may_train_networks(request.pipeline, known))
    loading = asyncio.create_task(asyncio.to_thread(import_module, "networkx"))
    hosted = Hosted(executors, workspace.place(request.base))
    checker = Checking(hosted, workspace)
    strays = Strays(workspace, executors)
    await asyncio.to_thread(interrupt_abandoned, workspace.journal)
    strays.start(needed=True)
    try:
        catalog = known or await _catalog(hosted, workspace)
        started = Run(
            request,
            workspace,
            executors,
            catalog,
            checker,
            stray=strays.making,
            lose=strays.lose,
        )
        return await _carried_out(started, quiet=quiet)
    finally:
        await loading
        await strays.close()
        await close(executors, workspace)


def _asked(call: Call, workspace: Workspace) -> Request:
    opened = open_pipeline(call.pipeline or "", workspace)
    values = parsed(call.settings)
    return Request(
        with_params(opened.pipeline, values),
        opened.id,
        values=values,
        until=call.until,
        on=call.on,
        gpu=call.gpu,
        no_cache=call.no_cache,
        base=opened.base,
    )


def _resumed(run_id: str, workspace: Workspace) -> Request:
    """Ask for what a run left, of its pipeline as it is now, wherever that still is."""
    interrupt_abandoned(workspace.journal)  # what is resumed may be one of them
    request = asked(workspace.journal, run_id)
    return request.resumed(run_id, as_it_is_now(request.origin or "", workspace))


async def _carried_out(run: Run, *, quiet: bool) -> tuple[JsonObject, int]:
    """Start a run and follow it to its end; a signal cancels it."""
    starting = asyncio.ensure_future(run.start())
    _on_signal(starting.cancel)
    try:
        await starting
    except PipelineHasErrors as error:
        return _refused(error.problems, quiet=quiet), REFUSED
    except asyncio.CancelledError:
        return {**run.to_json(), "run": None, "status": "cancelled"}, EXIT_CODES["cancelled"]
    _on_signal(_Stopping(run).signal)
    if not quiet:
        from tensorrag.cli.terminal import follow

        await follow(run)
    status = await run.wait()
    return run.to_json(), EXIT_CODES[status]


class _Stopping:
    """What a signal does to a run: it is cancelled.

    Where a card cannot be reached it is said, and the next signal leaves that card behind: the
    journal has its handle, so that it is followed from the next start of the editor on.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._work = run, set[asyncio.Task[None]]()
        self._in_vain = False

    def signal(self) -> None:
        """Cancel it, or leave it."""
        work = asyncio.create_task(self._run.interrupt() if self._in_vain else self._cancel())
        self._work.add(work)
        work.add_done_callback(self._work.discard)

    async def _cancel(self) -> None:
        try:
            await self._run.cancel()
        except TensorRagError as error:
            self._in_vain = True
            click.echo(f"{error.message} {error.hint}\n{_LEAVE}", err=True)


_LEAVE = "It goes on there. Interrupt once more to leave it; the editor follows what goes on."


def _refused(problems: tuple[Problem, ...], *, quiet: bool) -> JsonObject:
    if not quiet:
        from tensorrag.cli.terminal import print_problems

        print_problems(problems)
    shown = [problem.model_dump(mode="json") for problem in problems]
    return {"run": None, "status": "failed", "seconds": 0.0, "problems": shown, "nodes": {}}


async def _describe(workspace: Workspace) -> Catalog:
    executors = open_executors(workspace.scratch)
    try:
        return await Hosted(executors, workspace.place()).catalog()
    finally:
        await close(executors, workspace)


async def _catalog(hosted: Hosted, workspace: Workspace) -> Catalog:
    """Have the cards described, and keep what they say for the next command."""
    described = await hosted.catalog()
    await asyncio.to_thread(keep, workspace.cards, described)
    return described


def _may_train_networks(pipeline: Pipeline, catalog: Catalog | None) -> bool:
    """Tell whether a card may need torch: of ours those that could use a GPU, of others any."""
    cards = {node.card for node in pipeline.nodes.values()}
    known = [info for info in map(catalog.cards.get, cards) if info] if catalog is not None else []
    ours = [info for info in known if info.source is None and "/" not in info.card]
    return len(ours) < len(cards) or any(info.gpu is not None for info in ours)


async def _check(name: str, workspace: Workspace) -> tuple[Problem, ...]:
    executors = open_executors(workspace.scratch)
    try:
        opened = open_pipeline(name, workspace)
        place, peeks = workspace.place(opened.base), workspace.store.peeks
        checker = Checking(Hosted(executors, place), workspace)
        checked = await checker(opened.pipeline, {})
        if not any(facts.peek_key for facts in checked.nodes.values()):
            return checked.problems
        seen = await look(checked, executors, place, peeks)
        if workspace.writable:
            for key, peek in seen.items():
                peeks.put(key, peek)
        return (await checker(opened.pipeline, seen)).problems
    finally:
        await close(executors, workspace)


@dataclass(frozen=True, slots=True)
class Checking:
    """Checks in the process that imports the cards: what is wrong with one stays there."""

    hosted: Hosted
    workspace: Workspace

    async def __call__(self, pipeline: Pipeline, peeks: Mapping[str, Peek]) -> Checked:
        """Check a pipeline, given what was seen at its sources."""
        secrets = self.workspace.settings.secret_names()
        return await self.hosted.check(pipeline, peeks, secrets)


def _on_signal(act: Any) -> None:
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: the interrupt ends the command instead
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, act)


async def close(executors: Mapping[str, Executor], workspace: Workspace) -> None:
    """End what a command has begun."""
    for executor in executors.values():
        await executor.close()
    workspace.close()
