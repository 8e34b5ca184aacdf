"""Logs over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.web.desk import Desk
from web.http.api import make_api
from web.server_log.writing import path_in


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(make_api(desk.sessions))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def run(desk: Desk) -> str:
    """A run in which two cards have printed something."""
    journal = desk.workspace.journal
    run = journal.create_run({})
    text = "".join(f"epoch {number}\n" for number in range(100_000))
    time = "2026-01-31T12:00:00.000Z"
    train = {"stream": "stdout", "text": text, "first": 0, "time": time}
    warning = {"stream": "stderr", "text": "<b>careful</b>\n", "first": 0, "time": time}
    node = ({"card": "train", "state": "done"}, None)
    events = [
        {"type": "log", "node": "train", "data": train},
        {"type": "log", "node": "load", "data": warning},
    ]
    journal.append(run, events, nodes={"load": node, "train": node}, status="succeeded")
    return run


async def test_the_log_of_a_card_is_plain_text(client: httpx.AsyncClient, run: str) -> None:
    answer = await client.get(f"/api/runs/{run}/nodes/load/log")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "2026-01-31T12:00:00.000Z stderr <b>careful</b>\n"


async def test_a_part_of_it_can_be_searched_and_paged(client: httpx.AsyncClient, run: str) -> None:
    async def get(**query: object) -> tuple[str, list[str]]:
        answer = await client.get(f"/api/runs/{run}/nodes/train/log", params=query)  # type: ignore[arg-type]
        words = [line.split(" ", 2)[2] for line in answer.text.splitlines()]
        return answer.headers["x-total-lines"], words

    assert await get(offset=2, limit=2) == ("100000", ["epoch 2", "epoch 3"])
    assert await get(offset=-1) == ("100000", ["epoch 99999"])
    assert await get(search="EPOCH 1234", limit=1) == ("11", ["epoch 1234"])
    assert await get(stream="stderr") == ("0", [])


async def test_the_log_of_a_run_says_whose_each_line_is(
    client: httpx.AsyncClient, run: str
) -> None:
    answer = await client.get(f"/api/runs/{run}/log?search=careful")

    assert answer.text == "2026-01-31T12:00:00.000Z load stderr <b>careful</b>\n"


@pytest.mark.parametrize("address", ["gone/log", "{run}/nodes/gone/log", "gone/nodes/train/log"])
async def test_a_log_that_is_not_there_is_a_404(
    client: httpx.AsyncClient, run: str, address: str
) -> None:
    answer = await client.get("/api/runs/" + address.format(run=run))

    assert answer.status_code == 404
    assert answer.json()["hint"]


async def test_the_log_of_the_server_is_chosen_by_level_and_paged(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    file = path_in(desk.workspace.root)
    file.parent.mkdir()
    entries = ["INFO web.a told", "ERROR web.a odd\n    Traceback", "WARNING web.a so so"]
    file.write_text("".join(f"2026-01-31T12:00:00.000Z {entry}\n" for entry in entries))

    async def get(**query: object) -> tuple[str, list[str]]:
        answer = await client.get("/api/log", params=query)  # type: ignore[arg-type]
        return answer.headers["x-total-lines"], [
            line.split(" ")[-1] for line in answer.text.splitlines()
        ]

    assert await get() == ("4", ["told", "odd", "Traceback", "so"])
    assert await get(lines=1) == ("4", ["so"])
    assert await get(level="error") == ("2", ["odd", "Traceback"])
    assert await get(level="warning", offset=1, limit=1) == ("3", ["Traceback"])
    assert await get(search="told") == ("1", ["told"])
    assert (await client.get("/api/log", params={"level": "grave"})).status_code == 422
