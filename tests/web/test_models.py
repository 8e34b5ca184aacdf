"""The models that were trained here, as a program uses them."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

import httpx
import jsonschema
import pytest
from fastapi import FastAPI

from tensorrag.asked_rows import columns_of
from tensorrag.errors import ParameterError
from tensorrag.types import ColumnKind, ColumnSchema
from tests.clock import within
from tests.core.diabetes import pipeline
from tests.web.desk import Desk
from web.http.api import make_api
from web.http.model_docs import VALUES


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A program on this machine, where one model was trained."""
    session = await desk.open(pipeline())
    assert await desk.run(session) == "succeeded"
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(make_api(desk.sessions))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@contextmanager
def longest_wait() -> Iterator[Callable[[], float]]:
    """Count how long others waited for the server meanwhile, at the longest; seconds."""
    waits = [0.0]

    async def look() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            waits.append(time.monotonic() - before)

    looking = asyncio.get_running_loop().create_task(look())
    try:
        yield lambda: max(waits)
    finally:
        looking.cancel()


async def test_models_are_listed_named_pinned_deleted_and_brought_back(
    client: httpx.AsyncClient,
) -> None:
    [model] = (await client.get("/api/models")).json()
    assert model["name"] == "ridge · progression · Diabetes"
    assert model["state"] == "ready"
    assert model["size"] > 0
    assert model["metrics"]["r2"] > model["baseline"]["r2"]
    address = f"/api/models/{model['id']}"

    changed = await client.patch(address, json={"name": "Doctor", "pinned": True})
    assert (changed.json()["name"], changed.json()["pinned"]) == ("Doctor", True)
    assert (await client.get("/api/models/Doctor")).json()["id"] == model["id"]
    await client.patch(address, json={"name": "price/area?"})
    assert (await client.get("/api/models/price%2Farea%3F")).json()["id"] == model["id"]
    described = await client.get("/api/models/price%2Farea%3F/openapi.json")
    assert described.json()["info"]["title"] == "price/area?"
    await client.patch(address, json={"name": "Doctor"})

    assert (await client.delete(address)).status_code == 200
    assert (await client.get("/api/models")).json() == []
    gone = await client.get(address)
    assert gone.status_code == 404
    assert gone.json()["detail"] == f'There is no model "{model["id"]}" in this workspace.'

    assert (await client.post(f"{address}/restore")).json()["name"] == "Doctor"
    assert len((await client.get("/api/models")).json()) == 1


async def test_what_makes_no_sense_is_refused_in_a_sentence(client: httpx.AsyncClient) -> None:
    [model] = (await client.get("/api/models")).json()

    refused = await client.patch(f"/api/models/{model['id']}", json={"colour": "red"})

    assert refused.status_code == 422
    assert "colour" in refused.json()["detail"]


