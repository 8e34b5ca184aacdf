"""From a trained model on the canvas to its answer: on the page, and by the command shown there."""

from __future__ import annotations

import json
import shlex

import httpx
from playwright.sync_api import Page, expect

from tensorrag.pipeline.as_json import to_json
from tests.browser.axe import violations
from tests.browser.hands import Hands
from tests.browser.test_compare import wait
from tests.browser.test_start_page import api
from tests.core.diabetes import pipeline
from tests.servers import Server

WARM = True  # it trains


def asked(http: httpx.Client, command: str) -> dict[str, object]:
    """Send what a curl command sends."""
    words = shlex.split(command.replace("\\\n", ""))
    sent = http.post(words[1], content=words[-1], timeout=200)
    answer: dict[str, object] = sent.raise_for_status().json()
    return answer


def test_a_model_is_found_asked_named_compared_and_deleted(server: Server, page: Page) -> None:
    with api(server) as http:
        for alpha in (1.0, 30.0):
            wait(
                http,
                http.post("/api/runs", json={"pipeline": to_json(pipeline(alpha))}).json()["run"],
            )
        mine = http.post("/api/pipelines", json=to_json(pipeline())).json()["id"]
        wait(http, http.post("/api/runs", json={"pipeline_id": mine}).json()["run"])
        strong, _ = http.get("/api/models").json()

        hands = Hands(page).open(f"{server.url}/edit/{mine}")
        page.locator("[data-node=train]").click()
        page.get_by_test_id("open-model").click()
        box = page.get_by_test_id("model")
        expect(box).to_contain_text("ridge · progression · Diabetes")
        said = asked(http, box.get_by_test_id("curl").inner_text())

        bmi, ask = box.get_by_label("bmi"), box.get_by_role("button", name="Predict", exact=True)
        usual = bmi.input_value()
        bmi.fill("high")
        ask.click()
        expect(box.get_by_test_id("wrong")).to_have_text('bmi: "high" is no number.')
        bmi.fill(usual)
        ask.click()
        answer = box.get_by_test_id("answer")
        expect(answer).to_have_attribute("data-value", json.dumps(said["predictions"][0]))  # type: ignore[index]

    row = page.locator(f"[data-model='{strong['id']}']")
    more = row.get_by_role("button", name="More about")
    more.click()
    row.get_by_role("menuitem", name="Rename").click()
    row.locator("input.name").fill("Strong ridge")
    page.keyboard.press("Enter")
    expect(row.locator(".open")).to_have_text("Strong ridge")
    for choice in page.get_by_test_id("models").locator(".choice").all():
        choice.check()
    expect(page.get_by_test_id("compared").locator("tr[data-metric=r2] [data-best]")).to_have_count(
        1
    )
    hands.picture("models", fit=False)
    assert violations(page, "light") + violations(page, "dark") == []

    more.click()
    row.get_by_role("menuitem", name="Delete").click()
    expect(row).to_have_count(0)
    page.get_by_test_id("restore").click()
    expect(row.locator(".open")).to_have_text("Strong ridge")
