"""Pipelines that run without the page, once or for each value of a field."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tensorrag.cli.beginning import Call, have_workers
from tensorrag.cli.carrying_out import carried_out
from tensorrag.cli.checking import Checking, described
from tensorrag.cli.executing import executors_of
from tensorrag.cli.exit_codes import SUCCEEDED, WRONG
from tensorrag.cli.opening import Opened, as_it_is_now, open_pipeline
from tensorrag.errors import PipelineError
from tensorrag.executor import Executor
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.registry.catalog_cache import known_catalog
from tensorrag.run import Request, Run
from tensorrag.run.hosted import Hosted
from tensorrag.run.prepare import with_params
from tensorrag.run.request import asked
from tensorrag.run.strays import Strays
from tensorrag.run.sweep import Sweep, table, tried, value_of
from tensorrag.store.interruption import interrupt_abandoned
from tensorrag.store.workspace import Workspace


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
    code = SUCCEEDED
    async with executors_of(workspace) as executors:
        hosted = Hosted(executors, workspace.place(opened.base))
        catalog = known_catalog(workspace.cards) or await described(hosted, workspace)
        checker = Checking(hosted, workspace)
        for request in requests:
            started = Run(request, workspace, executors, catalog, checker)
            outcome, ended = await carried_out(started, quiet=quiet)
            code = max(code, ended)
            if ended == WRONG or outcome["status"] == "cancelled":
                break
        found = tried(workspace.journal, planned.of, planned.target, planned.id)
    return table(planned.id, field, found), code


async def run(
    call: Call,
    opened: Opened | None,
    workspace: Workspace,
    executors: Mapping[str, Executor],
    *,
    quiet: bool,
) -> tuple[JsonObject, int]:
    """Carry a run from its check to its end.

    Args:
        call: what was typed.
        opened: the pipeline; None for a run that is resumed.
        workspace: where it is kept.
        executors: where its cards run.
        quiet: whether nothing is shown on the terminal.

    Returns:
        The object of ``run --json``, and the exit code.
    """
    if opened is None:
        request = _resumed(call.resume or "", workspace)
        have_workers(request.pipeline, workspace, executors)
    else:
        request = _asked(call, opened)
    loading = asyncio.create_task(asyncio.to_thread(import_module, "networkx"))
    hosted = Hosted(executors, workspace.place(request.base))
    checker = Checking(hosted, workspace)
    strays = Strays(workspace, executors)
    await asyncio.to_thread(interrupt_abandoned, workspace.journal)
    strays.start(needed=True)
    try:
        catalog = known_catalog(workspace.cards) or await described(hosted, workspace)
        started = Run(
            request,
            workspace,
            executors,
            catalog,
            checker,
            stray=strays.making,
            lose=strays.lose,
        )
        return await carried_out(started, quiet=quiet)
    finally:
        await loading
        await strays.close()


def _asked(call: Call, opened: Opened) -> Request:
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
