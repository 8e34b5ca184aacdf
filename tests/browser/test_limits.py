"""How long a card may take, and how much memory, is set in its settings and named when it ends."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hands
from tests.servers import Server


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
