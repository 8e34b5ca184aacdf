"""Hyperparameters searched, and the best taken over into the model card as one step."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.hands import TRAINED, Hands
from tests.servers import Server

LINES_BESIDE_A_LONG_NOTE = """heading => {
  heading.querySelector(".u").textContent = "as many words as a note can have ".repeat(3)
  const title = document.createRange()
  title.selectNodeContents(heading.firstChild)
  return title.getClientRects().length
}"""


def test_a_model_is_searched_and_the_best_applied_and_taken_back(
    server: Server, page: Page
) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new?sample=hyperparameter_search")
    hands.settings("search")
    offered = page.locator("[data-hyperparameter]")
    expect(offered).to_have_count(4)
    alpha = page.locator("[data-hyperparameter=alpha]")
    expect(alpha.get_by_label("alpha, lowest")).to_have_value("0.001")
    page.locator("[data-hyperparameter=l1_ratio]").get_by_role("checkbox").first.uncheck()
    alpha.get_by_label("alpha, lowest").fill("0.01")
    alpha.get_by_label("alpha, lowest").press("Enter")
    expect(hands.card("search")).to_contain_text("TPE · 20 trials · alpha")
    hands.picture("search-settings")

    page.get_by_test_id("run").click()
    hands.expect_status("succeeded", timeout=TRAINED)
    hands.select("search")
    hands.tab("Result")
    preview = page.get_by_test_id("preview")
    expect(preview).to_contain_text("flattered")
    lines = preview.get_by_role("heading", name="Trials").evaluate(LINES_BESIDE_A_LONG_NOTE)
    assert lines == 1
    hands.picture("search-result")
    as_set = hands.card("model").get_by_text("elastic net · α 1", exact=True)
    expect(as_set).to_be_visible()
    page.get_by_test_id("apply-best").click()
    expect(page.get_by_test_id("best-is-set")).to_be_visible()
    expect(as_set).to_have_count(0)
    page.get_by_test_id("undo").click()
    expect(as_set).to_be_visible()
    expect(page.get_by_test_id("apply-best")).to_be_visible()
