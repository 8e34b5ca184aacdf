"""Files that arrive in every way but the right one, over real connections to a real server."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from select import select

import httpx
import psutil
import pytest
from starlette.requests import Request
from starlette.types import Message

from tests.clock import within
from tests.servers import Server, Serving, serving, workspace
from web.http import turns
from web.http.turns import AT_ONCE
from web.http.uploads import WAITING

__all__ = ["serving", "workspace"]

TABLE = b"a,b\n1,2\n"


@pytest.fixture
def server(serving: Serving) -> Server:
    """The server of this file, to which nothing has been uploaded."""
    server = serving()
    for left in (server.workspace / "uploads").glob("*"):
        left.unlink()
    return server


def kept(server: Server) -> list[str]:
    """What lies in the folder of uploads."""
    return sorted(path.name for path in (server.workspace / "uploads").iterdir())


def half_written(server: Server) -> list[str]:
    """Temporary files that the server still holds; they have no names any more."""
    names = []
    for handle in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it closes files meanwhile
            names.append(os.readlink(handle))
    return [name for name in names if name.endswith("(deleted)") and "/tmp/" in name]


def say(server: Server, *parts: bytes, leave: bool = False) -> str:
    """Say this to the server, as it stands; returns the first line of its answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        for part in parts:
            line.sendall(part)
        if leave:
            return ""
        answer = b""
        while b"\r\n" not in answer and (more := line.recv(4096)):
            answer += more
    return answer.partition(b"\r\n")[0].decode()


def head(server: Server, *lines: str) -> bytes:
    first = ["POST /api/uploads HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


def test_bytes_are_counted_whatever_they_are_said_to_be(server: Server) -> None:
    digest = sha256(TABLE).hexdigest()
    chunk = b"%x\r\n%s\r\n" % (len(TABLE), TABLE)
    form = {"Content-Type": "multipart/form-data; boundary=x"}

    assert say(server, head(server, "Content-Length: 8"), TABLE).endswith("201 Created")
    assert say(server, head(server, "Transfer-Encoding: chunked"), chunk, b"0\r\n\r\n") == (
        "HTTP/1.1 201 Created"
    )
    assert kept(server) == [digest]
    for refused in (
        [head(server, "Content-Length: -1"), TABLE],
        [head(server, "Content-Length: eight"), TABLE],
        [head(server, "Content-Length: 8", "Content-Length: 9"), TABLE],
        [head(server, "Transfer-Encoding: chunked"), b"zz\r\n"],
        [head(server, "Content-Length: 8", "Transfer-Encoding: chunked"), TABLE],
    ):
        assert " 400 " in say(server, *refused), refused
    for cut in (
        [head(server, "Content-Length: 1000000"), b"x" * 500_000],
        [head(server, "Transfer-Encoding: chunked"), chunk, b"100000\r\n", b"x" * 500_000],
        [head(server, *(f"{k}: {v}" for k, v in form.items()), "Content-Length: 90"), b"--x\r\n"],
    ):
        say(server, *cut, leave=True)

    settle(server)
    assert kept(server) == [digest]


def settle(server: Server) -> None:
    """Wait until the server has noticed who is gone, and holds nothing of theirs."""
    until = time.monotonic() + 20
    while half_written(server) and time.monotonic() < until:
        time.sleep(0.05)
    assert half_written(server) == []
    assert not [name for name in kept(server) if not re.fullmatch(r"[0-9a-f]{64}", name)]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_more_than_the_cap_is_refused_while_it_streams(server: Server) -> None:
    before = psutil.Process(server.process.pid).memory_info().rss
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 2**20
            yield b"x" * 2**20

    answer = httpx.post(f"{server.url}/api/uploads", content=endless(), timeout=60, trust_env=False)

    assert answer.status_code == 413
    assert answer.json()["detail"] == "The file is larger than 100 MB, the most there may be."
    assert "load it by path" in answer.json()["hint"]
    assert 101 * 2**20 < sent < 400 * 2**20
    assert psutil.Process(server.process.pid).memory_info().rss - before < 64 * 2**20
    settle(server)
    assert kept(server) == []


def connected(server: Server) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=120, limits=limits)


