"""The HTTP interface of edits: gestures, each on disk before it is acknowledged."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from tensorrag.edit.document import Change
from web.http.bodies import described, read_body
from web.http.revisions import etag, match
from web.live.session import Session
from web.live.sessions import Sessions


class EditRequest(BaseModel):
    """One gesture."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ops: list[dict[str, Any]]
    """Edits, made all or none, such as
    ``{"op": "set_params", "node": "train", "params": {"seed": 7}}``."""
    label: str = Field("", max_length=200)
    """What the step is called in the undo menu."""


class Edited(BaseModel):
    """What a gesture led to."""

    id: str
    revision: int
    label: str
    """What the step is called in the undo menu."""


def add_edits(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of edits."""

    @api.post(
        "/api/pipelines/{pipeline_id}/edits",
        tags=["pipelines"],
        openapi_extra=described(EditRequest),
    )
    async def edit_pipeline(pipeline_id: str, request: Request, response: Response) -> Edited:
        """Edit a pipeline, as one step; the answer comes when no crash can take it away."""
        asked = await read_body(EditRequest, request)
        await sessions.wait_ready()
        session = await sessions.open(pipeline_id)
        match(request, session)
        change = session.edit(asked.ops, asked.label)
        return await edited(session, change, response)


async def edited(session: Session, change: Change, response: Response) -> Edited:
    """Answer with what a gesture led to, once it is on disk."""
    await session.saving.logged()
    response.headers["ETag"] = etag(change.revision)
    return Edited(id=session.id, revision=change.revision, label=change.label)
