"""The HTTP interface, as a program uses it."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import ClientDisconnect

from tensorrag import errors
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.run import Request, Run
from tensorrag.run import sweep as sweep_core
from tensorrag.run.sweep import Sweep
from tensorrag.types import picked
from tests.core.engine import chain, node
from tests.web.desk import Desk, Listener, until
from web.http import uploads as api_uploads
from web.http.api import make_api
from web.http.docs import add_docs
from web.http.problem_details import status_of
from web.http.security import Guard
from web.http.site import on_this_machine
from web.live import sweeps_here
from web.live.cards.template import card_template

SUM = chain(node("number", value=3), node("add", amount=4))
IRIS = node("data_load", source="sample", sample_name="iris")
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A program on this machine."""
    async with asking(desk) as client:
        yield client


def asking(desk: Desk) -> httpx.AsyncClient:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    api, docs = make_api(desk.sessions), APIRouter()
    add_docs(docs, api)
    app.include_router(api)
    app.include_router(docs)
    guarded = Guard(app, site=on_this_machine("127.0.0.1"))
    transport = httpx.ASGITransport(guarded)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Hold an error against RFC 9457; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    content: dict[str, Any] = answer.json()
    assert content["status"] == status
    assert content["title"]
    assert content["detail"].endswith(".")
    assert isinstance(content["problems"], list)
    return content


async def create(client: httpx.AsyncClient, pipeline: Pipeline = SUM) -> tuple[str, int]:
    answer = await client.post("/api/pipelines", json=to_json(pipeline))
    assert answer.status_code == 201
    return answer.json()["id"], answer.json()["revision"]


