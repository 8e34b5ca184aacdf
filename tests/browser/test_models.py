"""From a trained model on the canvas to its answer: on the page, and by the command shown there."""

from __future__ import annotations

import json
import shlex

import httpx
from playwright.sync_api import Page, expect

from tensorrag.pipeline.as_json import to_json
from tests.browser.axe import violations
from tests.browser.hands import TRAINED, Hands
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


CUSTOMERS = "months,calls,leaves\n" + "".join(
    f"{months},{calls},{'yes' if months + 5 * calls < 30 else 'no'}\n"
    for months in range(1, 37)
    for calls in range(7)
)


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
        expect(box.get_by_test_id("wrong")).to_have_text(
            'bmi: "high" is no number. bmi was a number where the model was trained.'
        )
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
    bmi.fill("31")  # a question that is not sent yet
    for choice in page.get_by_test_id("models").locator(".choice").all():
        choice.press("Space")
        expect(choice).to_be_checked()
    expect(page.get_by_test_id("compared").locator("tr[data-metric=r2] [data-best]")).to_have_count(
        1
    )
    expect(choice).to_be_focused()
    expect(bmi).to_have_value("31")
    hands.picture("models", fit=False)
    assert violations(page, "light") + violations(page, "dark") == []

    more.click()
    row.get_by_role("menuitem", name="Delete").click()
    expect(row).to_have_count(0)
    page.get_by_test_id("restore").click()
    expect(row.locator(".open")).to_have_text("Strong ridge")


def test_from_a_csv_file_to_a_threshold_a_script_and_an_answer(server: Server, page: Page) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new?sample=my_table")
    hands.drop_file("customers.csv", CUSTOMERS)  # the card that waits for a file takes it
    expect(hands.card("load")).to_contain_text("customers.csv")
    expect(hands.cards("data_load")).to_have_count(1)
    hands.settings("load")
    expect(hands.test_id("read-as")).to_contain_text("CSV", timeout=TRAINED)
    hands.settings("train")
    hands.type_into("target_column", "leaves")
    hands.test_id("inspector").get_by_role("button", name="Use logistic regression").click()
    hands.run()
    hands.expect_status("succeeded")

    hands.turn("evaluate", "Result")
    threshold = page.get_by_test_id("threshold")
    cells = {name: threshold.locator(f"[data-shows={name}]") for name in ("tp", "fn", "fp", "tn")}
    decided = page.get_by_role("group", name="Confusion matrix").locator("td")
    expect(decided).to_have_text([cells[name].inner_text() for name in ("tn", "fp", "fn", "tp")])
    threshold.get_by_role("slider").fill("100")
    expect(cells["tp"]).to_have_text("0")
    threshold.get_by_role("slider").fill("0")
    expect(cells["fn"]).to_have_text("0")

    hands.picture("threshold")
    hands.turn("train", "Result")
    page.get_by_test_id("open-model").click()
    curl = page.get_by_test_id("model").get_by_test_id("curl")
    with api(server) as http:
        said = asked(http, curl.inner_text())
    assert said["predictions"] in (["yes"], ["no"])
    page.get_by_test_id("model").get_by_role("link", name="My table").click()
    hands.test_id("export-python").click()
    expect(hands.test_id("python")).to_contain_text("LogisticRegression")
