"""The HTTP interface of pipelines: list, put in, change, check, take out, bring back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tensorrag.pipeline import JsonObject, files
from tensorrag.pipeline.as_json import to_json
from tensorrag.store.shelf import Entry
from web.http.revisions import etag, match
from web.live.session import Session
from web.live.sessions import Sessions

PIPELINE_BODY: JsonObject = {
    "requestBody": {
        "required": True,
        "description": "The content of a pipeline file.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


class Saved(BaseModel):
    """Where a pipeline is, and how often it was changed."""

    id: str
    revision: int
    warnings: list[str] = []
    """What is odd about the file, one sentence each."""


def add_pipelines(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes to pipelines, and to what is wrong with them."""
    _add_checks(api, sessions)

    @api.get("/api/pipelines", tags=["pipelines"])
    async def list_pipelines() -> list[JsonObject]:
        """List the pipelines of the workspace, the one changed last first."""
        return [_listed(entry) for entry in await sessions.entries()]

    @api.post("/api/pipelines", tags=["pipelines"], status_code=201, openapi_extra=PIPELINE_BODY)
    async def create_pipeline(request: Request, response: Response) -> Saved:
        """Put a pipeline into the workspace. Nothing that it points to is read."""
        session, warnings = await sessions.create_from_text(await request.body())
        response.headers["Location"] = f"/api/pipelines/{session.id}"
        return _saved(session, session.revision, response, warnings)

    @api.get("/api/pipelines/{pipeline_id}", tags=["pipelines"])
    async def get_pipeline(pipeline_id: str, request: Request) -> Response:
        """Return a pipeline as it is now, unsaved changes included."""
        session = await sessions.open(pipeline_id)
        tag = etag(session.revision)
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": tag})
        return JSONResponse(to_json(session.pipeline), headers={"ETag": tag})

    @api.put("/api/pipelines/{pipeline_id}", tags=["pipelines"], openapi_extra=PIPELINE_BODY)
    async def put_pipeline(pipeline_id: str, request: Request, response: Response) -> Saved:
        """Replace a pipeline. Send the ETag as If-Match: an old revision is refused with 409."""
        body = await request.body()
        loaded = await asyncio.to_thread(files.loads, body)
        session = await sessions.open(pipeline_id)
        match(request, session)
        change = session.replacing.by(loaded.pipeline, "Replace over HTTP")
        await session.saving.in_file()
        return _saved(session, change.revision, response, loaded.warnings)

    @api.delete("/api/pipelines/{pipeline_id}", tags=["pipelines"], status_code=204)
    async def delete_pipeline(pipeline_id: str, request: Request) -> Response:
        """Take a pipeline out of the workspace; its file is kept in a folder beside it."""
        if "if-match" in request.headers:
            match(request, await sessions.open(pipeline_id))
        await sessions.pipelines.delete(pipeline_id)
        return Response(status_code=204)

    @api.post("/api/pipelines/{pipeline_id}/restore", tags=["pipelines"])
    async def restore_pipeline(pipeline_id: str, response: Response) -> Saved:
        """Bring back what was deleted last under this id, with its history and its runs."""
        await sessions.pipelines.restore(pipeline_id)
        session = await sessions.open(pipeline_id)
        return _saved(session, session.revision, response, ())


def _add_checks(api: APIRouter, sessions: Sessions) -> None:
    @api.post("/api/pipelines/{pipeline_id}/check", tags=["pipelines"])
    async def check_pipeline(pipeline_id: str) -> JsonObject:
        """List what is wrong with a pipeline; outside sources are not looked at."""
        session = await sessions.open(pipeline_id)
        return await sessions.check(session.pipeline)

    @api.post("/api/check", tags=["pipelines"], openapi_extra=PIPELINE_BODY)
    async def check(request: Request) -> JsonObject:
        """List what is wrong with a pipeline that is sent along, and kept nowhere."""
        loaded = await asyncio.to_thread(files.loads, await request.body())
        return {**await sessions.check(loaded.pipeline), "warnings": list(loaded.warnings)}


def _listed(entry: Entry) -> JsonObject:
    modified = datetime.fromtimestamp(entry.modified, UTC)
    return {
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "modified": modified.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "cards": list(entry.cards),
        "error": entry.error,
    }


def _saved(session: Session, revision: int, response: Response, warnings: tuple[str, ...]) -> Saved:
    response.headers["ETag"] = etag(revision)
    return Saved(id=session.id, revision=revision, warnings=list(warnings))
