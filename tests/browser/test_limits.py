"""How long a card may take, and how much memory, is set in its settings and named when it ends.

And what a person sees of one that does not want to end.
"""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hands
from tests.servers import Server

DEAF = """
import signal
from typing import NamedTuple
from tensorrag import Card, Table, TableSchema, report

class Deaf(Card):
    \"\"\"Heed no signal.\"\"\"

    class Out(NamedTuple):
        table: Table

    def run(self) -> Out:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        report(3, 9, "epoch", loss=0.5)
        while True:
            pass

    def propagate(self) -> TableSchema:
        return TableSchema()
"""
PIPELINE = {
    "format": "tensorrag.pipeline", "version": 1, "name": "Deaf",
    "nodes": [{"id": "deaf", "card": "deaf", "position": {"x": 0, "y": 0}}], "edges": [],
}  # fmt: skip
REMEMBER = """({ of, as }) => {
  const seen = (window.seen ??= {}), node = () => document.querySelector(of)
  const look = () => {
    const shown = node(), said = seen[as] ??= []
    if (!shown) return
    const { offsetWidth = 0, offsetHeight = 0 } = shown.closest("[data-node]") ?? {}
    const now = JSON.stringify([shown.textContent.trim(), offsetWidth, offsetHeight])
    if (said.at(-1) !== now) said.push(now)
  }
  new MutationObserver(look).observe(document.body,
    { subtree: true, childList: true, characterData: true, attributes: true })
  look()
}"""
"""In the page: keep all that an element ever said, and how large its card was."""


def remember(page: Page, **elements: str) -> None:
    for name, selector in elements.items():
        page.evaluate(REMEMBER, {"of": selector, "as": name})


def said(page: Page, name: str) -> list[tuple[str, int, int]]:
    return [tuple(json.loads(each)) for each in page.evaluate("as => window.seen[as]", name)]


def words(page: Page, name: str) -> list[str]:
    return [word for word, _, _ in said(page, name)]


@pytest.fixture(scope="module")
def workspace(workspace: Path) -> Path:
    """A workspace with a card that does not want to end."""
    (workspace / "cards").mkdir(parents=True)
    (workspace / "cards" / "deaf.py").write_text(DEAF)
    return workspace


@pytest.fixture
def hands(server: Server, page: Page) -> Hands:
    """One person before the sample pipeline, which has not run."""
    hands = Hands(page).open(f"{server.url}/edit/new?sample=boston_housing")
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(5)
    return hands


def limit(hands: Hands, name: str) -> Locator:
    return hands.test_id("inspector").locator(f'[data-limit="{name}"] input')


def write(hands: Hands, name: str, text: str) -> None:
    limit(hands, name).fill(text)
    limit(hands, name).press("Enter")


def test_a_card_is_stopped_at_the_time_that_was_set_for_it(hands: Hands, page: Page) -> None:
    hands.settings("train")
    expect(limit(hands, "memory")).to_have_value("")
    write(hands, "timeout", "0.2")
    page.get_by_role("heading", name="This card").scroll_into_view_if_needed()
    hands.picture("limits")
    hands.expect_answered()
    page.reload()
    hands.settings("train")
    expect(limit(hands, "timeout")).to_have_value("0.2")

    hands.test_id("run").click()

    hands.expect_states("failed", "train")
    hands.tab("Result")
    expect(hands.test_id("inspector")).to_contain_text("longer than 0.2 seconds, its time limit")
    hands.test_id("undo").click()
    hands.tab("Settings")
    expect(limit(hands, "timeout")).to_have_value("")


def test_what_is_no_limit_gets_one_sentence_and_changes_nothing(hands: Hands) -> None:
    hands.settings("train")
    write(hands, "memory", "2,048")
    expect(limit(hands, "memory")).to_have_value("2048")

    write(hands, "memory", "a lot")

    expect(hands.page.locator(".note")).to_contain_text("The memory limit, in MB, must be a number")
    hands.test_id("inspector").get_by_role("button", name="Memory limit: reset to").click()
    expect(limit(hands, "memory")).to_have_value("")


def test_a_card_that_does_not_want_to_end_says_that_it_is_being_stopped(
    server: Server, page: Page
) -> None:
    made = page.request.post(f"{server.url}/api/pipelines", data=PIPELINE).json()["id"]
    hands = Hands(page).open(f"{server.url}/edit/{made}")
    expect(hands.test_id("run")).to_be_enabled()
    hands.select("deaf")
    hands.run()
    expect(hands.card("deaf").locator(".tr-word")).to_have_text("Epoch\u00a03/9")
    progress = hands.test_id("inspector").get_by_text("Epoch 3 of 9")
    expect(progress).to_be_visible()
    hands.cut()  # by now it may be over
    for told in (progress, hands.card("deaf").locator(".tr-word"), page.locator(".sh .st")):
        expect(told).to_be_hidden()
    page.evaluate("window.socket.connect()")
    expect(progress).to_be_visible()

    narrow = page.context.new_page()
    narrow.set_viewport_size({"width": 390, "height": 800})
    narrow.goto(page.url)
    expect(narrow.locator("[data-node=deaf] .tr-state")).to_have_text("Epoch\u00a03/9")
    remember(
        page,
        card="[data-testid=canvas] [data-node=deaf] .tr-word",
        cancel="[data-testid=cancel-node]:disabled",
        top="[data-testid=run-status]",
        inspector="[data-testid=inspector] .ihs .st",
        panel=".sh .st",
    )
    remember(narrow, card="[data-node=deaf] .tr-state")

    hands.test_id("cancel-node").click()

    hands.expect_states("cancelled", "deaf")
    expect(narrow.locator("[data-node=deaf] .tr-state")).to_have_text("Cancelled")
    for place in ("[data-testid=run-status]", "[data-testid=inspector] .ihs .st", ".sh .st"):
        expect(page.locator(place)).to_have_text("Cancelled")
    assert words(page, "card") == ["Epoch\u00a03/9", "Stopping…", "Cancelled"]
    assert words(narrow, "card") == words(page, "card")
    assert len({(width, height) for _, width, height in said(page, "card")}) == 1
    assert said(page, "cancel"), "its button went off"
    for place in ("top", "inspector", "panel"):
        assert words(page, place) == ["Running", "Stopping…", "Cancelled"], place
