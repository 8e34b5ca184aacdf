"""The HTTP interface of sweeps: one field tried with several values, and what came of each."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from tensorrag.pipeline import JsonObject
from tensorrag.run.sweep import Sweep
from web.http.bodies import described, read_body
from web.http.runs import refuse_unknown_gpu
from web.live.sessions import Sessions

SWEEPS = "/api/pipelines/{pipeline_id}/sweeps"


class SweepRequest(BaseModel):
    """What to try."""

    model_config = ConfigDict(extra="forbid", strict=True)

    field: str
    """The field that is set, as ``card.parameter``."""
    values: list[Any] | str
    """A run for each: a list, or text as on the page, such as ``20..200 by 20``."""
    set: dict[str, Any] = {}
    """Parameters that are set in all of the runs, by ``card.parameter``."""
    until: str | None = None
    """The card to stop at."""
    on: str | None = None
    """The executor for all cards."""
    gpu: str | None = None
    """The GPU to rent for all cards that would use one: ``L4``."""
    no_cache: bool = False
    """Run everything, even what is known already."""


class Begun(BaseModel):
    """A sweep that has begun."""

    sweep: str
    run: str
    """Its first run; the others follow."""


def add_sweeps(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of sweeps."""

    @api.post(SWEEPS, tags=["sweeps"], status_code=201, openapi_extra=described(SweepRequest))
    async def start_sweep(pipeline_id: str, request: Request, response: Response) -> Begun:
        """Try a field with several values, as `tensorrag run --sweep` does: a run for each.

        Errors in what would run with the first value refuse it with 422 and the list of problems.
        """
        asked = await read_body(SweepRequest, request)
        refuse_unknown_gpu(asked.gpu)
        session = await sessions.open(pipeline_id)
        sweep = Sweep.of_field(pipeline_id, asked.field, asked.values)
        how = asked.model_dump(include={"until", "on", "gpu", "no_cache"})
        run = await sessions.sweeps.begin(session, sweep, asked.set, **how)
        response.headers["Location"] = f"/api/pipelines/{pipeline_id}/sweeps/{sweep.id}"
        return Begun(sweep=sweep.id, run=run.id)

    @api.get(f"{SWEEPS}/{{sweep}}", tags=["sweeps"])
    async def get_sweep(pipeline_id: str, sweep: str) -> JsonObject:
        """Return what came of each value so far, and the best by each metric.

        `status` is `running` or `ended`; `problem` says why the rest was given up.
        """
        return await sessions.sweeps.look(pipeline_id, sweep)

    @api.post(f"{SWEEPS}/{{sweep}}/cancel", tags=["sweeps"], status_code=202)
    async def cancel_sweep(pipeline_id: str, sweep: str) -> JsonObject:
        """Stop what goes on of a sweep, and take back the rest."""
        await sessions.sweeps.stop(pipeline_id, sweep)
        return await sessions.sweeps.look(pipeline_id, sweep)