async def test_a_program_asks_a_model_about_rows(client: httpx.AsyncClient, desk: Desk) -> None:
    [model] = (await client.get("/api/models")).json()
    address = f"/api/models/{model['id']}/predict"
    row = dict.fromkeys(model["features"], 1)

    answer = await client.post(address, json={"rows": [row, row]})
    columns = {name: [value] * 2 for name, value in row.items()}
    same = await client.post(
        "/api/models/ridge · progression · Diabetes/predict", json={"columns": columns}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["model"] == model["id"]
    first, second = answer.json()["predictions"]
    assert first == second == pytest.approx(first)
    assert same.json() == answer.json()


async def test_each_model_is_described_with_a_row_that_can_be_sent(
    client: httpx.AsyncClient,
) -> None:
    [model] = (await client.get("/api/models")).json()
    address = f"/api/models/{model['id']}"

    described = (await client.get(f"{address}/openapi.json")).json()

    [(path, methods)] = described["paths"].items()
    asked = methods["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(asked["example"]["rows"][0]) == set(model["features"])
    assert asked["example"]["rows"] == [(await client.get(address)).json()["example"]]
    [row] = asked["example"]["rows"]
    columns = {name: [value] for name, value in row.items()}
    for body in (asked["example"], {"columns": columns}, {"rows": [row | {"progression": 1}]}):
        jsonschema.validate(body, asked)
        answer = await client.post(path, json=body)
        assert answer.status_code == 200, answer.text
    for body in ({}, {"rows": [row], "columns": columns}, {"rows": []}, {"rows": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(body, asked)
        assert (await client.post(path, json=body)).status_code == 422
    without = await client.post(path, json={"rows": [row | {"bmi": None}]})
    assert without.status_code == 422
    assert "bmi has no value" in without.json()["detail"]


async def test_numbers_may_stand_in_texts_as_in_a_file(client: httpx.AsyncClient) -> None:
    [model] = (await client.get("/api/models")).json()
    address = f"/api/models/{model['id']}/predict"
    row = {name: 0.25 * at for at, name in enumerate(model["features"])}

    numbers = await client.post(address, json={"rows": [row]})
    texts = await client.post(address, json={"rows": [{n: f" {v}" for n, v in row.items()}]})

    assert texts.status_code == 200, texts.text
    assert texts.json() == numbers.json()


@pytest.mark.parametrize("kind", get_args(ColumnKind))
@pytest.mark.parametrize(
    "value", [7, 3.5, True, "7", "-.5e1", " Yes", "off", "", "six", "1,000", "80,5 ", "1,250 "]
)
def test_a_description_allows_what_is_taken_and_nothing_else(kind: ColumnKind, value: Any) -> None:
    if kind == "date" and isinstance(value, str) and value:
        return  # no pattern tells which day there is
    try:
        columns_of([{"x": value}], [ColumnSchema(name="x", kind=kind)])
        taken = True
    except ParameterError:
        taken = False

    assert jsonschema.Draft202012Validator(VALUES[kind]).is_valid(value) == taken


async def test_rows_that_do_not_fit_are_refused_with_their_place(client: httpx.AsyncClient) -> None:
    [model] = (await client.get("/api/models")).json()
    address = f"/api/models/{model['id']}/predict"
    row = dict.fromkeys(model["features"], 1)

    wrong = await client.post(address, json={"rows": [row, row | {"bmi": "high"}]})
    neither = await client.post(address, json={})
    bodies = {
        "5": "The body must be an object, not 5.",
        '{"rows": 5}': '"rows" must be a list, not 5.',
        '{"columns": []}': '"columns" must be an object.',
        '{"row": []}': '"row" is nothing that is taken here.',
        '{"rows": [null]}': "Row 1 is no object.",
    }
    for body, sentence in bodies.items():
        answer = await client.post(address, content=body)
        assert (answer.status_code, answer.json()["detail"]) == (422, sentence)
    broken = await client.post(address, content="{")
    nobody = await client.post("/api/models/nobody/predict", json={"rows": [row]})

    assert (wrong.status_code, wrong.json()["detail"]) == (422, 'Row 2, bmi: "high" is no number.')
    assert (neither.status_code, nobody.status_code) == (422, 404)
    assert neither.json()["detail"] == 'Send either "rows" or "columns".'
    assert broken.status_code == 400
    assert "file" not in broken.json()["hint"]


async def test_names_without_end_are_refused_here_while_others_are_answered(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    [model] = (await client.get("/api/models")).json()
    row: dict[str, Any] = dict.fromkeys(model["features"], 1)
    row |= {f"column {number}": 1 for number in range(300_000)}
    body = json.dumps({"rows": [row]})

    with longest_wait() as waited:
        refused = await client.post(f"/api/models/{model['id']}/predict", content=body)

    assert refused.status_code == 422
    assert refused.json()["detail"] == (
        'The rows have "column 0" and 299,999 more, which the model does not take.'
    )
    assert len(refused.text) < 500
    assert desk.tasks("predict") == [], "no process has to read them"
    assert waited() < within(0.4)


async def test_a_model_is_taken_along_as_a_file(client: httpx.AsyncClient, desk: Desk) -> None:
    [model] = (await client.get("/api/models")).json()

    answer = await client.get(f"/api/models/{model['id']}/export")

    assert answer.status_code == 200, answer.text
    assert 'filename="ridge-progression-diabetes-v1.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        assert "predict.py" in packed.namelist()
    assert list(desk.workspace.scratch.glob("*.zip")) == []
