"""Finding and doing anything by a few typed letters, and by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hands
from tests.servers import Server


@pytest.fixture
def hands(server: Server, page: Page) -> Hands:
    """One person before an empty canvas."""
    hands = Hands(page).open(f"{server.url}/edit/new")
    page.wait_for_url("**/edit/new_pipeline*")
    expect(page.get_by_text("An empty canvas")).to_be_visible()
    return hands


def menu(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Add a card")


def options(page: Page) -> Locator:
    return menu(page).get_by_role("option")


def wire(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid=canvas] [data-edge="{name}"]')


def test_a_card_is_where_i_double_click_and_the_next_one_comes_wired(
    hands: Hands, page: Page
) -> None:
    canvas = hands.test_id("canvas")
    canvas.dblclick(position={"x": 150, "y": 120})
    expect(page.get_by_text("An empty canvas")).to_be_hidden()
    page.keyboard.type("dl")
    expect(options(page).first).to_have_text("Data Load↵")
    page.keyboard.press("Enter")
    expect(hands.card("data_load")).to_be_focused()
    box, ground = hands.card("data_load").bounding_box(), canvas.bounding_box()
    assert box is not None
    assert ground is not None
    assert abs(box["x"] - ground["x"] - 150) <= 2
    assert abs(box["y"] - ground["y"] - 120) <= 2

    page.keyboard.press("/")  # the pointer rests on the card: the next one comes beside it
    expect(menu(page)).to_contain_text("Goes on from Data Load")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    options(page).filter(has_text="Data Split").click()
    expect(wire(page, "data_load.dataset-data_split.dataset")).to_have_count(1)

    hands.test_id("undo").click()
    expect(hands.card("data_split")).to_have_count(0)
    expect(hands.card("data_load")).to_be_visible()


def test_the_search_closes_and_nothing_was_done(hands: Hands, page: Page) -> None:
    page.locator("body").press("/")
    page.keyboard.type("no such card")
    expect(menu(page)).to_contain_text("No card is called that.")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(menu(page)).to_have_count(0)
    page.keyboard.press("/")
    expect(menu(page)).to_be_visible()
    hands.test_id("inspector").click()
    expect(menu(page)).to_have_count(0)
    page.get_by_label("Description").click()
    page.keyboard.type("1/2")  # in a text field it is a letter as any other
    expect(page.get_by_label("Description")).to_have_value("1/2")
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(0)
