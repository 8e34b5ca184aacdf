"""The HTTP interface of edits: gestures, each on disk before it is acknowledged."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from web.http.revisions import etag, match
from web.live.sessions import Sessions

Ops = Annotated[
    list[dict[str, Any]],
    Field(
        description="Edits, made all or none, such as "
        '{"op": "set_params", "node": "train", "params": {"seed": 7}}.'
    ),
]


class Edited(BaseModel):
    """What a gesture led to."""

    id: str
    revision: int
    label: str
    """What the step is called in the undo menu."""


def add_edits(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of edits."""

    @api.post("/api/pipelines/{pipeline_id}/edits", tags=["pipelines"])
    async def edit_pipeline(
        pipeline_id: str,
        ops: Annotated[Ops, Body(embed=True)],
        request: Request,
        response: Response,
        label: Annotated[str, Body(max_length=200)] = "",
    ) -> Edited:
        """Edit a pipeline, as one step; the answer comes when no crash can take it away."""
        await sessions.wait_ready()
        session = await sessions.open(pipeline_id)
        match(request, session)
        change = session.edit(ops, label)
        await session.logged()
        response.headers["ETag"] = etag(change.revision)
        return Edited(id=session.id, revision=change.revision, label=change.label)