async def test_many_files_at_once_take_turns(server: Server) -> None:
    contents = [f"a,b\n{number},2\n".encode() for number in range(400)]

    async with connected(server) as client, connected(server) as looking:

        async def send(content: bytes) -> httpx.Response:
            return await client.post("/api/uploads", files={"file": ("<b>.csv", content)})

        answers = asyncio.gather(*(send(content) for content in contents))
        # Each look has a line that the server is not about to end.
        closing = {"Connection": "close"}
        looks = [await looking.get("/healthz", headers=closing) for _ in range(5)]
        statuses = [answer.status_code for answer in await answers]

    assert [look.status_code for look in looks] == [200] * 5
    assert set(statuses) <= {201, 503}
    assert statuses.count(201) >= AT_ONCE + WAITING
    arrived = [c for c, status in zip(contents, statuses, strict=True) if status == 201]
    assert kept(server) == sorted(sha256(content).hexdigest() for content in arrived)
    settle(server)


def test_whoever_sends_nothing_or_byte_by_byte_keeps_nobody_waiting(server: Server) -> None:
    """More uploads that have begun and stand still than may arrive at once."""
    started = head(server, "Content-Length: 100"), b"a,b"
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3 * AT_ONCE)]
    for line in lines:
        line.sendall(b"".join(started))
    assert httpx.get(f"{server.url}/healthz", timeout=within(5), trust_env=False).status_code == 200

    for line in lines:
        line.close()
    answer = httpx.post(f"{server.url}/api/uploads", content=TABLE, timeout=20, trust_env=False)
    assert answer.status_code == 201
    settle(server)

    # Others never fall silent, and are fast enough not to be refused for that either.
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(AT_ONCE + 1)]
    for line in lines:
        line.sendall(head(server, "Transfer-Encoding: chunked"))
    enough = threading.Event()

    def drip() -> None:
        while not enough.wait(0.05):
            for line in lines:
                line.sendall(b"c8\r\n" + b"x" * 200 + b"\r\n")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        answer = httpx.post(f"{server.url}/api/uploads", content=TABLE, timeout=60, trust_env=False)
        assert answer.status_code == 201
        assert not select(lines, [], [], 0)[0], "none of them was answered before"
    finally:
        enough.set()
        dripping.join()
    for line in lines:
        line.sendall(b"0\r\n\r\n")
    for line in lines:
        with line:
            line.settimeout(60)
            assert line.recv(4096).startswith(b"HTTP/1.1 201 ")
    settle(server)


async def test_where_many_send_byte_by_byte_one_makes_room_for_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "SLOW", 0.0)  # however fast it comes: too little of it is slow
    line, begun, refused, over = turns.Turns(), set[int](), set[int](), asyncio.Event()

    async def drip(number: int) -> None:
        async def receive() -> Message:
            begun.add(number)
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"x", "more_body": not over.is_set()}

        try:
            async with line.turn(Request({"type": "http"}, receive)) as request:
                await request.body()
        except turns.TooSlow:
            refused.add(number)

    async def receive() -> Message:
        return {"type": "http.request", "body": TABLE, "more_body": False}

    dripping = [asyncio.create_task(drip(number)) for number in range(turns.BEGUN)]
    while len(begun) < turns.BEGUN:
        await asyncio.sleep(0)
    async with asyncio.timeout(60), line.turn(Request({"type": "http"}, receive)) as request:
        assert await request.body() == TABLE

    over.set()
    await asyncio.gather(*dripping)
    assert len(refused) == 1


def test_whoever_falls_silent_lets_others_go_first_and_goes_on_later(server: Server) -> None:
    """None is refused for being silent meanwhile: that comes only after half a minute."""
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(AT_ONCE + 2)]
    for line in lines:
        line.sendall(head(server, f"Content-Length: {len(TABLE)}") + TABLE[:3])

    answer = httpx.post(f"{server.url}/api/uploads", content=b"x,y", timeout=60, trust_env=False)
    assert answer.status_code == 201

    for line in lines:
        line.sendall(TABLE[3:])
    for line in lines:
        with line:
            line.settimeout(30)
            assert line.recv(4096).startswith(b"HTTP/1.1 201 ")
    assert kept(server) == sorted(sha256(content).hexdigest() for content in (TABLE, b"x,y"))
    settle(server)
