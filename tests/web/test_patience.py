"""An answer whose rest cannot be made: it does not look whole, and the log has one sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
import uvicorn
from nicegui.middlewares import RedirectWithPrefixMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from tensorrag.errors import ArtifactNotFound
from web.http.patience import Patient
from web.http.results import whole


async def parts() -> AsyncIterator[str]:
    yield "3,4\n"
    raise ArtifactNotFound("The rest of the table is gone.", hint="Run the card again.")


async def all_of(asked: AbstractAsyncContextManager[httpx.Response]) -> None:
    async with asked as answer:
        await answer.aread()


async def test_a_file_that_cannot_be_finished_does_not_look_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def rooms(request: Request) -> StreamingResponse:
        return StreamingResponse(whole(request, "rooms.csv", "1,2\n", parts()))

    middlewares = [Middleware(RedirectWithPrefixMiddleware)]
    app = Starlette(routes=[Route("/rooms.csv", rooms)], middleware=middlewares)
    config = uvicorn.Config(app, port=0, http=Patient, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(trust_env=False) as client:
        asked = client.stream("GET", f"http://127.0.0.1:{port}/rooms.csv")
        with pytest.raises(httpx.RemoteProtocolError):
            await all_of(asked)
    server.should_exit = True
    await serving

    said = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert said == ["rooms.csv was sent in part only. The rest of the table is gone."]
    assert not any(record.exc_info for record in caplog.records)
