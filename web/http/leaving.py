"""The HTTP interface of pipelines that leave as plain Python."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from web.live.leavings import file_name
from web.live.sessions import Sessions

TYPES = {"py": "text/x-python", "ipynb": "application/x-ipynb+json", "zip": "application/zip"}


class Verified(BaseModel):
    """What came of running a script without TensorRag."""

    verified: bool
    """Whether all figures are those of the last run."""
    badge: str
    """The same in a sentence."""
    figures: int
    """How many figures are the same."""
    differences: list[str]
    """What is not, one each."""


def add_leaving(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes."""

    @api.get(
        "/api/pipelines/{pipeline_id}/python",
        tags=["pipelines"],
        responses={200: {"content": {kind: {} for kind in TYPES.values()}}},
    )
    async def python(pipeline_id: str, form: Literal["py", "ipynb", "zip"] = "py") -> Response:
        """Return a pipeline as plain pandas, scikit-learn and torch, which run without TensorRag.

        A script, a notebook, or a ZIP file of both with the data and the exact versions of what
        they need. Some cards can only be written once the pipeline has run.
        """
        session = await sessions.open(pipeline_id)
        leaving = await sessions.leavings.write(session)
        leaving.written.insist()
        name = file_name(session.pipeline.name, form)
        if form == "zip":
            path = await sessions.leavings.packed(session, leaving)
            gone = BackgroundTask(path.unlink, missing_ok=True)
            return FileResponse(path, media_type=TYPES[form], filename=name, background=gone)
        text = leaving.text(form, await sessions.leavings.badge(session, leaving))
        named = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type=TYPES[form], headers=named)

    @api.post("/api/pipelines/{pipeline_id}/python/verify", tags=["pipelines"])
    async def verify(pipeline_id: str) -> Verified:
        """Run the script in a process without TensorRag, and hold it against the last run."""
        session = await sessions.open(pipeline_id)
        verdict = await sessions.leavings.verify(session, await sessions.leavings.write(session))
        return Verified(
            verified=verdict.verified,
            badge=verdict.badge,
            figures=verdict.same,
            differences=list(verdict.differences),
        )
