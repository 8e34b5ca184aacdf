"""T1: only you get in. Not another web site, nor a stranger on the network, by any route."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.servers import ROOT, Server, launch
from tests.trust.test_t03_secrets_never_leave import content as read

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
SOCKET = "/_nicegui_ws/socket.io"
LIST_ROUTES = """
import json, sys
from pathlib import Path
from tensorrag.store.workspace import Workspace
from web.server import assemble

def paths(routes):
    for route in routes:
        within = getattr(getattr(route, "original_router", None), "routes", None)
        yield from paths(within) if within is not None else [route.path]

assemble(Workspace.open(Path(sys.argv[1])))
from nicegui import app
print(json.dumps(sorted(set(paths(app.routes)))))
"""


@pytest.fixture(scope="module")
def templates() -> list[str]:
    """Every address that the app answers at, asked of the app itself."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", LIST_ROUTES, folder]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(listed.stdout)
    return found


@pytest.fixture(scope="module")
def routes(templates: list[str]) -> list[str]:
    """The same, with something in place of every name."""
    mounted = [f"{SOCKET}/?EIO=4&transport=polling", "/favicon.ico", "/nothing/here"]
    return mounted + [re.sub(r"{[^}]*}", "x", template) for template in templates]


def _running(folder: Path, *options: str) -> Iterator[Server]:
    server = launch(folder / "workspace", folder / "server.log", *options)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as everybody starts it: on this machine, without a token."""
    yield from _running(tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a shared machine: `tensorrag serve --token`."""
    yield from _running(tmp_path_factory.mktemp("locked"), "--token")


def asked(server: Server, path: str, **headers: str) -> httpx.Response:
    """Look at an address of a server."""
    return httpx.get(server.url + path, headers=headers, timeout=30, trust_env=False)


def token_of(server: Server) -> str:
    """The token of the link that the server printed."""
    found = re.search(r"token=(\S+)", server.announced())
    assert found
    return found[1]


async def let_in(
    server: Server, routes: list[str], headers: dict[str, str], body: bytes = b""
) -> tuple[int, list[str]]:
    """Try every route with every method; returns how many tries, and which got in."""
    inside: list[str] = []
    tries = [(method, path) for path in routes for method in METHODS]

    async def attempt(client: httpx.AsyncClient, method: str, path: str) -> None:
        async with at_once:
            answer = await client.request(method, path, content=body, headers=headers)
        if answer.status_code not in (401, 403):
            inside.append(f"{method} {path}: {answer.status_code}")

    at_once = asyncio.Semaphore(8)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as client:
        await asyncio.gather(*(attempt(client, *one) for one in tries))
    return len(tries), inside


def _here(server: Server) -> str:
    return server.url.removeprefix("http://")


def strangers(server: Server) -> dict[str, dict[str, str]]:
    """What a browser sends on behalf of somebody else, by who that is."""
    here = _here(server)
    return {
        "its own name, pointed here": {"Host": f"evil.example:{server.port}"},
        "a name that begins like ours": {"Host": f"127.0.0.1.evil.example:{server.port}"},
        "another site": {"Host": here, "Origin": "http://evil.example"},
        "a sandboxed frame": {"Host": here, "Origin": "null"},
        "another server on this machine": {"Host": here, "Origin": "http://127.0.0.1:1"},
        "a page that hides its origin": {"Host": here, "Sec-Fetch-Site": "cross-site"},
    }


async def test_no_other_site_gets_in_by_any_route(server: Server, routes: list[str]) -> None:
    for who, headers in strangers(server).items():
        tried, inside = await let_in(server, routes, headers)

        assert tried > 200
        assert inside == [], who


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
async def test_no_form_on_another_site_gets_in_by_any_route(
    server: Server, routes: list[str], kind: str
) -> None:
    before = asked(server, "/api/pipelines").json()
    headers = {
        "Content-Type": kind,
        "Origin": "http://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    ours = [f"/api/pipelines/{before[0]['id']}", *routes]

    tried, inside = await let_in(server, ours, headers, b'{"pipeline_id": "x"}')

    assert tried > 200
    assert inside == []
    assert asked(server, "/api/pipelines").json() == before
    assert asked(server, "/api/runs").json() == []


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"Cookie": "tensorrag-{port}=99999999999.{zeros}"},
        {"Authorization": "Basic dG9rZW46dG9rZW4="},
        {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"},
    ],
    ids=["nothing", "a forged cookie", "a password", "a forged way"],
)
async def test_without_the_token_nobody_gets_in_by_any_route(
    locked: Server, routes: list[str], shown: dict[str, str]
) -> None:
    made = {k: v.format(port=locked.port, zeros="0" * 64) for k, v in shown.items()}

    tried, inside = await let_in(locked, routes, made)

    assert tried > 200
    assert inside == []


async def connects(server: Server, transport: str, headers: dict[str, str]) -> bool:
    """Try to open a socket, by either of the two ways that the page knows."""
    path = f"{SOCKET}/?EIO=4&transport={transport}"
    if transport == "polling":
        answer = await asyncio.to_thread(asked, server, path, **headers)
        return answer.status_code == 200 and '"sid"' in answer.text
    address = f"ws://{headers.pop('Host', _here(server))}{path}"
    there = connect(
        address, additional_headers=headers, host="127.0.0.1", port=server.port, proxy=None
    )
    try:
        async with there as socket:
            return '"sid"' in str(await socket.recv())
    except InvalidStatus:
        return False


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_no_other_site_gets_a_socket(server: Server, transport: str) -> None:
    assert await connects(server, transport, {"Origin": server.url})
    for who, headers in strangers(server).items():
        assert not await connects(server, transport, headers), who


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_without_the_token_nobody_gets_a_socket(locked: Server, transport: str) -> None:
    assert not await connects(locked, transport, {})
    assert await connects(locked, transport, {"Authorization": f"Bearer {token_of(locked)}"})