async def run(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """Begin a run, and wait for its end."""
    answer = await client.post("/api/runs", json=body)
    assert answer.status_code == 201, answer.text
    run_id = answer.json()["run"]
    while True:
        outcome: dict[str, Any] = (await client.get(f"/api/runs/{run_id}")).json()
        if outcome["status"] not in ("queued", "running"):
            return outcome
        await asyncio.sleep(0.01)


# --- server and cards -----------------------------------------------------------------------


async def test_health(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


async def test_cards_are_listed_as_on_the_command_line(client: httpx.AsyncClient) -> None:
    cards = {card["card"]: card for card in (await client.get("/api/cards")).json()}

    assert {"data_load", "train_gpu", "number"} <= cards.keys()
    split = cards["data_split"]
    assert split["inputs"] == [
        {"name": "dataset", "type": "Table", "optional": False, "many": False}
    ]
    assert split["params"]["properties"]["train_ratio"]["default"] == 0.8


# --- pipelines ------------------------------------------------------------------------------


async def test_runs_are_compared(client: httpx.AsyncClient) -> None:
    runs = []
    for amount in (4, 9):
        varied = to_json(SUM.with_nodes(node("add", amount=amount)))
        runs.append((await client.post("/api/runs", json={"pipeline": varied})).json()["run"])
    both = [("run", run) for run in runs]

    compared = (await client.get("/api/runs/compare", params=both)).json()

    assert [each["run"] for each in compared["runs"]] == runs
    assert [(d["what"], d["values"]) for d in compared["differences"]] == [("amount", [4, 9])]
    problem(await client.get("/api/runs/compare", params=both[:1]), 422)
    problem(await client.get("/api/runs/compare"), 422)
    problem(await client.get("/api/runs/compare", params=[*both, ("run", "gone")]), 404)


async def test_a_field_is_tried_with_several_values(client: httpx.AsyncClient) -> None:
    name, _ = await create(client)
    sweeps = f"/api/pipelines/{name}/sweeps"
    asked = {"field": "add.amount", "values": "1..5 by 2", "set": {"number.value": 10}}
    begun = await client.post(sweeps, json=asked)
    assert begun.status_code == 201, begun.text
    address = begun.headers["location"]
    assert address == f"{sweeps}/{begun.json()['sweep']}"

    found = await ended_sweep(client, address)

    assert (found["sweep"], found["field"]) == (begun.json()["sweep"], "add.amount")
    assert [(each["value"], each["status"]) for each in found["runs"]] == [
        (1, "succeeded"), (3, "succeeded"), (5, "succeeded"),
    ]  # fmt: skip
    assert found["runs"][0]["run"] == begun.json()["run"]
    assert (found["best"], found["problem"]) == ({}, "")
    rows = f"/api/runs/{found['runs'][1]['run']}/nodes/add/outputs/number/rows"
    assert (await client.get(rows)).json()["rows"] == [[13]]
    assert (await client.get("/api/runs", params={"pipeline_id": name})).json() == []


async def test_a_sweep_goes_on_until_its_last_run_has_ended(
    client: httpx.AsyncClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its runs are read when the first one has ended, and the rest begins before that is told."""
    session, seen = await desk.open(SUM), threading.Event()
    sweep, sweeps = Sweep.new(session.id, "add", "amount", [1, 2, 3]), desk.sessions.sweeps
    begin, read = desk.sessions.runs.begin, sweep_core.tried

    async def once_seen(request: Request) -> Run:
        if request.values != {"add.amount": 1}:
            await asyncio.to_thread(seen.wait)
        return await begin(request)

    def slowly(*args: Any) -> Any:
        found = read(*args)
        seen.set()
        while (planned := sweeps.get(sweep.id)) is not None and planned.left:
            time.sleep(0.01)
        return found

    monkeypatch.setattr(desk.sessions.runs, "begin", once_seen)
    monkeypatch.setattr(sweeps_here, "tried", slowly)
    first = await sweeps.begin(session, sweep)
    assert await first.wait() == "succeeded"

    address = f"/api/pipelines/{session.id}/sweeps/{sweep.id}"
    told = (await client.get(address)).json()
    assert (told["status"], len(told["runs"])) == ("running", 1)
    assert len((await ended_sweep(client, address))["runs"]) == 3


async def test_a_sweep_is_stopped(client: httpx.AsyncClient) -> None:
    waits = chain(node("number"), node("wait", steps=100_000))
    sweeps = f"/api/pipelines/{(await create(client, waits))[0]}/sweeps"
    begun = await client.post(sweeps, json={"field": "number.value", "values": [1, 2, 3]})
    address = begun.headers["location"]
    assert (await client.get(address)).json()["status"] == "running"

    assert (await client.post(f"{address}/cancel")).status_code == 202

    found = await ended_sweep(client, address)
    assert {each["status"] for each in found["runs"]} == {"cancelled"}


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"field": "amount", "values": [1]}, 422, "names no field"),
        ({"field": "add.amount", "values": []}, 422, "tries 1 to 100 values"),
        ({"field": "add.amount", "values": "1..b"}, 422, "is no range"),
        ({"field": "add.amount"}, 422, "values"),
        ({"field": "gone.amount", "values": [1]}, 404, "gone"),
        ({"field": "add.amount", "values": ["many"]}, 422, "Amount"),
        ({"field": "add.amount", "values": [1], "gpu": "T5"}, 422, "no GPU"),
        ({"field": "add.amount", "values": [1], "until": "gone"}, 404, "gone"),
    ],
)
async def test_a_sweep_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, asked: dict[str, Any], status: int, said: str
) -> None:
    sweeps = f"/api/pipelines/{(await create(client))[0]}/sweeps"
    assert said in problem(await client.post(sweeps, json=asked), status)["detail"]
    problem(await client.get(f"{sweeps}/gone"), 404)
    wanted = {"field": "add.amount", "values": [1]}
    problem(await client.post("/api/pipelines/gone/sweeps", json=wanted), 404)


async def ended_sweep(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """Wait for the end of a sweep."""
    while True:
        found: dict[str, Any] = (await client.get(address)).json()
        if found["status"] == "ended":
            return found
        await asyncio.sleep(0.01)


async def test_a_deleted_pipeline_is_brought_back(client: httpx.AsyncClient) -> None:
    made, _ = await create(client)
    await client.delete(f"/api/pipelines/{made}")

    back = await client.post(f"/api/pipelines/{made}/restore")

    assert back.json()["id"] == made
    assert (await client.get(f"/api/pipelines/{made}")).json() == to_json(SUM)
    problem(await client.post(f"/api/pipelines/{made}/restore"), 422)


async def test_a_pipeline_is_created_read_replaced_and_deleted(client: httpx.AsyncClient) -> None:
    pipeline_id, revision = await create(client)
    address = f"/api/pipelines/{pipeline_id}"

    got = await client.get(address)
    assert got.json() == to_json(SUM)
    assert got.headers["etag"] == f'"{revision}"'

    other = {**got.json(), "name": "Other"}
    put = await client.put(address, json=other, headers={"If-Match": got.headers["etag"]})
    assert put.status_code == 200
    assert put.json()["revision"] > revision
    assert (await client.get(address)).json()["name"] == "Other"

    assert (await client.delete(address)).status_code == 204
    problem(await client.get(address), 404)


async def test_a_save_at_an_old_revision_is_refused(client: httpx.AsyncClient, desk: Desk) -> None:
    pipeline_id, revision = await create(client)
    address = f"/api/pipelines/{pipeline_id}"
    session = await desk.sessions.open(pipeline_id)
    session.edit([{"op": "set_params", "node": "add", "params": {"amount": 9}}])

    answer = await client.put(address, json=to_json(SUM), headers={"If-Match": f'"{revision}"'})
    problem(answer, 409)
    problem(await client.delete(address, headers={"If-Match": f'"{revision}"'}), 409)

    assert session.pipeline.nodes["add"].params["amount"] == 9
    answer = await client.put(
        address, json=to_json(SUM), headers={"If-Match": f'"{session.revision}"'}
    )
    assert answer.status_code == 200


async def test_edits_are_made_over_http_and_versions_listed_named_and_brought_back(
    client: httpx.AsyncClient,
) -> None:
    pipeline_id, _ = await create(client)
    address = f"/api/pipelines/{pipeline_id}"
    op = {"op": "set_params", "node": "add", "params": {"amount": 9}}

    edited = await client.post(f"{address}/edits", json={"ops": [op]})
    assert edited.status_code == 200
    assert edited.json()["label"] == "Change Amount"
    assert edited.headers["etag"] == f'"{edited.json()["revision"]}"'
    problem(await client.post(f"{address}/edits", json={"ops": [{"op": "?"}]}), 422)
    problem(await client.post(f"{address}/edits", json={"ops": "?"}), 422)

    now, first = (await client.get(f"{address}/versions")).json()
    assert now["revision"] == edited.json()["revision"]
    assert (now["said"], first["said"]) == ("Set Amount of Add to 9", "As it was here first")
    version = f"{address}/versions/{first['revision']}"
    assert (await client.get(version)).json() == to_json(SUM)
    assert (await client.put(version, json={"name": "Four"})).json()["name"] == "Four"
    assert (await client.get(f"{address}/versions")).json()[1]["name"] == "Four"

    back = await client.post(f"{version}/restore")
    assert back.json()["label"] == 'Bring back "Four"'
    assert (await client.get(address)).json() == to_json(SUM)
    problem(await client.get(f"{address}/versions/1"), 422)


async def test_revisions_rise_across_restarts(client: httpx.AsyncClient, desk: Desk) -> None:
    pipeline_id, revision = await create(client)

    later = await desk.restarted()
    session = await later.sessions.open(pipeline_id)

    assert session.revision > revision
    await later.sessions.close()


async def test_what_is_put_shows_in_every_page_and_is_in_the_file(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    pipeline_id, _ = await create(client)
    session = await desk.sessions.open(pipeline_id)
    view = Listener(session)

    await client.put(f"/api/pipelines/{pipeline_id}", json=to_json(chain(node("number"))))

    assert view.patches
    assert list(desk.workspace.pipelines.load(pipeline_id).pipeline.nodes) == ["number"]
    session.undo()
    assert list(session.pipeline.nodes) == ["number", "add"]


async def test_pipelines_are_listed(client: httpx.AsyncClient) -> None:
    pipeline_id, _ = await create(client)

    entries = (await client.get("/api/pipelines")).json()

    entry = next(entry for entry in entries if entry["id"] == pipeline_id)
    assert entry["name"] == "Numbers"
    assert entry["cards"] == ["number", "add"]
    assert entry["modified"].endswith("Z")


async def test_an_unchanged_pipeline_is_not_sent_again(client: httpx.AsyncClient) -> None:
    pipeline_id, revision = await create(client)
    headers = {"If-None-Match": f'"{revision}"'}

    assert (await client.get(f"/api/pipelines/{pipeline_id}", headers=headers)).status_code == 304


@pytest.mark.parametrize(
    ("amount", "why"),
    [("NaN", "NaN"), ("1e999", "too large"), ("1" * 100, "100 digits"), ("1, 'amount': 2", "twice"),
     ('"\\ud800"', "half a character"), ("[" * 99 + "]" * 99, "nested")],
)  # fmt: skip
async def test_an_edit_is_read_as_strictly_as_a_file(
    client: httpx.AsyncClient, amount: str, why: str
) -> None:
    pipeline_id, _ = await create(client)
    params = f"{{'amount': {amount}}}".replace("'", '"')
    body = f'{{"ops": [{{"op": "set_params", "node": "add", "params": {params}}}]}}'

    refused = problem(await client.post(f"/api/pipelines/{pipeline_id}/edits", content=body), 400)

    assert why in refused["detail"]
    assert (await client.get(f"/api/pipelines/{pipeline_id}")).json() == to_json(SUM)


async def test_a_body_that_is_another_says_where(client: httpx.AsyncClient) -> None:
    pipeline_id, revision = await create(client)
    address = f"/api/pipelines/{pipeline_id}"

    for body, where in (([], "The body"), ({"ops": [], "x": 1}, '"x"'), ({"ops": 1}, '"ops"')):
        assert where in problem(await client.post(f"{address}/edits", json=body), 422)["detail"]
    named = await client.put(f"{address}/versions/{revision}", json={"name": 3})
    assert '"name"' in problem(named, 422)["detail"]


async def test_odd_things_in_a_file_are_told(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/pipelines", json={**to_json(SUM), "colour": "red"})

    assert answer.json()["warnings"] == ['The pipeline: the key "colour" is unknown; it is kept.']


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "{}",
        "[]",
        '{"format": "tensorrag.pipeline", "version": 99}',
        '{"format": "tensorrag.pipeline", "version": 1, "x": NaN}',
        '{"format": "tensorrag.pipeline", "version": 1, "version": 1}',
        b"\xff\xfe",
        "[" * 100_000,
    ],
)
async def test_what_is_no_pipeline_is_refused_with_one_sentence(
    client: httpx.AsyncClient, body: str | bytes
) -> None:
    pipeline_id, _ = await create(client)
    for answer in (
        await client.post("/api/pipelines", content=body),
        await client.put(f"/api/pipelines/{pipeline_id}", content=body),
        await client.post("/api/check", content=body),
    ):
        assert problem(answer, 400)["detail"].count(". ") == 0


async def test_a_pipeline_over_the_cap_is_refused(client: httpx.AsyncClient) -> None:
    problem(await client.post("/api/pipelines", content=b" " * (8 * 2**20 + 1)), 400)
    problem(await client.post("/api/pipelines", content=b" " * (10 * 2**20)), 413)


async def test_importing_runs_nothing(client: httpx.AsyncClient, desk: Desk) -> None:
    await create(client, Pipeline().with_nodes(Node("x", "read_number", {"path": "/etc/passwd"})))
    await asyncio.sleep(0.2)

    assert desk.tasks("peek") == []
    assert desk.tasks("run") == []


# --- checks ---------------------------------------------------------------------------------


async def test_checks_list_problems(client: httpx.AsyncClient) -> None:
    wrong = chain(node("number", value="three"), node("add"))
    pipeline_id, _ = await create(client, wrong)

    for answer in (
        await client.post(f"/api/pipelines/{pipeline_id}/check"),
        await client.post("/api/check", json=to_json(wrong)),
    ):
        (found,) = answer.json()["problems"]
        assert (found["code"], found["node"], found["field"]) == (
            "parameter_invalid",
            "number",
            "value",
        )
        keys = {"code", "level", "node", "port", "field", "edge", "message", "hint", "fix"}
        assert found.keys() == keys


# --- runs -----------------------------------------------------------------------------------


async def test_a_pipeline_of_the_workspace_runs_for_everybody_to_see(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    pipeline_id, _ = await create(client)
    session = await desk.sessions.open(pipeline_id)
    view = Listener(session)

    outcome = await run(client, pipeline_id=pipeline_id)

    assert outcome["status"] == "succeeded"
    assert outcome["nodes"]["add"]["state"] == "done"
    await session.settled()
    assert view.states_of("add")[-1] == "done"


async def test_a_pipeline_that_is_sent_along_runs(client: httpx.AsyncClient) -> None:
    outcome = await run(client, pipeline=to_json(SUM), until="number")

    assert outcome["status"] == "succeeded"
    assert list(outcome["nodes"]) == ["number"]


async def test_one_branch_runs_and_nothing_else(client: httpx.AsyncClient) -> None:
    forked = SUM.with_nodes(node("parity"), node("fail")).with_edges(
        Edge("number", "number", "parity", "number"), Edge("number", "number", "fail", "number")
    )
    pipeline_id, _ = await create(client, forked)

    outcome = await run(client, pipeline_id=pipeline_id, branch="add")

    assert (outcome["status"], list(outcome["nodes"])) == ("succeeded", ["number", "add"])
    refused = await client.post("/api/runs", json={"pipeline_id": pipeline_id, "branch": "gone"})
    problem(refused, 404)


async def test_parameters_can_be_set_for_one_run(client: httpx.AsyncClient, desk: Desk) -> None:
    pipeline_id, _ = await create(client)

    outcome = await run(client, pipeline_id=pipeline_id, set={"add.amount": 40}, no_cache=True)

    rows = await client.get(f"/api/runs/{outcome['run']}/nodes/add/outputs/number/rows")
    assert rows.json()["rows"] == [[43]]
    session = await desk.sessions.open(pipeline_id)
    assert session.pipeline.nodes["add"].params["amount"] == 4
    assert await session.history.runs() == []  # not a run of the pipeline as it stands


async def test_errors_refuse_a_run_and_say_where(client: httpx.AsyncClient) -> None:
    wrong = to_json(chain(node("number", value="three"), node("add")))

    content = problem(await client.post("/api/runs", json={"pipeline": wrong}), 422)

    assert content["problems"][0]["node"] == "number"
    assert content["problems"][0]["field"] == "value"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"pipeline_id": "gone"}, 404),
        ({"pipeline_id": "../x"}, 404),
        ({"pipeline_id": 5}, 422),
        ({"pipeline": {}}, 400),
        ({"pipeline": [], "until": "x"}, 422),
        ({"pipeline": to_json(SUM), "pipeline_id": "x"}, 422),
        ({"pipeline": to_json(SUM), "until": "gone"}, 404),
        ({"pipeline": to_json(SUM), "set": {"gone.x": 1}}, 404),
        ({"pipeline": to_json(SUM), "set": {"add": 1}}, 422),
        ({"pipeline": to_json(SUM), "set": {"add.gone": 1}}, 422),
        ({"pipeline": to_json(SUM), "on": "mars"}, 422),
        ({"pipeline": to_json(SUM), "gpu": "V100"}, 422),
        ({"pipeline": to_json(SUM), "no_cache": "yes"}, 422),
        ({"pipeline": to_json(SUM), "evil": 1}, 422),
        ({"resume": "gone", "pipeline_id": "gone"}, 422),
        ({"resume": "gone", "until": "gone"}, 422),
        ([], 422),
    ],
)
async def test_a_run_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: Any, status: int
) -> None:
    problem(await client.post("/api/runs", json=body), status)


async def test_a_second_run_of_one_pipeline_waits_its_turn(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    pipeline_id, _ = await create(client, chain(node("number"), node("wait")))
    body = {"pipeline_id": pipeline_id}
    first, second = [(await client.post("/api/runs", json=body)).json()["run"] for _ in range(2)]
    assert (await client.get(f"/api/runs/{second}")).json()["status"] == "queued"

    await client.post(f"/api/runs/{first}/cancel")
    session = await desk.sessions.open(pipeline_id)
    await until(lambda: session.run is not None and session.run.id == second)

    await client.post(f"/api/runs/{second}/cancel")
    await until(lambda: not session.running)


async def test_what_a_run_left_is_done_by_the_one_that_resumes_it(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    pipeline_id, _ = await create(client, chain(node("number"), node("fail"), node("add")))
    failed = await run(client, pipeline_id=pipeline_id)
    assert failed["status"] == "failed"
    session = await desk.sessions.open(pipeline_id)
    session.edit([{"op": "set_node", "node": "fail", "enabled": False}])  # mended meanwhile

    resumed = await run(client, resume=failed["run"])

    assert resumed["status"] == "succeeded"
    assert resumed["nodes"]["number"]["cached"]
    listed = {entry["run"]: entry for entry in (await client.get("/api/runs")).json()}
    assert listed[resumed["run"]]["parent"] == failed["run"]
    assert session.following.status == "succeeded"
    problem(await client.post("/api/runs", json={"resume": resumed["run"]}), 409)
    problem(await client.post("/api/runs", json={"resume": "gone"}), 404)


async def test_runs_are_listed(client: httpx.AsyncClient) -> None:
    outcome = await run(client, pipeline=to_json(SUM))

    (entry,) = (await client.get("/api/runs")).json()

    assert entry["run"] == outcome["run"]
    assert entry["status"] == "succeeded"


async def test_cancel(client: httpx.AsyncClient, desk: Desk) -> None:
    slow = to_json(chain(node("number"), node("wait"), node("add")))
    run_id = (await client.post("/api/runs", json={"pipeline": slow})).json()["run"]
    run = desk.sessions.runs.get(run_id)
    assert run is not None
    await until(lambda: run.nodes["wait"].state == "running")

    problem(await client.post(f"/api/runs/{run_id}/cancel", json={"node": "gone"}), 404)
    problem(await client.post(f"/api/runs/{run_id}/cancel", json={"node": 5}), 422)
    answer = await client.post(f"/api/runs/{run_id}/cancel")

    assert answer.status_code == 202
    assert await run.wait() == "cancelled"
    assert (await client.post(f"/api/runs/{run_id}/cancel")).status_code == 202


def events_of(text: str) -> list[tuple[int, dict[str, Any]]]:
    """Read server-sent events as a browser does."""
    events = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
        events.append((int(lines["id"]), json.loads(lines["data"])))
    return events


async def test_nothing_is_told_before_what_an_earlier_server_left_is_taken_up(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    cut_off = desk.workspace.journal.create_run({})
    with sqlite3.connect(
        tmp_path / "journal.sqlite"
    ) as database:  # its process is another one's number now
        database.execute("UPDATE runs SET pid_started = pid_started - 3600")
    database.close()

    async with asking(desk) as client:
        early = asyncio.create_task(client.get(f"/api/runs/{cut_off}"))
        await asyncio.wait({early}, timeout=0.3)
        assert not early.done()
        assert (await client.get("/healthz")).status_code == 200

        await desk.start()

        assert (await early).json()["status"] == "interrupted"
    await desk.sessions.close()


async def test_whoever_asks_before_the_first_start_is_over_is_told_of_its_sample(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    async with asking(desk) as client:
        early = asyncio.create_task(client.get("/api/pipelines"))
        mine = asyncio.create_task(client.post("/api/pipelines", json=to_json(SUM)))

        await desk.start()

        assert (await mine).status_code == 201
        assert "Boston housing on a GPU" in [each["name"] for each in (await early).json()]
        assert len((await client.get("/api/pipelines")).json()) == 2
    await desk.sessions.close()


async def test_events_are_streamed_from_the_start_and_from_where_one_left(
    client: httpx.AsyncClient,
) -> None:
    outcome = await run(client, pipeline=to_json(SUM))
    address = f"/api/runs/{outcome['run']}/events"

    answer = await client.get(address)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer.text)
    assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
    for seq, event in events:
        assert event.keys() == {"seq", "time", "run", "node", "type", "data"}
        assert event["seq"] == seq
    assert events[-1][1]["data"]["status"] == "succeeded"

    rest = await client.get(address, headers={"Last-Event-ID": "2"})
    assert events_of(rest.text) == events[2:]
    last = str(events[-1][0])
    assert (await client.get(address, headers={"Last-Event-ID": last})).status_code == 204


async def test_events_of_a_run_that_goes_on(client: httpx.AsyncClient) -> None:
    slow = to_json(chain(node("number"), node("wait", steps=50)))
    run_id = (await client.post("/api/runs", json={"pipeline": slow})).json()["run"]

    events = events_of((await client.get(f"/api/runs/{run_id}/events")).text)

    assert "progress" in {event["type"] for _, event in events}
    assert events[-1][1]["data"]["status"] == "succeeded"


# --- results --------------------------------------------------------------------------------


async def test_a_preview_of_a_large_table_is_drawn_when_it_is_asked_for(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picked, "LARGE", 0)
    outcome = await run(client, pipeline=to_json(SUM))

    output = f"/api/runs/{outcome['run']}/nodes/add/outputs/number"
    preview = (await client.get(f"{output}/preview")).json()

    assert (preview["kind"], preview["rows"], preview["sample"]) == ("table", 1, [[7]])


async def test_previews_and_rows(client: httpx.AsyncClient) -> None:
    outcome = await run(client, pipeline=to_json(SUM))
    output = f"/api/runs/{outcome['run']}/nodes/add/outputs/number"

    preview = (await client.get(f"{output}/preview")).json()
    assert (preview["kind"], preview["rows"]) == ("table", 1)
    rows = (await client.get(f"{output}/rows?offset=0&limit=5&sort=-number")).json()
    assert rows == {
        "columns": ["number"], "rows": [[7]], "offset": 0, "total": 1, "of": 1,
        "more_columns": 0
    }  # fmt: skip
    problem(await client.get(f"{output}/rows?limit=many"), 422)
    problem(await client.get(f"{output}/rows?sort=gone"), 422)
    for where, fit in (('[["number", ">", 7]]', 0), ('[["number", "≥", 7]]', 1)):
        rows = (await client.get(f"{output}/rows", params={"where": where})).json()
        assert (rows["total"], rows["of"]) == (fit, 1)
    for where in ("number > 7", "[[", '[["gone", "=", 1]]', "[" * 5000):
        problem(await client.get(f"{output}/rows", params={"where": where}), 422)


async def test_a_whole_table_is_a_csv_file(client: httpx.AsyncClient, desk: Desk) -> None:
    session = await desk.open(Pipeline("Flowers").with_nodes(IRIS))
    assert await desk.run(session) == "succeeded"
    run_id = session.history.run_id
    output = f"/api/runs/{run_id}/nodes/data_load/outputs/dataset"
    asked = {"sort": "-sepal_length", "where": '[["sepal_length", ">", 7.5]]'}

    whole = await client.get(f"{output}/csv", params=asked)

    assert whole.headers["content-type"].startswith("text/csv")
    assert "data_load.dataset.csv" in whole.headers["content-disposition"]
    head, *lines = whole.text.splitlines()
    page = (await client.get(f"{output}/rows", params=asked)).json()
    assert head.split(",") == page["columns"]
    assert [float(line.split(",")[0]) for line in lines] == [row[0] for row in page["rows"]]
    digest = (await client.get(f"/api/runs/{run_id}")).json()["nodes"]["data_load"]["outputs"]
    by_name = f"/api/tables/{digest['dataset']['sha256']}/csv"
    assert (await client.get(by_name, params=asked)).text == whole.text
    problem(await client.get(by_name, params={"sort": "gone"}), 422)
    problem(await client.get("/api/tables/gone/csv"), 404)
    problem(await client.get(f"/api/tables/{'0' * 64}/csv"), 404)


async def test_no_more_of_a_csv_file_is_made_than_somebody_takes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorrag.csv_part.CELLS", 50)
    session = await desk.open(Pipeline("Flowers").with_nodes(IRIS))
    assert await desk.run(session) == "succeeded"
    shown = session.results.of("data_load")
    assert shown is not None
    parts = session.results.table(shown.digests["dataset"]).csv()

    for _ in range(2):
        await anext(parts)
    await parts.aclose()

    assert len(desk.tasks("page")) == 2


@pytest.mark.parametrize(
    "address",
    [
        "/api/runs/gone",
        "/api/runs/gone/events",
        "/api/runs/gone/nodes/a/outputs/b/preview",
        "/api/pipelines/gone",
        "/api/pipelines/..%2F..%2Fetc",
        "/api/nothing",
        "/api/",
    ],
)
async def test_what_is_not_there_is_a_404(client: httpx.AsyncClient, address: str) -> None:
    problem(await client.get(address), 404)


async def test_results_that_are_not_there_are_a_404(client: httpx.AsyncClient) -> None:
    outcome = await run(client, pipeline=to_json(SUM))
    nodes = f"/api/runs/{outcome['run']}/nodes"

    problem(await client.get(f"{nodes}/gone/outputs/number/preview"), 404)
    problem(await client.get(f"{nodes}/add/outputs/gone/rows"), 404)


async def test_wrong_methods_name_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.patch("/api/runs")

    problem(answer, 405)
    assert answer.headers["allow"] == "GET, POST"


async def test_what_nobody_thought_of_is_a_500_and_in_the_log(
    client: httpx.AsyncClient,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(desk.sessions, "entries", None)

    problem(await client.get("/api/pipelines"), 500)

    assert "GET /api/pipelines failed." in caplog.text


# --- uploads --------------------------------------------------------------------------------


async def test_an_upload_that_is_cut_in_the_middle_leaves_nothing(
    client: httpx.AsyncClient, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        raise ClientDisconnect

    problem(await client.post("/api/uploads", content=cut()), 400)

    assert list(desk.workspace.uploads.folder.iterdir()) == []
    assert caplog.text == ""


async def test_uploads_are_kept_by_their_content(client: httpx.AsyncClient, desk: Desk) -> None:
    form = await client.post("/api/uploads", files={"file": ("../../prices.csv", b"a,b\n1,2\n")})
    whole = await client.post("/api/uploads?name=prices.csv", content=b"a,b\n1,2\n")

    assert form.status_code == whole.status_code == 201
    assert form.json() == whole.json()
    assert form.json()["name"] == "prices.csv"
    path = desk.workspace.uploads.path(form.json()["upload"])
    assert path.read_bytes() == b"a,b\n1,2\n"


async def test_uploads_are_counted(
    client: httpx.AsyncClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_uploads, "LIMIT", 1000)

    problem(await client.post("/api/uploads", content=b"x" * 1001), 413)
    problem(await client.post("/api/uploads", files={"file": ("a", b"x" * 1001)}), 413)

    assert not any(desk.workspace.uploads.folder.iterdir())


async def test_odd_uploads_are_refused(client: httpx.AsyncClient) -> None:
    problem(await client.post("/api/uploads", files={"other": ("a.csv", b"x")}), 422)
    problem(await client.post("/api/uploads", data={"file": "x"}), 415)
    many = [("file", (f"{number}.csv", b"x")) for number in range(400)]
    problem(await client.post("/api/uploads", files=many), 400)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(await client.post("/api/uploads", content=b"no form", headers=headers), 400)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.csv", "a.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\b.csv", "b.csv"),
        ("", "upload"),
        ("\u202egnp.csv", "\ufffdgnp.csv"),
        ("x" * 500, "x" * 200),
        ("<b>.csv", "<b>.csv"),
        ("a\x00b\r\n.csv", "a\ufffdb\ufffd\ufffd.csv"),
        ("..", ".."),
        ("../", "upload"),
        ("   ", "upload"),
    ],
)
def test_names_are_labels(name: str, shown: str) -> None:
    assert api_uploads.label(name) == shown


# --- description ----------------------------------------------------------------------------


async def test_the_description_names_every_route(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()

    assert described["openapi"].startswith("3.")
    paths = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert {
        ("/healthz", "get"),
        ("/api/cards", "get"),
        ("/api/pipelines", "post"),
        ("/api/pipelines/{pipeline_id}", "put"),
        ("/api/pipelines/{pipeline_id}/check", "post"),
        ("/api/check", "post"),
        ("/api/runs", "post"),
        ("/api/runs/{run_id}/events", "get"),
        ("/api/runs/{run_id}/cancel", "post"),
        ("/api/runs/{run_id}/nodes/{node_id}/outputs/{port}/rows", "get"),
        ("/api/pipelines/{pipeline_id}/sweeps", "post"),
        ("/api/pipelines/{pipeline_id}/sweeps/{sweep}", "get"),
        ("/api/uploads", "post"),
    } <= paths


async def test_the_page_of_the_description_loads_nothing(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text

    assert "/api/pipelines/{pipeline_id}" in page
    assert not re.search(r"<script|<link|<img|<iframe|src=|@import|url\(", page)
    assert re.findall(r'href="([^"]*)"', page) == ["/openapi.json"]


def test_every_error_of_the_core_has_a_status() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = [kind for kind in kinds if issubclass(kind, errors.TensorRagError)]

    for kind in ours:
        if kind not in (errors.TensorRagError, errors.CardFailed, errors.TaskFailed):
            assert 400 <= status_of(kind("It went wrong.")) < 600


async def test_the_source_of_a_card_of_ones_own_is_read_and_replaced(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    address, text = "/api/cards/my_card/source", card_template(())
    problem(await client.get(address), 404)
    begun = await client.put(address, content=text)
    assert begun.json() == {"file": "my_card.py", "cards": ["my_card"]}
    got = await client.get(address)
    assert got.text == text
    assert got.headers["etag"] == begun.headers["etag"]

    old = {"If-Match": got.headers["etag"]}
    changed = await client.put(address, content=f"{text}# mine\r\n", headers=old)
    assert changed.status_code == 200
    said = problem(await client.put(address, content=f"{text}# theirs\n", headers=old), 409)
    assert said["detail"] == "my_card.py was changed meanwhile, so nothing was written over it."
    wrong = text.replace("def run(self, table: Table)", "def run(self, table: Tabel)")
    assert problem(await client.put(address, content=wrong), 422)["detail"].startswith("Line 22: ")
    problem(await client.put(address, content=b"\xff"), 422)
    problem(await client.put("/api/cards/data_load/source", content=text), 404)
    problem(await client.put("/api/cards/..%2Fmy_card/source", content=text), 422)

    kept = await client.get(address)
    assert kept.text == f"{text}# mine\n"
    assert kept.headers["etag"] == changed.headers["etag"]
