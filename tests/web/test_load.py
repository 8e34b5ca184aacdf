"""Many who only listen, many who ask, and some who never say what they want."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.clock import FULL, within
from tests.servers import Server, Serving, serving, workspace
from web.http.turns import AT_ONCE

__all__ = ["serving", "workspace"]

"""Also wait until bodies that drip have used up our patience."""
STREAMS = 50
REQUESTS = 400
BEGUN = b"POST /api/uploads HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 1000000\r\n\r\n"
LINES = b"GET /healthz HTTP/1.1\r\nX-Header: "


@pytest.fixture
def server(serving: Serving) -> Server:
    return serving()


async def test_many_who_listen_keep_nobody_waiting(server: Server) -> None:
    client = httpx.AsyncClient(
        base_url=server.url, trust_env=False, timeout=60, limits=httpx.Limits(max_connections=None)
    )
    async with AsyncExitStack() as open_ones:
        await open_ones.enter_async_context(client)
        listed = (await client.get("/api/pipelines")).json()
        begun = await client.post("/api/runs", json={"pipeline_id": listed[0]["id"]})
        run = f"/api/runs/{begun.json()['run']}"
        streams = [
            await open_ones.enter_async_context(client.stream("GET", f"{run}/events"))
            for _ in range(STREAMS)
        ]
        assert {stream.status_code for stream in streams} == {200}

        paths = ["/", *["/healthz", "/api/pipelines", "/api/runs"] * 6]
        async with asyncio.timeout(60):
            answers = await asyncio.gather(
                *(client.get(paths[number % len(paths)]) for number in range(REQUESTS))
            )
            stop = f"{server.url}{run}/cancel"  # not on a connection that has been idle for long
            await asyncio.to_thread(httpx.post, stop, timeout=30, trust_env=False)
            ends = await asyncio.gather(*(last_line(stream) for stream in streams))
    assert [answer.status_code for answer in answers] == [200] * REQUESTS
    assert all('"run"' in end for end in ends)


async def last_line(stream: httpx.Response) -> str:
    """Follow events to their end."""
    *_, last = [line async for line in stream.aiter_lines() if line.startswith("data:")]
    return last


@pytest.mark.slow
async def test_who_never_says_what_they_want_is_sent_away(server: Server) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    files = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(AT_ONCE)]
    for line in files:
        line.sendall(BEGUN % server.port)
    waiting = asyncio.create_task(drip(slow + files))
    started = time.monotonic()

    while time.monotonic() - started < (34 if FULL else 13):
        answer = await asyncio.to_thread(
            httpx.get, f"{server.url}/healthz", timeout=within(5), trust_env=False
        )
        assert answer.status_code == 200
        await asyncio.sleep(0.5)

    waiting.cancel()
    for line in silent + slow:
        line.settimeout(10)
        assert closed(line)
        line.close()
    for line in files if FULL else ():
        line.settimeout(10)
        assert line.recv(1000).startswith(b"HTTP/1.1 408 ")
    for line in files:
        line.close()
    upload = f"{server.url}/api/uploads"
    assert httpx.post(upload, content=b"a\n1\n", timeout=60, trust_env=False).status_code == 201


async def drip(lines: list[socket.socket]) -> None:
    """Send the head of a request, a byte at a time."""
    for at in range(len(LINES) * 100):
        for line in lines:
            try:
                line.sendall(LINES[at : at + 1] or b"x")
            except OSError:
                continue
        await asyncio.sleep(0.5)


def closed(line: socket.socket) -> bool:
    try:
        return line.recv(1000) == b""
    except ConnectionResetError:
        return True


def test_a_head_without_end_is_cut(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(LINES)
        answer = b""
        try:
            for _ in range(400):
                line.sendall(b"x" * 1000)
            answer = line.recv(1000)
        except (BrokenPipeError, ConnectionResetError):
            return  # it hung up while we were talking
        assert answer == b"" or b" 400 " in answer
