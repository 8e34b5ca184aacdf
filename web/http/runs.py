"""The HTTP interface of runs: begin, look, follow, cancel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request as Incoming
from starlette.responses import Response, StreamingResponse

from tensorrag.errors import PipelineError, RunRefused
from tensorrag.gpus import GPUS
from tensorrag.pipeline import JsonObject
from tensorrag.pipeline.files import from_object
from tensorrag.quoting import quoted
from tensorrag.run import Request, Run
from tensorrag.run.comparison import compare
from tensorrag.run.prepare import with_params
from tensorrag.store.follow import follow
from tensorrag.store.run_entry import ONGOING
from web.http.bodies import described, read_body
from web.live.sessions import Sessions

HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it is alive."""


class RunRequest(BaseModel):
    """What to run: a pipeline that is sent along, one of the workspace, or what a run left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    pipeline: dict[str, Any] | None = None
    """The content of a pipeline file."""
    pipeline_id: str | None = None
    resume: str | None = None
    """A run that was interrupted, cancelled or failed: go on, on the pipeline as it is now."""
    until: str | None = None
    """The card to stop at."""
    branch: str | None = None
    """The card whose branch is run: it, what follows it, and what these depend on."""
    set: dict[str, Any] = {}
    """Parameters for this run alone, by ``card.parameter``."""
    on: str | None = None
    """The executor for all cards."""
    gpu: str | None = None
    """The GPU to rent for all cards that would use one: ``L4``."""
    no_cache: bool = False
    """Run everything, even what is known already."""


class CancelRequest(BaseModel):
    """What to stop."""

    model_config = ConfigDict(extra="forbid", strict=True)

    node: str | None = None
    """One card; all of them if it is absent."""


class Started(BaseModel):
    """A run that has begun."""

    run: str


def add_runs(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of runs."""
    journal = sessions.workspace.journal

    @api.post(
        "/api/runs",
        tags=["runs"],
        status_code=201,
        openapi_extra=described(RunRequest),
    )
    async def start_run(request: Incoming, response: Response) -> Started:
        """Begin or resume a run; where one of the pipeline goes on, it waits for its end.

        Errors in what would run refuse it with 422 and the list of problems.
        """
        asked = await read_body(RunRequest, request)
        run = await _begin(asked, sessions)
        response.headers["Location"] = f"/api/runs/{run.id}"
        return Started(run=run.id)

    @api.get("/api/runs", tags=["runs"])
    async def list_runs(limit: int = 50, pipeline_id: str | None = None) -> list[JsonObject]:
        """List past and present runs, newest first."""
        most = max(1, min(limit, 1000))
        entries = await asyncio.to_thread(journal.runs, most, pipeline_id)
        return [entry.summary() for entry in entries]

    @api.get("/api/runs/compare", tags=["runs"])
    async def compare_runs(run: Annotated[list[str], Query()]) -> JsonObject:
        """Put runs side by side, the first one as what the others are compared with.

        What is not the same in all, every metric with its change and whether that is within
        noise, learning curves and durations.
        """
        return (await asyncio.to_thread(compare, journal, run)).to_json()

    @api.get("/api/runs/{run_id}", tags=["runs"])
    async def get_run(run_id: str) -> JsonObject:
        """Return a run as `tensorrag run --json` prints it."""
        live = sessions.runs.get(run_id)
        return live.to_json() if live else await asyncio.to_thread(journal.to_json, run_id)

    @api.get(
        "/api/runs/{run_id}/events",
        tags=["runs"],
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def get_events(run_id: str, request: Incoming) -> Response:
        """Follow a run as server-sent events, from its start or from Last-Event-ID on."""
        after = _number(request.headers.get("last-event-id", ""))
        entry = await asyncio.to_thread(journal.run, run_id)
        live = sessions.runs.get(run_id)
        if entry.status not in ONGOING and not await asyncio.to_thread(
            journal.events, run_id, after
        ):
            return Response(status_code=204)  # tells a browser not to connect again
        events = live.subscribe(after) if live else follow(journal, run_id, after)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_stream(events), media_type="text/event-stream", headers=headers)

    @api.post(
        "/api/runs/{run_id}/cancel",
        tags=["runs"],
        status_code=202,
        openapi_extra=described(CancelRequest),
    )
    async def cancel_run(run_id: str, request: Incoming) -> JsonObject:
        """Stop a run, or one card of it; the events tell when it has ended.

        Until then a card that is being stopped is `cancelling`. Where the place that it runs at
        does not answer, the request fails, and can be made again.
        """
        asked = await read_body(CancelRequest, request)
        entry = await asyncio.to_thread(journal.run, run_id)
        live = sessions.runs.get(run_id)
        if live is None and entry.status in ONGOING:
            raise RunRefused(
                "This run goes on in another process.", hint="Stop it where it was started."
            )
        if live is not None:
            await live.cancel(asked.node)
        else:  # of a run that a crash cut off, cards may go on elsewhere
            await sessions.runs.strays.cancel(run_id)
        return {"run": run_id, "status": live.status if live else entry.status}


def refuse_unknown_gpu(gpu: str | None) -> None:
    """Let nobody ask for a GPU that cannot be rented.

    Raises:
        PipelineError: there is none of this name.
    """
    if gpu is not None and gpu not in GPUS:
        raise PipelineError(
            f"There is no GPU {quoted(gpu)} to rent.", hint=f"There are: {', '.join(GPUS)}."
        )


async def _begin(asked: RunRequest, sessions: Sessions) -> Run:
    if sum(what is not None for what in (asked.pipeline, asked.pipeline_id, asked.resume)) != 1:
        raise PipelineError(
            'Send either "pipeline", "pipeline_id" or "resume".',
            hint="The HTTP interface is described at /docs.",
        )
    if asked.resume is not None:
        if asked.model_fields_set != {"resume"}:
            raise PipelineError(
                'Send "resume" alone: the rest is as it was asked for at first.',
                hint="The HTTP interface is described at /docs.",
            )
        return await sessions.resume(asked.resume)
    refuse_unknown_gpu(asked.gpu)
    if asked.pipeline is not None:
        pipeline = await asyncio.to_thread(lambda: from_object(asked.pipeline).pipeline)
    else:
        session = await sessions.open(asked.pipeline_id or "")
        if not asked.set:  # everybody who looks at it sees it run
            return await session.start(
                asked.until, asked.no_cache, asked.on, asked.gpu, asked.branch
            )
        pipeline = session.pipeline  # varied below: what the page says of its own runs stays true
    request = Request(
        with_params(pipeline, asked.set),
        source=asked.pipeline_id,
        values=asked.set,
        until=asked.until,
        branch=asked.branch,
        no_cache=asked.no_cache,
        on=asked.on,
        gpu=asked.gpu,
    )
    return await sessions.runs.begin(request)


async def _stream(events: AsyncIterator[JsonObject]) -> AsyncIterator[str]:
    """Write events for a browser's EventSource, with a sign of life in between."""
    arriving = asyncio.ensure_future(_next(events))
    try:
        while True:
            done, _ = await asyncio.wait({arriving}, timeout=HEARTBEAT)
            if not done:
                yield ": nothing new\n\n"
                continue
            event = arriving.result()
            if event is None:
                return
            yield f"id: {event['seq']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
            arriving = asyncio.ensure_future(_next(events))
    finally:
        arriving.cancel()


async def _next(events: AsyncIterator[JsonObject]) -> JsonObject | None:
    return await anext(events, None)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
