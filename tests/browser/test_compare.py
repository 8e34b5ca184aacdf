"""Which of two runs is better, and why: chosen in the list of runs, kept as a link."""

from __future__ import annotations

import json

import httpx
from playwright.sync_api import Page, expect

from sample_data.pipeline_files import pipeline_path
from tests.browser.axe import violations
from tests.browser.hands import TRAINED, Hands
from tests.browser.test_start_page import api
from tests.servers import Server

WARM = True  # it trains


def small_network() -> str:
    """The network of the first sample, on few rows and for few epochs."""
    content = json.loads(pipeline_path("boston_housing").read_text())
    params = {node["id"]: node["params"] for node in content["nodes"]}
    params["load"]["sample_name"] = "diabetes"
    params["train"]["target_column"] = "progression"
    params["model"] |= {"epochs": 4, "hidden_layers": [8], "learning_rate": 0.01}
    return json.dumps(content | {"name": "Small network"})


def wait(http: httpx.Client, run: str) -> None:
    """Follow a run to its end."""
    with http.stream("GET", f"/api/runs/{run}/events", timeout=TRAINED / 1000) as events:
        for _ in events.iter_lines():
            pass
    assert http.get(f"/api/runs/{run}").json()["status"] == "succeeded"


def test_two_runs_are_chosen_compared_and_the_better_settings_taken_over(
    server: Server, page: Page
) -> None:
    with api(server) as http:
        mine = http.post("/api/pipelines", content=small_network()).json()["id"]
        for seed in (1, 2):
            varied = {"pipeline_id": mine, "set": {"train.seed": seed}}
            wait(http, http.post("/api/runs", json=varied).json()["run"])
        first = http.post("/api/runs", json={"pipeline_id": mine}).json()["run"]
        wait(http, first)
        changed = {"op": "set_params", "node": "model", "params": {"epochs": 6}}
        http.post(f"/api/pipelines/{mine}/edits", json={"ops": [changed]})
        second = http.post("/api/runs", json={"pipeline_id": mine}).json()["run"]
        wait(http, second)
        told = http.get(f"/api/runs/compare?run={first}&run={second}").json()
        other = json.loads(small_network()) | {"name": "Another network"}
        theirs = http.post("/api/pipelines", content=json.dumps(other)).json()["id"]
        third = http.post("/api/runs", json={"pipeline_id": theirs}).json()["run"]
        wait(http, third)

    hands = Hands(page).open(f"{server.url}/edit/{mine}")
    page.get_by_role("tab", name="Runs").click()
    page.get_by_label("Compare run 2").check()
    expect(page.locator(".choosing")).to_have_text("Choose another one to compare with run 2.")
    page.get_by_label("Compare run 1").check()
    page.get_by_test_id("compare-runs").click()

    page.wait_for_url(f"**/compare?run={first}&run={second}")
    parameter = page.get_by_test_id("compare-changed").locator("[data-parameter]")
    expect(parameter).to_have_count(1)
    expect(parameter.locator("td")).to_have_text(["Model Define (GPU)", "Epochs", "4", "6"])
    expect(page.locator("[data-changed]")).to_have_attribute("data-of", "model")
    r2 = page.get_by_test_id("compare-metrics").locator("[data-metric=r2]").first
    known = next(each for each in told["measures"] if each["metric"] == "r2")
    assert known["noise"]["seeds"] == 3
    expect(r2).to_have_attribute("data-verdict", known["verdicts"][1])
    expect(r2.locator("[data-value]").last).to_have_attribute("data-value", str(known["values"][1]))
    expect(page.get_by_test_id("noise-rule")).to_contain_text("from 3 seeds")
    expect(page.get_by_test_id("sentence")).to_contain_text("With epochs 6 instead of 4, R²")
    curve = page.get_by_test_id("compare-curves").get_by_role("img").first
    expect(curve).to_contain_text("Run 1")
    expect(curve).to_contain_text("Run 2")
    expect(page.get_by_test_id("compare-reasons")).to_contain_text("environment are the same")
    expect(page.get_by_test_id("compare-durations")).to_contain_text("reused")
    assert violations(page, "light") == []
    hands.picture("compare", fit=False)

    page.reload()  # the link holds
    expect(page.get_by_test_id("sentence")).to_contain_text("With epochs 6 instead of 4, R²")
    page.get_by_role("button", name="Use Run 1’s settings").click()
    page.wait_for_url(f"**/edit/{mine}")
    hands.settings("model")
    expect(hands.field("epochs")).to_have_value("4")
    expect(hands.test_id("undo")).to_have_attribute("aria-label", "Undo Use the settings of Run 1")

    page.goto(server.url)
    page.get_by_label("Compare the last run of Another network").check()
    expect(page.locator(".choosing")).to_contain_text("the last run of Another network")
    page.get_by_label("Compare the last run of Small network").check()
    page.get_by_test_id("compare-runs").click()
    page.wait_for_url(f"**/compare?run={second}&run={third}")
    heads = page.locator(".box.head .t15")
    expect(heads).to_have_text(["Small network 2", "Another network 1"])

    page.goto(f"{server.url}/compare?run={first}&run=gone")
    expect(page.locator(".refused")).to_contain_text("There is no run")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{server.url}/compare?run={first}&run={second}")
    expect(page.get_by_test_id("sentence")).to_be_visible()
    assert page.evaluate("document.querySelector('.start').scrollWidth") <= 390
