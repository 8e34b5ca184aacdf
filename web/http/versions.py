"""The HTTP interface of versions: what a pipeline was before, by name or by time."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tensorrag.edit.history import Version
from tensorrag.pipeline.as_json import to_json
from web.http.bodies import described, read_body
from web.http.edits import Edited, edited
from web.http.revisions import match
from web.live.sessions import Sessions


class Listed(BaseModel):
    """A version of a pipeline."""

    revision: int
    time: str
    """UTC, ISO 8601."""
    said: str
    """What was changed, in words."""
    name: str


class Named(BaseModel):
    """What a version is called; empty where it has no name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str


def add_versions(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of versions."""

    @api.get("/api/pipelines/{pipeline_id}/versions", tags=["versions"])
    async def list_versions(pipeline_id: str) -> list[Listed]:
        """List what the pipeline was, the latest first: its last edits, and what has a name."""
        session = await sessions.open(pipeline_id)
        return [_listed(version) for version in await session.versions.all()]

    @api.get("/api/pipelines/{pipeline_id}/versions/{revision}", tags=["versions"])
    async def get_version(pipeline_id: str, revision: int) -> Response:
        """Return the pipeline as it was at a revision."""
        session = await sessions.open(pipeline_id)
        return JSONResponse(to_json((await session.versions.get(revision)).pipeline))

    @api.put(
        "/api/pipelines/{pipeline_id}/versions/{revision}",
        tags=["versions"],
        openapi_extra=described(Named),
    )
    async def name_version(pipeline_id: str, revision: int, request: Request) -> Listed:
        """Give a version a name, so that it is kept for good; an empty one takes it away."""
        named = await read_body(Named, request)
        session = await sessions.open(pipeline_id)
        version = await session.versions.name(revision, named.name)
        return _listed(version)

    @api.post("/api/pipelines/{pipeline_id}/versions/{revision}/restore", tags=["versions"])
    async def bring_back(
        pipeline_id: str, revision: int, request: Request, response: Response
    ) -> Edited:
        """Make the pipeline what it was, as one edit that can be undone."""
        session = await sessions.open(pipeline_id)
        version = await session.versions.get(revision)
        match(request, session)
        return await edited(session, session.replacing.bring_back(version), response)


def _listed(version: Version) -> Listed:
    made = datetime.fromtimestamp(version.made, UTC).isoformat(timespec="milliseconds")
    return Listed(
        revision=version.revision,
        time=made.replace("+00:00", "Z"),
        said=version.said,
        name=version.name,
    )
