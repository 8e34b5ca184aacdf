"""The HTTP interface of uploads: a file arrives, is counted, and is kept by its content."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tensorrag.durable import full_disk_explained
from tensorrag.quoting import visible
from tensorrag.store.uploads import LIMIT
from web.http.problem_details import problem_response
from web.http.turns import TooSlow, Turns
from web.live.sessions import Sessions

IN_MEMORY = 2**20
WAITING = 100
"""Files that may wait."""
MAX_NAME = 200

BODY = {
    "requestBody": {
        "required": True,
        "description": "The file as the form field `file`, or as the whole body.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def add_uploads(api: APIRouter, sessions: Sessions) -> None:
    """Add the route of uploads."""

    turns, waiting = Turns(), set[Request]()

    @api.post("/api/uploads", tags=["uploads"], status_code=201, openapi_extra=BODY)
    async def upload(request: Request) -> Response:
        """Keep a file of at most 100 MB. Its name is a label: nothing is stored under it."""
        if "urlencoded" in request.headers.get("content-type", ""):
            return problem_response(415, 'Send the file as multipart form data, called "file".')
        if len(waiting) >= WAITING:
            detail, later = "Too many files arrive at once.", {"Retry-After": "10"}
            return problem_response(503, detail, hint="Send them a few at a time.", headers=later)
        waiting.add(request)
        try:
            async with turns.turn(request) as its_turn:
                waiting.discard(request)
                return await keep(its_turn)
        except TooSlow:
            detail, over = "Others wait, and this file arrives too slowly.", {"Connection": "close"}
            return problem_response(408, detail, hint="Send it again later.", headers=over)
        finally:
            waiting.discard(request)

    async def keep(request: Request) -> Response:
        async with _arriving(request) as (file, name):
            if file is None:
                return problem_response(422, 'The form has no file called "file".')
            size = await run_in_threadpool(file.seek, 0, 2)
            if size > LIMIT:
                detail = f"The file is larger than {LIMIT // 2**20} MB, the most there may be."
                hint = "Put it on this machine and give its path instead."
                return problem_response(413, detail, hint=hint)
            await run_in_threadpool(file.seek, 0)
            digest = await run_in_threadpool(sessions.workspace.uploads.add, file)
        return JSONResponse({"upload": digest, "name": name, "size": size}, 201)


@asynccontextmanager
async def _arriving(request: Request) -> AsyncIterator[tuple[IO[bytes] | None, str]]:
    """Receive a file, on disk where it is large; what is left of it goes away afterwards.

    Raises:
        WorkspaceError: the disk for temporary files is full.
    """
    with full_disk_explained(Path(tempfile.gettempdir())):
        async with _received(request) as received:
            yield received


@asynccontextmanager
async def _received(request: Request) -> AsyncIterator[tuple[IO[bytes] | None, str]]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=10) as form:
            sent = form.get("file")
            if isinstance(sent, UploadFile):
                yield sent.file, label(sent.filename or "")
            else:
                yield None, ""
        return
    with SpooledTemporaryFile(IN_MEMORY) as file:
        async for piece in request.stream():
            await run_in_threadpool(file.write, piece)
        yield file, label(request.query_params.get("name", ""))


def label(name: str) -> str:
    """Make a label of what somebody calls a file: no folders, nothing invisible, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return visible(last).strip()[:MAX_NAME] or "upload"