def content(server: Server) -> dict[str, str]:
    """What a workspace holds, by file: the databases as what the API says of them."""
    kept = ("pipelines", "cards", "uploads", "settings.json")
    files = [path for path in server.workspace.rglob("*") if path.is_file()]
    ours = [path for path in files if path.relative_to(server.workspace).parts[0] in kept]
    return {
        "/api/runs": asked(server, "/api/runs").text,
        **{str(path): read(path).hex() for path in ours},
    }


async def test_no_get_changes_anything(server: Server, routes: list[str]) -> None:
    pipeline = asked(server, "/api/pipelines").json()[0]["id"]
    started = httpx.post(
        f"{server.url}/api/runs",
        json={"pipeline_id": pipeline, "until": "load"},
        timeout=60,
        trust_env=False,
    )
    run = started.json()["run"]
    while asked(server, f"/api/runs/{run}").json()["status"] in ("queued", "running"):
        await asyncio.sleep(0.2)
    before = content(server)
    assert run in before["/api/runs"]

    ours = [path.replace("/x", f"/{name}") for path in routes for name in (pipeline, run)]
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as client:
        answers = [
            await client.request(method, path, params={"sample": "diabetes"})
            for path in dict.fromkeys(ours)
            for method in ("GET", "HEAD", "OPTIONS")
            if "events" not in path
        ]

    assert sum(answer.status_code == 200 for answer in answers) > 12
    assert content(server) == before


OUTWARDS = [
    "../" * 15, "..%2f" * 15, "%2e%2e/" * 15, "%2e%2e%2f" * 15, "..%5c" * 15, "..%252f" * 15,
    "....//" * 15, "/", "%2f", "//", "x/" + "../" * 16, "file:///", "..;/" * 15,
]  # fmt: skip


def test_no_route_serves_a_file_from_elsewhere(
    server: Server, templates: list[str], tmp_path: Path
) -> None:
    (tmp_path / "canary.csv").write_text("canary,of,this,test")
    (server.workspace / "canary.json").write_text('{"name": "canary of this test"}')
    outside = [str(tmp_path / "canary.csv")[1:], str(server.workspace / "canary.json")[1:]]

    def fetch(path: str) -> str:
        """Ask for a path as it stands: a client that is well-behaved would shorten it."""
        line = HTTPConnection("127.0.0.1", server.port, timeout=30)
        line.putrequest("GET", path, skip_accept_encoding=True)
        line.endheaders()
        answer = line.getresponse()
        text = answer.read().decode("utf-8", "replace")
        line.close()
        return f"{answer.status} {text}"

    sheets = next(path for path in templates if path.startswith("/_tensorrag/static"))
    assert fetch(sheets.replace("{path:path}", "tokens.css")).startswith("200 /* Fonts")
    names = [path for path in templates if "{" in path and "events" not in path]
    files = (*outside, "canary.json")
    tries = [
        re.sub(r"{[^}]*}", way + file, name, count=1)
        for name in names
        for way in OUTWARDS
        for file in files
    ]
    tries += ["/" + way + file for way in OUTWARDS for file in outside]

    served = [path for path in tries if "canary of" in (said := fetch(path)) or "canary,of" in said]

    assert len(tries) > 500
    assert served == []


async def all_of(socket: ClientConnection) -> None:
    """Hear whatever is said until the line closes: it may be asked whether it is still there."""
    while True:
        await socket.recv()


async def test_a_new_token_ends_every_visit(locked: Server) -> None:
    token = token_of(locked)
    with httpx.Client(base_url=locked.url, trust_env=False, timeout=30) as browser:
        assert browser.get("/", params={"token": token}).status_code == 303
        assert browser.get("/api/pipelines").status_code == 200
        address = f"ws://{_here(locked)}{SOCKET}/?EIO=4&transport=websocket"
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
        async with connect(address, additional_headers=cookie, proxy=None) as socket:
            assert '"sid"' in str(await socket.recv())

            command = [sys.executable, "-m", "tensorrag", "token", "--rotate"]
            more = ["--workspace", str(locked.workspace)]
            said = await asyncio.to_thread(
                subprocess.run, [*command, *more], cwd=ROOT, capture_output=True, text=True
            )

            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(all_of(socket), 60)
        assert browser.get("/api/pipelines").status_code == 401
        assert browser.get("/", params={"token": token}).status_code == 401
        link = said.stdout.split()[-1]
        assert link.startswith(f"{locked.url}/?token=")
        assert browser.get(link).status_code == 303
        assert browser.get("/api/pipelines").status_code == 200


def test_behind_a_proxy_only_the_way_through_it_leads_in(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(None, "--behind-proxy", "https://lab.example")
    token = token_of(server)
    way = {
        "Host": "lab.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
        "Authorization": f"Bearer {token}",
    }
    assert server.announced().startswith("TensorRag is open at https://lab.example/?token=")

    assert asked(server, "/api/pipelines", **way).status_code == 200
    for wrong in (
        {"Host": _here(server)},
        {"Host": "evil.example"},
        {"Origin": "http://lab.example"},
        {"X-Forwarded-Proto": "http"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert asked(server, "/api/pipelines", **way | wrong).status_code == 403, wrong
    assert asked(server, "/api/pipelines", **way | {"Authorization": ""}).status_code == 401
