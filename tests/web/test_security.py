"""What comes in and what does not, against a guarded app that answers everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tensorrag.errors import TensorRagError
from tests.clock import within
from tests.servers import Server, start_server
from web.http import security
from web.http.attempts import CLIENTS, EVERY, FREE, Attempts, network
from web.http.door import Door, local
from web.http.security import Guard
from web.http.site import behind_proxy, find_site, host_name, is_loopback, on_this_machine

__all__ = ["start_server"]

SITE = on_this_machine("127.0.0.1")
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
    guard = Guard(echo, **{"site": SITE, **options})
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
    "https://127.0.0.1:8080",
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
    await Guard(echo, site=SITE)(scope, receive, send)
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


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(pause: float, piece: bytes) -> AsyncIterator[bytes]:
        for _ in range(40):
            yield piece
            await asyncio.sleep(pause)

    monkeypatch.setattr(security, "PATIENCE", 2.0)  # more than a busy machine stands still
    assert (await ask("POST", content=slowly(0.06, b"x" * 100))).status_code == 200

    monkeypatch.setattr(security, "PATIENCE", 0.2)
    late = await ask("POST", content=slowly(0.02, b"x"))
    assert late.status_code == 408
    assert late.json()["hint"] == "Send it again."
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    stuck = await ask("POST", "/login", form, slowly(0.02, b"token="), door=door())
    assert stuck.status_code == 401


async def test_who_asked_for_several_things_may_leave_after_the_first(
    start_server: Callable[..., Server],
) -> None:
    server = await asyncio.to_thread(start_server)
    asked = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    for _ in range(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(asked * 20)
        await reader.readexactly(10)
        writer.transport.abort()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as client:
        said = (await client.get("/api/log")).text
    assert "Started server" in said
    assert "ERROR" not in said


async def test_the_browser_is_told_what_the_page_may_do() -> None:
    headers = (await ask()).headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


TOKEN = "a-token-of-twenty-and-some-letters"


def door(token: str = TOKEN, *, secure: bool = False) -> Door:
    return Door(token, cookie="tensorrag-8080", secure=secure)


async def cookie_of(door: Door, link: str = f"/?token={TOKEN}") -> str:
    """Follow the printed link; returns the cookie as a browser sends it back."""
    welcome = await ask(path=link, door=door)
    assert welcome.status_code == 303, welcome.text
    return welcome.headers["set-cookie"].partition(";")[0]


async def test_the_link_becomes_a_cookie_that_is_not_the_token() -> None:
    locked = door()
    assert (await ask(door=locked)).status_code == 401
    assert (await ask("POST", f"/?token={TOKEN}", door=locked)).status_code == 401

    welcome = await ask(path=f"/edit/a?x=1&token={TOKEN}&y=2", door=locked)

    assert welcome.status_code == 303
    assert welcome.headers["location"] == "/edit/a?x=1&y=2"
    assert welcome.headers["referrer-policy"] == "no-referrer"
    flags = welcome.headers["set-cookie"]
    assert "; HttpOnly" in flags
    assert "; SameSite=Strict" in flags
    assert TOKEN not in flags
    cookie = flags.partition(";")[0]
    assert (await ask(headers={"Cookie": cookie}, door=locked)).status_code == 200
    again = await ask(path=f"/edit/a?token={TOKEN}", headers={"Cookie": cookie}, door=locked)
    assert (again.status_code, again.headers["location"]) == (303, "/edit/a")


async def test_whoever_has_the_cookie_or_the_token_comes_in() -> None:
    locked = door()
    cookie = await cookie_of(locked)
    for headers in (
        {"Cookie": cookie},
        {"Cookie": f"tensorrag-8080=planted; other=1; {cookie}"},
        {"Authorization": f"Bearer {TOKEN}"},
    ):
        assert (await ask(headers=headers, door=locked)).status_code == 200, headers
    name, _, value = cookie.partition("=")
    until, _, seal = value.partition(".")
    for headers in (
        {"Cookie": f"tensorrag-9090={value}"},
        {"Cookie": f"{name}={TOKEN}"},
        {"Cookie": f"{name}={int(until) + 1}.{seal}"},
        {"Cookie": f"{name}=.{seal}"},
        {"Cookie": ";;=;" + name},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
    ):
        assert (await ask(headers=headers, door=locked)).status_code == 401, headers
    evil = {"Cookie": cookie, "Origin": "http://evil.com"}
    assert (await ask(headers=evil, door=locked)).status_code == 403


async def test_a_cookie_of_another_token_or_an_old_one_is_worth_nothing() -> None:
    assert (
        await ask(headers={"Cookie": await cookie_of(door())}, door=door("another" * 4))
    ).status_code == 401
    locked = door()
    old = locked._proof(ends=1_000)
    assert (await ask(headers={"Cookie": f"tensorrag-8080={old}"}, door=locked)).status_code == 401


async def test_the_token_can_be_pasted() -> None:
    locked = door()
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{HERE}"}

    async def paste(body: str, **more: str) -> httpx.Response:
        return await ask("POST", "/login", {**form, **more}, body, door=locked)

    right = await paste(f"token={TOKEN}&next=%2Fedit%2Fa")
    assert (right.status_code, right.headers["location"]) == (303, "/edit/a")
    assert right.headers["set-cookie"]
    assert (await paste("token=wrong")).status_code == 401
    assert (await paste("")).status_code == 401
    assert (await paste(f"token={TOKEN}&x={'x' * 9000}")).status_code == 401
    assert (await paste(f"token={TOKEN}", Origin="http://evil.com")).status_code == 403


@pytest.mark.parametrize(
    "path", ["//evil.com", "/\\evil.com", "https://evil.com", "evil", "", "/\r\nX: y", "/ä"]
)
def test_after_the_login_nobody_is_sent_elsewhere(path: str) -> None:
    assert local(path) == "/"


async def test_who_guesses_has_to_wait_and_nobody_else() -> None:
    locked = door()
    cookie = await cookie_of(locked)
    wrong = [await ask(headers={"Authorization": f"Bearer {n}"}, door=locked) for n in range(12)]

    assert [answer.status_code for answer in wrong] == [401] * 10 + [429] * 2
    assert 0 < int(wrong[-1].headers["retry-after"]) <= 6
    assert "Try again in 6 s" in wrong[-1].json()["hint"]
    # The right token counts as a guess as well: else the limit would be none.
    assert (await ask(path=f"/?token={TOKEN}", door=locked)).status_code == 429
    # Who is in stays in.
    assert (await ask(headers={"Cookie": cookie}, door=locked)).status_code == 200
    assert (await ask(door=locked)).status_code == 401


def test_guesses_are_forgotten_in_time_and_take_little_room() -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    for _ in range(FREE):
        assert attempts.wait("10.0.0.1") == 0
        attempts.failed("10.0.0.1")
    assert attempts.wait("10.0.0.1") == EVERY
    assert attempts.wait("10.0.0.2") == 0
    now = EVERY
    assert attempts.wait("10.0.0.1") == 0
    for number in range(3 * CLIENTS):
        attempts.failed(f"10.1.{number // 256}.{number % 256}")
    assert len(attempts._full) == CLIENTS


def test_a_whole_ipv6_network_is_one_client() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:2") == "2001:db8::/64"
    assert network("::ffff:10.0.0.1") == network("10.0.0.1")
    assert network("fe80::1%eth0") == "fe80::/64"
    assert len(network("x" * 500)) == 64


async def test_a_new_token_ends_what_is_open() -> None:
    locked, began = door(), asyncio.Event()
    cookie = await cookie_of(locked)
    sent: list[Any] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        began.set()
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(b"host", HERE.encode()), (b"cookie", cookie.encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""}
    guard = Guard(stream, site=SITE, door=locked)
    following = asyncio.create_task(guard(scope, asyncio.Event().wait, send))  # type: ignore[arg-type]
    await began.wait()

    locked.rotate("another" * 4)

    await asyncio.wait_for(following, within(5))
    assert sent[-1] == {"type": "http.response.body", "body": b""}
    assert (await ask(headers={"Cookie": cookie}, door=locked)).status_code == 401


async def test_a_browser_gets_a_page_and_a_program_an_object() -> None:
    locked = door()
    page = await ask(headers={"Accept": "text/html"}, door=locked)
    assert page.status_code == 401
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'action="/login"' in page.text
    assert "http-equiv" not in page.text
    problem = await ask(door=locked)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["title"] == "Unauthorized"
    assert problem.headers["www-authenticate"].startswith("Bearer")
    nasty = await ask(path="/edit/%22%3E%3Cscript%3E", headers={"Accept": "text/html"}, door=locked)
    assert "<script>&" not in nasty.text.replace("&quot;&gt;&lt;script&gt;", "")
    assert 'value="/edit/&quot;&gt;&lt;script&gt;"' in nasty.text
    assert "<h1>This did not come" in (await ask(headers={"Accept": "text/html", "Host": "x"})).text


async def test_a_link_from_elsewhere_is_asked_again_with_the_cookie() -> None:
    link = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}
    there = await ask(headers={**link, "Sec-Fetch-Site": "cross-site"}, door=door())
    here = await ask(headers={**link, "Sec-Fetch-Site": "same-origin"}, door=door())

    assert 'http-equiv="refresh" content="0"' in there.text
    assert "http-equiv" not in here.text


PROXIED = {
    "Host": "lab.example",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
}


async def test_behind_a_proxy_only_its_own_address_counts() -> None:
    site, locked = behind_proxy("https://lab.example"), door(secure=True)

    async def through(**headers: str) -> int:
        shown = {"Authorization": f"Bearer {TOKEN}", **PROXIED, **headers}
        return (await ask(headers=shown, site=site, door=locked)).status_code

    assert await through() == 200
    assert await through(Host="lab.example:443", Origin="https://lab.example") == 200
    for wrong in (
        {"Host": HERE},
        {"Host": "evil.com"},
        {"Host": "lab.example:8443"},
        {"Origin": "http://lab.example"},
        {"Origin": "https://lab.example:8443"},
        {"Origin": "https://sub.lab.example"},
        {"Origin": "null"},
        {"X-Forwarded-Proto": "http"},
    ):
        assert await through(**wrong) == 403, wrong
    welcome = await ask(path=f"/?token={TOKEN}", headers=PROXIED, site=site, door=locked)
    cookie = welcome.headers["set-cookie"]
    assert cookie.startswith("__Host-tensorrag-8080=")
    assert "; Secure" in cookie


async def test_only_the_proxy_is_believed_about_who_asks() -> None:
    elsewhere = behind_proxy("https://lab.example", ("10.0.0.2",))
    assert (await ask(headers=PROXIED, site=elsewhere)).status_code == 403

    site, locked = behind_proxy("https://lab.example"), door(secure=True)
    wrong = {**PROXIED, "Authorization": "Bearer wrong"}
    for _ in range(10):
        await ask(headers=wrong, site=site, door=locked)
    assert (await ask(headers=wrong, site=site, door=locked)).status_code == 429
    # What a client claims stands before what the proxy adds.
    claimed = {**wrong, "X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    assert (await ask(headers=claimed, site=site, door=locked)).status_code == 429
    other = {**wrong, "X-Forwarded-For": "203.0.113.10"}
    assert (await ask(headers=other, site=site, door=locked)).status_code == 401
    # Without a proxy nobody is believed.
    here = door()
    claims = [{**wrong, "Host": HERE, "X-Forwarded-For": f"10.0.0.{n}"} for n in range(11)]
    assert [(await ask(headers=one, door=here)).status_code for one in claims][-1] == 429


@pytest.mark.parametrize(
    "url",
    ["http://lab.example", "lab.example", "https://", "https://lab.example/path", "https://a@b",
     "https://lab.example:port", "https://lab.example?x", "https://a b", "https://lab.example:",
     "https://lab.example:0", "https://lab..example", "https://-", "https://*", "https://[lab]",
     "https://<b>", "https://lab.example#x", "https://" + "x" * 300, "https://lab\\x", "https://%61"],
)  # fmt: skip
def test_an_address_that_no_proxy_has_is_refused(url: str) -> None:
    with pytest.raises(TensorRagError, match="no address for a server behind a proxy"):
        behind_proxy(url)


def test_what_is_reached_from_elsewhere_is_not_local() -> None:
    assert find_site("127.0.0.1").local
    assert not find_site("0.0.0.0").local  # noqa: S104
    assert not find_site("127.0.0.1", "https://lab.example").local
    assert behind_proxy("https://Lab.Example:443/").origin == "https://lab.example"
    assert behind_proxy("https://Büro.example:8443").origin == "https://xn--bro-hoa.example:8443"
    assert behind_proxy("https://[::1]:8443").origin == "https://[::1]:8443"
    assert behind_proxy("https://lab_1").origin == "https://lab_1"
    with pytest.raises(TensorRagError, match="cannot be there"):
        behind_proxy("https://lab.example", ("here",))


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
