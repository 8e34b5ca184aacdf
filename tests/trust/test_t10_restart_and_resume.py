"""T10: after a restart nothing claims to run; what was cut off waits for you, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from sample_data.pipeline_files import pipeline_path
from tensorrag.pipeline.as_json import to_json
from tensorrag.pipeline.files import load
from tensorrag.pipeline.placing import place
from tensorrag.run.prepare import with_params
from tests.browser.hands import HINTS_SEEN, Hands
from tests.core.engine import chain, node
from tests.servers import Server, Serving
from tests.trust.crashing import (
    begin,
    client,
    create,
    ended,
    found,
    kill,
    states,
    until,
    with_small_cards,
)

CHAIN = chain(node("number"), node("add"), node("wait", steps=2000, pause=0.1), node("parity"))
SLOW = place(CHAIN, CHAIN.nodes)
"""Long enough for whatever is done to it."""
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""


@pytest.fixture(scope="module")
def workspace(workspace: Path) -> Path:
    """A workspace with small cards."""
    return with_small_cards(workspace)


def waits(http: httpx.Client, run: str) -> bool:
    """Whether the slow card of a run has begun, so that those above it are done."""
    return states(found(http, run)).get("wait") == "running"


def mend(http: httpx.Client, pipeline: str) -> None:
    """Set the slow card of a pipeline so that it ends at once."""
    now = http.get(f"/api/pipelines/{pipeline}")
    content = now.json()
    next(each for each in content["nodes"] if each["id"] == "wait")["params"] = {"steps": 1}
    headers = {"If-Match": now.headers["ETag"]}
    http.put(f"/api/pipelines/{pipeline}", json=content, headers=headers).raise_for_status()


def test_what_was_cut_off_waits_and_is_resumed_on_the_pipeline_as_it_is_now(
    serving: Serving,
) -> None:
    server = serving()
    with client(server) as http:
        pipeline = create(http, SLOW)
        run = begin(http, pipeline_id=pipeline)
        until(lambda: waits(http, run))
    assert kill(server) == []

    with client(serving()) as http:
        cut = found(http, run)
        assert cut["status"] == "interrupted"
        assert states(cut) == {
            "number": "done",
            "add": "done",
            "wait": "cancelled",
            "parity": "cancelled",
        }
        assert cut["nodes"]["wait"]["reason"] == "interrupted"
        (entry,) = http.get(f"/api/runs?pipeline_id={pipeline}").json()  # it waits for the user
        assert entry["status"] == "interrupted"

        mend(http, pipeline)
        resumed = begin(http, resume=run)
        outcome = ended(http, resumed)

        assert outcome["status"] == "succeeded"
        cached = {node for node, each in outcome["nodes"].items() if each["cached"]}
        assert cached == {"number", "add"}  # what was finished is not done again
        assert found(http, run)["status"] == "interrupted"
        (entry,) = (each for each in http.get("/api/runs").json() if each["run"] == resumed)
        assert entry["parent"] == run
        refused = http.post("/api/runs", json={"resume": resumed})
        assert refused.status_code == 409
        assert refused.json()["detail"] == "This run succeeded: nothing of it is left to do."


def test_a_queue_survives(serving: Serving) -> None:
    server = serving()
    with client(server) as http:
        pipeline = create(http, SLOW)
        first = begin(http, pipeline_id=pipeline)
        until(lambda: waits(http, first))
        line = [begin(http, pipeline_id=pipeline, until=stop) for stop in ("add", "number", "add")]
        http.post(f"/api/runs/{line[1]}/cancel").raise_for_status()
        assert [found(http, run)["status"] for run in line] == ["queued", "cancelled", "queued"]
    assert kill(server) == []

    with client(serving()) as http:
        outcomes = [ended(http, run) for run in line]

        assert [each["status"] for each in outcomes] == ["succeeded", "cancelled", "succeeded"]
        assert set(outcomes[0]["nodes"]) == {"number", "add"}
        assert found(http, first)["status"] == "interrupted"
        times = [http.get(f"/api/runs/{run}/events").text for run in (line[0], line[2])]
        assert all('"queued"' in text and '"succeeded"' in text for text in times)


TRAINING = {"train_ratio": 0.04, "validation_ratio": 0.01, "test_ratio": 0.95}


@pytest.mark.slow
def test_a_training_goes_on_at_the_epoch_where_it_was(
    tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    """The editor is killed in the middle of Train (GPU); its curve is that of one that was not."""
    server = start_server(tmp_path / "workspace")
    pipeline = with_params(
        load(pipeline_path("boston_housing")).pipeline,
        {f"split.{name}": value for name, value in TRAINING.items()} | {"model.epochs": 1000},
    )
    kept = tmp_path / "workspace" / "store" / "checkpoints"
    with client(server) as http:
        run = begin(http, pipeline_id=create(http, pipeline))
        until(lambda: list(kept.glob("*.json")), 120)
    assert kill(server) == []

    with client(start_server(server.workspace)) as http:
        resumed = ended(http, begin(http, resume=run), 300)
        shown = f"/api/runs/{resumed['run']}/nodes/train/outputs/trained_model/preview"
        assert "continued at epoch" in http.get(shown).text
        whole = ended(http, begin(http, pipeline=to_json(pipeline), no_cache=True), 300)

        assert curve(resumed) == curve(whole)  # to the last digit, on the same processor
        assert len(curve(whole)) == 1000
        assert not list(kept.glob("*.json"))


def curve(run: dict[str, Any]) -> list[float]:
    """The loss of each epoch of what Train made."""
    made = run["nodes"]["train"]["outputs"]["trained_model"]["value"]
    losses: list[float] = made["history"]["loss"]
    return losses


def shows(what: Locator, state: str) -> None:
    """Expect a state, of a card or of the run."""
    expect(what).to_have_attribute("data-state", state, timeout=PATIENCE)


@pytest.mark.browser
def test_a_person_sees_it_and_presses_resume(serving: Serving, chromium: Browser) -> None:
    server = serving()
    with client(server) as http:
        pipeline = create(http, SLOW)
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.add_init_script(HINTS_SEEN)
    page.set_default_timeout(PATIENCE)
    hands = Hands(page).open(f"{server.url}/edit/{pipeline}")
    hands.test_id("run").click()
    shows(hands.card("wait"), "running")
    assert kill(server) == []

    again = serving()
    hands.open(f"{again.url}/edit/{pipeline}")
    shows(hands.test_id("run-status"), "interrupted")
    shows(hands.card("add"), "done")
    shows(hands.card("wait"), "cancelled")

    page.goto(again.url)
    mine = page.locator(f'[data-pipeline="{pipeline}"]')
    mine.get_by_role("button", name="Resume").click()
    page.wait_for_url(f"**/edit/{pipeline}")
    shows(hands.card("wait"), "running")
    hands.test_id("cancel").click()
    shows(hands.test_id("run-status"), "cancelled")
    shows(hands.card("add"), "done")
    shows(hands.card("wait"), "cancelled")

    hands.settings("wait")
    hands.type_into("steps", "1")
    hands.test_id("resume").click()

    shows(hands.test_id("run-status"), "succeeded")
    expect(hands.card("add")).to_contain_text("reused")
    shows(hands.card("wait"), "done")
    expect(hands.card("wait")).not_to_contain_text("reused")
    page.get_by_role("tab", name="Runs").click()
    expect(page.locator("[data-run]").first).to_contain_text("Resumes run 2", timeout=PATIENCE)
    page.get_by_role("button", name="Run 1", exact=True).click()  # and looks at the one before
    expect(hands.test_id("latest-run")).to_be_visible(timeout=PATIENCE)
    past = hands.test_id("past-view")  # with its cards as they were
    shows(past.locator("[data-node=add]"), "done")
    shows(past.locator("[data-node=wait]"), "cancelled")
    past.locator("[data-node=add]").click()
    expect(hands.test_id("past-preview")).to_be_visible()
    hands.test_id("past-card").get_by_role("button", name="Open").click()
    expect(hands.test_id("table").locator(".ag-row").last).to_contain_text("2")
    hands.test_id("table").get_by_role("button", name="Close the table").click()
    hands.test_id("latest-run").click()
    expect(past).to_have_count(0)
    expect(hands.test_id("latest-run")).not_to_be_visible()
