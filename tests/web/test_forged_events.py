"""What a socket may say: only what its own page could, and every value is looked at again."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import socketio

from sample_data.pipeline_files import pipeline_path
from tests.clock import FULL, within
from tests.servers import ROOT, Server, Serving, serving, workspace

__all__ = ["serving", "workspace"]

SOCKET = "/_nicegui_ws/socket.io"
WHOLE = {"document_id": "document", "tab_id": "tab", "next_message_id": 0}


@dataclass
class Tab:
    """A page as a program sees it."""

    client_id: str
    listeners: dict[str, list[tuple[int, str]]]
    """By event: the elements that listen to it, and what their listeners are called."""

    def message(self, event: str, *args: Any) -> dict[str, Any]:
        """What the browser would send for an event of the first element that listens to it."""
        element, listener = self.listeners[event][0]
        return {
            "id": element,
            "client_id": self.client_id,
            "listener_id": listener,
            "args": [json.dumps(arg) for arg in args],
        }


async def open_tab(server: Server, path: str) -> Tab:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        page = (await client.get(server.url + path)).text
    elements = re.search(r"parseElements\(String\.raw`(.*?)`\)", page, re.DOTALL)
    client_id = re.search(r"'client_id': '([^']+)'", page)
    assert elements
    assert client_id
    found: dict[str, list[tuple[int, str]]] = {}
    for number, element in json.loads(html.unescape(elements[1])).items():
        for event in element.get("events", []):
            found.setdefault(event["type"], []).append((int(number), event["listener_id"]))
    return Tab(client_id[1], found)


async def connect(server: Server, tab: Tab, **claims: str) -> socketio.AsyncClient:
    """Open the socket of a page, as the page itself would."""
    client = socketio.AsyncClient(reconnection=False)
    said = {
        "client_id": tab.client_id,
        "tab_id": f"tab of {tab.client_id}",
        "document_id": "document",
        "next_message_id": "0",
        "implicit_handshake": "true",
        **claims,
    }
    address = f"{server.url}?{urlencode(said)}"
    await client.connect(address, transports=["websocket"], socketio_path=SOCKET, retry=False)
    return client


async def pipelines(server: Server) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        listed: list[dict[str, Any]] = (await client.get(f"{server.url}/api/pipelines")).json()
        return [
            (await client.get(f"{server.url}/api/pipelines/{one['id']}")).json() for one in listed
        ]


async def pipeline_of(server: Server, page: str) -> dict[str, Any]:
    address = page.replace("/edit/", f"{server.url}/api/pipelines/")
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        found: dict[str, Any] = (await client.get(address)).json()
        return found


async def say(socket: socketio.AsyncClient, messages: Iterable[dict[str, Any]]) -> None:
    """Say some things one after the other, and wait until the server has heard all of them."""
    heard = (socket.call("event", message, timeout=within(30)) for message in messages)
    await asyncio.gather(*heard)


async def until_named(server: Server, page: str, name: str) -> None:
    """Wait until a pipeline is called so: what was sent before has been heard then."""
    async with asyncio.timeout(within(30)):
        while (await pipeline_of(server, page))["name"] != name:
            await asyncio.sleep(0.1)


@pytest.fixture
async def edit(serving: Serving) -> tuple[Server, str]:
    """The server of this file, and the page of a pipeline that is new there."""
    server = serving()
    await asyncio.to_thread(server.announced)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        sample = pipeline_path("boston_housing").read_bytes()
        made = await client.post(f"{server.url}/api/pipelines", content=sample)
    return server, f"/edit/{made.json()['id']}"


async def test_a_socket_speaks_for_its_own_page_alone(edit: tuple[Server, str]) -> None:
    server, page = edit
    mine, other = await open_tab(server, page), await open_tab(server, page)
    socket, beside = await connect(server, mine), await connect(server, other)
    forged = other.message("act", {"act": "rename", "value": "Forged"})

    await socket.emit("event", forged)
    await socket.emit("handshake", {**WHOLE, "client_id": other.client_id})
    await socket.emit("event", forged)
    await socket.emit("event", mine.message("act", {"act": "describe", "value": "Mine"}))
    await socket.emit("event", mine.message("act", {"act": "rename", "value": "Also mine"}))

    await until_named(server, page, "Also mine")
    assert (await pipeline_of(server, page))["description"] == "Mine"
    await beside.emit("event", other.message("act", {"act": "undo"}))
    await until_named(server, page, "Boston housing on a GPU")
    assert "Forged" not in json.dumps(await pipelines(server))
    await socket.disconnect()
    await beside.disconnect()


async def test_nobody_connects_for_the_page_of_another_tab(edit: tuple[Server, str]) -> None:
    server, page = edit
    tab = await open_tab(server, page)
    socket = await connect(server, tab)

    for claims in (
        {"tab_id": "another tab"},
        {"client_id": "made up"},
        {"next_message_id": "many"},
    ):
        with pytest.raises(socketio.exceptions.ConnectionError):
            await connect(server, tab, **claims)
    await socket.disconnect()
    assert trouble(server) == []


def trouble(server: Server) -> list[str]:
    """What the log of the server says of errors."""
    text = (server.workspace / "logs" / "server.log").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if " ERROR " in line or "Traceback" in line]


ODD_VALUES: list[Any] = [
    None, True, -1, 10**30, float("nan"), float("inf"), "", "../x", "\ud800", "<img src=x>",
    "__proto__", "{{7*7}}", "\0", "x" * 5_000, [], [[]] * 100, {}, {"a": {"b": []}},
    ["load"] * 50,
]  # fmt: skip
ODD_MESSAGES: list[Any] = [
    None, 7, "text", [], {}, {"id": 4}, {"client_id": None}, {"client_id": []},
    {"client_id": "made up", "id": 4, "listener_id": "x", "args": []},
]  # fmt: skip


ODD_PARTS: list[Any] = [
    None, True, -1, 10**9, "x", [], {}, [1], ["{"], ["[" * 100_000], [None] * 1000,
]  # fmt: skip


def odd_messages(tab: Tab) -> list[Any]:
    """Messages that no page sends, though they name this one."""
    whole = tab.message("act", {"act": "undo"})
    return ODD_MESSAGES + [{**whole, key: odd} for key in whole for odd in ODD_PARTS]


async def test_what_no_page_sends_is_not_heard(edit: tuple[Server, str]) -> None:
    server, page = edit
    tab = await open_tab(server, page)
    socket = await connect(server, tab)

    for event in ("event", "javascript_response", "ack", "log", "handshake"):
        for message in odd_messages(tab):
            await socket.emit(event, message)
    await socket.emit("nothing_like_it", {"client_id": tab.client_id})
    await socket.emit("event", tab.message("act", {"act": "rename", "value": "Still here"}))

    await until_named(server, page, "Still here")
    await socket.disconnect()
    assert trouble(server) == []


async def test_a_value_that_no_control_offers_is_marked_and_never_runs(
    edit: tuple[Server, str],
) -> None:
    server, page = edit
    tab = await open_tab(server, page)
    socket = await connect(server, tab)
    forged = {"act": "set", "value": "7"}
    nowhere = {"act": "wire", "of": "split", "at": "dataset", "value": "evaluate.metrics"}

    out_of_range = {**forged, "of": "split", "param": "train_ratio"}
    not_offered = {**forged, "of": "load", "param": "sample_name"}
    not_there = {**forged, "of": "load", "param": "made_up"}
    for said in (out_of_range, not_offered, not_there, nowhere):
        await socket.emit("event", tab.message("act", said))
    await socket.emit("event", tab.message("act", {"act": "rename", "value": "Heard"}))
    await until_named(server, page, "Heard")

    pipeline = await pipeline_of(server, page)
    made = {node["id"]: node["params"] for node in pipeline["nodes"]}
    assert made["split"]["train_ratio"] == 7
    assert "made_up" not in made["load"]
    assert all(edge["source"] != "evaluate" for edge in pipeline["edges"])
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        refused = await client.post(f"{server.url}/api/runs", json={"pipeline": pipeline})
    assert refused.status_code == 422
    fields = {(problem["node"], problem["field"]) for problem in refused.json()["problems"]}
    assert fields == {("split", "train_ratio"), ("load", "sample_name")}
    await socket.disconnect()
    assert trouble(server) == []


SOURCE = "".join(path.read_text() for path in sorted((ROOT / "web" / "page").rglob("*.py")))
KEYS = re.findall(r'"([a-z][a-z_]+)":', SOURCE)
CASES = [word for case in re.findall("case (.*):", SOURCE) for word in re.findall(r'"(\w+)"', case)]
ACTIONS = [*sorted({*KEYS, *CASES}), "none_such", "__class__"]
"""All that a page may be asked to do, and some words that are nothing."""
NAMES = sorted(set(re.findall(r'data(?:, |\.get\(|\[)"([a-z_]+)"', SOURCE)))
"""What actions look for in what they are sent."""
IN_GESTURES = "ops nodes edges node id source source_port target target_port card x y name text "
IN_GESTURES += "params title enabled upload connect positions message revision"
OPS = "add remove connect disconnect move set_params set_node rename insert paste none_such"
CANVAS = ("ready", "ops", "spawn", "command", "select", "rejected", "drop_card", "upload", "paste")


@pytest.mark.slow
async def test_every_action_looks_at_its_values(edit: tuple[Server, str]) -> None:
    server, page = edit
    assert {"undo", "set", "delete", "keep_secret", "none_such"} <= set(ACTIONS)
    assert {"of", "param", "value", "at"} <= set(NAMES)
    odd_values = ODD_VALUES if FULL else ODD_VALUES[::4]
    sent = 0
    for path in (page, "/settings", "/", "/cards/new"):
        tab = await open_tab(server, path)
        socket = await connect(server, tab)
        for at, odd in enumerate(odd_values):
            some = {"of": "split", "param": "train_ratio"} if at % 2 else {}
            named = {**dict.fromkeys(NAMES, odd), **some}
            await say(socket, (tab.message("act", {**named, "act": act}) for act in ACTIONS))
            sent += len(ACTIONS)
            args: tuple[list[Any], ...] = (
                [odd],
                [dict.fromkeys(IN_GESTURES.split(), odd)],
                [odd, odd],
                [],
            )
            for event in CANVAS if path == page else ():
                await say(socket, (tab.message(event, *each) for each in args))
        for odd in odd_values if path == "/cards/new" else ():
            args = ([odd], [{"text": odd, "number": odd}], [{"text": "x", "number": odd}], [])
            await say(socket, (tab.message("typed", *each) for each in args))
        for odd in odd_values if path == page else ():
            gesture = dict.fromkeys(IN_GESTURES.split(), odd)
            ops = ({"ops": [{**gesture, "op": op}]} for op in OPS.split())
            await say(socket, (tab.message("ops", each) for each in ops))
        await socket.disconnect()

    tab = await open_tab(server, page)
    socket = await connect(server, tab)
    await socket.emit("event", tab.message("act", {"act": "rename", "value": "Still here"}))
    await until_named(server, page, "Still here")
    await socket.disconnect()
    assert sent > 2000
    assert trouble(server) == []
