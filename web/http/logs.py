"""The HTTP interface of logs: what cards printed, and the server's own, as plain text."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from tensorrag.pipeline import JsonObject
from tensorrag.store import log
from web.live.sessions import Sessions
from web.server_log.reading import Level, ServerLog

T = TypeVar("T")
Stream = Literal["", "stdout", "stderr"]
Offset = Annotated[int, Query(description="Lines to pass over; -100 begins 100 before the end.")]
Limit = Annotated[int | None, Query(ge=0)]
TEXT: dict[int | str, JsonObject] = {200: {"content": {"text/plain": {}}}}


def add_logs(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of logs."""
    server_log = ServerLog(sessions.workspace.root)

    @api.get("/api/runs/{run_id}/log", tags=["runs"], responses=TEXT)
    async def get_log(
        run_id: str, search: str = "", stream: Stream = "", offset: Offset = 0, limit: Limit = None
    ) -> Response:
        """Return what all cards printed, a line each: time in UTC, card, stream, text."""
        return await asyncio.to_thread(answer, run_id, None, search, stream, offset, limit)

    @api.get("/api/runs/{run_id}/nodes/{node_id}/log", tags=["runs"], responses=TEXT)
    async def get_node_log(
        run_id: str,
        node_id: str,
        search: str = "",
        stream: Stream = "",
        offset: Offset = 0,
        limit: Limit = None,
    ) -> Response:
        """Return what a card printed, a line each: time in UTC, stream, text."""
        return await asyncio.to_thread(answer, run_id, node_id, search, stream, offset, limit)

    @api.get("/api/log", tags=["server"], responses=TEXT)
    async def get_server_log(
        lines: Annotated[int | None, Query(ge=1, description="The last ones only.")] = None,
        search: str = "",
        level: Annotated[Level, Query(description="The least that an entry must be.")] = "",
        offset: Offset = 0,
        limit: Limit = None,
    ) -> Response:
        """Return the log of the server, or the entries that hold a text; no secret is in it."""
        found = await asyncio.to_thread(server_log.lines, level=level, search=search)
        chosen = _some(found, offset if lines is None else -lines, limit)
        return _answer("".join(f"{line}\n" for line in chosen), len(found))

    def answer(
        run_id: str, node: str | None, search: str, stream: str, offset: int, limit: int | None
    ) -> Response:
        """Read the log, and choose. In a thread."""
        found = sessions.logs.lines(run_id, node, stream=stream, search=search)
        chosen = _some(found, offset, limit)
        return _answer(log.as_text(chosen, whose=node is None), len(found))


def _some(found: Sequence[T], offset: int, limit: int | None) -> Sequence[T]:
    start = max(0, offset + len(found)) if offset < 0 else offset
    return found[start : None if limit is None else start + limit]


def _answer(text: str, total: int) -> Response:
    headers = {"X-Total-Lines": str(total), "Cache-Control": "no-store"}
    return PlainTextResponse(text, headers=headers)
