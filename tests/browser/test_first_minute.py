"""The first minute: open the editor, press Run once, and see every card turn green in order."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MOVING
from tests.browser.hands import TRAINED, Hands
from tests.servers import Server

WARM = True  # it trains

CARDS = ("load", "split", "model", "train", "evaluate")
WATCH_STATES = """() => {
  window.seen = [];
  const note = (node) => window.seen.push([node.dataset.node, node.dataset.state]);
  new MutationObserver((changes) => changes.forEach((change) => note(change.target)))
    .observe(document.querySelector("[data-testid=canvas]"),
             {subtree: true, attributes: true, attributeFilter: ["data-state"]});
}"""


def first_times(seen: list[list[str]], state: str) -> list[str]:
    """The cards in the order in which they first had a state."""
    return list(dict.fromkeys(node for node, shown in seen if shown == state))


@pytest.mark.timeout(900)
def test_one_click_runs_the_sample_and_shows_what_came_out(server: Server, page: Page) -> None:
    hands = Hands(page)
    page.goto(server.url)
    page.get_by_role("link", name="Boston housing on a GPU").last.click()
    expect(hands.cards("data_load")).to_be_visible()
    expect(page.locator("[data-node]")).to_have_count(5)
    page.evaluate(WATCH_STATES)

    hands.run()
    hands.expect_states("running", "train")
    hands.select("train")
    inspector = hands.test_id("inspector")
    expect(hands.card("train")).to_contain_text("Epoch", timeout=TRAINED)
    expect(inspector).to_contain_text("Learning curve", timeout=TRAINED)
    expect(inspector).to_contain_text("left")
    expect(inspector.locator("[data-metric=loss]")).to_be_visible()
    hands.picture("running")

    hands.expect_status("succeeded")
    hands.expect_states("done", *CARDS)
    seen: Any = page.evaluate("window.seen")
    done = first_times(seen, "done")
    assert set(done) == set(CARDS)
    assert done.index("load") < done.index("split") < done.index("train") < done.index("evaluate")
    assert first_times(seen, "running")

    hands.select("evaluate")
    r2 = inspector.locator("[data-metric=r2]")
    expect(r2).to_be_visible()
    assert 0.8 < float(r2.get_attribute("data-value") or 0) < 0.98
    expect(inspector).to_contain_text("Baseline")
    expect(inspector).to_contain_text("Synthetic data")
    for title in ("Predicted against actual", "Residuals", "Largest errors"):
        expect(inspector).to_contain_text(title)
    expect(inspector.locator("svg path").nth(50)).to_be_attached()
    hands.picture("editor")


def test_each_result_is_there_in_large(server: Server, page: Page) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new?sample=diabetes")
    expect(page.locator("[data-node]")).to_have_count(5)
    inspector = hands.test_id("inspector")
    hands.cards("data_load").click(position={"x": 60, "y": 18})
    hands.tab("Columns")
    expect(inspector).to_contain_text("11 columns")
    expect(inspector.locator(".colrow:not(.bare)")).to_have_count(0)

    hands.run()
    hands.expect_status("succeeded")
    expect(inspector.locator(".colrow:not(.bare)")).to_have_count(11)
    hands.tab("Result")
    expect(inspector).to_contain_text("442")
    expect(inspector.locator(".ag-cell").first).to_be_visible()

    hands.cards("data_split").click(position={"x": 60, "y": 18})
    expect(inspector).to_contain_text("80 %")
    expect(inspector).to_contain_text("353")

    hands.cards("data_load").click(position={"x": 60, "y": 18})
    hands.tab("Result")
    inspector.get_by_role("button", name="Open").click()
    table = hands.test_id("table")
    expect(table.locator(".ag-center-cols-container .ag-row").nth(20)).to_be_visible()
    expect(table).to_contain_text("Median")
    page.emulate_media(color_scheme="dark")  # else its scroll bar is white
    expect(table.locator(".ag-root-wrapper")).to_have_css("color-scheme", "dark")
    page.emulate_media(color_scheme="light")
    hands.picture("table", fit=False)
    page.keyboard.press("Escape")
    expect(table).to_have_count(0)


@pytest.mark.parametrize("context", [MOVING], indirect=True)
def test_a_second_run_is_answered_from_what_is_known(server: Server, page: Page) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new?sample=diabetes")
    hands.cards("data_split").click(position={"x": 60, "y": 18})
    hands.tab("Settings")
    hands.type_into("seed", "20261")  # no story before has these rows
    hands.run()
    hands.expect_status("succeeded")
    first, strip = page.url, page.locator(".strip")
    expect(strip).to_contain_text("Run 1")
    expect(strip.locator(".took", has_text="reused")).not_to_have_count(5)
    hands.run()
    expect(strip).to_contain_text("Run 2")
    hands.expect_status("succeeded")
    expect(strip.locator(".took", has_text="reused")).to_have_count(5)
    assert page.url == first
    page.get_by_role("tab", name="Runs").click()
    expect(page.locator("[data-run]")).to_have_count(2)
