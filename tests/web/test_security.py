"""What comes in and what does not, against a guarded app that answers everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from web.http import security
from web.http.security import Guard, host_name, is_loopback, local_names

NAMES = local_names("127.0.0.1")
HERE = "127.0.0.1:8080"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 with the size of the body; accept every socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def ask(
    method: str = "GET",
    path: str = "/",
    headers: dict[str, str] | list[tuple[str, str]] | None = None,
    content: Any = None,
    **options: Any,
) -> httpx.Response:
    """Send one request to the guarded app."""
    guard = Guard(echo, names=NAMES, **options)
    transport = httpx.ASGITransport(guard)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HERE}") as client:
        return await client.request(method, path, headers=headers, content=content)


@pytest.mark.parametrize(
    "host", [HERE, "localhost:8080", "LOCALHOST", "127.0.0.1", "[::1]:8080", "localhost:1234"]
)
async def test_names_of_this_machine_come_in(host: str) -> None:
    assert (await ask(headers={"Host": host})).status_code == 200


BAD_HOSTS = [
    "evil.com",
    "evil.com:8080",
    "127.0.0.1.evil.com",
    "127.0.0.1:8080@evil.com",
    "evil.com#127.0.0.1",
    "localhost.",
    "0.0.0.0:8080",
    "127.0.0.2",
    "2130706433",
    "[::ffff:127.0.0.1]",
    "127.0.0.1:port",
    "127.0.0.1/evil",
    "127.0.0.1, evil.com",
    "",
]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("host", BAD_HOSTS)
async def test_other_names_do_not(host: str, method: str) -> None:
    answer = await ask(method, headers={"Host": host})

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].count(". ") == 0


async def test_a_host_that_stands_twice_does_not() -> None:
    answer = await ask(headers=[("Host", HERE), ("Host", HERE)])

    assert answer.status_code == 403


BAD_ORIGINS = [
    "http://evil.com",
    "null",
    "http://127.0.0.1:9999",
    "http://localhost:8080",
    "http://127.0.0.1",
    "http://127.0.0.1:8080.evil.com",
    "https://evil.com",
    "file://",
    "",
]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("origin", BAD_ORIGINS)
async def test_other_origins_do_not_come_in(origin: str, method: str) -> None:
    assert (await ask(method, headers={"Host": HERE, "Origin": origin})).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_page_itself_and_programs_do(method: str) -> None:
    assert (await ask(method, headers={"Origin": f"http://{HERE}"})).status_code == 200
    assert (await ask(method)).status_code == 200


async def test_another_site_may_link_here_but_not_fetch() -> None:
    other = {"Sec-Fetch-Site": "cross-site"}
    link = {**other, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    frame = {**link, "Sec-Fetch-Dest": "iframe"}

    assert (await ask(headers=link)).status_code == 200
    assert (await ask(headers=other)).status_code == 403
    assert (await ask(headers=frame)).status_code == 403
    assert (await ask("POST", headers=link)).status_code == 403
    assert (await ask(headers={"Sec-Fetch-Site": "same-site"})).status_code == 403
    assert (await ask(headers={"Sec-Fetch-Site": "same-origin"})).status_code == 200


async def socket(headers: dict[str, str]) -> str:
    """Ask for a socket; returns what kind of message answers."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "path": "/socket.io", "headers": raw, "query_string": b""}
    await Guard(echo, names=NAMES)(scope, receive, send)
    return str(sent[0])


async def test_sockets_are_guarded_as_well() -> None:
    assert await socket({"host": HERE, "origin": f"http://{HERE}"}) == "websocket.accept"
    assert await socket({"host": HERE}) == "websocket.accept"
    for host in BAD_HOSTS:
        assert await socket({"host": host}) == "websocket.close"
    for origin in BAD_ORIGINS:
        assert await socket({"host": HERE, "origin": origin}) == "websocket.close"


async def test_large_bodies_are_refused_by_their_header_and_by_counting() -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 2**20

    assert (await ask("POST", content=b"x" * 2**20)).text == str(2**20)
    assert (await ask("POST", content=b"x" * (10 * 2**20))).status_code == 413
    assert (await ask("POST", content=pieces(10))).status_code == 413
    assert (await ask("POST", "/api/uploads", content=pieces(10))).status_code == 200


async def test_the_browser_is_told_what_the_page_may_do() -> None:
    headers = (await ask()).headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_token_opens_what_is_bound_to_the_network() -> None:
    locked: dict[str, Any] = {"token": "secret", "cookie": "tensorrag-8080"}
    assert (await ask(**locked)).status_code == 401
    assert (await ask(path="/?token=wrong", **locked)).status_code == 401
    assert (await ask("POST", "/?token=secret", **locked)).status_code == 401

    welcome = await ask(path="/?token=secret", **locked)
    assert welcome.status_code == 303
    cookie = welcome.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie

    for headers in (
        {"Cookie": "tensorrag-8080=secret"},
        {"Authorization": "Bearer secret"},
        {"Host": "box.example:8080", "Cookie": "tensorrag-8080=secret"},
    ):
        assert (await ask(headers=headers, **locked)).status_code == 200
    for headers in ({"Cookie": "tensorrag-9090=secret"}, {"Authorization": "Basic secret"}):
        assert (await ask(headers=headers, **locked)).status_code == 401
    evil = {"Cookie": "tensorrag-8080=secret", "Origin": "http://evil.com"}
    assert (await ask(headers=evil, **locked)).status_code == 403


def test_only_loopback_addresses_are_this_machine_alone() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "localhost", "::1", "[::1]", "127.9.9.9"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.168.0.1", "example.com", ""]))  # noqa: S104


def test_host_name() -> None:
    assert host_name("LocalHost:80") == "localhost"
    assert host_name("[::1]:80") == "::1"
    assert host_name("user@localhost") is None


def test_the_limits_leave_room_for_what_may_be_sent() -> None:
    assert security.MAX_BODY > 8 * 2**20
    assert security.MAX_UPLOAD > 100 * 2**20
