"""The HTTP interface of logs: what cards printed, and the server's own, as plain text."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from tensorrag.pipeline import JsonObject
from tensorrag.store import log
from web import server_log
from web.live.sessions import Sessions

Stream = Literal["", "stdout", "stderr"]
Offset = Annotated[int, Query(description="Lines to pass over; -100 begins 100 before the end.")]
Limit = Annotated[int | None, Query(ge=0)]
TEXT: dict[int | str, JsonObject] = {200: {"content": {"text/plain": {}}}}


def add_logs(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of logs."""

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
    ) -> Response:
        """Return the log of the server; secrets are blacked out."""
        text = await asyncio.to_thread(server_log.text_of, sessions.workspace.root)
        if lines is not None:
            text = "".join(text.splitlines(keepends=True)[-lines:])
        return PlainTextResponse(text, headers={"Cache-Control": "no-store"})

    def answer(
        run_id: str, node: str | None, search: str, stream: str, offset: int, limit: int | None
    ) -> Response:
        """Read the log, and choose. In a thread."""
        found = sessions.logs.lines(run_id, node, stream=stream, search=search)
        start = max(0, offset + len(found)) if offset < 0 else offset
        chosen = found[start : None if limit is None else start + limit]
        headers = {"X-Total-Lines": str(len(found)), "Cache-Control": "no-store"}
        return PlainTextResponse(log.as_text(chosen, whose=node is None), headers=headers)
